package xenolith.hypervisor.host;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import xenolith.abi.xen.Hypercall;
import xenolith.abi.xen.OperationName;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.trap.Segments;

/**
 * Sequences of hypercalls by chance, from two domains of two vCPUs each, of 64 or 32 bits, and
 * beside a third domain that takes no part and must not be touched. A failure names the seed and
 * the step.
 */
final class RandomHypercalls implements AutoCloseable {
    private static final int PAGES = 48;
    private static final int DOMAINS = 2;

    /** Steps after which a domain has spoilt its own address space, and a new one starts. */
    private static final int LIFE = 700;

    private final long seed;
    private final SplittableRandom random;
    private final TestHost host;
    private final TestHost.Guest[] guests = new TestHost.Guest[DOMAINS];
    private final TestHost.Guest witness;
    private final long witnessed;
    private final int[] ages = new int[DOMAINS];
    private final List<String> unexplained = new ArrayList<>();
    private String call = "";

    /** Calls that did something, by name of the operation. */
    final Map<String, Integer> accepted = new HashMap<>();

    RandomHypercalls(long seed) {
        this.seed = seed;
        random = new SplittableRandom(seed);
        host = new TestHost(2048, seed);
        for (int i = 0; i < DOMAINS; i++) {
            guests[i] = guest();
        }
        witness = host.guest(PAGES, 1);
        for (long mfn : witness.mfns) {
            host.memory.put64((mfn << 12) + 4000, mfn * 0x9e37_79b9_7f4aL);
        }
        witnessed = fingerprint();
        host.log
                .refusals()
                .listen(r -> {
                    if (!r.explained()) {
                        unexplained.add(r.line());
                    }
                });
    }

    /** A 64-bit or a 32-bit guest. */
    private TestHost.Guest guest() {
        return random.nextInt(3) == 0 ? host.guest32(PAGES, 2) : host.guest(PAGES, 2);
    }

    /** Runs {@code steps} steps and looks at everything each {@code every} of them. */
    void run(int steps, int every) {
        for (int step = 1; step <= steps; step++) {
            try {
                step();
                if (step % every == 0 || step == steps) {
                    look();
                }
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(
                        "seed %d, step %d, after %s: %s".formatted(seed, step, call, e), e);
            }
        }
    }

    private void step() {
        int who = random.nextInt(DOMAINS);
        TestHost.Guest g = guests[who];
        if (++ages[who] > LIFE || !g.d.running()) {
            g.d.release();
            guests[who] = guest();
            ages[who] = 0;
            return;
        }
        Vcpu v = g.d.vcpu(random.nextInt(2));
        v.activity.wake();
        v.yielded = false;
        if (random.nextInt(16) == 0) {
            host.exits.deliver(v);
        }
        if (!v.kernelMode()) {
            if (g.d.compat()) {
                Segments.loadFlatKernel32(v.cpu);
            } else {
                v.enterKernel();
            }
        }
        HypercallMaker.Call c = new HypercallMaker(random, g, domids()).any();
        String name =
                OperationName.of(c.number(), c.arguments().length == 0 ? 0 : c.arguments()[0]);
        call = (g.d.compat() ? "32-bit d" : "d") + g.d.domid() + " " + name;
        v.cpu.rsp = 0x6ff0;
        long result = g.call(v, c.number(), c.arguments());
        boolean refused = g.d.compat() ? (int) result < 0 : result < 0;
        if (c.number() != Hypercall.IRET && !refused) {
            accepted.merge(name, 1, Integer::sum);
            if (g.d.compat()) {
                accepted.merge(name + " of 32 bits", 1, Integer::sum);
            }
        }
    }

    private int[] domids() {
        return new int[] {guests[0].d.domid(), guests[1].d.domid()};
    }

    private void look() {
        List<String> differences = host.audit();
        if (!differences.isEmpty()) {
            throw new AssertionError("the audit finds " + differences);
        }
        if (!unexplained.isEmpty()) {
            throw new AssertionError("refused without a reason: " + unexplained);
        }
        if (fingerprint() != witnessed) {
            throw new AssertionError("a domain that takes no part was changed");
        }
    }

    /** All that the witness has and is. */
    private long fingerprint() {
        long sum = 0;
        for (long mfn : witness.mfns) {
            sum = sum * 31 + host.frames.count(mfn) * 1000L + host.frames.type(mfn);
            sum = sum * 31 + host.frames.owner(mfn) + host.frames.m2p().pfn(mfn) * 7;
            for (int at = 0; at < 4096; at += 8) {
                sum = sum * 31 + host.memory.get64((mfn << 12) + at);
            }
        }
        for (int at = 0; at < 4096; at += 8) {
            sum = sum * 31 + host.memory.get64(witness.d.sharedInfo() + at);
        }
        return sum * 31 + witness.d.memory.totalPages();
    }

    @Override
    public void close() {
        host.close();
    }
}
