package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.decode.Instruction;

/** Model-specific registers, as Xen 4.17.7 gives them to a PV guest on an Intel processor. */
class MsrsTest extends TwoGuests {
    private static final int HANDLER = 0x5800;

    private static Instruction instruction(int opcode) {
        Instruction i = new Instruction();
        i.mode = Cpu.MODE_64;
        i.length = 2;
        i.map = Instruction.MAP_0F;
        i.opcode = opcode;
        return i;
    }

    /** Whether the instruction was executed, and not #GP. */
    private boolean execute(TestHost.Guest guest, int opcode, int msr) {
        Vcpu v = guest.d.vcpu(0);
        v.trapAddress[13] = HANDLER;
        v.trapCs[13] = 0xe019;
        v.cpu.rip = 0x5000;
        v.cpu.rsp = 0x6ff0;
        v.cpu.rcx = msr;
        host.exits.handle(v, new Exit.Privileged(instruction(opcode)));
        assertThat(v.cpu.rip).isIn(0x5002L, (long) HANDLER);
        return v.cpu.rip == 0x5002;
    }

    private long read(TestHost.Guest guest, int msr) {
        assertThat(execute(guest, 0x32, msr)).as("RDMSR %x", msr).isTrue();
        return guest.d.vcpu(0).cpu.rdx << 32 | guest.d.vcpu(0).cpu.rax;
    }

    private boolean write(TestHost.Guest guest, int msr, long value) {
        guest.d.vcpu(0).cpu.rax = value & 0xffff_ffffL;
        guest.d.vcpu(0).cpu.rdx = value >>> 32;
        return execute(guest, 0x30, msr);
    }

    @ParameterizedTest
    @CsvSource({
        "0x0, 0x0, false",
        "0x17, 0x0, false",
        "0x3a, 0x1, false",
        "0x8b, 0x0, true",
        "0xc1, 0x0, true",
        "0xc8, 0x0, true",
        "0xce, 0x80000000, false",
        "0x179, 0x1000802, true",
        "0x17b, 0x0, true",
        "0x186, 0x0, true",
        "0x189, 0x0, true",
        "0x198, 0x0, false",
        "0x199, 0x0, true",
        "0x19c, 0x0, false",
        "0x1a0, 0x801801, true",
        "0x1d9, 0x0, false",
        "0x277, 0x50100070406, false",
        "0x285, 0x0, true",
        "0x30b, 0x0, true",
        "0x345, 0x0, false",
        "0x390, 0x0, true",
        "0x400, 0xffffffffffffffff, true",
        "0x401, 0x0, true",
        "0x407, 0x0, true",
        "0x408, 0x0, true",
        "0x40000000, 0x0, false",
        "0xc0000080, 0xd01, false",
        "0xc001001f, 0x0, true"
    })
    void values(String msr, String value, boolean writable) {
        int number = (int) (long) Long.decode(msr);
        assertThat(read(g, number)).isEqualTo(Long.parseUnsignedLong(value.substring(2), 16));
        assertThat(write(g, number, 0)).as("a write of 0").isEqualTo(writable);
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0x48,
                0x49,
                0x10a,
                0xe7,
                0xe8,
                0x18a,
                0x19a,
                0x1b0,
                0x30c,
                0x38c,
                0x391,
                0x4d0,
                0x570,
                0x6a0,
                0x802,
                0x40000001L,
                0xc0000081L,
                0xc0000103L,
                0xc0010010L,
                0xc0011029L
            })
    void othersAreNotThere(long msr) {
        assertThat(execute(g, 0x32, (int) msr)).isFalse();
    }

    /** Xen gives 0 for what the host may have; nobody has what hypervisors are to have. */
    @Test
    void withoutAHandlerReadsDoNotFault() {
        Vcpu v = g.d.vcpu(0);
        for (int msr : new int[] {0x48, 0xc000_0081, 0x4000_0001, 0x4000_1000}) {
            v.trapAddress[13] = 0;
            v.cpu.rip = 0x5000;
            v.cpu.rcx = msr;
            v.cpu.rax = 1;
            boolean mine = msr >>> 16 == 0x4000;
            if (mine) {
                assertThat(execute(g, 0x32, msr)).as("%x", msr).isFalse();
            } else {
                host.exits.handle(v, new Exit.Privileged(instruction(0x32)));
                assertThat(v.cpu.rip).as("%x", msr).isEqualTo(0x5002);
                assertThat(v.cpu.rax).isZero();
            }
        }
    }

    @Test
    void someKeepWhatIsWritten() {
        assertThat(write(g, 0x17a, 4)).isTrue();
        assertThat(read(g, 0x17a)).isEqualTo(4);
        assertThat(write(g, 0x281, 0x4000_0001)).isTrue();
        assertThat(read(g, 0x281)).isEqualTo(0x4000_0001);
        assertThat(write(g, 0x282, 7)).as("there are two banks").isTrue();
        assertThat(read(g, 0x282)).isZero();
        assertThat(write(g, 0x401, 1)).as("a report").isFalse();
        assertThat(write(g, 0x400, 1)).as("CTL has all bits set").isTrue();
        assertThat(read(g, 0x400)).isEqualTo(-1);
        assertThat(write(g, 0xc000_0080, 0xd01)).as("EFER as it is").isTrue();
        assertThat(write(g, 0xc000_0080, 0xd00)).isFalse();
        for (int vanishes : new int[] {0xe7, 0xe8, 0x199, 0x19a, 0x1b0, 0xc1}) {
            assertThat(write(g, vanishes, -1)).as("%x", vanishes).isTrue();
        }
    }

    @Test
    void a32BitGuestHasNoLongMode() {
        assertThat(read(g32, 0xc000_0080)).isEqualTo(0x800);
        assertThat(execute(g32, 0x32, 0xc000_0100)).isFalse();
        assertThat(write(g32, 0xc000_0080, 0x800)).isTrue();
    }

    @Test
    void aPageOfHypercallsIsMadeByItsRegister() {
        for (TestHost.Guest guest : new TestHost.Guest[] {g, g32}) {
            long address = guest.mfns[9] << 12;
            assertThat(write(guest, 0x4000_0000, address)).isTrue();
            boolean compat = guest.d.compat();
            // mov eax, 17, behind two pushes in 64 bits.
            long stub = guest.get64(0x9000 + 17 * 32) >>> (compat ? 0 : 24);
            assertThat(stub & 0xffff).isEqualTo(0x11b8);
            assertThat(write(guest, 0x4000_0000, address + 1)).as("page 1").isFalse();
            assertThat(write(guest, 0x4000_0000, guest.mfns[0] << 12)).as("a table").isFalse();
            assertThat(write(guest, 0x4000_0000, -4096)).isFalse();
        }
        assertThat(write(g, 0x4000_0000, g32.mfns[9] << 12)).as("another's").isFalse();
    }
}
