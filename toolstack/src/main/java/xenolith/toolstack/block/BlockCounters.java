package xenolith.toolstack.block;

/** What was asked of one disk, as xentop shows it. On the host's thread. */
public final class BlockCounters {
    private long reads;
    private long writes;
    private long readSectors;
    private long writtenSectors;
    private long failures;

    void done(Request request, int status) {
        if (status != Protocol.OKAY) {
            failures++;
        } else if (request instanceof Request.Transfer t) {
            if (t.writes()) {
                writes++;
                writtenSectors += t.bytes() / 512;
            } else {
                reads++;
                readSectors += t.bytes() / 512;
            }
        }
    }

    void refused(Request.Refused request) {
        failures++;
    }

    /** Read requests that succeeded. */
    public long reads() {
        return reads;
    }

    /** Write requests that succeeded, flushes and barriers among them. */
    public long writes() {
        return writes;
    }

    /** Sectors of 512 bytes that were read. */
    public long readSectors() {
        return readSectors;
    }

    /** Sectors of 512 bytes that were written. */
    public long writtenSectors() {
        return writtenSectors;
    }

    /** Requests that failed or made no sense. */
    public long failures() {
        return failures;
    }
}
