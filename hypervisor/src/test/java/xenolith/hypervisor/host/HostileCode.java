package xenolith.hypervisor.host;

import java.util.List;
import java.util.SplittableRandom;
import xenolith.abi.x86.Pte;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;

/**
 * A guest of random code, with random page tables, descriptors, handlers and stacks, so that
 * exceptions meet what bounces them in every state; its processor really runs. A second guest that
 * does nothing wrong must live on.
 */
final class HostileCode implements AutoCloseable {
    private static final int PAGES = 40;
    private static final int FIRST_CODE = 4;
    private static final int CODE_PAGES = 4;
    private static final long RUN_NANOS = 200_000;

    /** What random bytes hardly ever make: the ways into the hypervisor. */
    private static final int[][] SNIPPETS = {
        {0x0f, 0x05}, // syscall
        {0xb8, 23, 0, 0, 0, 0x0f, 0x05}, // iret as a hypercall
        {0xb8, 13, 0, 0, 0, 0x0f, 0x05}, // multicall
        {0xb8, 1, 0, 0, 0, 0x0f, 0x05}, // mmu_update
        {0xb8, 26, 0, 0, 0, 0x0f, 0x05}, // mmuext_op
        {0xcd, 0x80},
        {0xcd, 0x03},
        {0xcc},
        {0xf1},
        {0x0f, 0x0b},
        {0xf4},
        {0x0f, 0x34}, // sysenter
        {0x0f, 0x30}, // wrmsr
        {0x0f, 0x32}, // rdmsr
        {0x0f, 0x22, 0xd8}, // mov cr3, rax
        {0x0f, 0x23, 0xf8}, // mov dr7, rax
        {0x8e, 0xd0}, // mov ss, ax
        {0x8e, 0xd8}, // mov ds, ax
        {0x48, 0xcf}, // iretq
        {0xcb}, // retf
        {0x9d}, // popf
        {0x5c}, // pop rsp
        {0x6c}, // insb
        {0x6e}, // outsb
        {0xeb, 0x00},
        {0x48, 0x8b, 0x00}, // mov rax, [rax]
        {0x48, 0x89, 0x01}, // mov [rcx], rax
        {0xf0, 0x48, 0x0f, 0xb1, 0x11}, // lock cmpxchg [rcx], rdx
        {0xdf, 0x00},
        {0x0f, 0xae, 0x00}, // fxsave
    };

    private final SplittableRandom random;
    private final TestHost host;
    private final TestHost.Guest guest;
    private final TestHost.Guest neighbour;

    HostileCode(long seed) {
        random = new SplittableRandom(seed);
        host = new TestHost(1024, seed);
        guest = host.guest(PAGES, 2);
        neighbour = host.guest(8, 1);
        neighbour.put64(0x5000, 0xfeeb); // jmp to itself
        for (int page = FIRST_CODE; page < FIRST_CODE + CODE_PAGES; page++) {
            code(page);
        }
        for (int i = 0; i < 600; i++) {
            int page = FIRST_CODE + CODE_PAGES + random.nextInt(PAGES - FIRST_CODE - CODE_PAGES);
            guest.put64(page * 4096L + 8L * random.nextInt(512), value());
        }
        tables();
        for (int i = 0; i < 2; i++) {
            vcpu(guest.d.vcpu(i));
        }
    }

    private void code(int page) {
        long at = page * 4096L;
        for (int i = 0; i < 4096; ) {
            if (random.nextInt(6) == 0) {
                int[] snippet = SNIPPETS[random.nextInt(SNIPPETS.length)];
                for (int b : snippet) {
                    host.memory.put8(guest.maddr(at + (i++ & 4095)), b);
                }
            } else {
                host.memory.put8(guest.maddr(at + i++), random.nextInt(256));
            }
        }
    }

    /** Some entries of the guest's own table become what a guest may make of them. */
    private void tables() {
        for (int i = 0; i < 20; i++) {
            long entry = Pte.of(guest.mfns[random.nextInt(PAGES)], random.nextInt(4096) & 0x67);
            long va = (long) (FIRST_CODE + CODE_PAGES + random.nextInt(60)) << 12;
            guest.call(14, va, random.nextBoolean() ? entry : 0, 0);
        }
    }

    private void vcpu(Vcpu v) {
        v.activity.setOnline(true);
        v.initialised = true;
        v.paging.setUserRoot(guest.mfns[3]);
        for (int vector = 0; vector < 256; vector++) {
            boolean handled = vector < 32 ? random.nextInt(4) > 0 : random.nextInt(8) == 0;
            v.trapAddress[vector] = handled ? pointer() : 0;
            v.trapFlags[vector] = (byte) random.nextInt(8);
        }
        v.eventCallback.set(random.nextInt(4) == 0 ? pointer() : 0, true);
        v.failsafeCallback.set(random.nextBoolean() ? pointer() : 0, random.nextBoolean());
        v.syscallCallback.set(random.nextBoolean() ? pointer() : 0, random.nextBoolean());
        v.kernelSp = pointer();
        v.kernelSs = random.nextInt(1 << 16);
        v.setUpcallMask(random.nextInt(2));
        v.iopl = random.nextInt(4);
        v.nmiPending = random.nextInt(8) == 0;
        guest.d.memory.setWritablePageTables(random.nextBoolean());
        Cpu cpu = v.cpu;
        for (int i = 0; i < 16; i++) {
            cpu.r[i] = value();
        }
        cpu.r[Cpu.RSP] = pointer();
        cpu.rip = (FIRST_CODE + random.nextInt(CODE_PAGES)) * 4096L + random.nextInt(4096);
    }

    private long pointer() {
        return switch (random.nextInt(8)) {
            case 0 -> value();
            case 1 -> random.nextInt(6) * 4096L + random.nextInt(32) - 16;
            default -> random.nextInt(PAGES * 4096);
        };
    }

    private long value() {
        return switch (random.nextInt(10)) {
            case 0 -> random.nextLong();
            case 1 -> 1L << random.nextInt(64);
            case 2 -> -1L - random.nextInt(8192);
            case 3 -> 0xffff_8000_0000_0000L + random.nextInt(1 << 20) - 4096;
            case 4 -> guest.mfns[random.nextInt(PAGES)] << 12 | random.nextInt(4096);
            case 5, 6 -> random.nextInt(PAGES * 4096);
            default -> random.nextInt(60);
        };
    }

    /** Runs it for a while; what is wrong afterwards, or nothing. */
    List<String> run() {
        PhysicalCpu cpu = new PhysicalCpu(host.hypervisor);
        neighbour.d.vcpu(0).activity.setOnline(true);
        long deadline = host.hypervisor.clock.now() + RUN_NANOS;
        cpu.run(() -> !guest.d.running(), deadline);
        List<String> wrong = new java.util.ArrayList<>(host.audit());
        guest.d.crashReport().filter(r -> r.contains("a defect of Xenolith")).ifPresent(wrong::add);
        long before = neighbour.d.vcpu(0).cpu.retired;
        cpu.run(() -> false, host.hypervisor.clock.now() + 1000);
        if (!neighbour.d.running() || neighbour.d.vcpu(0).cpu.retired == before) {
            wrong.add("the neighbour does not run any more");
        }
        guest.d.release();
        wrong.addAll(host.audit());
        return wrong;
    }

    /** Whether the guest came to its end by itself, and what it retired. */
    boolean crashed() {
        return guest.d.crashReport().isPresent();
    }

    @Override
    public void close() {
        host.close();
    }
}
