package xenolith.toolstack.build;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Makes small ELF64 images with one loadable segment, and notes where a test wants them. */
final class ElfMaker {
    private static final int DATA = 0x1000;

    private final ByteArrayOutputStream notes = new ByteArrayOutputStream();
    private String owner = "Xen";
    private String guestSection = "";
    private boolean inSection;
    private long paddr = 0x100000;
    private byte[] code = {(byte) 0xeb, (byte) 0xfe};

    ElfMaker owner(String name) {
        owner = name;
        return this;
    }

    ElfMaker note(int type, byte[] descriptor) {
        byte[] name = (owner + "\0").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer b =
                ByteBuffer.allocate(12 + align(name.length) + align(descriptor.length))
                        .order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(name.length).putInt(descriptor.length).putInt(type).put(name);
        b.position(12 + align(name.length)).put(descriptor);
        notes.writeBytes(b.array());
        return this;
    }

    ElfMaker note(int type, String text) {
        return note(type, (text + "\0").getBytes(StandardCharsets.US_ASCII));
    }

    ElfMaker note(int type, long value) {
        return note(
                type, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }

    ElfMaker raw(byte[] bytes) {
        notes.writeBytes(bytes);
        return this;
    }

    /** What every PV kernel has. */
    ElfMaker xen() {
        return note(5, "xen-3.0").note(8, "generic");
    }

    ElfMaker notesInSection() {
        inSection = true;
        return this;
    }

    ElfMaker guestSection(String text) {
        guestSection = text;
        return this;
    }

    ElfMaker at(long address) {
        paddr = address;
        return this;
    }

    ElfMaker code(byte[] bytes) {
        code = bytes;
        return this;
    }

    private static int align(int n) {
        return n + 3 & -4;
    }

    byte[] make() {
        byte[] note = notes.toByteArray();
        byte[] guest = guestSection.getBytes(StandardCharsets.US_ASCII);
        byte[] names = "\0.note.Xen\0__xen_guest\0.names\0".getBytes(StandardCharsets.US_ASCII);
        int noteAt = DATA + code.length + 7 & -8;
        int guestAt = noteAt + note.length;
        int namesAt = guestAt + guest.length;
        int sectionsAt = namesAt + names.length + 7 & -8;
        ByteBuffer b = ByteBuffer.allocate(sectionsAt + 4 * 64).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0x464c457f).put((byte) 2).put((byte) 1).put((byte) 1);
        b.putShort(16, (short) 2).putShort(18, (short) 62).putInt(20, 1).putLong(24, paddr);
        b.putLong(32, 64).putLong(40, sectionsAt).putShort(52, (short) 64);
        b.putShort(54, (short) 56).putShort(56, (short) 2).putShort(58, (short) 64);
        b.putShort(60, (short) 4).putShort(62, (short) 3);
        segment(b, 64, 1, DATA, code.length, code.length + 0x2000L);
        segment(b, 120, inSection ? 0 : 4, noteAt, note.length, note.length);
        b.put(DATA, code).put(noteAt, note).put(guestAt, guest).put(namesAt, names);
        section(b, sectionsAt + 64, 1, inSection ? 7 : 1, noteAt, note.length);
        section(b, sectionsAt + 128, guest.length > 0 ? 11 : 0, 1, guestAt, guest.length);
        section(b, sectionsAt + 192, 23, 3, namesAt, names.length);
        return b.array();
    }

    private void segment(ByteBuffer b, int at, int type, int offset, int size, long memory) {
        b.putInt(at, type).putInt(at + 4, 7).putLong(at + 8, offset);
        b.putLong(at + 16, paddr).putLong(at + 24, paddr);
        b.putLong(at + 32, size).putLong(at + 40, memory);
    }

    private static void section(ByteBuffer b, int at, int name, int type, int offset, int size) {
        b.putInt(at, name).putInt(at + 4, type).putLong(at + 24, offset).putLong(at + 32, size);
    }
}
