package xenolith.hypervisor.host;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Hypervisor;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.event.EventChannels;
import xenolith.hypervisor.grant.GrantTable;

/** What the hypervisor tells of itself when a key is sent (XEN_SYSCTL_debug_keys). */
final class DebugKeys {
    private static final List<String> STATES =
            List.of("closed", "unbound", "interdomain", "pirq", "virq", "ipi");

    private static final int UNBOUND = 1;
    private static final int INTERDOMAIN = 2;
    private static final int VIRQ = 4;

    private final Hypervisor hypervisor;
    private final Consumer<String> lines;

    DebugKeys(Hypervisor hypervisor, Consumer<String> lines) {
        this.hypervisor = hypervisor;
        this.lines = lines;
    }

    private void say(String line) {
        lines.accept(line);
    }

    private Stream<Vcpu> vcpus() {
        return hypervisor.domains().stream().flatMap(d -> Arrays.stream(d.vcpus()));
    }

    /** Handles {@code key}; answers whether there is such a key. */
    boolean handle(char key) {
        switch (key) {
            case 'd' -> vcpus().forEach(this::registers);
            case 'e' -> hypervisor.domains().forEach(this::events);
            case 'g' -> hypervisor.domains().forEach(this::grants);
            case 'h' -> help();
            case 'm' -> memory();
            case 'q' -> hypervisor.domains().forEach(this::domain);
            case 'r' -> runQueue();
            default -> {
                return false;
            }
        }
        return true;
    }

    private void help() {
        say("'h' pressed -> showing installed handlers");
        say(" key 'd' (ascii '64') => dump registers");
        say(" key 'e' (ascii '65') => dump evtchn info");
        say(" key 'g' (ascii '67') => print grant table usage");
        say(" key 'h' (ascii '68') => show this message");
        say(" key 'm' (ascii '6d') => memory info");
        say(" key 'q' (ascii '71') => dump domain (and guest debug) info");
        say(" key 'r' (ascii '72') => dump run queues");
    }

    private void registers(Vcpu v) {
        say(
                "d%dv%d: %s mode, rip %016x, rsp %016x, rflags %06x, cr2 %016x"
                        .formatted(
                                v.domain.domid(),
                                v.id,
                                v.kernelMode() ? "kernel" : "user",
                                v.cpu.rip,
                                v.cpu.rsp,
                                v.cpu.rflags(),
                                v.cpu.cr2));
    }

    private void events(Domain d) {
        say("Event channel information for domain %d:".formatted(d.domid()));
        for (int port = 1; d.events.valid(port); port++) {
            EventChannels.Status s = d.events.status(port);
            if (s == null || s.state() == 0) {
                continue;
            }
            String more =
                    switch (s.state()) {
                        case INTERDOMAIN -> " d=" + s.remoteDomid() + " p=" + s.remotePort();
                        case UNBOUND -> " d=" + s.remoteDomid();
                        case VIRQ -> " v=" + s.virq();
                        default -> "";
                    };
            say("    %4d: %s, vCPU %d%s".formatted(port, state(s.state()), s.vcpu(), more));
        }
    }

    private static String state(int state) {
        return state < STATES.size() ? STATES.get(state) : Integer.toString(state);
    }

    private void grants(Domain d) {
        GrantTable table = d.grants;
        if (table == null) {
            say("grant-table for domain %d: none".formatted(d.domid()));
            return;
        }
        int used = 0;
        for (int ref = 0; ref < table.entryCount(); ref++) {
            used += table.inUse(ref) ? 1 : 0;
        }
        say(
                "grant-table for remote d%d (v%d): %d frames (%d max), %d active entries"
                        .formatted(
                                d.domid(),
                                table.version(),
                                table.frameCount(),
                                table.maxFrames(),
                                used));
    }

    private void memory() {
        say("Physical memory information:");
        say("    total: %d kB".formatted(hypervisor.memory.frames() << 2));
        say("    free: %d kB".formatted(hypervisor.frames.freeFrames() << 2));
    }

    private void domain(Domain d) {
        say("General information for domain %d:".formatted(d.domid()));
        say(
                "    nr_pages=%d max_pages=%d paused=%d%s"
                        .formatted(
                                d.memory.totalPages(),
                                d.memory.maxPages(),
                                d.paused() ? 1 : 0,
                                d.shutdownReason().map(r -> " shutdown=" + r).orElse("")));
        say("    handle=%s".formatted(d.config.uuid()));
        say("VCPU information for domain %d:".formatted(d.domid()));
        for (Vcpu v : d.vcpus()) {
            say(
                    "    VCPU%d: %s, upcall_pend=%02x upcall_mask=%02x"
                            .formatted(
                                    v.id,
                                    !v.activity.online()
                                            ? "down"
                                            : v.activity.waits() ? "blocked" : "runnable",
                                    v.upcallPending() ? 1 : 0,
                                    v.upcallMask()));
        }
    }

    private void runQueue() {
        say("sched: vCPUs take turns on CPU 0, NOW=%d".formatted(hypervisor.clock.now()));
        say("    waiting to run: %d".formatted(hypervisor.runQueue.waiting()));
        vcpus().filter(v -> v.activity.runnable())
                .forEach(v -> say("    d%dv%d".formatted(v.domain.domid(), v.id)));
    }
}
