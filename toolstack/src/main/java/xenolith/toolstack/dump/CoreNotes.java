package xenolith.toolstack.dump;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The notes of a core file: which domain, which Xen, which format. */
final class CoreNotes {
    private static final int NONE = 0x200_0000;
    private static final int HEADER = 0x200_0001;
    private static final int XEN_VERSION = 0x200_0002;
    private static final int FORMAT_VERSION = 0x200_0003;

    /** XC_CORE_MAGIC: a paravirtualized domain. */
    private static final long MAGIC = 0xf00f_ebedL;

    private static final int NAME = 4;
    private static final int NOTE_HEADER = 12;
    private static final int VERSION_SIZE = 1280;

    private CoreNotes() {}

    static byte[] of(DumpedDomain domain) {
        byte[] header = new byte[32];
        little(header)
                .putLong(MAGIC)
                .putLong(domain.contexts().size())
                .putLong(domain.map().pfns().length)
                .putLong(4096);
        byte[] format = new byte[8];
        little(format).putLong(1);
        byte[] version = version(domain);
        byte[] all =
                new byte[4 * (NOTE_HEADER + NAME) + header.length + version.length + format.length];
        ByteBuffer b = little(all);
        note(b, NONE, new byte[0]);
        note(b, HEADER, header);
        note(b, XEN_VERSION, version);
        note(b, FORMAT_VERSION, format);
        return all;
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void note(ByteBuffer b, int type, byte[] content) {
        b.putInt(NAME).putInt(content.length).putInt(type);
        b.put("Xen\0".getBytes(StandardCharsets.US_ASCII)).put(content);
    }

    /** What a guest would be told by xen_version. */
    private static byte[] version(DumpedDomain domain) {
        byte[] version = new byte[VERSION_SIZE];
        ByteBuffer b = little(version);
        b.putLong(4).putLong(17);
        text(b, ".7", 16);
        text(b, "a Java compiler", 64);
        text(b, "xenolith", 16);
        text(b, "", 32);
        text(b, "", 32);
        text(b, "xen-3.0-x86_64 xen-3.0-x86_32p ", 1024);
        text(b, "xenolith", 64);
        b.putLong(domain.wide() ? 0xffff_8000_0000_0000L : 0xf580_0000L);
        b.putLong(4096);
        return version;
    }

    private static void text(ByteBuffer b, String text, int size) {
        b.put(Arrays.copyOf(text.getBytes(StandardCharsets.US_ASCII), size));
    }
}
