package xenolith.toolstack.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Pte;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.VcpuContext;
import xenolith.toolstack.FakeDomain;

/** A built domain, looked at as a guest would: through its page tables. */
class PvBuilderTest {
    private static final long BASE = 0xffffffff80000000L;
    private static final int PAGES = 0x1000;

    private final FakeDomain domain = new FakeDomain();

    private static ElfMaker linux() {
        return new ElfMaker()
                .xen()
                .note(1, BASE + 0x100000)
                .note(2, BASE + 0x101000)
                .note(3, BASE)
                .note(15, 0x8000000000L)
                .note(16, 1);
    }

    private PvBuilder.Built build(ElfMaker elf, byte[] ramdisk)
            throws BuildException, ControlException {
        try (KernelImage k = KernelImage.of(elf.make(), "k", UnpackCache.none())) {
            return PvBuilder.build(domain, k, Ramdisk.of(ramdisk), "console=hvc0", PAGES);
        }
    }

    private ByteBuffer frame(long mfn) {
        return ByteBuffer.wrap(domain.frame(mfn)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The last-level entry for {@code vaddr}; 0 if a table is missing. */
    private long entry(long vaddr) {
        long mfn = context().topTableMfn();
        for (int level = 4; level > 1; level--) {
            long upper = frame(mfn).getLong(Pte.index(vaddr, level) * 8);
            if (upper == 0) {
                return 0;
            }
            assertThat(upper & 0xfff).isEqualTo(Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D);
            mfn = Pte.mfn(upper);
        }
        return frame(mfn).getLong(Pte.index(vaddr, 1) * 8);
    }

    private VcpuContext context() {
        return Objects.requireNonNull(domain.context);
    }

    private ByteBuffer at(long vaddr) {
        return frame(Pte.mfn(entry(vaddr)));
    }

    @Test
    void aKernelWithAllNotesStartsAsXenWouldStartIt() throws BuildException, ControlException {
        byte[] ramdisk = "ramdisk".getBytes(StandardCharsets.US_ASCII);
        PvBuilder.Built built = build(linux(), ramdisk);
        PvLayout l = built.layout();
        assertThat(context().rip()).isEqualTo(BASE + 0x100000);
        assertThat(context().rsi()).isEqualTo(BASE + (l.startInfoPfn() << 12));
        assertThat(context().rsp()).isEqualTo(BASE + (l.bootStackPfn() + 1 << 12));
        assertThat(at(context().rip()).getShort(0)).isEqualTo((short) 0xfeeb);
        ByteBuffer info = at(context().rsi());
        byte[] magic = new byte[15];
        info.get(0, magic);
        assertThat(new String(magic, StandardCharsets.US_ASCII)).isEqualTo("xen-3.0-x86_64\0");
        assertThat(info.getLong(32)).isEqualTo(PAGES);
        assertThat(info.getLong(40)).isEqualTo(0xabcL << 12);
        assertThat(info.getInt(48)).isEqualTo(8 | 0x10);
        assertThat(info.getLong(56)).isEqualTo(FakeDomain.mfn(l.xenstorePfn()));
        assertThat(info.getInt(64)).isEqualTo(1);
        assertThat(info.getLong(72)).isEqualTo(FakeDomain.mfn(l.consolePfn()));
        assertThat(info.getInt(80)).isEqualTo(2);
        assertThat(info.getLong(88)).isEqualTo(BASE + (l.tablesPfn() << 12));
        assertThat(info.getLong(96)).isEqualTo(l.tables().count());
        assertThat(info.getLong(104)).isEqualTo(0x8000000000L);
        assertThat(info.getLong(112)).isEqualTo(l.ramdiskPfn());
        assertThat(info.getLong(120)).isEqualTo(ramdisk.length);
        assertThat(info.getLong(1152)).isEqualTo(l.p2mPfn());
        assertThat(info.getLong(1160)).isEqualTo(l.p2mPages() + l.p2mTables().count());
        assertThat(frame(FakeDomain.mfn(l.ramdiskPfn())).get(3)).isEqualTo((byte) 'd');
        assertThat(domain.calls)
                .containsExactly(
                        "pin " + FakeDomain.mfn(l.tablesPfn()),
                        "hypercall page " + FakeDomain.mfn(0x101),
                        "grant 0 0 " + FakeDomain.mfn(l.consolePfn()),
                        "grant 1 0 " + FakeDomain.mfn(l.xenstorePfn()));
    }

    @Test
    void pagesAreMappedWritableButPageTablesAreNot() throws BuildException, ControlException {
        PvLayout l = build(linux(), new byte[10]).layout();
        for (long pfn = 0; pfn < l.mappedEnd(); pfn++) {
            long expected = Pte.P | Pte.A | (l.isTable(pfn) ? 0 : Pte.RW);
            assertThat(entry(BASE + (pfn << 12))).isEqualTo(Pte.of(FakeDomain.mfn(pfn), expected));
        }
        assertThat(entry(BASE + (l.mappedEnd() << 12))).isZero();
        assertThat(entry(0)).isZero();
        for (long i = 0; i < l.p2mPages(); i++) {
            long e = entry(0x8000000000L + (i << 12));
            assertThat(Pte.mfn(e)).isEqualTo(FakeDomain.mfn(l.p2mPfn() + i));
        }
        assertThat(entry(0x8000000000L + (l.p2mPages() << 12))).isZero();
        for (int pfn = 0; pfn < PAGES; pfn++) {
            assertThat(at(0x8000000000L + pfn * 8L).getLong(pfn % 512 * 8))
                    .isEqualTo(FakeDomain.mfn(pfn));
        }
    }

    @Test
    void aPlainKernelHasEverythingMappedFromZero() throws BuildException, ControlException {
        PvLayout l = build(new ElfMaker().xen(), new byte[10]).layout();
        assertThat(context().rip()).isEqualTo(0x100000);
        assertThat(entry(0)).isEqualTo(Pte.of(FakeDomain.mfn(0), Pte.P | Pte.RW | Pte.A));
        ByteBuffer info = at(context().rsi());
        assertThat(info.getInt(48) & 8).isZero();
        assertThat(info.getLong(104)).isEqualTo(l.p2mPfn() << 12);
        assertThat(info.getLong(112)).isEqualTo(l.ramdiskPfn() << 12);
        assertThat(info.getLong(1160)).isZero();
        assertThat(at(l.p2mPfn() << 12).getLong(8)).isEqualTo(FakeDomain.mfn(1));
    }

    @Test
    void tooLittleMemorySaysHowMuchIsNeeded() throws BuildException {
        try (KernelImage k = KernelImage.of(linux().make(), "k", UnpackCache.none())) {
            assertThatThrownBy(() ->
                            PvBuilder.build(domain, k, Ramdisk.of(new byte[3 << 20]), "", 256))
                    .isInstanceOf(BuildException.class)
                    .hasMessage(
                            "1 MiB of memory is too little: k with a ramdisk of 3072 KiB needs at"
                                    + " least 8 MiB.");
        }
    }

    @Test
    void longCommandLinesAndLostHypercallPagesAreRefused() throws BuildException {
        try (KernelImage k = KernelImage.of(linux().make(), "k", UnpackCache.none())) {
            assertThatThrownBy(() ->
                            PvBuilder.build(domain, k, Ramdisk.none(), "x".repeat(1024), PAGES))
                    .hasMessageContaining("1023 bytes");
        }
        assertThatThrownBy(() -> build(new ElfMaker().xen().note(2, 0x7000000), new byte[0]))
                .hasMessageContaining("hypercall page at 0x7000000");
    }

    @Test
    void aMissingRamdiskIsASentence() {
        assertThatThrownBy(() -> Ramdisk.read(Path.of("/nowhere/initrd")))
                .isInstanceOf(BuildException.class)
                .hasMessage("There is no ramdisk /nowhere/initrd.");
    }
}
