package xenolith.machine.lift.system;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;
import xenolith.machine.memory.HostMemory;

/** Instructions of map 0F about tables, control registers, counters, bases and caches. */
final class ControlFamily {
    private static final long CR4_TSD = 1 << 2;
    private static final long CR4_UMIP = 1 << 11;
    private static final long CR4_FSGSBASE = 1 << 16;
    private static final long CR4_OSXSAVE = 1 << 18;

    private ControlFamily() {}

    /** Of map 0F, or null. */
    static @Nullable Op map0F(Instruction i) {
        return switch (i.opcode) {
            case 0x00 -> group6(i);
            case 0x01 -> i.memory() ? group7Memory(i) : group7Register(i);
            case 0x06, 0x07, 0x08, 0x09, 0x30, 0x32, 0x33, 0x35 -> SystemOp.privileged(i);
            case 0x0d, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f -> SystemOp.nothing(i);
            case 0x20, 0x22 -> controlRegister(i);
            case 0x21, 0x23 -> i.reg < 8 ? SystemOp.privileged(i) : null;
            case 0x31 -> timeStamp(i, false);
            case 0xa2 -> cpuid(i);
            case 0xae -> i.memory() ? group15Memory(i) : group15Register(i);
            case 0xc7 -> rdpid(i);
            default -> null;
        };
    }

    private static @Nullable Op group6(Instruction i) {
        return switch (i.reg & 7) {
            case 0 -> storeWord(i, cpu -> cpu.ldtSelector);
            case 1 -> storeWord(i, cpu -> cpu.trSelector);
            case 2, 3 -> SystemOp.privileged(i);
            default -> null;
        };
    }

    private static @Nullable Op group7Memory(Instruction i) {
        return switch (i.reg & 7) {
            case 0 -> storeTable(i, cpu -> cpu.gdtLimit, cpu -> cpu.gdtBase);
            case 1 -> storeTable(i, cpu -> cpu.idtLimit, cpu -> cpu.idtBase);
            case 4 -> storeWord(i, cpu -> cpu.cr0);
            case 2, 3, 6, 7 -> SystemOp.privileged(i);
            default -> null;
        };
    }

    private static @Nullable Op group7Register(Instruction i) {
        int group = i.reg & 7;
        if (group == 4) {
            return storeWord(i, cpu -> cpu.cr0);
        }
        if (group == 6) {
            return SystemOp.privileged(i);
        }
        // Virtualization, MONITOR, CLAC and their like do not exist, or not at this level: #UD.
        return switch (group << 4 | i.rm & 7) {
            case 0x20 -> xgetbv(i);
            case 0x21 -> xsetbv(i);
            case 0x70 -> i.mode == Cpu.MODE_64 ? SystemOp.privileged(i) : null;
            case 0x71 -> timeStamp(i, true);
            default -> null;
        };
    }

    /** A number taken from the processor. */
    @FunctionalInterface
    private interface Value {
        long of(Cpu cpu);
    }

    /** SLDT, STR and SMSW. */
    private static Op storeWord(Instruction i, Value value) {
        Place place = new Place(i);
        return unlessUmip(i, cpu -> place.setWord(cpu, i.operandSize, value.of(cpu)));
    }

    /** SGDT and SIDT. */
    private static Op storeTable(Instruction i, Value limit, Value base) {
        Place place = new Place(i);
        int size = i.mode == Cpu.MODE_64 ? 8 : 4;
        return unlessUmip(
                i,
                cpu -> {
                    long at = place.address(cpu);
                    cpu.mmu.checkWrite(at, 2 + size);
                    cpu.mmu.write16(at, limit.of(cpu));
                    cpu.mmu.write(at + 2, size, base.of(cpu));
                });
    }

    private static Op unlessUmip(Instruction i, SystemOp.Effect effect) {
        Exit exit = new Exit.Privileged(i);
        return SystemOp.jump(
                i,
                cpu -> {
                    if ((cpu.cr4 & CR4_UMIP) != 0 && cpu.cpl > 0) {
                        SystemOp.leave(cpu, i, exit);
                    } else {
                        effect.on(cpu);
                        cpu.rip = SystemOp.next(cpu, i);
                    }
                });
    }

    private static @Nullable Op controlRegister(Instruction i) {
        return switch (i.reg) {
            case 0, 2, 3, 4, 8 -> i.lock ? null : SystemOp.privileged(i);
            default -> null;
        };
    }

    private static Op xgetbv(Instruction i) {
        return SystemOp.inline(
                i,
                cpu -> {
                    requireXsave(cpu);
                    if ((int) cpu.rcx != 0) {
                        throw cpu.fault(Vector.GP, 0);
                    }
                    setEdxEax(cpu, cpu.xcr0);
                });
    }

    private static Op xsetbv(Instruction i) {
        Exit exit = new Exit.Privileged(i);
        return SystemOp.jump(
                i,
                cpu -> {
                    requireXsave(cpu);
                    SystemOp.leave(cpu, i, exit);
                });
    }

    private static void requireXsave(Cpu cpu) {
        if ((cpu.cr4 & CR4_OSXSAVE) == 0) {
            throw cpu.fault(Vector.UD);
        }
    }

    /** RDTSC and RDTSCP: last of their block, so that the count of instructions is exact. */
    private static Op timeStamp(Instruction i, boolean withAux) {
        Exit exit = new Exit.Privileged(i);
        return SystemOp.jump(
                i,
                cpu -> {
                    if ((cpu.cr4 & CR4_TSD) != 0 && cpu.cpl > 0) {
                        SystemOp.leave(cpu, i, exit);
                        return;
                    }
                    setEdxEax(cpu, cpu.tsc.read(cpu));
                    if (withAux) {
                        cpu.rcx = cpu.tscAux & 0xffff_ffffL;
                    }
                    cpu.rip = SystemOp.next(cpu, i);
                });
    }

    private static void setEdxEax(Cpu cpu, long value) {
        cpu.rax = value & 0xffff_ffffL;
        cpu.rdx = value >>> 32;
    }

    /** CPUID. Whoever answers it adds 2 to RIP: unneeded prefixes are skipped here. */
    private static Op cpuid(Instruction i) {
        return SystemOp.jump(
                i,
                cpu -> {
                    cpu.rip = SystemOp.next(cpu, i) - 2;
                    cpu.exit = Exit.Simple.CPUID;
                });
    }

    private static @Nullable Op rdpid(Instruction i) {
        if (i.memory() || !i.rep || (i.reg & 7) != 7) {
            return null;
        }
        return SystemOp.inline(i, cpu -> cpu.set(i.rm, cpu.tscAux & 0xffff_ffffL));
    }

    /** CLFLUSH, CLFLUSHOPT and CLWB read their operand as far as faults go. */
    private static @Nullable Op group15Memory(Instruction i) {
        int group = i.reg & 7;
        boolean flush = group == 7 || group == 6 && i.selectingPrefix() == 0x66;
        if (!flush || i.rep || i.repne) {
            return null;
        }
        Place place = new Place(i);
        return SystemOp.inline(i, cpu -> cpu.mmu.checkRead(place.address(cpu), 1));
    }

    private static @Nullable Op group15Register(Instruction i) {
        int group = i.reg & 7;
        if (i.rep) {
            return group < 4 && i.mode == Cpu.MODE_64 ? base(i, group) : null;
        }
        if (i.selectingPrefix() != 0) {
            return null;
        }
        return switch (group) {
            case 5, 7 -> SystemOp.nothing(i);
            case 6 -> SystemOp.inline(i, cpu -> HostMemory.fence());
            default -> null;
        };
    }

    /** RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE. */
    private static Op base(Instruction i, int group) {
        int slot = Cpu.SEGMENT_BASE + 4 + (group & 1);
        int size = i.operandSize == 8 ? 8 : 4;
        boolean write = group >= 2;
        return SystemOp.inline(
                i,
                cpu -> {
                    if ((cpu.cr4 & CR4_FSGSBASE) == 0) {
                        throw cpu.fault(Vector.UD);
                    }
                    if (!write) {
                        Place.setRegister(cpu, i.rm, size, cpu.get(slot));
                        return;
                    }
                    long value = size == 8 ? cpu.get(i.rm) : cpu.get(i.rm) & 0xffff_ffffL;
                    if (!Pte.canonical(value)) {
                        throw cpu.fault(Vector.GP, 0);
                    }
                    cpu.set(slot, value);
                });
    }
}
