/** The command xenolith. Floor 5. */
module xenolith.cli {
    requires xenolith.toolstack;
    requires xenolith.testkit;
    requires static transitive org.jspecify;
}
