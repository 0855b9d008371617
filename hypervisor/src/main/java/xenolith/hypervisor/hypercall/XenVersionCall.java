package xenolith.hypervisor.hypercall;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Feature;
import xenolith.abi.xen.Hole;
import xenolith.abi.xen.VmAssist;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.domain.XenVersion;
import xenolith.machine.memory.MachineMemory;

/** xen_version(cmd, buffer): who we are and what a guest may count on. */
final class XenVersionCall implements Handler {
    private static final long FEATURES =
            1L << Feature.MMU_PT_UPDATE_PRESERVE_AD
                    | 1L << Feature.HIGHMEM_ASSIST
                    | 1L << Feature.GNTTAB_MAP_AVAIL_BITS
                    | 1L << Feature.MEMORY_OP_VNODE_SUPPORTED
                    | 1L << Feature.DIRECT_MAPPED;

    /** What takes the place of texts that are domain 0's. */
    private static final String DENIED = "<denied>";

    /** HYPERVISOR_VIRT_START of the 64-bit ABI. */
    private static final long VIRT_START = 0xffff_8000_0000_0000L;

    @Override
    public long call(Vcpu v, long cmd, long buffer, long a3, long a4, long a5) {
        return switch ((int) cmd) {
            case 0 -> XenVersion.MAJOR << 16 | XenVersion.MINOR;
            case 1 -> text(v, buffer, XenVersion.EXTRA, 16);
            case 2 -> compileInfo(v, buffer);
            case 3 -> text(v, buffer, XenVersion.CAPABILITIES, 1024);
            case 4 -> text(v, buffer, "xenolith", 64);
            case 5 -> {
                GuestAccess.putWord(v, buffer, 0, v.domain.compat() ? Hole.START : VIRT_START);
                yield 0;
            }
            case 6 -> features(v, buffer);
            case 7 ->
                    buffer == 0
                            ? MachineMemory.FRAME_SIZE
                            : v.refuse(Errno.EINVAL, "the size of pages is the answer itself");
            case 8 -> handle(v, buffer);
            case 9 -> text(v, buffer, DENIED, DENIED.length() + 1);
            case 10 -> v.refuse(Errno.EPERM, "the build's id is domain 0's");
            default -> v.refuse(Errno.ENOSYS, "no operation " + (int) cmd);
        };
    }

    private static long text(Vcpu v, long buffer, String text, int size) {
        byte[] bytes = Arrays.copyOf(text.getBytes(StandardCharsets.US_ASCII), size);
        GuestAccess.write(v, buffer, bytes, 0, size);
        return 0;
    }

    private static long compileInfo(Vcpu v, long buffer) {
        text(v, buffer, "a Java compiler", 64);
        text(v, buffer + 64, "xenolith", 16);
        text(v, buffer + 80, "", 32);
        text(v, buffer + 112, "", 32);
        return 0;
    }

    private static long features(Vcpu v, long buffer) {
        long index = GuestAccess.get32(v, buffer);
        GuestAccess.get32(v, buffer + 4);
        if (index != 0) {
            return v.refuse(Errno.EINVAL, "there is one word of features, not " + (index + 1));
        }
        long bits = FEATURES;
        if (v.domain.assisted(VmAssist.PAE_EXTENDED_CR3)) {
            bits |= 1L << Feature.PAE_PGDIR_ABOVE_4GB;
        }
        GuestAccess.put32(v, buffer + 4, bits);
        return 0;
    }

    private static long handle(Vcpu v, long buffer) {
        UUID id = v.domain.config.uuid();
        byte[] bytes =
                java.nio.ByteBuffer.allocate(16)
                        .putLong(id.getMostSignificantBits())
                        .putLong(id.getLeastSignificantBits())
                        .array();
        GuestAccess.write(v, buffer, bytes, 0, 16);
        return 0;
    }
}
