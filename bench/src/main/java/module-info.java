/** Measurements. Beside the floors. */
module xenolith.bench {
    requires xenolith.cli;
    requires static transitive org.jspecify;
}
