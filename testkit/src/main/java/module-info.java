/** Tiny guests of our own and the tools to make them. Beside the floors. */
module xenolith.testkit {
    requires transitive xenolith.toolstack;
    requires static transitive org.jspecify;

    exports xenolith.testkit;
    exports xenolith.testkit.asm;
    exports xenolith.testkit.guests;
    exports xenolith.testkit.guests32;
    exports xenolith.testkit.net;
    exports xenolith.testkit.run;
}
