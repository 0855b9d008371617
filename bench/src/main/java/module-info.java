/** Measures: from start to prompt beside the rival, and the bare speed of the processor. */
module xenolith.bench {
    requires xenolith.testkit;
    requires xenolith.machine;
    requires xenolith.toolstack;
    requires static transitive org.jspecify;
}
