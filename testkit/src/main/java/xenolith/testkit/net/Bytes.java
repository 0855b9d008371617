package xenolith.testkit.net;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** A frame under construction, big endian. */
final class Bytes {
    private static final int VENDOR = 0x00163e;

    private final ByteBuffer buffer;

    /** At most {@code most} bytes. */
    Bytes(int most) {
        buffer = ByteBuffer.allocate(most);
    }

    Bytes u8(int value) {
        buffer.put((byte) value);
        return this;
    }

    Bytes u16(int value) {
        buffer.putShort((short) value);
        return this;
    }

    Bytes u32(int value) {
        buffer.putInt(value);
        return this;
    }

    Bytes repeat(int value, int count) {
        for (int i = 0; i < count; i++) {
            u8(value);
        }
        return this;
    }

    /** The address of card {@code number}. */
    Bytes mac(int number) {
        return u16(VENDOR >>> 8).u8(VENDOR).repeat(0, 2).u8(number);
    }

    int length() {
        return buffer.position();
    }

    /** Puts the Internet checksum (RFC 1071) of the bytes from {@code start} on at {@code at}. */
    Bytes checksum(int start, int end, int at) {
        int sum = 0;
        for (int i = start; i < end; i += 2) {
            sum += buffer.getShort(i) & 0xffff;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        buffer.putShort(at, (short) ~sum);
        return this;
    }

    byte[] bytes() {
        return Arrays.copyOf(buffer.array(), buffer.position());
    }
}
