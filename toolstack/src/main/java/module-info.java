/** What domain 0's tools do: xl.cfg, the domain builder, consoles, xenstore. Floor 4. */
module xenolith.toolstack {
    requires transitive xenolith.hypervisor;
    requires static transitive org.jspecify;
}
