package xenolith.toolstack.xenstore;

import java.util.List;
import java.util.UUID;

/**
 * What a toolstack writes for a new PV domain, in xl's order and with its permissions. Disks and
 * network cards write their own nodes.
 */
public final class InitialTree {
    private static final String CONSOLES = "/local/domain/0/backend/console/";

    private InitialTree() {}

    /**
     * What exists before any domain does: what xenstored, domain 0's kernel and xl make at boot.
     */
    public static void writeHost(Store store) {
        store.transact(t -> {
            t.mkdir("/tool/xenstored", "n0");
            for (String feature : List.of("poweroff", "reboot", "suspend")) {
                t.write("/local/domain/0/control/feature-" + feature, "1");
            }
            t.write("/local/domain/0/domid", "0");
            t.write("/local/domain/0/name", "Domain-0");
            t.write("/local/pool/0/name", "Pool-0");
            t.write("/vm", "");
            t.write("/libxl", "");
        });
    }

    /**
     * What a domain's tree is made of.
     *
     * @param memoryKib memory at start; {@code maxMemoryKib} what it may grow to
     * @param kernel path of the kernel, for the record, as are ramdisk and command line
     * @param startTime seconds since 1970 with two decimals, as text
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
            String cmdline,
            String startTime) {}

    /** Writes the tree of a domain that was just built, as one change. */
    public static void writeDomain(Store store, Facts facts) {
        store.transact(t -> new Writer(t, facts).domain());
    }

    /**
     * Removes the tree of a domain that is gone, as one change, and releases the domain if that was
     * not done yet.
     */
    public static void removeDomain(Store store, int domid, UUID uuid) {
        store.transact(t -> {
            t.remove("/local/domain/" + domid);
            t.remove(CONSOLES + domid);
            t.remove("/vm/" + uuid);
            t.remove("/libxl/" + domid);
        });
        store.release(domid);
    }

    /** Writes the nodes of one domain. */
    private record Writer(StoreAccess store, Facts facts) {
        private String home() {
            return "/local/domain/" + facts.domid;
        }

        void domain() {
            image();
            String home = home();
            shared(home, "");
            shared(home + "/vm", "/vm/" + facts.uuid);
            shared(home + "/name", facts.name);
            shared(home + "/cpu", "");
            for (int i = 0; i < facts.maxVcpus; i++) {
                String cpu = home + "/cpu/" + i;
                shared(cpu, "");
                shared(cpu + "/availability", i < facts.vcpus ? "online" : "offline");
            }
            shared(home + "/memory", "");
            shared(home + "/memory/static-max", Long.toString(facts.maxMemoryKib));
            shared(home + "/memory/target", Long.toString(facts.memoryKib));
            shared(home + "/memory/videoram", "0");
            forGuest(home);
            shared(home + "/domid", Integer.toString(facts.domid));
            shared(home + "/store", "");
            shared(home + "/store/port", Integer.toString(facts.xenstorePort));
            shared(home + "/store/ring-ref", Long.toString(facts.xenstoreMfn));
            console();
            store.write("/libxl/" + facts.domid + "/type", "pv");
            store.write("/libxl/" + facts.domid + "/dm-version", "qemu_xen");
        }

        private void image() {
            String vm = "/vm/" + facts.uuid;
            shared(vm, "");
            shared(vm + "/name", facts.name);
            shared(vm + "/uuid", facts.uuid.toString());
            shared(vm + "/image", "");
            shared(vm + "/image/ostype", "linux");
            shared(vm + "/image/kernel", facts.kernel);
            shared(vm + "/image/ramdisk", facts.ramdisk);
            shared(vm + "/image/cmdline", facts.cmdline);
            shared(vm + "/start_time", facts.startTime);
        }

        private void forGuest(String home) {
            shared(home + "/device", "");
            shared(home + "/device/suspend", "");
            guests(home + "/device/suspend/event-channel");
            String control = home + "/control";
            shared(control, "");
            for (String name :
                    List.of(
                            "shutdown",
                            "feature-poweroff",
                            "feature-reboot",
                            "feature-suspend",
                            "sysrq")) {
                guests(control + "/" + name);
            }
            shared(control + "/platform-feature-multiprocessor-suspend", "1");
            shared(control + "/platform-feature-xs_reset_watches", "1");
            for (String name : List.of("data", "drivers", "feature", "attr", "error")) {
                guests(home + "/" + name);
            }
        }

        private void console() {
            String frontend = home() + "/console";
            String backend = CONSOLES + facts.domid + "/0";
            shared(backend, "");
            String libxl = "/libxl/" + facts.domid + "/device/console/0";
            store.mkdir(libxl, "n0");
            for (String[] node :
                    new String[][] {
                        {"frontend", frontend},
                        {"backend", backend},
                        {"frontend-id", Integer.toString(facts.domid)},
                        {"online", "1"},
                        {"state", "1"},
                        {"protocol", "vt100"}
                    }) {
                if (!node[0].equals("backend")) {
                    shared(backend + "/" + node[0], node[1]);
                }
                store.write(libxl + "/" + node[0], node[1]);
            }
            shared(frontend, "");
            shared(frontend + "/backend", backend);
            store.write(frontend + "/backend-id", "0", "n" + facts.domid, "r0");
            shared(frontend + "/limit", "1048576");
            shared(frontend + "/type", "xenconsoled");
            shared(frontend + "/output", "pty");
            // A host of ours has no terminal device for it; its console is at the host's socket.
            shared(frontend + "/tty", "");
            shared(frontend + "/port", Integer.toString(facts.consolePort));
            shared(frontend + "/ring-ref", Long.toString(facts.consoleMfn));
        }

        /** Domain 0's node, which the guest may read. */
        private void shared(String path, String value) {
            store.write(path, value, "n0", "r" + facts.domid);
        }

        /** The guest's own node, empty. */
        private void guests(String path) {
            store.write(path, "", "n" + facts.domid);
        }
    }
}
