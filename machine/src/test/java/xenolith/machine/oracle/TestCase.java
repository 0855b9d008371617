package xenolith.machine.oracle;

import java.util.BitSet;

/**
 * One instruction in one state, and what of the result counts.
 *
 * @param name of the form
 * @param code the instruction's bytes
 * @param before the state to start from
 * @param flags bits of RFLAGS that are defined afterwards
 * @param fsw bits of the x87 status word that are defined afterwards
 * @param approximate whether ST registers may differ in the last bits
 * @param ignored bytes of the window that are undefined afterwards
 */
record TestCase(
        String name,
        byte[] code,
        ProcessorState before,
        int flags,
        int fsw,
        boolean approximate,
        BitSet ignored) {}
