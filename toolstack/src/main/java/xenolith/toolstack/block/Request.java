package xenolith.toolstack.block;

import java.util.List;

/** A request as it was copied out of the ring and found sound, or not. */
sealed interface Request {
    /** The guest's own number. */
    long id();

    /** The operation that the response repeats. */
    int operation();

    /**
     * A part of a granted page.
     *
     * @param ref the grant, any number
     * @param offset in bytes; offset and length are within the page
     */
    record Segment(int ref, int offset, int length) {}

    /**
     * Reads or writes; a barrier and a flush may also have nothing to write.
     *
     * @param at the first byte on the disk
     * @param segments their bytes lie one after another on the disk, within its end
     */
    record Transfer(long id, int operation, boolean writes, long at, List<Segment> segments)
            implements Request {
        /** Whether all earlier requests are done before, and later ones begin after it. */
        boolean barrier() {
            return operation == Protocol.WRITE_BARRIER;
        }

        /** Whether earlier writes are done before, and made safe with it. */
        boolean flush() {
            return operation == Protocol.FLUSH_DISKCACHE;
        }

        /** Bytes of all segments. */
        int bytes() {
            int sum = 0;
            for (Segment s : segments) {
                sum += s.length;
            }
            return sum;
        }
    }

    /** Gives up {@code length} bytes at {@code at}, within the disk. */
    record Discard(long id, long at, long length) implements Request {
        @Override
        public int operation() {
            return Protocol.DISCARD;
        }
    }

    /** Nothing that could be done; {@code why} is a sentence. */
    record Refused(long id, int operation, int status, String why) implements Request {}
}
