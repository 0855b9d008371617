package xenolith.hypervisor.domain;

/** The Xen whose interface this hypervisor speaks. */
public final class XenVersion {
    public static final int MAJOR = 4;
    public static final int MINOR = 17;
    public static final String EXTRA = ".7";

    /** Interface versions of domctl and sysctl in this release. */
    public static final int DOMCTL = 0x15;

    public static final int SYSCTL = 0x15;

    /** XENPF_INTERFACE_VERSION. */
    public static final int PLATFORM = 0x0300_0001;

    /** XENVER_capabilities: each followed by a blank. */
    public static final String CAPABILITIES = "xen-3.0-x86_64 xen-3.0-x86_32p ";

    private XenVersion() {}
}
