package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Hypervisor;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.log.HypervisorLog;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.paging.MmuextOp;
import xenolith.hypervisor.paging.XenTables;
import xenolith.hypervisor.pv.StartState;
import xenolith.hypervisor.time.CountedClock;
import xenolith.hypervisor.trace.Trace;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.decode.Instruction;
import xenolith.machine.engine.EngineKind;
import xenolith.machine.memory.MachineMemory;

/** Random exits with random arguments: the guest may die of them, the hypervisor may not. */
class HostileGuestTest {
    private static final int PAGES = 64;
    private static final int STEPS = 40_000;

    /** Steps after which the guest has spoilt its own address space, and a new one starts. */
    private static final int LIFE = 400;

    private static final int[] ONE_BYTE = {
        0x6c, 0x6d, 0x6e, 0x6f, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0xfa, 0xf4
    };

    private SplittableRandom random = new SplittableRandom();
    private final MachineMemory memory = new MachineMemory(4096);
    private final HypervisorLog log = new HypervisorLog();
    private final FrameTable frames = new FrameTable(memory, 3, log);
    private final Hypervisor hypervisor =
            new Hypervisor(
                    memory,
                    frames,
                    new XenTables(frames),
                    EngineKind.standard().on(memory),
                    new CountedClock(0),
                    log,
                    Trace.off());
    private final GuestExits exits = new GuestExits();
    private final List<Long> mfns = new ArrayList<>();
    private Domain domain = guest();

    private Domain guest() {
        UUID id = new UUID(0, 1);
        Domain d =
                Domain.create(
                        hypervisor,
                        hypervisor.nextDomid(),
                        new DomainConfig("hostile", id, 2, 2 * PAGES, -1));
        mfns.clear();
        for (int pfn = 0; pfn < PAGES; pfn++) {
            mfns.add(frames.allocate(d.memory, pfn));
        }
        long table = Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D;
        for (int pfn = 0; pfn < PAGES; pfn++) {
            long flags = pfn < 4 ? Pte.P | Pte.U : table;
            memory.put64((mfns.get(0) << 12) + 8L * pfn, Pte.of(mfns.get(pfn), flags));
        }
        for (int level = 2; level <= 4; level++) {
            memory.put64(mfns.get(level - 1) << 12, Pte.of(mfns.get(level - 2), table));
        }
        assertThat(MmuextOp.pin(d.paging, 4, mfns.get(3))).isZero();
        assertThat(StartState.boot(d.vcpu(0), 0x5000, 0x6ff0, 0, mfns.get(3))).isZero();
        assertThat(d.vcpu(0).paging.setUserRoot(mfns.get(3))).isZero();
        return d;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void noRequestBreaksTheHypervisor(long seed) {
        random = new SplittableRandom(seed);
        List<String> unexplained = new ArrayList<>();
        log.refusals()
                .listen(r -> {
                    if (!r.explained()) {
                        unexplained.add(r.line());
                    }
                });
        // Made on demand, once and for all.
        assertThat(hypervisor.xenTables.makeM2p32()).isTrue();
        long free = -1;
        int accepted = 0;
        int life = 0;
        for (int step = 0; step < STEPS; step++) {
            Vcpu v = domain.vcpu(0);
            Exit exit = exit(v);
            try {
                exits.deliver(v);
                exits.handle(v, exit);
                hypervisor.runHandlers();
            } catch (RuntimeException e) {
                throw new AssertionError(
                        "seed %d step %d: %s %s".formatted(seed, step, exit, v.history.lines(3)),
                        e);
            }
            accepted += exit == Exit.Simple.SYSCALL && v.cpu.rax == 0 ? 1 : 0;
            if (++life == LIFE || !domain.running()) {
                life = 0;
                domain.release();
                assertThat(frames.freeFrames()).isGreaterThanOrEqualTo(free);
                free = frames.freeFrames();
                domain = guest();
            }
        }
        assertThat(unexplained.stream().distinct()).as("refusals without a reason").isEmpty();
        assertThat(accepted).as("otherwise nothing was tested").isGreaterThan(STEPS / 20);
    }

    @Test
    void unknownCallsAnswerEnosysAndSayWhy() {
        Cpu cpu = domain.vcpu(0).cpu;
        for (long number : new long[] {11, 38, 55, 56, 4096, -1, 1L << 32, Long.MIN_VALUE}) {
            cpu.rax = number;
            exits.handle(domain.vcpu(0), Exit.Simple.SYSCALL);
            assertThat(cpu.rax).isEqualTo(-Errno.ENOSYS);
            assertThat(log.refusals().last().getLast().explained()).isTrue();
        }
    }

    @Test
    void aRefusedEntryNamesTheFrameItsOwnerTypeAndCounts() {
        Vcpu v = domain.vcpu(0);
        memory.put64(mfns.get(7) << 12, mfns.get(0) << 12 | 8 * 40);
        memory.put64((mfns.get(7) << 12) + 8, mfns.get(1) << 12 | Pte.P | Pte.RW | Pte.U);
        v.cpu.rax = Hypercall.MMU_UPDATE;
        v.cpu.rdi = 0x7000;
        v.cpu.rsi = 1;
        v.cpu.rdx = 0;
        v.cpu.r10 = 0x7ff0;
        exits.handle(v, Exit.Simple.SYSCALL);
        assertThat(log.refusals().last().getLast().line())
                .startsWith("d1v0 mmu_update(0x7000, 0x1, 0x0) = -EBUSY: l1 entry 0x")
                .contains("is an l2 table of d1 (type count 1, references 3)")
                .contains("may not be mapped writable");
    }

    @Test
    void aLongListInAMulticallPausesAndGoesOn() {
        Vcpu v = domain.vcpu(0);
        long requests = (PAGES - 8) * 256L;
        for (long i = 0; i < requests; i++) {
            long at = (mfns.get(8 + (int) (i / 256)) << 12) + i % 256 * 16;
            memory.put64(at, mfns.get(20) << 12 | 1);
            memory.put64(at + 8, 4711 + i);
        }
        long entry = mfns.get(7) << 12;
        long[] words = {Hypercall.MMU_UPDATE, 99, 0x8000, requests, 0x7800, 0x7ff0};
        for (int i = 0; i < words.length; i++) {
            memory.put64(entry + 8L * i, words[i]);
        }
        v.cpu.rip = 0x5002;
        v.cpu.rax = Hypercall.MULTICALL;
        v.cpu.rdi = 0x7000;
        v.cpu.rsi = 1;
        exits.handle(v, Exit.Simple.SYSCALL);
        assertThat(v.cpu.rip).as("the call is to be made again").isEqualTo(0x5000);
        assertThat(v.cpu.rax).isEqualTo(Hypercall.MULTICALL);
        assertThat(memory.get32(entry + 0x800)).isBetween(1L, requests - 1);
        int calls = 1;
        for (; v.cpu.rip == 0x5000 && calls < 100; calls++) {
            v.cpu.rip = 0x5002;
            exits.handle(v, Exit.Simple.SYSCALL);
        }
        assertThat(calls).isBetween(3, 20);
        assertThat(memory.get64(entry + 8)).as("result of the entry").isZero();
        assertThat(memory.get32(entry + 0x800)).as("requests done").isEqualTo(requests);
        assertThat(frames.m2p().pfn(mfns.get(20))).isEqualTo(4711 + requests - 1);
    }

    private Exit exit(Vcpu v) {
        Cpu cpu = v.cpu;
        cpu.rip = random.nextInt(8) == 0 ? value() : 0x5000;
        cpu.rsp = random.nextInt(8) == 0 ? value() : 0x6000 + random.nextInt(4096);
        for (int i = 0; i < 16; i++) {
            if (i != Cpu.RSP) {
                cpu.set(i, value());
            }
        }
        for (int i = 0; i < 64; i++) {
            memory.put64((page() << 12) + 8L * random.nextInt(512), value());
        }
        if (v.kernelMode() && random.nextInt(10) == 0 && v.enterUser()) {
            cpu.mode = random.nextBoolean() ? Cpu.MODE_64 : Cpu.MODE_32;
        } else if (!v.kernelMode() && random.nextInt(3) == 0) {
            v.enterKernel();
        }
        // Otherwise hardly any access to a port gets past the first check.
        v.iopl = random.nextInt(4);
        return switch (random.nextInt(22)) {
            case 0 -> new Exit.Fault(random.nextInt(32), random.nextInt(32), value());
            case 1 -> new Exit.SoftwareInterrupt(random.nextInt(256), 2, random.nextBoolean());
            case 2 -> Exit.Simple.CPUID;
            case 3 -> Exit.Simple.SYSENTER;
            case 4, 5 -> new Exit.Privileged(privileged());
            default -> {
                cpu.rax = random.nextInt(50) == 0 ? value() : random.nextInt(50);
                int sub = random.nextInt(40);
                cpu.set(random.nextInt(4) == 0 ? Cpu.RSI : Cpu.RDI, sub);
                if (random.nextBoolean()) {
                    cpu.rsi = 0x7000 + 8L * random.nextInt(1024);
                    cpu.rdx = 1L + random.nextInt(3);
                    cpu.r10 = 0x7ff0;
                }
                yield Exit.Simple.SYSCALL;
            }
        };
    }

    private Instruction privileged() {
        Instruction i = new Instruction();
        i.mode = Cpu.MODE_64;
        i.length = 2;
        i.map = random.nextInt(2);
        i.opcode =
                i.map == Instruction.MAP_0F ? random.nextInt(0x40) : ONE_BYTE[random.nextInt(14)];
        i.reg = random.nextInt(16);
        i.rm = random.nextInt(16);
        i.rep = random.nextBoolean();
        i.operandSize = 2 << random.nextInt(3);
        i.addressSize = 4 << random.nextInt(2);
        i.immediate = random.nextInt(256);
        return i;
    }

    /** A frame that is no page table. */
    private long page() {
        return mfns.get(4 + random.nextInt(PAGES - 4));
    }

    private long value() {
        return switch (random.nextInt(14)) {
            case 0 -> random.nextLong();
            case 1 -> 1L << random.nextInt(64);
            case 2 -> -1L - random.nextInt(8192);
            case 3 -> 0xffff_8000_0000_0000L + random.nextInt(1 << 20) - 4096;
            case 4, 5 -> random.nextInt(PAGES * 4096);
            case 6 -> mfns.get(random.nextInt(PAGES));
            case 7 -> mfns.get(random.nextInt(PAGES)) << 12 | random.nextInt(4096);
            case 8 -> 0x7ff0;
            case 9 -> random.nextInt(4096);
            default -> random.nextInt(12);
        };
    }
}
