package xenolith.toolstack.block;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.disk.Disk;

/**
 * Makes sense of the bytes of a request, which nobody can change any more, against the disk it is
 * for. Whatever the bytes are, there is an answer.
 */
final class RequestReader {
    private static final int PAGE = 4096;

    private final Protocol protocol;
    private final Disk disk;
    private final boolean readOnly;
    private final Pages pages;

    /** Reads pages that a guest granted. */
    @FunctionalInterface
    interface Pages {
        /**
         * Copies the first {@code bytes.length} bytes, at most 4096, of the page of {@code ref}.
         */
        void read(int ref, byte[] bytes) throws ControlException;
    }

    RequestReader(Protocol protocol, Disk disk, boolean readOnly, Pages pages) {
        this.protocol = protocol;
        this.disk = disk;
        this.readOnly = readOnly;
        this.pages = pages;
    }

    /** The request of {@code bytes}, as many as the protocol says. */
    Request read(byte[] bytes) {
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int operation = b.get(0) & 0xff;
        return switch (operation) {
            case Protocol.READ, Protocol.WRITE, Protocol.WRITE_BARRIER, Protocol.FLUSH_DISKCACHE ->
                    direct(b, operation);
            case Protocol.INDIRECT -> indirect(b);
            case Protocol.DISCARD -> discard(b);
            default -> refuse(b, operation, Protocol.NOT_SUPPORTED, "there is no such operation");
        };
    }

    private Request refuse(ByteBuffer b, int operation, int status, String why) {
        return new Request.Refused(b.getLong(protocol.id()), operation, status, why);
    }

    private Request direct(ByteBuffer b, int operation) {
        int count = b.get(1) & 0xff;
        if (count > Protocol.MOST_SEGMENTS) {
            return refuse(b, operation, Protocol.ERROR, count + " segments");
        }
        return transfer(b, operation, b.slice(protocol.segments(), 8 * count));
    }

    /** The response to an indirect request names what it was for, not that it was indirect. */
    private Request indirect(ByteBuffer b) {
        int operation = b.get(1) & 0xff;
        int count = b.getShort(2) & 0xffff;
        if (operation != Protocol.READ && operation != Protocol.WRITE) {
            return refuse(b, operation, Protocol.ERROR, "indirect operation " + operation);
        }
        if (count > Protocol.MOST_INDIRECT_SEGMENTS) {
            return refuse(b, operation, Protocol.ERROR, count + " indirect segments");
        }
        byte[] segments = new byte[count * Protocol.SEGMENT_BYTES];
        try {
            if (count > 0) {
                pages.read(b.getInt(protocol.indirectPages()), segments);
            }
        } catch (ControlException e) {
            return refuse(b, operation, Protocol.ERROR, "segments: " + e.getMessage());
        }
        return transfer(b, operation, ByteBuffer.wrap(segments));
    }

    private Request transfer(ByteBuffer b, int operation, ByteBuffer segments) {
        boolean writes = operation != Protocol.READ;
        segments.order(ByteOrder.LITTLE_ENDIAN);
        boolean mayBeEmpty =
                operation == Protocol.FLUSH_DISKCACHE || operation == Protocol.WRITE_BARRIER;
        if (!segments.hasRemaining() && !mayBeEmpty) {
            return refuse(b, operation, Protocol.ERROR, "no segments");
        }
        List<Request.Segment> list = new ArrayList<>(segments.remaining() / 8);
        long bytes = 0;
        for (int at = 0; at < segments.limit(); at += Protocol.SEGMENT_BYTES) {
            int first = segments.get(at + 4) & 0xff;
            int last = segments.get(at + 5) & 0xff;
            if (first > last || last >= PAGE / Disk.SECTOR) {
                return refuse(
                        b,
                        operation,
                        Protocol.ERROR,
                        "a segment of sectors " + first + " to " + last);
            }
            int length = (last - first + 1) * Disk.SECTOR;
            list.add(new Request.Segment(segments.getInt(at), first * Disk.SECTOR, length));
            bytes += length;
        }
        long sector = b.getLong(protocol.sector());
        if (bytes != 0 && !inside(sector, bytes / Disk.SECTOR)) {
            return refuse(b, operation, Protocol.ERROR, outside(sector, bytes / Disk.SECTOR));
        }
        if (writes && readOnly && bytes != 0) {
            return refuse(b, operation, Protocol.ERROR, "a write to a read-only disk");
        }
        long at = bytes == 0 ? 0 : sector * Disk.SECTOR;
        return new Request.Transfer(b.getLong(protocol.id()), operation, writes, at, list);
    }

    private Request discard(ByteBuffer b) {
        long sector = b.getLong(protocol.sector());
        long sectors = b.getLong(protocol.discardSectors());
        if (readOnly) {
            return refuse(b, Protocol.DISCARD, Protocol.ERROR, "a discard of a read-only disk");
        }
        if ((b.get(1) & Protocol.DISCARD_SECURE) != 0) {
            return refuse(
                    b,
                    Protocol.DISCARD,
                    Protocol.NOT_SUPPORTED,
                    "a secure discard, which is not" + " offered");
        }
        if (!inside(sector, sectors)) {
            return refuse(b, Protocol.DISCARD, Protocol.ERROR, outside(sector, sectors));
        }
        return new Request.Discard(
                b.getLong(protocol.id()), sector * Disk.SECTOR, sectors * Disk.SECTOR);
    }

    /** Whether {@code sectors} from {@code sector} on, any numbers, are on the disk. */
    private boolean inside(long sector, long sectors) {
        long all = disk.size() / Disk.SECTOR;
        return sector >= 0 && sectors > 0 && sector <= all && sectors <= all - sector;
    }

    private String outside(long sector, long sectors) {
        return Long.toUnsignedString(sectors)
                + " sectors at "
                + Long.toUnsignedString(sector)
                + ", but the disk has "
                + disk.size() / Disk.SECTOR;
    }
}
