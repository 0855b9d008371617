package xenolith.machine.mmu;

import xenolith.abi.x86.PageFault;

/** Kinds of access, as the bits that a page fault's error code has for them. */
public final class Access {
    public static final int READ = 0;
    public static final int WRITE = PageFault.W;
    public static final int EXECUTE = PageFault.I;

    private Access() {}
}
