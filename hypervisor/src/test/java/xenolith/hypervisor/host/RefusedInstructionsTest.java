package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.decode.DecodeException;
import xenolith.machine.decode.Decoder;
import xenolith.machine.decode.Instruction;

/**
 * A privileged instruction of a guest's kernel that is refused says why; one of a program does not.
 */
class RefusedInstructionsTest {
    private static final int HANDLER = 0x5800;

    private final TestHost host = new TestHost(1024, 3);
    private final TestHost.Guest g = host.guest(32, 1);
    private final Vcpu v = g.d.vcpu(0);

    @BeforeEach
    void begin() {
        v.trapAddress[13] = HANDLER;
        v.kernelSp = 0x6ff0;
        v.cpu.rip = 0x5000;
        v.cpu.rsp = 0x6ff0;
    }

    @AfterEach
    void close() {
        host.close();
    }

    private void execute(String bytes) throws DecodeException {
        byte[] code = HexFormat.ofDelimiter(" ").parseHex(bytes);
        Instruction i = Decoder.decode(n -> code[n] & 0xff, Cpu.MODE_64, 0);
        host.exits.handle(v, new Exit.Privileged(i));
        assertThat(v.cpu.rip).as("#GP").isEqualTo(HANDLER);
    }

    @ParameterizedTest
    @CsvSource({
        "0f 32, RDMSR 0x1234567 at 0x5000: no MSR that a guest may read",
        "0f 30, WRMSR 0x1234567 = 0x100000002 at 0x5000: a guest may not set that",
        "0f 20 e8, MOV from CR5 at 0x5000: there is none to read",
        "0f 22 c0, MOV to CR0 = 0x2 at 0x5000: only TS is the guest's",
        "0f 22 d8, MOV to CR3 = 0x2 at 0x5000: not a table that can be loaded",
        "0f 23 f8, MOV to DR7 at 0x5000: as said before",
        "0f 01 d8, opcode 0f 01 at 0x5000: nothing that is emulated",
        "fa, CLI at 0x5000: the guest's IOPL is 0",
        "ec, a port at 0x5000: the guest's IOPL is 0 and its I/O bitmap does not allow it"
    })
    void say(String bytes, String why) throws DecodeException {
        v.cpu.rcx = 0x1234567;
        v.cpu.rdx = 1;
        v.cpu.rax = bytes.startsWith("0f 23") ? 0x2001 : 2;
        execute(bytes);
        assertThat(host.refusal().line()).isEqualTo("d1: " + why);
    }

    @Test
    void programsMayTryWhatTheyWant() throws DecodeException {
        assertThat(v.paging.setUserRoot(g.mfns[3])).isZero();
        assertThat(v.enterUser()).isTrue();
        v.cpu.rip = 0x5000;
        execute("0f 32");
        assertThat(host.log.refusals().count()).isZero();
    }
}
