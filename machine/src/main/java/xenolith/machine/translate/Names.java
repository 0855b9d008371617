package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import xenolith.machine.alu.Flags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.interpret.Translation;
import xenolith.machine.ir.Op;
import xenolith.machine.memory.HostMemory;
import xenolith.machine.mmu.Mmu;
import xenolith.machine.mmu.TlbProbe;

/** Classes and method types that translated code names. */
final class Names {
    static final ClassDesc CPU = desc(Cpu.class);
    static final ClassDesc SESSION = desc(Session.class);
    static final ClassDesc MMU = desc(Mmu.class);
    static final ClassDesc OP = desc(Op.class);
    static final ClassDesc FLAGS = desc(Flags.class);
    static final ClassDesc LAZY = desc(LazyFlags.class);
    static final ClassDesc MEMORY = desc(HostMemory.class);
    static final ClassDesc EMITTER = desc(Emitter.class);
    static final ClassDesc DIRECT = desc(DirectAccess.class);
    static final ClassDesc PROBE = desc(TlbProbe.class);
    static final MethodTypeDesc PROBE_TYPE = MethodTypeDesc.of(CD_long, MMU, CD_long);
    static final ClassDesc TRANSLATION = desc(Translation.class);
    static final ClassDesc GUEST_FAULT = desc(GuestFault.class);
    static final ClassDesc LONGS = CD_long.arrayType();
    static final ClassDesc MATH = desc(Math.class);
    static final ClassDesc LONG = desc(Long.class);
    static final ClassDesc DOUBLE = desc(Double.class);
    static final ClassDesc FLOAT = desc(Float.class);
    static final ClassDesc INTEGER = desc(Integer.class);

    static final MethodTypeDesc RUN =
            MethodTypeDesc.of(CD_int, SESSION, CPU, CD_long, CD_int, CD_int);
    static final MethodTypeDesc CALL =
            MethodTypeDesc.of(CD_int, CD_long, CD_long, CD_int, desc(GuestCode.class));
    static final MethodTypeDesc GET = MethodTypeDesc.of(CD_long, CD_long);
    static final MethodTypeDesc PUT = MethodTypeDesc.of(CD_void, CD_long, CD_long);
    static final MethodTypeDesc EXECUTE = MethodTypeDesc.of(CD_void, CPU);
    static final MethodTypeDesc AUX = MethodTypeDesc.of(CD_long, CD_int, CD_long, CD_long);
    static final MethodTypeDesc CONDITION = MethodTypeDesc.of(CD_boolean, CD_int, CD_long, CD_long);
    static final MethodTypeDesc LONG_LONG = MethodTypeDesc.of(CD_long, CD_long, CD_long);
    static final MethodTypeDesc INT_INT = MethodTypeDesc.of(CD_int, CD_int);
    static final MethodTypeDesc COMPARE_LONG = MethodTypeDesc.of(CD_int, CD_long, CD_long);
    static final MethodTypeDesc COMPARE_INT = MethodTypeDesc.of(CD_int, CD_int, CD_int);

    private Names() {}

    static ClassDesc desc(Class<?> c) {
        return c.describeConstable().orElseThrow();
    }
}
