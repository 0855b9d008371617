package xenolith.toolstack.build;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the Xen notes of an image (public/elfnote.h): in PT_NOTE segments, else in SHT_NOTE
 * sections, else in the section {@code __xen_guest}. Lenient as Xen's own loader: unknown notes
 * count for nothing and a last note may claim more bytes than there are.
 */
final class NoteReader {
    static final int ENTRY = 1;
    static final int HYPERCALL_PAGE = 2;
    static final int VIRT_BASE = 3;
    static final int PADDR_OFFSET = 4;
    static final int XEN_VERSION = 5;
    static final int GUEST_OS = 6;
    static final int LOADER = 8;
    static final int PAE_MODE = 9;
    static final int FEATURES = 10;
    static final int BSD_SYMTAB = 11;
    static final int INIT_P2M = 15;
    static final int MOD_START_PFN = 16;
    static final int PHYS32_ENTRY = 18;

    private final ElfFile elf;
    private final MemorySegment bytes;
    private final Map<Integer, byte[]> notes = new HashMap<>();

    NoteReader(ElfFile elf) {
        this.elf = elf;
        this.bytes = elf.bytes();
    }

    /** The notes, or null if the image has none for Xen. */
    @Nullable XenNotes read() {
        for (ElfFile.Segment s : elf.segments()) {
            if (s.type() == ElfFile.PT_NOTE && s.offset() != 0) {
                region(s.offset(), s.fileSize());
            }
        }
        if (notes.isEmpty()) {
            for (ElfFile.Section s : elf.sections()) {
                if (s.type() == ElfFile.SHT_NOTE) {
                    region(s.offset(), s.size());
                }
            }
        }
        if (!notes.isEmpty()) {
            return fromNotes();
        }
        for (ElfFile.Section s : elf.sections()) {
            if (s.name().equals("__xen_guest")) {
                return new GuestSection(elf.text(s.offset(), s.size()))
                        .notes(elf.entry(), elf.abi());
            }
        }
        return null;
    }

    private void region(long offset, long size) {
        if (offset < 0 || offset > bytes.byteSize() || size < 0) {
            return;
        }
        long end = offset + Math.min(size, bytes.byteSize() - offset);
        long at = offset;
        while (end - at >= 12) {
            long nameSize = Integer.toUnsignedLong(bytes.get(ElfFile.U32, at));
            long claimed = Integer.toUnsignedLong(bytes.get(ElfFile.U32, at + 4));
            int type = bytes.get(ElfFile.U32, at + 8);
            long descriptor = at + 12 + (nameSize + 3 & -4);
            if (descriptor > end) {
                return;
            }
            if (nameSize == 4 && elf.text(at + 12, 4).equals("Xen")) {
                notes.put(type, descriptor(descriptor, claimed, end));
            }
            at = descriptor + (claimed + 3 & -4);
        }
    }

    /** A descriptor that overruns its region is cut there (grub-i386-xen has such a last note). */
    private byte[] descriptor(long at, long size, long end) {
        byte[] found = new byte[(int) Math.min(size, end - at)];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, found, 0, found.length);
        return found;
    }

    private XenNotes fromNotes() {
        Long entry = number(ENTRY);
        Long hypercall = number(HYPERCALL_PAGE);
        Long base = number(VIRT_BASE);
        Long offset = number(PADDR_OFFSET);
        Long mod = number(MOD_START_PFN);
        return new XenNotes(
                entry == null ? elf.entry() : entry,
                hypercall,
                base == null ? 0 : base,
                offset == null ? 0 : offset,
                number(INIT_P2M),
                mod != null && mod != 0,
                text(FEATURES),
                text(XEN_VERSION),
                text(LOADER),
                text(GUEST_OS),
                text(BSD_SYMTAB).startsWith("yes"),
                notes.containsKey(PHYS32_ENTRY),
                elf.abi(),
                Pae.ofNote(text(PAE_MODE)));
    }

    private String text(int type) {
        byte[] d = notes.get(type);
        if (d == null) {
            return "";
        }
        String s = new String(d, StandardCharsets.ISO_8859_1);
        int nul = s.indexOf('\0');
        return nul < 0 ? s : s.substring(0, nul);
    }

    private @Nullable Long number(int type) {
        byte[] d = notes.get(type);
        if (d == null) {
            return null;
        }
        if (d.length != 4 && d.length != 8) {
            return 0L;
        }
        long value = 0;
        for (int i = d.length - 1; i >= 0; i--) {
            value = value << 8 | d[i] & 0xff;
        }
        return value;
    }
}
