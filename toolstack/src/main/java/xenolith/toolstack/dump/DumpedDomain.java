package xenolith.toolstack.dump;

import java.util.List;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.PhysicalMap;
import xenolith.toolstack.ToolException;

/**
 * What is dumped of a domain, which stands still.
 *
 * @param wide whether it is a 64-bit guest
 * @param contexts of each vCPU, struct vcpu_guest_context in the guest's layout
 * @param sharedInfo 4096 bytes
 * @param pages reads its frames
 */
public record DumpedDomain(
        boolean wide, List<byte[]> contexts, byte[] sharedInfo, PhysicalMap map, Pages pages) {
    /** Reads frames of the domain. */
    @FunctionalInterface
    public interface Pages {
        /** The contents of {@code mfns}, one after another, 4096 bytes each. */
        byte[] read(long[] mfns) throws ToolException, ControlException;
    }
}
