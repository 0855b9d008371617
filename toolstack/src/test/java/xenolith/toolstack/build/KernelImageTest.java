package xenolith.toolstack.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.FilterOptions;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAOutputStream;
import org.tukaani.xz.X86Options;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZOutputStream;

/** Kernels in all their wrappings, their notes, and what is said of bad ones. */
class KernelImageTest {
    private static XenNotes notes(ElfMaker elf) throws BuildException {
        try (KernelImage k = KernelImage.of(elf.make(), "k", UnpackCache.none())) {
            return k.notes();
        }
    }

    @Test
    void defaultsHoldWhereNotesSayNothing() throws BuildException {
        XenNotes n = notes(new ElfMaker().xen());
        assertThat(n.entry()).isEqualTo(0x100000);
        assertThat(n.virtBase()).isZero();
        assertThat(n.hypercallPage()).isNull();
        assertThat(n.initP2m()).isNull();
        assertThat(n.modStartPfn()).isFalse();
    }

    @Test
    void notesAreReadFromSegmentsThenFromSections() throws BuildException {
        ElfMaker elf =
                new ElfMaker()
                        .xen()
                        .note(1, 0xffffffff80100010L)
                        .note(2, 0xffffffff80101000L)
                        .note(3, 0xffffffff80000000L)
                        .note(15, 0x8000000000L)
                        .note(16, new byte[] {1, 0, 0, 0})
                        .note(99, "unknown")
                        .note(10, "!writable_page_tables|pae_pgdir_above_4gb");
        XenNotes n = notes(elf);
        assertThat(n.entry()).isEqualTo(0xffffffff80100010L);
        assertThat(n.hypercallPage()).isEqualTo(0xffffffff80101000L);
        assertThat(n.virtBase()).isEqualTo(0xffffffff80000000L);
        assertThat(n.initP2m()).isEqualTo(0x8000000000L);
        assertThat(n.modStartPfn()).isTrue();
        assertThat(notes(elf.notesInSection())).isEqualTo(n);
    }

    @Test
    void theOldSectionCountsWhenNoNoteIsXens() throws BuildException {
        XenNotes n =
                notes(
                        new ElfMaker()
                                .owner("name")
                                .xen()
                                .notesInSection()
                                .guestSection(
                                        "GUEST_OS=GNU,XEN_VER=xen-3.0,VIRT_BASE=0x40000000,"
                                                + "VIRT_ENTRY=0x40100000,HYPERCALL_PAGE=0x102,"
                                                + "ELF_PADDR_OFFSET=0x0,LOADER=generic,PAE=yes,"
                                                + "BSD_SYMTAB"));
        assertThat(n.virtBase()).isEqualTo(0x40000000);
        assertThat(n.entry()).isEqualTo(0x40100000);
        assertThat(n.hypercallPage()).isEqualTo(0x40102000);
        assertThat(n.paddrOffset()).isZero();
        assertThat(n.bsdSymtab()).isTrue();
    }

    @Test
    void theOldSectionsAddressesAreVirtualByDefault() throws BuildException {
        ElfMaker elf =
                new ElfMaker()
                        .at(0x40100000)
                        .guestSection("XEN_VER=xen-3.0,VIRT_BASE=0x40000000,LOADER=generic");
        try (KernelImage k = KernelImage.of(elf.make(), "k", UnpackCache.none())) {
            assertThat(k.startPaddr()).isEqualTo(0x100000);
            assertThat(k.endPaddr()).isEqualTo(0x103000);
        }
    }

    @Test
    void aLastNoteMayClaimMoreThanThereIs() throws BuildException {
        byte[] overrun = {4, 0, 0, 0, 12, 0, 0, 0, 9, 0, 0, 0, 'X', 'e', 'n', 0, 'y', 'e', 's', 0};
        assertThat(notes(new ElfMaker().xen().raw(overrun)).xenVersion()).isEqualTo("xen-3.0");
    }

    @Test
    void impossibleKernelsAreRefusedInSentences() {
        check(new ElfMaker().make(), "no Xen notes");
        check(new ElfMaker().note(5, "xen-2.0").note(8, "generic").make(), "\"xen-2.0\"");
        check(
                new ElfMaker().note(5, "xen-3.0").note(8, "special").make(),
                "the loader \"special\"");
        check(new ElfMaker().note(18, 0x100000).make(), "PVH");
        check(
                new ElfMaker().xen().note(10, "!auto_translated_physmap").make(),
                "requires the feature auto_translated_physmap");
        check(new ElfMaker().xen().note(10, "!telepathy").make(), "requires the feature telepathy");
        check(new ElfMaker().xen().note(1, 0x500000).make(), "contradicts itself");
        check(new ElfMaker().xen().note(3, 0x7fff_ffff_ffff_f000L).make(), "contradicts itself");
        check("#!/bin/sh\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII), "neither an ELF");
        byte[] elf = new ElfMaker().xen().make();
        check(Arrays.copyOf(elf, 40), "truncated: the ELF header");
        check(Arrays.copyOf(elf, 100), "truncated: the segment headers");
        check(Arrays.copyOf(elf, 0x1001), "truncated: a segment");
        byte[] class32 = elf.clone();
        class32[4] = 1;
        check(class32, "other than x86");
        byte[] arm = elf.clone();
        arm[18] = (byte) 183;
        check(arm, "other than x86");
    }

    private static void check(byte[] file, String why) {
        assertThatThrownBy(() -> KernelImage.of(file, "some/kernel", UnpackCache.none()))
                .isInstanceOf(BuildException.class)
                .hasMessageStartingWith("some/kernel ")
                .hasMessageContaining(why)
                .hasMessageEndingWith(".");
    }

    @Test
    void damagedHeadersNeverEscapeAsOtherExceptions() {
        byte[] good = new ElfMaker().xen().note(1, 0x100000).make();
        Random random = new Random(1);
        int opened = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] bad = good.clone();
            for (int j = 0; j < 4; j++) {
                int where = random.nextBoolean() ? random.nextInt(176) : random.nextInt(bad.length);
                bad[where] = (byte) random.nextInt(256);
            }
            try (KernelImage k = KernelImage.of(bad, "k", UnpackCache.none())) {
                opened += k.endPaddr() > 0 ? 1 : 0;
            } catch (BuildException e) {
                assertThat(e.getMessage()).endsWith(".");
            }
        }
        assertThat(opened).isPositive();
    }

    private interface Packing {
        OutputStream open(OutputStream out) throws IOException;
    }

    private static byte[] packed(byte[] bytes, Packing packing) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream p = packing.open(out)) {
            p.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] lz4(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {2, 0x21, 0x4c, 0x18});
        for (int at = 0; at < bytes.length; at += 8 << 20) {
            int end = Math.min(bytes.length, at + (8 << 20));
            byte[] part = Arrays.copyOfRange(bytes, at, end);
            byte[] block = packed(part, BlockLZ4CompressorOutputStream::new);
            out.writeBytes(word(block.length));
            out.writeBytes(block);
        }
        return out.toByteArray();
    }

    private static byte[] word(int value) {
        return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    }

    /** A bzImage of boot protocol 2.15 with three setup sectors. */
    private static byte[] bzImage(byte[] payload, int size, boolean sizeFollows) {
        int length = payload.length + (sizeFollows ? 4 : 0);
        ByteBuffer b = ByteBuffer.allocate(4 * 512 + 0x2cc + length).order(ByteOrder.LITTLE_ENDIAN);
        b.put(0x1f1, (byte) 3).putInt(0x202, 0x53726448).putShort(0x206, (short) 0x20f);
        b.putInt(0x248, 0x2cc).putInt(0x24c, length);
        b.put(4 * 512 + 0x2cc, payload);
        if (sizeFollows) {
            b.putInt(b.capacity() - 4, size);
        }
        return b.array();
    }

    private static byte[] elf() {
        byte[] code = new byte[300_000];
        new Random(5).nextBytes(code);
        Arrays.fill(code, 1000, 200_000, (byte) 0x90);
        return new ElfMaker().xen().code(code).make();
    }

    @Test
    void payloadsOfAllKindsAreUnpacked() throws IOException, BuildException {
        byte[] elf = elf();
        byte[] xz =
                packed(
                        elf,
                        o ->
                                new XZOutputStream(
                                        o,
                                        new FilterOptions[] {new X86Options(), new LZMA2Options(2)},
                                        XZ.CHECK_CRC32));
        same(elf, bzImage(packed(elf, GZIPOutputStream::new), elf.length, false));
        same(elf, bzImage(xz, elf.length, true));
        same(
                elf,
                bzImage(
                        packed(elf, o -> new LZMAOutputStream(o, new LZMA2Options(1), -1)),
                        elf.length,
                        true));
        same(elf, bzImage(Zstd.compress(elf), elf.length, true));
        same(elf, bzImage(lz4(elf), elf.length, true));
        same(elf, bzImage(packed(elf, BZip2CompressorOutputStream::new), elf.length, true));
        same(elf, bzImage(elf, elf.length, false));
        same(elf, packed(elf, GZIPOutputStream::new));
    }

    private static void same(byte[] elf, byte[] file) throws BuildException {
        try (KernelImage k = KernelImage.of(file, "k", UnpackCache.none())) {
            assertThat(k.elf().bytes().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE))
                    .isEqualTo(elf);
        }
    }

    @Test
    void longLz4KernelsHaveSeveralBlocks() throws IOException, BuildException {
        byte[] code = new byte[9 << 20];
        new Random(7).nextBytes(code);
        Arrays.fill(code, 100, 8 << 20, (byte) 3);
        byte[] elf = new ElfMaker().xen().code(code).make();
        same(elf, bzImage(lz4(elf), elf.length, true));
    }

    @Test
    void badPayloadsAreSentences() throws IOException {
        byte[] elf = elf();
        byte[] gzip = packed(elf, GZIPOutputStream::new);
        byte[] lz4 = lz4(elf);
        check(bzImage(Arrays.copyOf(gzip, gzip.length / 2), 0, false), "gzip payload cannot be");
        check(bzImage(Arrays.copyOf(lz4, lz4.length / 2), 0, true), "lz4 payload cannot be");
        byte[] zstd = Zstd.compress(elf);
        check(bzImage(Arrays.copyOf(zstd, zstd.length / 2), 0, true), "zstd payload cannot be");
        byte[] whole = bzImage(gzip, 0, false);
        check(Arrays.copyOf(whole, whole.length - 10), "truncated: its payload ends");
        check(
                bzImage(
                        "what is this?.......".getBytes(java.nio.charset.StandardCharsets.UTF_8),
                        0,
                        false),
                "unknown way");
        byte[] old = whole.clone();
        old[0x206] = 3;
        check(old, "boot protocol 2.03");
        Random random = new Random(2);
        for (int i = 0; i < 200; i++) {
            byte[] bad = bzImage(lz4, elf.length, true);
            for (int j = 0; j < 20; j++) {
                bad[4 * 512 + 0x2cc + 4 + random.nextInt(lz4.length - 4)] = (byte) random.nextInt();
            }
            try (KernelImage k = KernelImage.of(bad, "k", UnpackCache.none())) {
                assertThat(k.elf().loads()).isNotEmpty();
            } catch (BuildException e) {
                assertThat(e.getMessage()).startsWith("k ");
            }
        }
    }

    @Test
    void unpackedKernelsAreKept(@TempDir Path folder) throws IOException, BuildException {
        Path file = folder.resolve("vmlinuz");
        byte[] elf = elf();
        Files.write(file, bzImage(lz4(elf), elf.length, true));
        UnpackCache cache = UnpackCache.in(folder.resolve("cache"));
        KernelImage.open(file, cache).close();
        try (var kept = Files.list(folder.resolve("cache"))) {
            assertThat(kept.toList())
                    .singleElement()
                    .satisfies(p -> assertThat(Files.readAllBytes(p)).isEqualTo(elf));
        }
        KernelImage.open(file, cache).close();
    }

    @Test
    void filesThatCannotBeReadAreSentences(@TempDir Path folder) throws IOException {
        Path none = folder.resolve("none");
        assertThatThrownBy(() -> KernelImage.open(none, UnpackCache.none()))
                .hasMessage("There is no kernel " + none + ".");
        assertThatThrownBy(() -> KernelImage.open(folder, UnpackCache.none()))
                .hasMessageContaining("is a folder");
        Path empty = Files.createFile(folder.resolve("empty"));
        assertThatThrownBy(() -> KernelImage.open(empty, UnpackCache.none()))
                .hasMessageContaining("is empty");
    }
}
