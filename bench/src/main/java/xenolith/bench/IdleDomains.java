package xenolith.bench;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;

import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.host.Host;
import xenolith.hypervisor.host.HostConfig;
import xenolith.machine.engine.EngineKind;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.GuestKit;
import xenolith.testkit.guests.Xen;
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.PvBuilder;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;

/**
 * What idle domains cost: tiny guests, each of which sleeps but for a timer some times a second.
 * Words: how many domains (1000), ticks a second of each (4), seconds (10).
 */
public final class IdleDomains {
    private static final int PAGES = 1024;

    private IdleDomains() {}

    /** Sets the timer, blocks, clears the event, and so on. The counter tells system time. */
    private static byte[] sleeper(long period) {
        // Nothing is printed: nobody reads the consoles.
        GuestKit k = new GuestKit("sleeper");
        var a = k.a;
        k.begin();
        k.area("virq", 16);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_BIND_VIRQ, "virq");
        a.mov(Mem.at("shared", Xen.EVTCHN_MASK), 0);
        k.hypercall(Xen.VCPU_OP, 7, 0, 0);
        a.label("sleep").mov(Mem.at("shared", Xen.EVTCHN_PENDING), 0);
        a.rdtsc().shl(RDX, 32).or(RAX, RDX).mov(RDI, period).add(RDI, RAX);
        k.hypercall(Xen.SET_TIMER_OP);
        k.hypercall(Xen.SCHED_OP, Xen.SCHED_BLOCK, 0);
        a.jmp("sleep");
        return k.image();
    }

    public static void main(String[] words) throws Exception {
        int domains = words.length > 0 ? Integer.parseInt(words[0]) : 1000;
        int ticks = words.length > 1 ? Integer.parseInt(words[1]) : 4;
        int seconds = words.length > 2 ? Integer.parseInt(words[2]) : 10;
        byte[] image = sleeper(1_000_000_000L / ticks);
        long memory = (domains * (PAGES + 64L) << 12) + (64L << 20);
        HostConfig config = HostConfig.of(memory, 1, HostConfig.TimeMode.HOST);
        try (Host host = Host.start(config, EngineKind.standard()::on);
                KernelImage kernel = KernelImage.of(image, "sleeper", UnpackCache.none())) {
            long start = System.nanoTime();
            DomainControl last = null;
            for (int i = 0; i < domains; i++) {
                last = host.create(new DomainConfig("s" + i, new UUID(0, i + 1), 1, PAGES, -1));
                PvBuilder.build(last, kernel, Ramdisk.none(), "", PAGES);
            }
            say("making %d domains", domains, (System.nanoTime() - start) / 1e9);
            if (last == null) {
                return;
            }
            run(host, last, 2 * seconds);
            Duration cpu = cpu();
            long wall = System.nanoTime();
            run(host, last, seconds);
            double used = cpu().minus(cpu).toNanos() / 1e9;
            double percent = 100 * used * 1e9 / (System.nanoTime() - wall);
            say("processor time of %d seconds", seconds, used);
            System.out.printf(
                    Locale.ROOT,
                    "%.2f %% of a processor, %.1f us a tick, heap %d MiB%n",
                    percent,
                    1e6 * used / ((double) domains * ticks * seconds),
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory() >> 20);
            start = System.nanoTime();
            host.domains().forEach(DomainControl::destroy);
            say("destroying %d domains", domains, (System.nanoTime() - start) / 1e9);
        }
    }

    private static void run(Host host, DomainControl domain, int seconds) {
        host.run(domain, host.now() + seconds * 1_000_000_000L);
    }

    private static Duration cpu() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    private static void say(String what, int count, double seconds) {
        System.out.printf(Locale.ROOT, what + ": %.2f s%n", count, seconds);
    }
}
