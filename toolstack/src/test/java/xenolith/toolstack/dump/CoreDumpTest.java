package xenolith.toolstack.dump;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.PhysicalMap;
import xenolith.toolstack.ToolException;

/** The sections of a core file. */
class CoreDumpTest {
    private static final int PAGES = 600;

    @TempDir Path folder;

    private static DumpedDomain domain() {
        long[] pfns = new long[PAGES];
        long[] mfns = new long[PAGES];
        for (int i = 0; i < PAGES; i++) {
            pfns[i] = i;
            mfns[i] = 9000L - i;
        }
        byte[] context = new byte[5168];
        Arrays.fill(context, (byte) 0x11);
        byte[] info = new byte[4096];
        Arrays.fill(info, (byte) 0x22);
        return new DumpedDomain(
                true,
                List.of(context, context),
                info,
                new PhysicalMap(pfns, mfns),
                some -> {
                    byte[] bytes = new byte[some.length << 12];
                    for (int i = 0; i < some.length; i++) {
                        bytes[i << 12] = (byte) (9000 - some[i]);
                    }
                    return bytes;
                });
    }

    private static Map<String, ByteBuffer> sections(byte[] file) {
        ByteBuffer b = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(b.getInt(0)).isEqualTo(0x464c457f);
        assertThat(b.getShort(16)).as("ET_CORE").isEqualTo((short) 4);
        assertThat(b.getShort(18)).as("EM_X86_64").isEqualTo((short) 62);
        assertThat(b.getShort(56)).as("program headers").isZero();
        int table = (int) b.getLong(40);
        int names = (int) b.getLong(table + 64 * b.getShort(62) + 24);
        Map<String, ByteBuffer> sections = new LinkedHashMap<>();
        for (int i = 1; i < b.getShort(60); i++) {
            int header = table + 64 * i;
            int name = names + b.getInt(header);
            int end = name;
            while (file[end] != 0) {
                end++;
            }
            long at = b.getLong(header + 24);
            long size = b.getLong(header + 32);
            assertThat(at % b.getLong(header + 48)).isZero();
            sections.put(
                    new String(file, name, end - name, StandardCharsets.US_ASCII),
                    b.slice((int) at, (int) size).order(ByteOrder.LITTLE_ENDIAN));
        }
        return sections;
    }

    @Test
    void hasAllThatTheFormatAsksFor() throws Exception {
        Path path = folder.resolve("core");
        CoreDump.write(domain(), path);
        assertThat(Files.getPosixFilePermissions(path)).hasSize(2);
        Map<String, ByteBuffer> sections = sections(Files.readAllBytes(path));
        assertThat(sections.keySet())
                .containsExactly(
                        ".shstrtab",
                        ".note.Xen",
                        ".xen_prstatus",
                        ".xen_shared_info",
                        ".xen_p2m",
                        ".xen_pages");
        assertThat(at(sections, ".xen_prstatus").remaining()).isEqualTo(2 * 5168);
        assertThat(at(sections, ".xen_prstatus").get(5168)).isEqualTo((byte) 0x11);
        assertThat(at(sections, ".xen_shared_info").get(4095)).isEqualTo((byte) 0x22);
        ByteBuffer p2m = at(sections, ".xen_p2m");
        ByteBuffer pages = at(sections, ".xen_pages");
        assertThat(pages.remaining()).isEqualTo(PAGES << 12);
        for (int i = 0; i < PAGES; i++) {
            assertThat(p2m.getLong(16 * i)).isEqualTo(i);
            assertThat(p2m.getLong(16 * i + 8)).isEqualTo(9000 - i);
            assertThat(pages.get(i << 12)).isEqualTo((byte) i);
        }
    }

    @Test
    void notesTellWhatItIs() throws Exception {
        Path path = folder.resolve("core");
        CoreDump.write(domain(), path);
        ByteBuffer notes = at(sections(Files.readAllBytes(path)), ".note.Xen");
        Map<Integer, ByteBuffer> all = new LinkedHashMap<>();
        while (notes.hasRemaining()) {
            assertThat(notes.getInt()).isEqualTo(4);
            int size = notes.getInt();
            int type = notes.getInt();
            assertThat(notes.getInt()).as("Xen").isEqualTo(0x6e6558);
            all.put(type, notes.slice(notes.position(), size).order(ByteOrder.LITTLE_ENDIAN));
            notes.position(notes.position() + size);
        }
        assertThat(all.keySet()).containsExactly(0x2000000, 0x2000001, 0x2000002, 0x2000003);
        ByteBuffer header = Objects.requireNonNull(all.get(0x2000001));
        assertThat(header.getLong(0)).isEqualTo(0xf00febedL);
        assertThat(header.getLong(8)).isEqualTo(2);
        assertThat(header.getLong(16)).isEqualTo(PAGES);
        assertThat(header.getLong(24)).isEqualTo(4096);
    }

    private static ByteBuffer at(Map<String, ByteBuffer> sections, String name) {
        ByteBuffer section = sections.get(name);
        if (section == null) {
            throw new AssertionError("no section " + name);
        }
        return section;
    }

    @Test
    void leavesNothingWhenItFails() {
        DumpedDomain whole = domain();
        DumpedDomain broken =
                new DumpedDomain(
                        true,
                        whole.contexts(),
                        whole.sharedInfo(),
                        whole.map(),
                        mfns -> {
                            throw new ControlException("Domain d is gone.");
                        });
        assertThatThrownBy(() -> CoreDump.write(broken, folder.resolve("core")))
                .isInstanceOf(ControlException.class);
        assertThat(folder).isEmptyDirectory();
        assertThatThrownBy(() -> CoreDump.write(whole, folder.resolve("no/core")))
                .isInstanceOf(ToolException.class)
                .hasMessageContaining("cannot be written");
    }
}
