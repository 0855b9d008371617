package xenolith.testkit.asm;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes an ELF64 or ELF32 executable with one PT_LOAD (read, write, execute; physical and virtual
 * address the same) and one PT_NOTE with Xen's notes (public/elfnote.h).
 */
public final class ElfImage {
    public static final int NOTE_ENTRY = 1;
    public static final int NOTE_HYPERCALL_PAGE = 2;
    public static final int NOTE_VIRT_BASE = 3;
    public static final int NOTE_XEN_VERSION = 5;
    public static final int NOTE_GUEST_OS = 6;
    public static final int NOTE_LOADER = 8;
    public static final int NOTE_PAE_MODE = 9;
    public static final int NOTE_HV_START_LOW = 12;
    public static final int NOTE_FEATURES = 10;

    private static final int HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int LOAD_OFFSET = 4096;
    private static final short EM_386 = 3;
    private static final short EM_X86_64 = 62;
    private static final int HEADER_32 = 52;
    private static final int PROGRAM_HEADER_32 = 32;

    private final long address;
    private final byte[] content;
    private final ByteArrayOutputStream notes = new ByteArrayOutputStream();
    private long entry;
    private long memorySize;

    /**
     * An image of {@code content} at {@code address}, a multiple of 4096, which is also its entry.
     */
    public ElfImage(long address, byte[] content) {
        this.address = address;
        this.content = content.clone();
        this.entry = address;
        this.memorySize = content.length;
    }

    /** Sets the entry point of the ELF header. */
    public ElfImage entry(long vaddr) {
        this.entry = vaddr;
        return this;
    }

    /** Appends zeroed memory behind the content: {@code bytes} in all. */
    public ElfImage memorySize(long bytes) {
        this.memorySize = Math.max(bytes, content.length);
        return this;
    }

    /** Adds a note of Xen's with a text. */
    public ElfImage note(int type, String text) {
        return note(type, (text + "\0").getBytes(StandardCharsets.US_ASCII));
    }

    /** Adds a note of Xen's with a 64-bit number. */
    public ElfImage note(int type, long value) {
        ByteBuffer b = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
        return note(type, b.array());
    }

    private ElfImage note(int type, byte[] descriptor) {
        ByteBuffer b = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(4).putInt(descriptor.length).putInt(type);
        b.put("Xen\0".getBytes(StandardCharsets.US_ASCII));
        notes.write(b.array(), 0, 16);
        notes.writeBytes(descriptor);
        while ((notes.size() & 3) != 0) {
            notes.write(0);
        }
        return this;
    }

    /** The notes that every PV guest needs. */
    public ElfImage pvNotes(String name) {
        return note(NOTE_GUEST_OS, name)
                .note(NOTE_XEN_VERSION, "xen-3.0")
                .note(NOTE_LOADER, "generic");
    }

    /** The file, for a 64-bit guest. */
    public byte[] bytes() {
        byte[] file = file();
        ByteBuffer b = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        b.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
        b.putShort((short) 2).putShort(EM_X86_64).putInt(1);
        b.putLong(entry).putLong(HEADER).putLong(0).putInt(0);
        b.putShort((short) HEADER).putShort((short) PROGRAM_HEADER).putShort((short) 2);
        b.putShort((short) 64).putShort((short) 0).putShort((short) 0);
        programHeader(b, 1, 7, LOAD_OFFSET, address, content.length, memorySize, 4096);
        programHeader(b, 4, 4, noteOffset(), 0, notes.size(), notes.size(), 4);
        return file;
    }

    /** The file, for a 32-bit guest. */
    public byte[] bytes32() {
        byte[] file = file();
        ByteBuffer b = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        b.put(new byte[] {0x7f, 'E', 'L', 'F', 1, 1, 1, 0}).putLong(0);
        b.putShort((short) 2).putShort(EM_386).putInt(1);
        b.putInt((int) entry).putInt(HEADER_32).putInt(0).putInt(0);
        b.putShort((short) HEADER_32).putShort((short) PROGRAM_HEADER_32).putShort((short) 2);
        b.putShort((short) 40).putShort((short) 0).putShort((short) 0);
        int at = (int) address;
        b.putInt(1).putInt(LOAD_OFFSET).putInt(at).putInt(at).putInt(content.length);
        b.putInt((int) memorySize).putInt(7).putInt(4096);
        b.putInt(4).putInt(noteOffset()).putInt(0).putInt(0).putInt(notes.size());
        b.putInt(notes.size()).putInt(4).putInt(4);
        return file;
    }

    private int noteOffset() {
        return LOAD_OFFSET + content.length + 3 & -4;
    }

    /** Content and notes at their places. */
    private byte[] file() {
        byte[] file = new byte[noteOffset() + notes.size()];
        System.arraycopy(content, 0, file, LOAD_OFFSET, content.length);
        System.arraycopy(notes.toByteArray(), 0, file, noteOffset(), notes.size());
        return file;
    }

    private static void programHeader(
            ByteBuffer b,
            int type,
            int flags,
            long offset,
            long address,
            long size,
            long memory,
            long align) {
        b.putInt(type).putInt(flags).putLong(offset).putLong(address).putLong(address);
        b.putLong(size).putLong(memory).putLong(align);
    }
}
