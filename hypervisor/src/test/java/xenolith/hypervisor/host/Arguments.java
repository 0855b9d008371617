package xenolith.hypervisor.host;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import xenolith.abi.struct.Abi;

/** Structures of the public headers, filled field after field as guests of an ABI lay them out. */
final class Arguments {
    private static final int LONGEST = 512;

    private final Abi abi;
    private final ByteBuffer bytes = ByteBuffer.allocate(LONGEST).order(ByteOrder.LITTLE_ENDIAN);

    Arguments(Abi abi) {
        this.abi = abi;
    }

    private Arguments align(int to) {
        bytes.position(bytes.position() + to - 1 & -to);
        return this;
    }

    Arguments u8(long value) {
        bytes.put((byte) value);
        return this;
    }

    Arguments u16(long value) {
        align(2).bytes.putShort((short) value);
        return this;
    }

    Arguments u32(long value) {
        align(4).bytes.putInt((int) value);
        return this;
    }

    Arguments u64(long value) {
        align(abi.word()).bytes.putLong(value);
        return this;
    }

    /** An unsigned long, a frame number or a pointer. */
    Arguments word(long value) {
        return abi == Abi.BITS64 ? u64(value) : u32(value);
    }

    /** All of it, in units of four bytes. */
    byte[] bytes() {
        align(4);
        return Arrays.copyOf(bytes.array(), bytes.position());
    }
}
