package xenolith.toolstack.device;

import java.util.List;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Value;

/**
 * Makes the devices of one kind; one for a host, as it may know what all domains of the host have
 * (a disk that is in use, the ports of a bridge). Safe for any thread.
 */
public interface DeviceKind extends AutoCloseable {
    /** Its name in xenstore: "vbd" or "vif". */
    String type();

    /**
     * The devices that {@code spec} asks for, opened or reserved: what a user did wrong is told
     * before any memory is taken. May wait for files.
     *
     * @throws ToolException a sentence with the place in the configuration; then nothing stays open
     */
    List<DomainDevice> open(DomainSpec spec) throws ToolException;

    /**
     * One more device for a domain that lives (xl block-attach, network-attach).
     *
     * @param words as an element of the list {@code disk} or {@code vif} in xl.cfg
     * @param taken the devices of this kind that the domain has
     */
    DomainDevice open(Value.Text words, List<DomainDevice> taken) throws ToolException;

    /** The host ends; all devices were closed before. */
    @Override
    void close();
}
