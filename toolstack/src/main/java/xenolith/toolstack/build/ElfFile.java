package xenolith.toolstack.build;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import xenolith.abi.struct.Abi;

/**
 * A little-endian ELF image for x86-64 or i386 (ELF-64 Object File Format 1.5, System V ABI): its
 * header, segments and sections. All offsets into the file that a caller gets lie inside it.
 */
public final class ElfFile {
    static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    static final int PT_LOAD = 1;
    static final int PT_NOTE = 4;
    static final int SHT_NOTE = 7;
    private static final int SHT_NOBITS = 8;
    private static final int EM_386 = 3;
    private static final int EM_X86_64 = 62;
    private static final int HEADER_SIZE_32 = 52;
    private static final int HEADER_SIZE_64 = 64;

    /** A program header. Sizes and addresses in bytes. */
    public record Segment(
            int type, long offset, long vaddr, long paddr, long fileSize, long size) {}

    /** A section header. */
    public record Section(String name, int type, long offset, long size) {}

    private final MemorySegment bytes;
    private final String name;
    private final List<Segment> segments = new ArrayList<>();
    private final List<Section> sections = new ArrayList<>();

    private ElfFile(MemorySegment bytes, String name) {
        this.bytes = bytes;
        this.name = name;
    }

    /** Whether {@code bytes} starts as any ELF file does. */
    public static boolean is(MemorySegment bytes) {
        return bytes.byteSize() >= 4 && bytes.get(U32, 0) == 0x464c457f;
    }

    /** Reads the headers of {@code bytes}; {@code name} is for messages. */
    public static ElfFile of(MemorySegment bytes, String name) throws BuildException {
        ElfFile elf = new ElfFile(bytes, name);
        elf.checkKind();
        elf.readSegments();
        elf.readSections();
        return elf;
    }

    private void checkKind() throws BuildException {
        if (!is(bytes)) {
            throw new BuildException(name + " is not an ELF file.");
        }
        if (bytes.byteSize() < HEADER_SIZE_32) {
            throw truncated("the ELF header");
        }
        int width = bytes.get(ValueLayout.JAVA_BYTE, 4);
        int machine = bytes.get(U16, 18);
        boolean known = width == 1 ? machine == EM_386 : width == 2 && machine == EM_X86_64;
        if (!known || bytes.get(ValueLayout.JAVA_BYTE, 5) != 1) {
            throw new BuildException(name + " is an ELF file for a processor other than x86.");
        }
        if (abi() == Abi.BITS64 && bytes.byteSize() < HEADER_SIZE_64) {
            throw truncated("the ELF header");
        }
    }

    /** Whether the image is a 64-bit or a 32-bit one. */
    public Abi abi() {
        return bytes.get(ValueLayout.JAVA_BYTE, 4) == 1 ? Abi.BITS32 : Abi.BITS64;
    }

    /** An address or offset: at {@code at32} in a 32-bit image, at {@code at64} in a 64-bit one. */
    private long word(long at64, long at32) {
        return abi() == Abi.BITS64
                ? bytes.get(U64, at64)
                : Integer.toUnsignedLong(bytes.get(U32, at32));
    }

    /** A number of 16 bits of the ELF header. */
    private int half(long at64, long at32) {
        return Short.toUnsignedInt(bytes.get(U16, abi() == Abi.BITS64 ? at64 : at32));
    }

    private void readSegments() throws BuildException {
        long offset = word(32, 28);
        int size = half(54, 42);
        int count = half(56, 44);
        if (count == 0) {
            throw new BuildException(name + " has no segments to load: it is not a kernel.");
        }
        if (size < (abi() == Abi.BITS64 ? 56 : 32) || !inside(offset, (long) size * count)) {
            throw truncated("the segment headers");
        }
        for (int i = 0; i < count; i++) {
            Segment s = segment(offset + (long) i * size);
            if (s.type == PT_LOAD) {
                checkLoadable(s);
            }
            segments.add(s);
        }
        if (segments.stream().noneMatch(s -> s.type == PT_LOAD && s.size > 0)) {
            throw new BuildException(name + " has no segments to load: it is not a kernel.");
        }
    }

    private Segment segment(long at) {
        return new Segment(
                bytes.get(U32, at),
                word(at + 8, at + 4),
                word(at + 16, at + 8),
                word(at + 24, at + 12),
                word(at + 32, at + 16),
                word(at + 40, at + 20));
    }

    private void checkLoadable(Segment s) throws BuildException {
        if (!inside(s.offset, s.fileSize)) {
            throw truncated(
                    String.format(
                            "a segment (file offset 0x%x, 0x%x bytes)", s.offset, s.fileSize));
        }
        if (s.size < 0 || s.fileSize > s.size || s.paddr + s.size < s.paddr) {
            throw new BuildException(
                    String.format(
                            "%s has a segment of impossible size 0x%x at address 0x%x:"
                                    + " the image is damaged.",
                            name, s.size, s.paddr));
        }
    }

    /** Sections only hold notes for us: what cannot be read is left out. */
    private void readSections() {
        long offset = word(40, 32);
        int size = half(58, 46);
        int count = half(60, 48);
        int namesIndex = half(62, 50);
        if (size < (abi() == Abi.BITS64 ? 64 : 40) || !inside(offset, (long) size * count)) {
            return;
        }
        long names = 0;
        if (namesIndex < count) {
            long at = offset + (long) namesIndex * size;
            names = word(at + 24, at + 16);
        }
        for (int i = 0; i < count; i++) {
            long at = offset + (long) i * size;
            int type = bytes.get(U32, at + 4);
            long start = word(at + 24, at + 16);
            long length = word(at + 32, at + 20);
            if (type != SHT_NOBITS && inside(start, length)) {
                long nameAt = names + Integer.toUnsignedLong(bytes.get(U32, at));
                sections.add(new Section(text(nameAt, 64), type, start, length));
            }
        }
    }

    /** Bytes of a section header. */
    int sectionHeaderSize() {
        return abi() == Abi.BITS64 ? 64 : 40;
    }

    /** Bytes of the ELF header. */
    int headerSize() {
        return abi() == Abi.BITS64 ? HEADER_SIZE_64 : HEADER_SIZE_32;
    }

    /** File offset of section header {@code index}, or -1 if it is not in the file. */
    long sectionHeader(int index) {
        long at = word(40, 32) + (long) index * half(58, 46);
        boolean there = index >= 0 && index < half(60, 48) && inside(at, sectionHeaderSize());
        return there ? at : -1;
    }

    /** Index of the first section of {@code type}, or -1. */
    int sectionOfType(int type) {
        for (int i = 0; i < half(60, 48); i++) {
            long at = sectionHeader(i);
            if (at >= 0 && bytes.get(U32, at + 4) == type) {
                return i;
            }
        }
        return -1;
    }

    boolean inside(long offset, long length) {
        return offset >= 0
                && length >= 0
                && offset <= bytes.byteSize()
                && length <= bytes.byteSize() - offset;
    }

    private BuildException truncated(String what) {
        return new BuildException(
                name
                        + " is truncated: "
                        + what
                        + " lies beyond its end at "
                        + bytes.byteSize()
                        + " bytes.");
    }

    /**
     * The text at file offset {@code at} up to a NUL, {@code most} characters or the file's end.
     */
    String text(long at, long most) {
        StringBuilder text = new StringBuilder();
        for (long i = at; i >= 0 && i < bytes.byteSize() && i - at < most; i++) {
            byte b = bytes.get(ValueLayout.JAVA_BYTE, i);
            if (b == 0) {
                break;
            }
            text.append((char) (b & 0xff));
        }
        return text.toString();
    }

    /** The whole file. */
    public MemorySegment bytes() {
        return bytes;
    }

    /** The file's name, for messages. */
    public String name() {
        return name;
    }

    /** The entry point, a virtual address. */
    public long entry() {
        return word(24, 24);
    }

    public List<Segment> segments() {
        return List.copyOf(segments);
    }

    public List<Section> sections() {
        return List.copyOf(sections);
    }

    /** The segments that take up memory, in the file's order. */
    public List<Segment> loads() {
        return segments.stream().filter(s -> s.type == PT_LOAD && s.size > 0).toList();
    }
}
