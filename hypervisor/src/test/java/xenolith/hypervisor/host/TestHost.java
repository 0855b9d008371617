package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.UUID;
import xenolith.abi.struct.Abi;
import xenolith.abi.x86.Pte;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Hypervisor;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.log.HypervisorLog;
import xenolith.hypervisor.log.Refusal;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.paging.MmuextOp;
import xenolith.hypervisor.paging.XenTables;
import xenolith.hypervisor.pv.StartState;
import xenolith.hypervisor.time.Clock;
import xenolith.hypervisor.time.CountedClock;
import xenolith.hypervisor.trace.Trace;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.engine.EngineKind;
import xenolith.machine.memory.MachineMemory;

/** A machine with guests whose hypercalls are made by hand, without any code of theirs. */
final class TestHost implements AutoCloseable {
    private static final int[] ARGUMENTS = {Cpu.RDI, Cpu.RSI, Cpu.RDX, Cpu.R10, Cpu.R8};
    private static final int[] ARGUMENTS_32 = {Cpu.RBX, Cpu.RCX, Cpu.RDX, Cpu.RSI, Cpu.RDI};
    private static final Exit INT_82 = new Exit.SoftwareInterrupt(0x82, 2, false);
    private static final long TABLE = Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D;

    /** Where the guest's SYSCALL is. */
    static final long RIP = 0x5000;

    final MachineMemory memory;
    final HypervisorLog log = new HypervisorLog();
    final FrameTable frames;
    final Hypervisor hypervisor;
    final GuestExits exits = new GuestExits();

    TestHost(int machineFrames, long seed) {
        this(machineFrames, seed, new CountedClock(0));
    }

    TestHost(int machineFrames, long seed, Clock clock) {
        memory = new MachineMemory(machineFrames);
        frames = new FrameTable(memory, seed, log);
        hypervisor =
                new Hypervisor(
                        memory,
                        frames,
                        new XenTables(frames),
                        EngineKind.standard().on(memory),
                        clock,
                        log,
                        Trace.off());
        Domain.createControl(hypervisor);
    }

    /**
     * A domain whose page {@code n} is at linear address 4096 * n, writable but for pages 0 to 3,
     * which are its level-1 to level-4 tables. It may own twice {@code pages}.
     */
    Guest guest(int pages, int vcpus) {
        return guest(pages, vcpus, Abi.BITS64);
    }

    /**
     * A 32-bit domain as {@link #guest(int, int)} makes 64-bit ones; page 3 is the level-2 table of
     * the last GiB, which has to be there.
     */
    Guest guest32(int pages, int vcpus) {
        return guest(pages, vcpus, Abi.BITS32);
    }

    private Guest guest(int pages, int vcpus, Abi abi) {
        UUID id = new UUID(0, 1);
        Domain d =
                Domain.create(
                        hypervisor,
                        hypervisor.nextDomid(),
                        new DomainConfig("test", id, vcpus, 2L * pages, -1, abi));
        long[] mfns = new long[pages];
        for (int pfn = 0; pfn < pages; pfn++) {
            mfns[pfn] = frames.allocate(d.memory, pfn);
        }
        Guest g = new Guest(d, mfns);
        for (int pfn = 0; pfn < pages; pfn++) {
            g.put64(8L * pfn, Pte.of(mfns[pfn], pfn < 4 ? Pte.P | Pte.U : TABLE));
        }
        int top = d.compat() ? 3 : 4;
        for (int level = 2; level <= top; level++) {
            // Level-3 entries of PAE have no rights.
            long flags = level == 3 && d.compat() ? Pte.P : TABLE;
            g.put64((level - 1) * 4096L, Pte.of(mfns[level - 2], flags));
        }
        if (d.compat()) {
            g.put64(2 * 4096L + 8 * 3, Pte.of(mfns[3], Pte.P));
        }
        assertThat(MmuextOp.pin(d.paging, top, mfns[top - 1])).isZero();
        for (int i = 0; i < vcpus; i++) {
            assertThat(StartState.boot(d.vcpu(i), RIP, 0x6ff0, 0, mfns[top - 1])).isZero();
        }
        return g;
    }

    /** What an audit finds. */
    List<String> audit() {
        return new Audit(hypervisor, new ControlGrants()).differences();
    }

    /** The latest refusal. */
    Refusal refusal() {
        return log.refusals().last().getLast();
    }

    @Override
    public void close() {
        memory.close();
    }

    /** One domain. */
    final class Guest {
        final Domain d;

        /** By pseudo-physical number. */
        final long[] mfns;

        private Guest(Domain d, long[] mfns) {
            this.d = d;
            this.mfns = mfns;
        }

        /** Machine address of linear address {@code va}, which is one of its first ones. */
        long maddr(long va) {
            return (mfns[(int) (va >>> 12)] << 12) + (va & 4095);
        }

        void put64(long va, long value) {
            memory.put64(maddr(va), value);
        }

        void put32(long va, long value) {
            memory.put32(maddr(va), value);
        }

        void put16(long va, long value) {
            memory.put16(maddr(va), value);
        }

        long get64(long va) {
            return memory.get64(maddr(va));
        }

        long get32(long va) {
            return memory.get32(maddr(va));
        }

        /** Status of a grant operation: a signed 16-bit number. */
        int status(long va) {
            return (short) memory.get16(maddr(va));
        }

        /** The level-1 entry of page {@code page}. */
        long entry(int page) {
            return get64(8L * page);
        }

        /** Makes hypercall {@code number} on vCPU 0. */
        long call(long number, long... arguments) {
            return call(d.vcpu(0), number, arguments);
        }

        /** Makes a hypercall, and makes it again as long as it pauses. */
        long call(Vcpu v, long number, long... arguments) {
            set(v, number, arguments);
            boolean again;
            do {
                again = paused(v);
            } while (again);
            return v.cpu.rax;
        }

        /** Puts a hypercall into the registers of {@code v}. */
        void set(Vcpu v, long number, long... arguments) {
            v.cpu.rax = number;
            int[] registers = d.compat() ? ARGUMENTS_32 : ARGUMENTS;
            for (int i = 0; i < registers.length; i++) {
                v.cpu.set(registers[i], i < arguments.length ? arguments[i] : 0);
            }
        }

        /** Makes the hypercall in the registers of {@code v} once; whether it paused. */
        boolean paused(Vcpu v) {
            long number = v.cpu.rax;
            // RIP is behind a SYSCALL, but at an INT.
            v.cpu.rip = d.compat() ? RIP : RIP + 2;
            exits.handle(v, d.compat() ? INT_82 : Exit.Simple.SYSCALL);
            hypervisor.runHandlers();
            return v.cpu.rip == RIP && v.cpu.rax == number;
        }
    }
}
