package xenolith.toolstack.xenbus;

/**
 * Where the two ends of a device are in the store; the back end is domain 0's.
 *
 * @param kind such as "vbd" or "vif"
 * @param domid the front end's domain
 * @param id number of the device among those of its kind
 */
public record DeviceAddress(String kind, int domid, int id) {
    /** The back end's node. */
    public String backend() {
        return "/local/domain/0/backend/" + kind + "/" + domid + "/" + id;
    }

    /** The front end's node. */
    public String frontend() {
        return "/local/domain/" + domid + "/device/" + kind + "/" + id;
    }

    /** Where xl keeps what it wrote of the back end. */
    public String libxl() {
        return "/libxl/" + domid + "/device/" + kind + "/" + id;
    }

    /** Where errors of the back end are told. */
    public String error() {
        return "/local/domain/0/error/backend/" + kind + "/" + domid + "/" + id + "/error";
    }

    /** For messages. */
    @Override
    public String toString() {
        return kind + " " + id + " of domain " + domid;
    }
}
