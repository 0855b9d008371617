package xenolith.toolstack.xenstore;

/** A request failed; the reply names the error (public/io/xs_wire.h). */
public final class XenstoreError extends Exception {
    private static final long serialVersionUID = 1L;

    /** The errors of the wire protocol that this store answers with. */
    public enum Code {
        EINVAL,
        EACCES,
        EEXIST,
        ENOENT,
        ENOSPC,
        EIO,
        ENOMEM,
        EBUSY,
        EAGAIN,
        E2BIG,
        EPERM,
        ENOSYS
    }

    private final Code code;

    public XenstoreError(Code code) {
        super(code.name(), null, false, false);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
