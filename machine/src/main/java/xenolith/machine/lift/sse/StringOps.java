package xenolith.machine.lift.sse;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.simd.StringCompare;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** PCMPESTRM, PCMPESTRI, PCMPISTRM and PCMPISTRI. */
final class StringOps {
    private static final int CF = 1;
    private static final int ZF = 1 << 6;
    private static final int SF = 1 << 7;
    private static final int OF = 1 << 11;

    private StringOps() {}

    static @Nullable Op lift(Instruction i) {
        return i.opcode >= 0x60 && i.opcode <= 0x63 && i.selectingPrefix() == 0x66
                ? new Compare(i)
                : null;
    }

    private static final class Compare extends XmmOp {
        private final int control;
        private final boolean explicit;
        private final boolean toIndex;
        private final boolean wide;

        Compare(Instruction i) {
            super(i);
            this.control = (int) i.immediate & 0x7f;
            this.explicit = i.opcode < 0x62;
            this.toIndex = (i.opcode & 1) != 0;
            this.wide = i.rexW();
        }

        @Override
        public void execute(Cpu cpu) {
            int s = sourceUnaligned(cpu);
            long[] x = cpu.xmm;
            int aLength = length(cpu, Cpu.RAX, reg);
            int bLength = length(cpu, Cpu.RDX, s);
            int result =
                    StringCompare.compare(
                            x[reg], x[reg + 1], aLength, x[s], x[s + 1], bLength, control);
            if (toIndex) {
                cpu.rcx = StringCompare.index(result, control);
            } else {
                x[0] = StringCompare.mask(result, control, 0);
                x[1] = StringCompare.mask(result, control, 1);
            }
            int n = StringCompare.elements(control);
            cpu.setStatusFlags(
                    (result != 0 ? CF : 0)
                            | (bLength < n ? ZF : 0)
                            | (aLength < n ? SF : 0)
                            | ((result & 1) != 0 ? OF : 0));
        }

        private int length(Cpu cpu, int register, int operand) {
            if (!explicit) {
                return StringCompare.implicitLength(
                        cpu.xmm[operand], cpu.xmm[operand + 1], control);
            }
            long length = wide ? cpu.get(register) : (int) cpu.get(register);
            return StringCompare.explicitLength(length, control);
        }
    }
}
