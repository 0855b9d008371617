package xenolith.toolstack.dump;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;

/**
 * Writes Xen's core file of a domain (xl dump-core): an ELF file of sections only, for {@code
 * crash} and {@code gdb}'s helpers. Little-endian.
 */
public final class CoreDump {
    private static final int PAGE = 4096;
    private static final int ELF_HEADER = 64;
    private static final int SECTION_HEADER = 64;
    private static final int ET_CORE = 4;
    private static final int EM_386 = 3;
    private static final int EM_X86_64 = 62;
    private static final int SHT_PROGBITS = 1;
    private static final int SHT_STRTAB = 3;
    private static final int SHT_NOTE = 7;

    /** Frames that are read at once. */
    private static final int CHUNK = 256;

    private record Section(String name, int type, long size, long unit) {}

    private final DumpedDomain domain;
    private final byte[] notes;

    private CoreDump(DumpedDomain domain) {
        this.domain = domain;
        this.notes = CoreNotes.of(domain);
    }

    /**
     * Writes {@code domain} to {@code path}, replacing what is there when it is whole.
     *
     * @throws ToolException if the file cannot be written; ControlException if the domain went
     */
    public static void write(DumpedDomain domain, Path path)
            throws ToolException, ControlException {
        Path part = path.resolveSibling(path.getFileName() + ".part");
        try {
            // What a guest has in memory is for its owner's eyes only.
            Files.deleteIfExists(part);
            Files.createFile(
                    part,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(part))) {
                new CoreDump(domain).write(out);
            } catch (IOException | ToolException | ControlException e) {
                Files.deleteIfExists(part);
                throw e;
            }
            Files.move(part, path, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new ToolException("The core file " + path + " cannot be written: " + e + ".");
        }
    }

    private List<Section> sections(byte[] names) {
        long context = domain.contexts().isEmpty() ? 0 : domain.contexts().get(0).length;
        long pages = domain.map().pfns().length;
        return List.of(
                new Section("", 0, 0, 0),
                new Section(".shstrtab", SHT_STRTAB, names.length, 0),
                new Section(".note.Xen", SHT_NOTE, notes.length, 0),
                new Section(
                        ".xen_prstatus", SHT_PROGBITS, context * domain.contexts().size(), context),
                new Section(".xen_shared_info", SHT_PROGBITS, PAGE, PAGE),
                new Section(".xen_p2m", SHT_PROGBITS, 16 * pages, 16),
                new Section(".xen_pages", SHT_PROGBITS, PAGE * pages, PAGE));
    }

    private void write(OutputStream out) throws IOException, ToolException, ControlException {
        byte[] names =
                "\0.shstrtab\0.note.Xen\0.xen_prstatus\0.xen_shared_info\0.xen_p2m\0.xen_pages\0"
                        .getBytes(StandardCharsets.US_ASCII);
        List<Section> sections = sections(names);
        long at = ELF_HEADER + (long) SECTION_HEADER * sections.size();
        out.write(elfHeader(sections.size()));
        String table = new String(names, StandardCharsets.US_ASCII);
        List<Long> paddings = new ArrayList<>();
        for (Section s : sections) {
            long align = s.name.equals(".xen_pages") ? PAGE : 8;
            long start = s.type == 0 ? 0 : (at + align - 1) / align * align;
            int name = s.type == 0 ? 0 : table.indexOf(s.name + "\0");
            out.write(sectionHeader(s, name, start, align));
            if (s.type != 0) {
                paddings.add(start - at);
                at = start + s.size;
            }
        }
        List<byte[]> contents = new ArrayList<>(List.of(names, notes));
        contents.add(joined(domain.contexts()));
        contents.add(Arrays.copyOf(domain.sharedInfo(), PAGE));
        contents.add(p2m());
        for (int i = 0; i < contents.size(); i++) {
            out.write(new byte[paddings.get(i).intValue()]);
            out.write(contents.get(i));
        }
        out.write(new byte[paddings.get(contents.size()).intValue()]);
        pages(out);
    }

    private byte[] elfHeader(int sections) {
        byte[] header = new byte[ELF_HEADER];
        ByteBuffer b = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        b.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
        b.putShort(16, (short) ET_CORE);
        b.putShort(18, (short) (domain.wide() ? EM_X86_64 : EM_386));
        b.putInt(20, 1);
        b.putLong(40, ELF_HEADER);
        b.putShort(52, (short) ELF_HEADER);
        b.putShort(58, (short) SECTION_HEADER);
        b.putShort(60, (short) sections);
        b.putShort(62, (short) 1);
        return header;
    }

    private static byte[] sectionHeader(Section s, int name, long start, long align) {
        byte[] header = new byte[SECTION_HEADER];
        ByteBuffer.wrap(header)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(name)
                .putInt(s.type)
                .putLong(0)
                .putLong(0)
                .putLong(start)
                .putLong(s.size)
                .putInt(0)
                .putInt(0)
                .putLong(s.type == 0 ? 0 : align)
                .putLong(s.unit);
        return header;
    }

    private static byte[] joined(List<byte[]> parts) {
        byte[] all = new byte[parts.stream().mapToInt(p -> p.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    private byte[] p2m() {
        long[] pfns = domain.map().pfns();
        byte[] table = new byte[16 * pfns.length];
        ByteBuffer b = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < pfns.length; i++) {
            b.putLong(pfns[i]).putLong(domain.map().mfns()[i]);
        }
        return table;
    }

    private void pages(OutputStream out) throws IOException, ToolException, ControlException {
        long[] mfns = domain.map().mfns();
        for (int from = 0; from < mfns.length; from += CHUNK) {
            long[] some = Arrays.copyOfRange(mfns, from, Math.min(from + CHUNK, mfns.length));
            out.write(domain.pages().read(some));
        }
    }
}
