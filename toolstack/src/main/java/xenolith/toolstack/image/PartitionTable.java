package xenolith.toolstack.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The first sector of a disk with one partition from {@link #FIRST_BYTE} to the end, in the form of
 * IBM's PC (a "DOS" label, which GRUB's part_msdos and Linux read).
 */
final class PartitionTable {
    /** Where the partition begins: at 1 MiB, as partitioning programs do. */
    static final long FIRST_BYTE = 1 << 20;

    /** Bytes of a sector. */
    static final int SECTOR = 512;

    private static final int SIGNATURE_AT = 440;
    private static final int ENTRY_AT = 446;
    private static final int ENTRY_BYTES = 16;
    private static final int TYPE = 4;
    private static final int SECTORS = 12;
    private static final byte LINUX = (byte) 0x83;

    private PartitionTable() {}

    /**
     * The sector, little-endian.
     *
     * @param diskBytes size of the disk, at most 2^32 sectors
     * @param signature tells this disk from others
     */
    static byte[] sector(long diskBytes, int signature) {
        long first = FIRST_BYTE / SECTOR;
        long sectors = diskBytes / SECTOR - first;
        if (sectors <= 0 || sectors > 0xFFFF_FFFFL) {
            throw new IllegalStateException("no partition on " + diskBytes + " bytes");
        }
        ByteBuffer b = ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(SIGNATURE_AT, signature);
        b.position(ENTRY_AT);
        b.put((byte) 0x80); // active
        b.put(new byte[] {(byte) 0xFE, (byte) 0xFF, (byte) 0xFF}); // by sector number only
        b.put(LINUX);
        b.put(new byte[] {(byte) 0xFE, (byte) 0xFF, (byte) 0xFF});
        b.putInt((int) first);
        b.putInt((int) sectors);
        b.putShort(SECTOR - 2, (short) 0xAA55);
        return b.array();
    }

    /**
     * Whether {@code sector} has such a table with a partition, be it the one that stands for a
     * table of the newer form (GPT). The first sector of a file system may have the signature, too,
     * but other bytes where a partition's state is.
     */
    static boolean isIn(byte[] sector) {
        ByteBuffer b = ByteBuffer.wrap(sector).order(ByteOrder.LITTLE_ENDIAN);
        boolean any = false;
        for (int at = ENTRY_AT; at < SECTOR - 2; at += ENTRY_BYTES) {
            if ((b.get(at) & 0x7F) != 0) {
                return false;
            }
            any |= b.get(at + TYPE) != 0 && b.getInt(at + SECTORS) != 0;
        }
        return any && b.getShort(SECTOR - 2) == (short) 0xAA55;
    }
}
