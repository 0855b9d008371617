package xenolith.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/** PV kernels of a few instructions: an ELF image at 1 MiB with the notes that every one has. */
final class TinyKernel {
    private static final int CODE = 0x1000;

    private final ByteArrayOutputStream code = new ByteArrayOutputStream();

    /** Bytes of code, in hexadecimal. */
    TinyKernel code(String hex) {
        code.writeBytes(HexFormat.of().parseHex(hex.replace(" ", "")));
        return this;
    }

    private TinyKernel word(int value) {
        code.writeBytes(
                ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
        return this;
    }

    /**
     * Puts {@code text} into the console ring and tells domain 0; to be the first thing that a
     * kernel does. The console page is the second behind start_info.
     */
    TinyKernel print(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        code("eb").code(HexFormat.of().toHexDigits((byte) bytes.length));
        code.writeBytes(bytes);
        code("488d9e00200000 4989f4"); // lea rbx,[rsi+0x2000]; mov r12,rsi
        code("488d35").word(-(bytes.length + 17)); // lea rsi,[rip+text]
        code("488dbb00040000 b9").word(bytes.length); // lea rdi,[rbx+0x400]; mov ecx,length
        code("f3a4 c7830c0c0000").word(bytes.length); // rep movsb; out_prod = length
        code("b820000000 bf04000000 498d742450 0f05"); // event_channel_op(send, &port)
        return this;
    }

    /** sched_op(shutdown, {reason}). */
    TinyKernel shutdown(int reason) {
        return code("b81d000000 bf02000000 488d3502000000 0f05").word(reason);
    }

    Path write(Path file) throws IOException {
        byte[] note = notes();
        ByteBuffer b =
                ByteBuffer.allocate(CODE + code.size() + note.length)
                        .order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0x464c457f).put((byte) 2).put((byte) 1).put((byte) 1);
        b.putShort(16, (short) 2).putShort(18, (short) 62).putInt(20, 1).putLong(24, 0x100000);
        b.putLong(32, 64).putShort(52, (short) 64).putShort(54, (short) 56).putShort(56, (short) 2);
        segment(b, 64, 1, CODE, code.size());
        segment(b, 120, 4, CODE + code.size(), note.length);
        b.put(CODE, code.toByteArray()).put(CODE + code.size(), note);
        return Files.write(file, b.array());
    }

    private static void segment(ByteBuffer b, int at, int type, int offset, int size) {
        b.putInt(at, type).putInt(at + 4, 7).putLong(at + 8, offset);
        b.putLong(at + 16, 0x100000).putLong(at + 24, 0x100000);
        b.putLong(at + 32, size).putLong(at + 40, type == 1 ? size + 0x1000L : size);
    }

    private static byte[] notes() {
        ByteBuffer b = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(4)
                .putInt(8)
                .putInt(5)
                .putInt(0x006e6558)
                .put("xen-3.0\0".getBytes(StandardCharsets.US_ASCII));
        b.putInt(4)
                .putInt(8)
                .putInt(8)
                .putInt(0x006e6558)
                .put("generic\0".getBytes(StandardCharsets.US_ASCII));
        return b.array();
    }
}
