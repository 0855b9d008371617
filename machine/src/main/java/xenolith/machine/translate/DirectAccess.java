package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.constant.MethodTypeDesc;
import xenolith.abi.x86.Pte;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.memory.HostMemory;
import xenolith.machine.mmu.TlbProbe;

/**
 * What translated code calls that does little by itself: one short call each. What cannot be done
 * here (faults, stores into code, captured ones, operands in two pages) ends in a {@link
 * GuestFault} that says nothing but that the instruction at {@code Cpu.site} is to be run by the
 * interpreter; nothing was changed then.
 *
 * <p>The processor comes last, as the linear address is computed first; behind it the site.
 */
final class DirectAccess {
    static final MethodTypeDesc LOAD = MethodTypeDesc.of(CD_long, CD_long, Names.CPU, CD_int);
    static final MethodTypeDesc STORE =
            MethodTypeDesc.of(CD_void, CD_long, CD_long, Names.CPU, CD_int);
    static final MethodTypeDesc HOST =
            MethodTypeDesc.of(CD_long, CD_long, CD_int, Names.CPU, CD_int);
    static final MethodTypeDesc PUSH = MethodTypeDesc.of(CD_void, CD_long, Names.CPU, CD_int);
    static final MethodTypeDesc POP = MethodTypeDesc.of(CD_long, Names.CPU, CD_int);
    static final MethodTypeDesc ROOM = MethodTypeDesc.of(CD_long, CD_int, Names.CPU, CD_int);
    static final MethodTypeDesc LEAVE = MethodTypeDesc.of(CD_int, Names.CPU, CD_long, CD_int);

    private DirectAccess() {}

    /** The zero-extended byte at {@code va}. */
    static long load8(long va, Cpu cpu, int site) {
        return hasLoad(va, 1, cpu) ? HostMemory.get8(host(va, cpu)) : loadRarely(va, 1, cpu, site);
    }

    /** The zero-extended 2 bytes at {@code va}. */
    static long load16(long va, Cpu cpu, int site) {
        return hasLoad(va, 2, cpu) ? HostMemory.get16(host(va, cpu)) : loadRarely(va, 2, cpu, site);
    }

    /** The zero-extended 4 bytes at {@code va}. */
    static long load32(long va, Cpu cpu, int site) {
        return hasLoad(va, 4, cpu) ? HostMemory.get32(host(va, cpu)) : loadRarely(va, 4, cpu, site);
    }

    /** The 8 bytes at {@code va}. */
    static long load64(long va, Cpu cpu, int site) {
        return hasLoad(va, 8, cpu) ? HostMemory.get64(host(va, cpu)) : loadRarely(va, 8, cpu, site);
    }

    /** Stores the low byte of {@code value} at {@code va}. */
    static void store8(long va, long value, Cpu cpu, int site) {
        if (hasStore(va, 1, cpu)) {
            HostMemory.put8(host(va, cpu), value);
        } else {
            storeRarely(va, value, 1, cpu, site);
        }
    }

    /** Stores the low 2 bytes of {@code value} at {@code va}. */
    static void store16(long va, long value, Cpu cpu, int site) {
        if (hasStore(va, 2, cpu)) {
            HostMemory.put16(host(va, cpu), value);
        } else {
            storeRarely(va, value, 2, cpu, site);
        }
    }

    /** Stores the low 4 bytes of {@code value} at {@code va}. */
    static void store32(long va, long value, Cpu cpu, int site) {
        if (hasStore(va, 4, cpu)) {
            HostMemory.put32(host(va, cpu), value);
        } else {
            storeRarely(va, value, 4, cpu, site);
        }
    }

    /** Stores {@code value} at {@code va}. */
    static void store64(long va, long value, Cpu cpu, int site) {
        if (hasStore(va, 8, cpu)) {
            HostMemory.put64(host(va, cpu), value);
        } else {
            storeRarely(va, value, 8, cpu, site);
        }
    }

    /** Host address of {@code size} readable bytes at {@code va}. */
    static long loadable(long va, int size, Cpu cpu, int site) {
        return hasLoad(va, size, cpu) ? host(va, cpu) : readable(va, size, cpu, site);
    }

    /** Host address of {@code size} bytes at {@code va} that may be stored to. */
    static long storable(long va, int size, Cpu cpu, int site) {
        return hasStore(va, size, cpu) ? host(va, cpu) : writable(va, size, cpu, site);
    }

    /** PUSH of {@code value}. */
    static void push(long value, Cpu cpu, int site) {
        long va = cpu.rsp - 8;
        if (hasStore(va, 8, cpu)) {
            HostMemory.put64(host(va, cpu), value);
            cpu.rsp = va;
        } else {
            pushRarely(value, cpu, site);
        }
    }

    /** What POP finds. */
    static long pop(Cpu cpu, int site) {
        long va = cpu.rsp;
        if (hasLoad(va, 8, cpu)) {
            cpu.rsp = va + 8;
            return HostMemory.get64(host(va, cpu));
        }
        return popRarely(cpu, site);
    }

    /** Lowers RSP by {@code bytes}; the host address of those, which may be stored to. */
    static long pushRoom(int bytes, Cpu cpu, int site) {
        long va = cpu.rsp - bytes;
        if (hasStore(va, bytes, cpu)) {
            cpu.rsp = va;
            return host(va, cpu);
        }
        return pushRoomRarely(bytes, cpu, site);
    }

    /** Raises RSP by {@code bytes}; the host address of those, which may be read. */
    static long popRoom(int bytes, Cpu cpu, int site) {
        long va = cpu.rsp;
        if (hasLoad(va, bytes, cpu)) {
            cpu.rsp = va + bytes;
            return host(va, cpu);
        }
        return popRoomRarely(bytes, cpu, site);
    }

    /** Where RET goes; it releases {@code released} bytes beyond the address. */
    static long popTarget(long released, Cpu cpu, int site) {
        long va = cpu.rsp;
        if (hasLoad(va, 8, cpu)) {
            long target = HostMemory.get64(host(va, cpu));
            if (target << 16 >> 16 == target) {
                cpu.rsp = va + 8 + released;
                return target;
            }
        }
        return popTargetRarely(released, cpu, site);
    }

    /** Refuses to branch to {@code target} if it is not canonical. */
    static void checkTarget(long target, Cpu cpu, int site) {
        if (target << 16 >> 16 != target) {
            throw refused(cpu, site);
        }
    }

    /** Leaves before the instruction at {@code site} of the code at {@code base}. */
    static int leave(Cpu cpu, long base, int site) {
        cpu.retired -= Emitter.notRun(site);
        cpu.rip = base + Emitter.offset(site);
        return GuestCode.LEAVE;
    }

    /** Whether the TLB has {@code size} readable bytes at {@code va}. */
    private static boolean hasLoad(long va, int size, Cpu cpu) {
        return TlbProbe.readTag(cpu.mmu, va) == (va + size - 1 & Pte.PAGE_MASK);
    }

    /** Whether the TLB has {@code size} bytes at {@code va} that may be stored to. */
    private static boolean hasStore(long va, int size, Cpu cpu) {
        return TlbProbe.writeTag(cpu.mmu, va) == (va + size - 1 & Pte.PAGE_MASK);
    }

    /** Host address of {@code va}, which the TLB has. */
    private static long host(long va, Cpu cpu) {
        return va + TlbProbe.addend(cpu.mmu, va);
    }

    // What the methods above do where the TLB has nothing. They are calls that have nothing left to
    // do behind these, so that they keep nothing on the stack.

    private static long loadRarely(long va, int size, Cpu cpu, int site) {
        long host = readable(va, size, cpu, site);
        return switch (size) {
            case 1 -> HostMemory.get8(host);
            case 2 -> HostMemory.get16(host);
            case 4 -> HostMemory.get32(host);
            default -> HostMemory.get64(host);
        };
    }

    private static void storeRarely(long va, long value, int size, Cpu cpu, int site) {
        long host = writable(va, size, cpu, site);
        switch (size) {
            case 1 -> HostMemory.put8(host, value);
            case 2 -> HostMemory.put16(host, value);
            case 4 -> HostMemory.put32(host, value);
            default -> HostMemory.put64(host, value);
        }
    }

    private static void pushRarely(long value, Cpu cpu, int site) {
        long rsp = cpu.rsp - 8;
        storeRarely(rsp, value, 8, cpu, site);
        cpu.rsp = rsp;
    }

    private static long popRarely(Cpu cpu, int site) {
        long value = loadRarely(cpu.rsp, 8, cpu, site);
        cpu.rsp += 8;
        return value;
    }

    private static long pushRoomRarely(int bytes, Cpu cpu, int site) {
        long host = writable(cpu.rsp - bytes, bytes, cpu, site);
        cpu.rsp -= bytes;
        return host;
    }

    private static long popRoomRarely(int bytes, Cpu cpu, int site) {
        long host = readable(cpu.rsp, bytes, cpu, site);
        cpu.rsp += bytes;
        return host;
    }

    private static long popTargetRarely(long released, Cpu cpu, int site) {
        long target = loadRarely(cpu.rsp, 8, cpu, site);
        checkTarget(target, cpu, site);
        cpu.rsp += 8 + released;
        return target;
    }

    private static long readable(long va, int size, Cpu cpu, int site) {
        long host = cpu.mmu.loadAddress(va, size);
        if (host == 0) {
            throw refused(cpu, site);
        }
        return host;
    }

    private static long writable(long va, int size, Cpu cpu, int site) {
        long host = cpu.mmu.storeAddress(va, size);
        if (host == 0) {
            throw refused(cpu, site);
        }
        return host;
    }

    private static GuestFault refused(Cpu cpu, int site) {
        cpu.site = site;
        return cpu.mmu.refused();
    }
}
