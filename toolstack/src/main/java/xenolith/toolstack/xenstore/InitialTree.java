package xenolith.toolstack.xenstore;

import java.util.UUID;

/** What a toolstack writes for a new PV domain without disks and network cards (xl's tree). */
public final class InitialTree {
    private InitialTree() {}

    /** What exists before any domain does. */
    public static void writeHost(Store store) {
        store.mkdir("/tool/xenstored", "n0");
        store.write("/local/domain/0/domid", "0");
        store.write("/local/domain/0/name", "Domain-0");
        store.write("/local/pool/0/name", "Pool-0");
        store.write("/vm", "");
        store.write("/libxl", "");
    }

    /**
     * What a domain's tree is made of.
     *
     * @param memoryKib memory at start; {@code maxMemoryKib} what it may grow to
     * @param kernel path of the kernel, for the record, as are ramdisk and command line
     */
    public record Facts(
            int domid,
            String name,
            UUID uuid,
            int vcpus,
            int maxVcpus,
            long memoryKib,
            long maxMemoryKib,
            long consoleMfn,
            int consolePort,
            long xenstoreMfn,
            int xenstorePort,
            String kernel,
            String ramdisk,
            String cmdline) {}

    /** Writes the tree of a domain that was just built. */
    public static void writeDomain(Store store, Facts f) {
        Writer w = new Writer(store, f);
        String vm = "/vm/" + f.uuid;
        w.shared(vm, "");
        w.shared(vm + "/name", f.name);
        w.shared(vm + "/uuid", f.uuid.toString());
        w.shared(vm + "/image", "");
        w.shared(vm + "/image/ostype", "linux");
        w.shared(vm + "/image/kernel", f.kernel);
        w.shared(vm + "/image/ramdisk", f.ramdisk);
        w.shared(vm + "/image/cmdline", f.cmdline);
        String home = "/local/domain/" + f.domid;
        w.shared(home, "");
        w.shared(home + "/vm", vm);
        w.shared(home + "/name", f.name);
        w.shared(home + "/domid", Integer.toString(f.domid));
        w.shared(home + "/cpu", "");
        for (int i = 0; i < f.maxVcpus; i++) {
            w.shared(home + "/cpu/" + i, "");
            w.shared(home + "/cpu/" + i + "/availability", i < f.vcpus ? "online" : "offline");
        }
        w.shared(home + "/memory", "");
        w.shared(home + "/memory/static-max", Long.toString(f.maxMemoryKib));
        w.shared(home + "/memory/target", Long.toString(f.memoryKib));
        w.shared(home + "/memory/videoram", "0");
        writeGuestParts(w, home);
        w.shared(home + "/store", "");
        w.shared(home + "/store/port", Integer.toString(f.xenstorePort));
        w.shared(home + "/store/ring-ref", Long.toString(f.xenstoreMfn));
        writeConsole(w, home, f);
        store.write("/libxl/" + f.domid + "/type", "pv");
    }

    private static void writeGuestParts(Writer w, String home) {
        w.shared(home + "/device", "");
        w.shared(home + "/device/suspend", "");
        w.guests(home + "/device/suspend/event-channel");
        w.shared(home + "/control", "");
        for (String name :
                new String[] {
                    "shutdown", "feature-poweroff", "feature-reboot", "feature-suspend", "sysrq"
                }) {
            w.guests(home + "/control/" + name);
        }
        w.shared(home + "/control/platform-feature-multiprocessor-suspend", "1");
        w.shared(home + "/control/platform-feature-xs_reset_watches", "1");
        for (String name : new String[] {"data", "drivers", "feature", "attr", "error"}) {
            w.guests(home + "/" + name);
        }
    }

    private static void writeConsole(Writer w, String home, Facts f) {
        String backend = "/local/domain/0/backend/console/" + f.domid + "/0";
        w.shared(backend, "");
        w.shared(backend + "/frontend", home + "/console");
        w.shared(backend + "/frontend-id", Integer.toString(f.domid));
        w.shared(backend + "/online", "1");
        w.shared(backend + "/state", "1");
        w.shared(backend + "/protocol", "vt100");
        String console = home + "/console";
        w.shared(console, "");
        w.shared(console + "/backend", backend);
        w.store.write(console + "/backend-id", "0", "n" + f.domid, "r0");
        w.shared(console + "/limit", "1048576");
        w.shared(console + "/type", "xenconsoled");
        w.shared(console + "/output", "pty");
        w.shared(console + "/port", Integer.toString(f.consolePort));
        w.shared(console + "/ring-ref", Long.toString(f.consoleMfn));
    }

    private record Writer(Store store, Facts facts) {
        /** Domain 0's node, which the guest may read. */
        void shared(String path, String value) {
            store.write(path, value, "n0", "r" + facts.domid);
        }

        /** The guest's own node, empty. */
        void guests(String path) {
            store.write(path, "", "n" + facts.domid);
        }
    }

    /** Removes the tree of a domain that is gone. */
    public static void removeDomain(Store store, int domid, UUID uuid) {
        store.remove("/local/domain/" + domid);
        store.remove("/local/domain/0/backend/console/" + domid);
        store.remove("/vm/" + uuid);
        store.remove("/libxl/" + domid);
    }
}
