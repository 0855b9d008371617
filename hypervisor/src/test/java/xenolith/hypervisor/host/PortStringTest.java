package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.DecodeException;
import xenolith.machine.decode.Decoder;
import xenolith.machine.decode.Instruction;

/** INS and OUTS: what is asked of the port and of the memory operand, in the order of Xen. */
class PortStringTest {
    private static final long HANDLER = 0x5800;
    private static final long DONE = 0x5000;
    private static final String OUTSB = "6e";
    private static final String INSB = "6c";
    private static final String REP_INSB = "f3 6c";

    private final TestHost host = new TestHost(2048, 3);

    @AfterEach
    void close() {
        host.close();
    }

    private static Vcpu begin(TestHost.Guest g) {
        Vcpu v = g.d.vcpu(0);
        for (int vector = 12; vector <= 14; vector++) {
            v.trapAddress[vector] = HANDLER + vector;
            v.trapCs[vector] = 0xe019;
        }
        v.iopl = 3;
        v.cpu.rsp = 0x6ff0;
        v.cpu.rdi = 0x8000;
        v.cpu.rsi = 0x8000;
        v.cpu.rcx = 2;
        return v;
    }

    /** The vector of the exception that {@code bytes} raise, or 0 if they are done. */
    private int execute(Vcpu v, String bytes) throws DecodeException {
        byte[] code = HexFormat.ofDelimiter(" ").parseHex(bytes);
        Instruction i = Decoder.decode(n -> code[n] & 0xff, v.cpu.mode, 0);
        v.cpu.rip = DONE - i.length;
        host.exits.handle(v, new Exit.Privileged(i));
        return v.cpu.rip == DONE ? 0 : (int) (v.cpu.rip - HANDLER);
    }

    @Test
    void noElementsNeedNoPermission() throws DecodeException {
        Vcpu v = begin(host.guest(32, 1));
        v.iopl = 0;
        assertThat(execute(v, REP_INSB)).isEqualTo(13);
        v.cpu.rsp = 0x6ff0;
        v.cpu.rcx = 1L << 32;
        v.cpu.rdi = 1L << 32 | 5;
        // With 32-bit addresses there is nothing in ECX.
        assertThat(execute(v, "67 " + REP_INSB)).isZero();
        assertThat(v.cpu.rcx).isZero();
        assertThat(v.cpu.rdi).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({
        "6c, 0x8000, 0, 0",
        "6c, 0x0000, 14, 6",
        "6e, 0x0000, 0, 0",
        "6c, 0x7f0000, 14, 6",
        "6e, 0x7f0000, 14, 4",
        "6c, 0xffff800000000000, 13, 0",
        "6e, 0xffff8000ffff0000, 13, 0",
        "6c, 0x1234000000000000, 13, 0"
    })
    void addressesOfA64BitGuest(String bytes, String address, int vector, int code)
            throws DecodeException {
        TestHost.Guest g = host.guest(32, 1);
        Vcpu v = begin(g);
        assertThat(v.paging.setUserRoot(g.mfns[3])).isZero();
        v.kernelSp = 0x6ff0;
        assertThat(v.enterUser()).isTrue();
        v.cpu.rdi = Long.decode(address.length() < 18 ? address : "0");
        if (address.length() == 18) {
            v.cpu.rdi = Long.parseUnsignedLong(address.substring(2), 16);
        }
        v.cpu.rsi = v.cpu.rdi;
        assertThat(execute(v, bytes)).isEqualTo(vector);
        if (vector != 0) {
            long frame = v.cpu.rsp;
            assertThat(g.get64(frame + 16)).isEqualTo(code);
        }
    }

    /** Bytes of a descriptor, highest first: for a limit of 0x8000 bytes and base 0. */
    @ParameterizedTest
    @CsvSource({
        "6c, 0x0040b200_00008000, 0x7fff, 0",
        "6c, 0x0040b200_00008000, 0x8000, 0",
        "6c, 0x0040b200_00008000, 0x8001, 13",
        "6d, 0x0040b200_00008000, 0x7ffe, 13",
        "6c, 0x00403200_00008000, 0x7fff, 13",
        "6c, 0x0040b000_00008000, 0x7fff, 13",
        "6e, 0x0040b000_00008000, 0x7fff, 0",
        "6e, 0x0040b800_00008000, 0x7fff, 13",
        "6e, 0x0040ba00_00008000, 0x7fff, 0",
        "6c, 0x0040ba00_00008000, 0x7fff, 13"
    })
    void segmentsOfA32BitGuest(String bytes, String descriptor, String offset, int vector)
            throws DecodeException {
        TestHost.Guest g = host.guest32(32, 1);
        Vcpu v = begin(g);
        assertThat(table(g, Long.decode(descriptor.replace("_", "")))).isZero();
        v.cpu.segments[bytes.equals(OUTSB) ? Segment.DS : Segment.ES].selector = 9;
        v.cpu.rdi = Long.decode(offset);
        v.cpu.rsi = Long.decode(offset);
        assertThat(execute(v, bytes)).isEqualTo(vector);
    }

    @Test
    void aNullSegmentOfA32BitGuestIsRefused() throws DecodeException {
        Vcpu v = begin(host.guest32(32, 1));
        assertThat(execute(v, INSB)).isZero();
        v.cpu.segments[Segment.ES].selector = 1;
        assertThat(execute(v, INSB)).isEqualTo(13);
    }

    /** Makes page 20 a GDT of two entries, the second of which is {@code descriptor}. */
    private static long table(TestHost.Guest g, long descriptor) {
        g.put64(0x14008, descriptor);
        // Read-only, which takes a call with a 64-bit entry.
        long entry = g.entry(20) & ~2L;
        long low = entry & 0xffff_ffffL;
        assertThat(g.call(Hypercall.UPDATE_VA_MAPPING, 0x14000, low, entry >>> 32, 0)).isZero();
        g.put32(0x9000, g.mfns[20]);
        return g.call(Hypercall.SET_GDT, 0x9000, 2);
    }
}
