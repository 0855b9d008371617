package xenolith.hypervisor.hypercall;

/** A guest pointer leads nowhere: the hypercall answers -EFAULT. Caught in the dispatcher. */
final class GuestAccessException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    static final GuestAccessException INSTANCE = new GuestAccessException();

    private GuestAccessException() {
        super("bad guest pointer", null, false, false);
    }
}
