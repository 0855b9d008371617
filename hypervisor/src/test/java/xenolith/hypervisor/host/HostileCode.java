package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import xenolith.abi.struct.Abi;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Hypercall;
import xenolith.abi.xen.Selector32;
import xenolith.hypervisor.domain.Callback;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.memory.SegmentDescriptors;
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

    private final SplittableRandom random;
    private final TestHost host;
    private final TestHost.Guest guest;
    private final TestHost.Guest neighbour;
    private final boolean compat;
    private final HostileSnippets snippets;

    HostileCode(long seed) {
        random = new SplittableRandom(seed);
        host = new TestHost(1024, seed);
        compat = random.nextInt(3) == 0;
        snippets = new HostileSnippets(random, compat, FIRST_CODE, CODE_PAGES);
        guest = compat ? host.guest32(PAGES, 2) : host.guest(PAGES, 2);
        neighbour = host.guest(8, 1);
        neighbour.put64(0x5000, 0xfeeb); // jmp to itself
        for (int page = FIRST_CODE; page < FIRST_CODE + CODE_PAGES; page++) {
            code(page);
        }
        for (int i = 0; i < 600; i++) {
            int page = FIRST_CODE + CODE_PAGES + random.nextInt(PAGES - FIRST_CODE - CODE_PAGES);
            guest.put64(page * 4096L + 8L * random.nextInt(512), value());
        }
        if (compat) {
            descriptors();
        }
        tables();
        for (int i = 0; i < 2; i++) {
            vcpu(guest.d.vcpu(i));
        }
    }

    /** A GDT, and perhaps an LDT. */
    private void descriptors() {
        int page = PAGES - 1;
        for (int i = 0; i < 512; i++) {
            long d = snippets.descriptor();
            boolean good = SegmentDescriptors.acceptable(d, Abi.BITS32);
            guest.put64(page * 4096L + 8L * i, good ? d : 0);
        }
        guest.call(Hypercall.UPDATE_VA_MAPPING, page * 4096L, 0, 0, 0);
        guest.put32(4096L * 5, guest.mfns[page]);
        assertThat(guest.call(Hypercall.SET_GDT, 4096L * 5, 512)).isZero();
    }

    private void code(int page) {
        long at = page * 4096L;
        for (int i = 0; i < 4096; ) {
            if (random.nextInt(6) == 0) {
                for (int b : snippets.any()) {
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
            long value = random.nextBoolean() ? entry : 0;
            if (compat) {
                guest.call(Hypercall.UPDATE_VA_MAPPING, va, value, value >>> 32, 0);
            } else {
                guest.call(Hypercall.UPDATE_VA_MAPPING, va, value, 0);
            }
        }
    }

    private void vcpu(Vcpu v) {
        v.activity.setOnline(true);
        v.initialised = true;
        if (!compat) {
            v.paging.setUserRoot(guest.mfns[3]);
        }
        for (int vector = 0; vector < 256; vector++) {
            boolean handled = vector < 32 ? random.nextInt(4) > 0 : random.nextInt(8) == 0;
            v.trapAddress[vector] = handled ? pointer() : 0;
            v.trapCs[vector] = handled ? codeSelector() : 0;
            v.trapFlags[vector] = (byte) random.nextInt(8);
        }
        callback(v.eventCallback, random.nextInt(4) == 0, true);
        callback(v.failsafeCallback, random.nextBoolean(), random.nextBoolean());
        callback(v.syscallCallback, random.nextBoolean(), random.nextBoolean());
        callback(v.syscall32Callback, random.nextBoolean(), random.nextBoolean());
        callback(v.sysenterCallback, random.nextBoolean(), random.nextBoolean());
        v.kernelSp = pointer();
        boolean flat = compat && random.nextInt(4) > 0;
        v.kernelSs = flat ? Selector32.FLAT_KERNEL_DATA : random.nextInt(1 << 16);
        v.setUpcallMask(random.nextInt(2));
        v.iopl = random.nextInt(4);
        v.nmiPending = random.nextInt(8) == 0;
        guest.d.memory.setWritablePageTables(random.nextBoolean());
        Cpu cpu = v.cpu;
        for (int i = 0; i < 16; i++) {
            cpu.set(i, value());
        }
        cpu.rsp = pointer();
        cpu.rip = (FIRST_CODE + random.nextInt(CODE_PAGES)) * 4096L + random.nextInt(4096);
    }

    private void callback(Callback callback, boolean registered, boolean mask) {
        long address = registered ? pointer() : 0;
        if (compat) {
            callback.set(registered ? codeSelector() : 0, address, mask);
        } else {
            callback.set(address, mask);
        }
    }

    /** A selector as the hypervisor keeps it: of ring 1 at least. */
    private int codeSelector() {
        int selector = random.nextInt(4) > 0 ? Selector32.FLAT_KERNEL_CODE : snippets.selector();
        return (selector & 3) == 0 ? selector | 1 : selector;
    }

    private long pointer() {
        return compat ? anyPointer() & 0xffff_ffffL : anyPointer();
    }

    private long value() {
        return compat ? anyValue() & 0xffff_ffffL : anyValue();
    }

    private long anyPointer() {
        return switch (random.nextInt(8)) {
            case 0 -> anyValue();
            case 1 -> random.nextInt(6) * 4096L + random.nextInt(32) - 16;
            default -> random.nextInt(PAGES * 4096);
        };
    }

    private long anyValue() {
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
        // The two vCPUs of the guest may have a slice each before.
        long before = neighbour.d.vcpu(0).cpu.retired;
        deadline = host.hypervisor.clock.now() + 5 * RUN_NANOS;
        cpu.run(() -> neighbour.d.vcpu(0).cpu.retired > before, deadline);
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
