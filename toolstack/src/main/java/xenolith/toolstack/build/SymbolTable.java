package xenolith.toolstack.build;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import xenolith.abi.struct.Abi;

/**
 * The symbol table that an image with the note BSD_SYMTAB gets behind itself, laid out as Xen's
 * loader does: a size, an ELF header, three section headers (none, symbols, strings), the symbols
 * and the strings. Whatever lies between is zero (XSA-194).
 */
final class SymbolTable {
    private static final int SHT_SYMTAB = 2;
    private static final int SHT_STRTAB = 3;
    private static final int SECTIONS = 3;

    /** Room for the ELF header and for a section header, whatever the image's width. */
    private static final int HEADER_ROOM = 64;

    private static final int FIRST_SECTION = 4 + HEADER_ROOM;

    private final ElfFile elf;
    private final boolean wide;
    private final int align;
    private final byte[] bytes;

    private SymbolTable(ElfFile elf, long symbols, long strings) {
        this.elf = elf;
        this.wide = elf.abi() == Abi.BITS64;
        this.align = elf.abi().word();
        this.bytes = make(symbols, strings);
    }

    /** The table of {@code elf}, or null if it has none. */
    static @Nullable SymbolTable of(ElfFile elf) {
        long symbols = elf.sectionHeader(elf.sectionOfType(SHT_SYMTAB));
        if (symbols < 0) {
            return null;
        }
        boolean wide = elf.abi() == Abi.BITS64;
        int link = elf.bytes().get(ElfFile.U32, symbols + (wide ? 40 : 24));
        long strings = elf.sectionHeader(link);
        if (strings < 0 || elf.bytes().get(ElfFile.U32, strings + 4) != SHT_STRTAB) {
            return null;
        }
        boolean whole = inFile(elf, wide, symbols) && inFile(elf, wide, strings);
        return whole ? new SymbolTable(elf, symbols, strings) : null;
    }

    private static boolean inFile(ElfFile elf, boolean wide, long header) {
        return length(elf, wide, header) < 1 << 28
                && elf.inside(start(elf, wide, header), length(elf, wide, header));
    }

    private static long start(ElfFile elf, boolean wide, long header) {
        return wide
                ? elf.bytes().get(ElfFile.U64, header + 24)
                : Integer.toUnsignedLong(elf.bytes().get(ElfFile.U32, header + 16));
    }

    private static long length(ElfFile elf, boolean wide, long header) {
        return wide
                ? elf.bytes().get(ElfFile.U64, header + 32)
                : Integer.toUnsignedLong(elf.bytes().get(ElfFile.U32, header + 20));
    }

    /** The pseudo-physical address for a table behind an image that ends at {@code end}. */
    long paddr(long end) {
        return end + align - 1 & -align;
    }

    byte[] bytes() {
        return bytes.clone();
    }

    int size() {
        return bytes.length;
    }

    private int round(int at) {
        return at + align - 1 & -align;
    }

    private byte[] make(long symbols, long strings) {
        byte[] symbolBytes = section(symbols);
        byte[] stringBytes = section(strings);
        int symbolsAt = round(FIRST_SECTION + SECTIONS * HEADER_ROOM);
        int stringsAt = round(symbolsAt + symbolBytes.length);
        ByteBuffer b = ByteBuffer.allocate(round(stringsAt + stringBytes.length));
        b.order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0, stringsAt + stringBytes.length - 4);
        b.put(4, fileBytes(0, elf.headerSize()));
        header(b);
        int size = elf.sectionHeaderSize();
        b.put(FIRST_SECTION + size, fileBytes(symbols, size));
        b.put(FIRST_SECTION + 2 * size, fileBytes(strings, size));
        offset(b, FIRST_SECTION + size, symbolsAt - 4);
        b.putInt(FIRST_SECTION + size + (wide ? 40 : 24), 2);
        offset(b, FIRST_SECTION + 2 * size, stringsAt - 4);
        b.put(symbolsAt, symbolBytes);
        b.put(stringsAt, stringBytes);
        return b.array();
    }

    /** The ELF header, but for no program headers and three section headers. */
    private void header(ByteBuffer b) {
        b.putInt(4 + 20, 1);
        if (wide) {
            b.putLong(4 + 32, 0).putLong(4 + 40, HEADER_ROOM);
        } else {
            b.putInt(4 + 28, 0).putInt(4 + 32, HEADER_ROOM);
        }
        int at = 4 + (wide ? 52 : 40);
        b.putShort(at, (short) elf.headerSize());
        b.putShort(at + 2, (short) 0).putShort(at + 4, (short) 0);
        b.putShort(at + 6, (short) elf.sectionHeaderSize());
        b.putShort(at + 8, (short) SECTIONS).putShort(at + 10, (short) 0);
    }

    private void offset(ByteBuffer b, int header, int value) {
        if (wide) {
            b.putLong(header + 24, value);
        } else {
            b.putInt(header + 16, value);
        }
    }

    private byte[] section(long header) {
        return fileBytes(start(elf, wide, header), (int) length(elf, wide, header));
    }

    private byte[] fileBytes(long at, int length) {
        byte[] copy = new byte[length];
        MemorySegment.copy(elf.bytes(), ValueLayout.JAVA_BYTE, at, copy, 0, length);
        return copy;
    }
}
