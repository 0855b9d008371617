/** What a guest can see: structures, numbers, error codes, x86 bit layouts. Floor 1. */
module xenolith.abi {
    requires static transitive org.jspecify;

    exports xenolith.abi.struct;
    exports xenolith.abi.x86;
    exports xenolith.abi.xen;
}
