package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Hypercall;

/** physdev_op of a domain without devices, as arch/x86/physdev.c of Xen 4.17.7 answers it. */
class PhysdevTest extends TwoGuests {
    private static final int EOI = 12;
    private static final int MAP_PIRQ = 13;
    private static final int UNMAP_PIRQ = 14;
    private static final int GET_FREE_PIRQ = 23;

    private long call(int operation) {
        return g.call(Hypercall.PHYSDEV_OP, operation, AT);
    }

    private static int errno(String name) {
        try {
            return name.equals("0") ? 0 : -Errno.class.getField(name).getInt(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(name, e);
        }
    }

    /** With an argument of zeros; with one whose last byte is on a page that is not there. */
    @ParameterizedTest
    @CsvSource({
        "8, 16, EPERM, EINVAL",
        "9, 16, EPERM, EINVAL",
        "10, 8, EPERM, 0",
        "15, 2, EPERM, ENODEV",
        "16, 2, EPERM, ENODEV",
        "19, 2, ENODEV, ENODEV",
        "20, 16, EPERM, ENODEV",
        "21, 8, EPERM, 0",
        "25, 12, EPERM, ENODEV",
        "26, 4, EPERM, ENODEV",
        "27, 4, ENODEV, ENODEV",
        "30, 4, EPERM, ENODEV",
        "31, 4, EPERM, ENODEV"
    })
    void theArgumentIsReadBeforeTheCallerIsAsked(
            int operation, int size, String guest, String privileged) {
        assertThat(call(operation)).isEqualTo(errno(guest));
        assertThat(host.refusal().reasons()).isNotEmpty();
        assertThat(g.call(Hypercall.PHYSDEV_OP, operation, END - size)).isEqualTo(errno(guest));
        assertThat(g.call(Hypercall.PHYSDEV_OP, operation, END - size + 1))
                .isEqualTo(-Errno.EFAULT);
        g.d.privileged = true;
        assertThat(call(operation)).isEqualTo(errno(privileged));
    }

    @ParameterizedTest
    @CsvSource({"24, 16, ENODEV", "29, 6, 0"})
    void theseTwoAskTheCallerFirst(int operation, int size, String privileged) {
        assertThat(g.call(Hypercall.PHYSDEV_OP, operation, END)).isEqualTo(-Errno.EPERM);
        g.d.privileged = true;
        assertThat(g.call(Hypercall.PHYSDEV_OP, operation, END - size + 1))
                .isEqualTo(-Errno.EFAULT);
        assertThat(call(operation)).isEqualTo(errno(privileged));
    }

    @ParameterizedTest
    @CsvSource({"0", "3", "11", "18", "22", "32", "-1"})
    void othersAreNotThere(int operation) {
        assertThat(call(operation)).isEqualTo(-Errno.ENOSYS);
    }

    @Test
    void numbersOutOfRangeAreSeenFirst() {
        g.put32(AT, 16);
        assertThat(call(21)).as("GSI 16 of 16").isEqualTo(-Errno.EINVAL);
        g.put32(AT, -1);
        assertThat(call(21)).isEqualTo(-Errno.EINVAL);
        g.put64(AT, 0);
        g.put32(AT + 8, 2);
        assertThat(call(20)).as("is_virtfn 2").isEqualTo(-Errno.EINVAL);
        g.put32(AT + 4, 4);
        assertThat(call(25)).as("with PXM").isEqualTo(-Errno.EPERM);
        g.put32(END - 12 + 4, 4);
        assertThat(g.call(Hypercall.PHYSDEV_OP, 25, END - 12)).isEqualTo(-Errno.EFAULT);
    }

    private long map(int domid, int type, int index, long tableBase) {
        g.put64(AT, domid | (long) type << 32);
        g.put64(AT + 8, index & 0xffff_ffffL | 5L << 32);
        g.put64(AT + 24, 7);
        g.put64(AT + 32, tableBase);
        return call(MAP_PIRQ);
    }

    @Test
    void mapPirqLooksForTheDomainAndWritesItsArgumentBack() {
        assertThat(map(0x7ff0, 4, 0, 1)).as("MULTI_MSI").isEqualTo(-Errno.EINVAL);
        assertThat(map(0x7ff0, 4, 0, 0)).isEqualTo(-Errno.EPERM);
        assertThat(map(77, 1, 20, 0)).isEqualTo(-Errno.ESRCH);
        assertThat(map(77, 3, 20, 0)).isEqualTo(-Errno.ESRCH);
        assertThat(g.get32(AT + 4)).as("MSI_SEG has become MSI").isZero();
        assertThat(map(0x7ff0, 9, 20, 0)).isEqualTo(-Errno.EPERM);
        assertThat(g.get32(AT + 4)).isEqualTo(9);
        assertThat(g.get32(AT + 12)).as("pirq").isEqualTo(5);
        // Page 0 is a table, which the guest may read only.
        assertThat(g.call(Hypercall.PHYSDEV_OP, MAP_PIRQ, 4096 - 40)).isEqualTo(-Errno.EFAULT);
        assertThat(g.call(Hypercall.PHYSDEV_OP, MAP_PIRQ, END - 39)).isEqualTo(-Errno.EFAULT);
        g.d.privileged = true;
        assertThat(map(0x7ff0, 9, 20, 0)).isEqualTo(-Errno.EINVAL);
        assertThat(map(0x7ff0, 1, 16, 0)).isEqualTo(-Errno.EINVAL);
        assertThat(map(0x7ff0, 0, 3, 0)).isEqualTo(-Errno.EINVAL);
        assertThat(map(0x7ff0, 0, -1, 0)).isEqualTo(-Errno.ENODEV);
    }

    private int call32(int operation, long at) {
        return (int) g32.call(Hypercall.PHYSDEV_OP, operation, at);
    }

    @Test
    void a32BitGuestsArgumentIsShorter() {
        long end = 32 * 4096;
        g32.put64(end - 36, 77 | 3L << 32);
        assertThat(call32(MAP_PIRQ, end - 36)).isEqualTo(-Errno.ESRCH);
        assertThat(g32.get32(end - 32)).isZero();
        assertThat(call32(MAP_PIRQ, end - 35)).isEqualTo(-Errno.EFAULT);
        assertThat(call32(8, end - 12)).isEqualTo(-Errno.EPERM);
    }

    @Test
    void unmapPirqLooksForTheDomain() {
        g.put64(AT, 77);
        assertThat(call(UNMAP_PIRQ)).isEqualTo(-Errno.ESRCH);
        g.put64(AT, 0x7ff0);
        assertThat(call(UNMAP_PIRQ)).isEqualTo(-Errno.EPERM);
        g.d.privileged = true;
        assertThat(call(UNMAP_PIRQ)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void numbersOfInterruptsAreGivenFromTheLastOneDown() {
        g.put32(AT, 47);
        assertThat(call(EOI)).isEqualTo(-Errno.EINVAL);
        for (int pirq = 47; pirq >= 16; pirq--) {
            g.put64(AT, pirq & 1);
            assertThat(call(GET_FREE_PIRQ)).isZero();
            assertThat(g.get32(AT + 4)).isEqualTo(pirq);
        }
        assertThat(call(GET_FREE_PIRQ)).isEqualTo(-Errno.ENOSPC);
        g.put32(AT, 47);
        assertThat(call(EOI)).as("nothing to end").isZero();
        g.put32(AT, 48);
        assertThat(call(EOI)).isEqualTo(-Errno.EINVAL);
        assertThat(g32.call(Hypercall.PHYSDEV_OP, GET_FREE_PIRQ, AT)).as("its own").isZero();
        assertThat(g32.get32(AT + 4)).isEqualTo(47);
    }

    /** All of the old argument is read, though few operations have so long a one. */
    @Test
    void theOldCallReadsAllOfItsArgument() {
        g.put64(AT, 6);
        g.put32(AT + 8, 2);
        assertThat(g.call(Hypercall.PHYSDEV_OP_COMPAT, AT)).isZero();
        assertThat(g.d.vcpu(0).iopl).isEqualTo(2);
        g.put64(END - 24, 6);
        assertThat(g.call(Hypercall.PHYSDEV_OP_COMPAT, END - 24)).isZero();
        g.put64(END - 16, 6);
        assertThat(g.call(Hypercall.PHYSDEV_OP_COMPAT, END - 16)).isEqualTo(-Errno.EFAULT);
        g32.put64(END - 16, 6 | 3L << 32);
        assertThat(g32.call(Hypercall.PHYSDEV_OP_COMPAT, END - 16)).isZero();
        assertThat(g32.d.vcpu(0).iopl).isEqualTo(3);
    }
}
