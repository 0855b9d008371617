/** Xen: domains, memory types, hypercalls, events, grants, time, PV. Floor 3. */
module xenolith.hypervisor {
    requires transitive xenolith.machine;
    requires static transitive org.jspecify;

    exports xenolith.hypervisor.control;
    exports xenolith.hypervisor.host;
    exports xenolith.hypervisor.log;
    exports xenolith.hypervisor.trace;
}
