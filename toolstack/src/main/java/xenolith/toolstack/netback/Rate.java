package xenolith.toolstack.netback;

/**
 * What a guest may send in a time, as netback of Linux counts it: credit is filled up at the end of
 * each interval.
 *
 * @param bytes that may be sent in one interval
 * @param micros the interval
 */
public record Rate(long bytes, long micros) {
    /** No limit. */
    public static final Rate UNLIMITED = new Rate(Long.MAX_VALUE, 0);

    /** As the node "rate" of a back end has it. */
    String node() {
        return bytes + "," + micros;
    }

    boolean limited() {
        return micros > 0;
    }
}
