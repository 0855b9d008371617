package xenolith.toolstack.device;

import java.util.Map;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;

/**
 * A device of a domain, from its configuration to the domain's end. It outlives reboots: each life
 * of the domain has an {@link Attachment} of its own, one after another.
 */
public interface DomainDevice extends AutoCloseable {
    /** Its kind's name in xenstore: "vbd" or "vif". */
    String type();

    /** Its number among the domain's devices of this kind, such as 51712 for xvda, or 0. */
    int devid();

    /**
     * How the device was configured, in the names and order of xl's JSON ("pdev_path", "vdev",
     * "mac"); values are String, Integer, Long or Boolean.
     */
    Map<String, Object> describe();

    /** What passed it so far. On the host's thread. */
    Traffic traffic();

    /**
     * Makes the device visible to a new life of the domain: xenstore nodes, the back end's watch.
     * On the host's thread, after the domain was built and before it runs, or while it runs.
     */
    Attachment attach(DomainSite site) throws ToolException, ControlException;

    /** The domain is gone for good: files are closed, ports left. After the attachment's close. */
    @Override
    void close();

    /** The device in one life of its domain. All calls come on the host's thread, none may wait. */
    interface Attachment {
        /**
         * Asks the front end to let go (xl block-detach): states 5 and 6. {@code gone} is run on
         * the host's thread when it has, or after the host's time limit was over; then the host
         * calls {@link #close}.
         *
         * @param force do not ask
         */
        void detach(boolean force, Runnable gone);

        /**
         * The back end's end now, whatever the front end does: grants unmapped, channels closed,
         * nodes removed. Work that is still under way must not touch the domain's memory
         * afterwards. Further calls do nothing.
         */
        void close();
    }
}
