package xenolith.testkit.asm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.R13;
import static xenolith.testkit.asm.Reg.R9;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBP;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RSP;

import java.util.HexFormat;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Against bytes that GNU as makes of the same text. */
class AssemblerTest {
    private static String hex(Consumer<Assembler> code) {
        Assembler a = new Assembler(0x1000);
        code.accept(a);
        return HexFormat.of().formatHex(a.bytes());
    }

    @Test
    void encodesMoves() {
        assertThat(hex(a -> a.mov(RAX, R9))).isEqualTo("4c89c8");
        assertThat(hex(a -> a.mov(4, RCX, 1))).isEqualTo("c7c101000000");
        assertThat(hex(a -> a.mov(RDI, 0x1122334455667788L))).isEqualTo("48bf8877665544332211");
        assertThat(hex(a -> a.mov(1, Mem.at(RDI), Reg.RSI))).isEqualTo("408837");
        assertThat(hex(a -> a.mov(2, RAX, Mem.at(RCX, 4)))).isEqualTo("668b4104");
        assertThat(hex(a -> a.push(R12).pop(R13))).isEqualTo("4154415d");
    }

    @Test
    void encodesMemoryOperands() {
        assertThat(hex(a -> a.lea(RAX, Mem.at(RSP)))).isEqualTo("488d0424");
        assertThat(hex(a -> a.lea(RAX, Mem.at(RBP)))).isEqualTo("488d4500");
        assertThat(hex(a -> a.lea(RAX, Mem.at(R12, 8)))).isEqualTo("498d442408");
        assertThat(hex(a -> a.lea(RAX, Mem.at(R13)))).isEqualTo("498d4500");
        assertThat(hex(a -> a.lea(RAX, Mem.at(RCX, R9, 8, 0x100)))).isEqualTo("4a8d84c900010000");
        assertThat(hex(a -> a.lea(RAX, Mem.absolute(0x1234)))).isEqualTo("488d042534120000");
    }

    @Test
    void encodesArithmetic() {
        assertThat(hex(a -> a.add(RAX, 1))).isEqualTo("4883c001");
        assertThat(hex(a -> a.and(RAX, 0x1000))).isEqualTo("4881e000100000");
        assertThat(hex(a -> a.cmp(1, RCX, 5))).isEqualTo("80f905");
        assertThat(hex(a -> a.lock().cmpxchg(8, Mem.at(RDI), RCX))).isEqualTo("f0480fb10f");
        assertThat(hex(a -> a.shl(R9, 3))).isEqualTo("49c1e103");
        assertThat(hex(a -> a.bit(6, 8, Mem.at(RDI), 1))).isEqualTo("480fba3701");
        assertThat(hex(a -> a.movq(3, RAX).movq(RCX, 3))).isEqualTo("66480f6ed866480f7ed9");
    }

    @Test
    void refersToLabelsBeforeAndBehind() {
        assertThat(hex(a -> a.label("x").jmp("y").jmpShort("x").label("y").j(Cond.NE, "x")))
                .isEqualTo("e902000000" + "ebf9" + "0f85f3ffffff");
        assertThat(hex(a -> a.mov(4, Mem.at("v"), 7).label("v").quad("v")))
                .isEqualTo("c70500000000070000000a10000000000000");
    }

    @Test
    void refusesUnknownAndDoubledLabels() {
        assertThatThrownBy(() -> hex(a -> a.jmp("nowhere"))).hasMessageContaining("nowhere");
        assertThatThrownBy(() -> hex(a -> a.label("l").label("l"))).hasMessageContaining("twice");
        assertThatThrownBy(() -> hex(a -> a.jmpShort("l").zeros(200).label("l")))
                .hasMessageContaining("too far");
    }
}
