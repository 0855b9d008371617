package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import xenolith.abi.x86.Rflags;
import xenolith.machine.alu.Flags;
import xenolith.machine.alu.simd.Lanes;

/** Small meanings of vector instructions over both halves of a register. */
final class VectorMeaning {
    static final ClassDesc NAME = Names.desc(VectorMeaning.class);
    static final MethodTypeDesc ONE = MethodTypeDesc.of(CD_long, CD_long);

    private VectorMeaning() {}

    /** PMOVMSKB. */
    static long byteSigns(long low, long high) {
        return Lanes.pmovmskb(low) | Lanes.pmovmskb(high) << 8;
    }

    /** MOVMSKPS. */
    static long singleSigns(long low, long high) {
        return low >>> 31 & 1 | low >>> 63 << 1 | (high >>> 31 & 1) << 2 | high >>> 63 << 3;
    }

    /** The second flag word of PTEST: CF if {@code rest} is 0, ZF if {@code common} is. */
    static long tested(long rest, long common) {
        return Flags.auxOf((rest == 0 ? Rflags.CF : 0) | (common == 0 ? Rflags.ZF : 0));
    }

    /** The first flag word of PTEST. */
    static long zeroOrOne(long common) {
        return common == 0 ? 0 : 1;
    }
}
