package xenolith.hypervisor.host;

import java.util.SplittableRandom;
import xenolith.abi.struct.Abi;
import xenolith.abi.xen.Hypercall;

/**
 * Makes hypercalls of one guest by chance, most of them nearly right: it knows the shapes of the
 * arguments, of 64-bit and 32-bit guests. Grants are {@link GrantMaker}'s.
 */
final class HypercallMaker extends GuestValues {
    /** A call in registers. */
    record Call(long number, long... arguments) {}

    private static final int[] EVENTS = {0, 0, 0, 1, 3, 4, 4, 5, 6, 6, 6, 7, 8, 9, 10, 11, 12, 13};
    private static final int[] MEMORY = {0, 1, 6, 11};
    private static final int[] PHYSDEV = {5, 6, 7, 17, 28};

    private final GrantMaker grants;

    HypercallMaker(SplittableRandom random, TestHost.Guest g, int[] domids) {
        super(random, g, domids);
        grants = new GrantMaker(random, g, domids);
    }

    Call any() {
        if (random.nextInt(3) == 0) {
            scribble();
        }
        return random.nextInt(10) == 0 ? multicall() : one();
    }

    private Call one() {
        return switch (random.nextInt(36)) {
            case 0, 1, 2, 3, 4, 5 -> mmuUpdate();
            case 6, 7, 8 -> mmuext();
            case 9, 10, 11 -> vaMapping();
            case 12, 13 -> memory();
            case 14, 15, 16, 17, 18 -> grants.any();
            case 19, 20, 21, 22 -> event();
            case 23, 24 -> vcpu();
            case 25 -> new Call(Hypercall.SET_GDT, list(mfn(), mfn()), small(1024));
            case 26 -> descriptor();
            case 27 -> sched();
            case 28 -> new Call(Hypercall.VM_ASSIST, small(2), random.nextInt(8) * 4L % 33);
            case 29 -> new Call(Hypercall.XEN_VERSION, small(11), list(0));
            case 30, 31 -> state();
            case 32 -> rest();
            default -> new Call(small(56), list(odd(), odd()), small(12), odd(), odd(), odd());
        };
    }

    /** Two registers for a 64-bit number where a register has 32. */
    private Call wide(long number, long[] before, long value, long... after) {
        int words = abi == Abi.BITS64 ? 1 : 2;
        long[] arguments = new long[before.length + words + after.length];
        System.arraycopy(before, 0, arguments, 0, before.length);
        arguments[before.length] = value;
        if (words == 2) {
            arguments[before.length + 1] = value >>> 32;
        }
        System.arraycopy(after, 0, arguments, before.length + words, after.length);
        return new Call(number, arguments);
    }

    private Call vaMapping() {
        long[] va = {va()};
        return random.nextInt(3) == 0
                ? wide(Hypercall.UPDATE_VA_MAPPING_OTHERDOMAIN, va, entry(), small(8), domid())
                : wide(Hypercall.UPDATE_VA_MAPPING, va, entry(), small(8));
    }

    private Call descriptor() {
        long at = (mfn() << 12) + 8L * random.nextInt(4);
        long descriptor = random.nextBoolean() ? 0x00cf_f300_0000_ffffL : odd();
        return abi == Abi.BITS64
                ? new Call(Hypercall.UPDATE_DESCRIPTOR, at, descriptor)
                : wide(Hypercall.UPDATE_DESCRIPTOR, new long[] {at, at >>> 32}, descriptor);
    }

    private Call mmuUpdate() {
        int n = 1 + random.nextInt(3);
        Arguments requests = args();
        for (int i = 0; i < n; i++) {
            requests.u64(slot() + random.nextInt(3)).u64(entry());
        }
        long tables = rarely() ? small(4) << 16 : 0;
        long foreign = random.nextInt(8) == 0 ? domid() : 0x7ff0;
        return new Call(Hypercall.MMU_UPDATE, lay(requests), n, list(0), foreign | tables);
    }

    private Call mmuext() {
        long cmd = small(21);
        long arg1 = cmd == 13 || cmd == 7 ? va() : mfn();
        long arg2 = cmd == 13 ? small(600) : cmd == 17 ? mfn() : list(3);
        Arguments pair = args().u32(cmd).word(arg1).word(arg2).u32(4).word(mfn()).word(0);
        long foreign = random.nextInt(8) == 0 ? domid() : 0x7ff0;
        return new Call(Hypercall.MMUEXT_OP, lay(pair), 1 + random.nextInt(2), list(0), foreign);
    }

    private Arguments extents(Arguments a, long list, long n, long order, long domid) {
        long flags = rarely() ? odd() : random.nextInt(8) == 0 ? 32 : 0;
        return a.word(list).word(n).u32(order).u32(flags).u16(domid);
    }

    private Call memory() {
        long n = random.nextInt(3);
        long order = random.nextInt(8) == 0 ? random.nextInt(12) : 0;
        long first = list(random.nextBoolean() ? mfn() : page(), mfn(), page());
        long cmd = random.nextInt(3) == 0 ? small(30) : MEMORY[random.nextInt(MEMORY.length)];
        Arguments a = args();
        switch ((int) cmd) {
            case 3, 4, 14 -> a.u16(domid());
            case 5, 25 -> a.u32(small(8)).word(list(0, 0, 0)).u32(0);
            case 9 -> a.u32(small(4)).word(list(new long[16]));
            case 13 -> a.u16(domid()).u32(small(3)).word(list(0, 1 << 20, 1));
            default -> {
                extents(a, first, n, order, domid());
                extents(a, list(page(), page(), page()), n, order, 0x7ff0);
                a.word(rarely() ? 1 : 0);
            }
        }
        return new Call(Hypercall.MEMORY_OP, cmd, lay(a));
    }

    private Call event() {
        long cmd = rarely() ? small(14) : EVENTS[random.nextInt(EVENTS.length)];
        long port = small(6);
        Arguments a = args();
        switch ((int) cmd) {
            case 0 -> a.u16(domid()).u32(port).u32(0);
            case 1 -> a.u32(small(24)).u32(small(3)).u32(0);
            case 6 -> a.u16(0x7ff0).u16(domid()).u32(0);
            case 7 -> a.u32(small(3)).u32(0);
            case 8 -> a.u32(port).u32(small(3));
            case 5 -> a.u16(0x7ff0).u32(port).u64(0).u64(0);
            case 10 -> a.u16(random.nextInt(4) == 0 ? 0x7ff0 : 77);
            case 11 -> a.u64(mfn()).u32(small(64) * 8).u32(small(3));
            case 12 -> a.u64(mfn());
            case 13 -> a.u32(port).u32(small(17));
            default -> a.u32(port).u64(0);
        }
        return new Call(Hypercall.EVENT_CHANNEL_OP, cmd, lay(a));
    }

    private Call vcpu() {
        long cmd = small(14);
        Arguments a = args();
        switch ((int) cmd) {
            case 5, 13 -> a.word(va() + 64);
            case 10 -> a.u64(mfn()).u32(small(64) * 64).u32(0);
            default -> a.u64(small(1 << 30)).u32(0);
        }
        // A context is whatever is there.
        long arg = cmd == 0 ? FIRST_SCRATCH * 4096L : cmd == 11 ? 0 : lay(a);
        return new Call(Hypercall.VCPU_OP, cmd, small(3), arg);
    }

    private Call sched() {
        long ports = lay(args().u32(small(12)).u32(small(12)));
        return switch (random.nextInt(3)) {
            case 0 -> new Call(Hypercall.SCHED_OP, 0, 0);
            case 1 -> new Call(Hypercall.SCHED_OP, 3, lay(args().word(ports).u32(small(3)).u64(1)));
            default -> new Call(Hypercall.SCHED_OP, 4 + random.nextInt(5), list(0, 0));
        };
    }

    private Call state() {
        Arguments a = args();
        return switch (random.nextInt(8)) {
            case 0 -> {
                a.u8(random.nextInt(20)).u8(random.nextInt(8)).u16(small(0x10000));
                yield new Call(Hypercall.SET_TRAP_TABLE, lay(a.word(0x5000).word(0).word(0)));
            }
            case 1 -> new Call(Hypercall.STACK_SWITCH, small(0x10000), va());
            case 2 -> new Call(Hypercall.SET_DEBUGREG, small(8), odd());
            case 3 -> new Call(Hypercall.SET_SEGMENT_BASE, small(4), odd());
            case 4 -> wide(Hypercall.SET_TIMER_OP, new long[0], odd());
            case 5 -> new Call(Hypercall.NMI_OP, small(2), lay(a.word(va()).word(0)));
            case 6 -> new Call(Hypercall.GET_DEBUGREG, small(8));
            default -> {
                a.u16(small(8)).u16(random.nextInt(2));
                a = abi == Abi.BITS64 ? a.u64(va()) : a.u32(small(0x10000)).u32(va());
                yield new Call(Hypercall.CALLBACK_OP, small(2), lay(a));
            }
        };
    }

    private Call rest() {
        return switch (random.nextInt(4)) {
            case 0 -> new Call(Hypercall.CONSOLE_IO, small(2), small(64), va());
            case 1 -> new Call(Hypercall.HVM_OP, random.nextBoolean() ? 10 : small(30), list(0, 0));
            case 2 -> new Call(Hypercall.FPU_TASKSWITCH, small(2));
            default -> {
                int cmd = PHYSDEV[random.nextInt(PHYSDEV.length)];
                Arguments a = args();
                switch (cmd) {
                    case 5 -> a.u32(small(4)).u32(0);
                    case 6 -> a.u32(small(4));
                    default -> a.word(cmd == 7 ? va() : mfn()).u32(small(1 << 16));
                }
                yield new Call(Hypercall.PHYSDEV_OP, cmd, lay(a));
            }
        };
    }

    private Call multicall() {
        int n = 1 + random.nextInt(4);
        Arguments entries = args();
        for (int i = 0; i < n; i++) {
            Call c = one();
            entries.word(c.number()).word(0);
            for (int k = 0; k < 6; k++) {
                entries.word(k < c.arguments().length ? c.arguments()[k] : 0);
            }
        }
        return new Call(Hypercall.MULTICALL, lay(entries), n);
    }
}
