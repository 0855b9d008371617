/** The computer: frames of memory and the x86-64 processor. It knows nothing of Xen. Floor 2. */
module xenolith.machine {
    requires transitive xenolith.abi;
    requires static transitive org.jspecify;

    exports xenolith.machine.alu;
    exports xenolith.machine.alu.x87;
    exports xenolith.machine.alu.simd;
    exports xenolith.machine.cpu;
    exports xenolith.machine.decode;
    exports xenolith.machine.engine;
    exports xenolith.machine.fault;
    exports xenolith.machine.interpret;
    exports xenolith.machine.translate;
    exports xenolith.machine.ir;
    exports xenolith.machine.lift;
    exports xenolith.machine.memory;
    exports xenolith.machine.mmu;
}
