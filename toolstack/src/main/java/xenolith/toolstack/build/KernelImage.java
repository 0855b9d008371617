package xenolith.toolstack.build;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import xenolith.abi.struct.Abi;

/**
 * A PV kernel, ready to be laid out: the ELF image inside a bzImage, a compressed file or a plain
 * ELF file, and its Xen notes.
 */
public final class KernelImage implements AutoCloseable {
    /**
     * Features (public/features.h) that an image may not demand, as no PV domain of ours has them.
     */
    private static final Set<String> LACKING =
            Set.of(
                    "writable_descriptor_tables",
                    "auto_translated_physmap",
                    "supervisor_mode_kernel");

    private static final Set<String> KNOWN =
            Set.of(
                    "writable_page_tables",
                    "pae_pgdir_above_4gb",
                    "mmu_pt_update_preserve_ad",
                    "highmem_assist",
                    "gnttab_map_avail_bits",
                    "hvm_callback_vector",
                    "hvm_safe_pvclock",
                    "hvm_pirqs",
                    "dom0",
                    "memory_op_vnode_supported",
                    "ARM_SMCCC_supported",
                    "linux_rsdp_unrestricted");

    private final ElfFile elf;
    private final XenNotes notes;
    private final @Nullable SymbolTable symbols;
    private final List<String> warnings = new ArrayList<>();
    private final Arena arena;

    private KernelImage(ElfFile elf, XenNotes notes, Arena arena) {
        this.elf = elf;
        this.notes = notes;
        this.symbols = notes.bsdSymtab() ? SymbolTable.of(elf) : null;
        this.arena = arena;
    }

    /**
     * Opens the kernel {@code path}; unpacked images are kept in {@code cache}.
     *
     * @throws BuildException if it cannot be read, is no kernel, or not one for us
     */
    public static KernelImage open(Path path, UnpackCache cache) throws BuildException {
        Arena arena = Arena.ofShared();
        try {
            KernelImage image = of(map(path, arena), path.toString(), cache, arena);
            arena = null;
            return image;
        } finally {
            if (arena != null) {
                arena.close();
            }
        }
    }

    /** The kernel in {@code file}, which {@code name} names in messages. */
    public static KernelImage of(byte[] file, String name, UnpackCache cache)
            throws BuildException {
        Arena arena = Arena.ofShared();
        try {
            KernelImage image = of(MemorySegment.ofArray(file), name, cache, arena);
            arena = null;
            return image;
        } finally {
            if (arena != null) {
                arena.close();
            }
        }
    }

    private static KernelImage of(MemorySegment file, String name, UnpackCache cache, Arena arena)
            throws BuildException {
        MemorySegment image = new Unpacker(name, cache, arena).unpack(file);
        ElfFile elf = ElfFile.of(image, name);
        XenNotes notes = new NoteReader(elf).read();
        if (notes == null) {
            throw new BuildException(
                    name
                            + " has no Xen notes: it was built without support for Xen PV"
                            + " (Linux: CONFIG_XEN_PV).");
        }
        KernelImage kernel = new KernelImage(elf, notes, arena);
        kernel.check();
        return kernel;
    }

    private static MemorySegment map(Path path, Arena arena) throws BuildException {
        if (Files.isDirectory(path)) {
            throw new BuildException(path + " is a folder, not a kernel.");
        }
        try (FileChannel channel = FileChannel.open(path)) {
            if (channel.size() == 0) {
                throw new BuildException(
                        path + " is empty: it is neither an ELF file nor a bzImage.");
            }
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (NoSuchFileException e) {
            throw new BuildException("There is no kernel " + path + ".", e);
        } catch (IOException e) {
            throw new BuildException(
                    "The kernel " + path + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    private void check() throws BuildException {
        if (notes.xenVersion().isEmpty() && notes.pvh()) {
            throw new BuildException(
                    elf.name() + " can only start as a PVH guest, which is not supported yet.");
        }
        if (!notes.xenVersion().startsWith("xen-3.0")) {
            throw new BuildException(
                    elf.name()
                            + " was built for another interface of Xen: its note XEN_VERSION says \""
                            + notes.xenVersion()
                            + "\", not \"xen-3.0\".");
        }
        if (!notes.loader().startsWith("generic") && !notes.guestOs().startsWith("linux")) {
            throw new BuildException(
                    elf.name()
                            + " wants the loader \""
                            + notes.loader()
                            + "\"; there is only \"generic\".");
        }
        checkFeatures();
        if (abi() == Abi.BITS32 && notes.pae() == Pae.NO) {
            throw new BuildException(
                    elf.name()
                            + " is a 32-bit kernel without PAE (three levels of page tables),"
                            + " which no Xen runs any more.");
        }
        if (notes.bsdSymtab() && symbols == null) {
            warnings.add(
                    elf.name()
                            + " asks for its symbol table behind the image (BSD_SYMTAB), but has"
                            + " none: its own debugger will not know names.");
        }
        long base = notes.virtBase();
        long start = base + startPaddr();
        long end = base + endPaddr();
        if (Long.compareUnsigned(start, end) > 0
                || Long.compareUnsigned(base, start) > 0
                || startPaddr() < 0
                || endPaddr() >= 1L << 40
                || Long.compareUnsigned(notes.entry(), start) < 0
                || Long.compareUnsigned(notes.entry(), end) >= 0) {
            throw new BuildException(
                    String.format(
                            "%s contradicts itself: base 0x%x, image 0x%x to 0x%x, entry 0x%x;"
                                    + " it is damaged or not meant for PV.",
                            elf.name(), base, start, end, notes.entry()));
        }
    }

    private void checkFeatures() throws BuildException {
        for (String name : notes.features().split("\\|", -1)) {
            if (!name.startsWith("!")) {
                continue;
            }
            String feature = name.substring(1);
            if (LACKING.contains(feature) || !KNOWN.contains(feature)) {
                throw new BuildException(
                        elf.name()
                                + " requires the feature "
                                + feature
                                + ", which is lacking here.");
            }
        }
    }

    /** Lowest pseudo-physical address of the image, rounded down to a page. */
    public long startPaddr() {
        return elf.loads().stream().mapToLong(ElfFile.Segment::paddr).min().orElse(0)
                        - notes.paddrOffset()
                & -4096L;
    }

    /** End of the image with its zero-filled part, pseudo-physical, rounded up to a page. */
    public long endPaddr() {
        long end = symbols == null ? loadedEnd() : symbols.paddr(loadedEnd()) + symbols.size();
        return end + 4095 & -4096L;
    }

    private long loadedEnd() {
        return elf.loads().stream().mapToLong(s -> s.paddr() + s.size()).max().orElse(0)
                - notes.paddrOffset();
    }

    /** The symbol table to be put behind the image, or an empty array. */
    byte[] symbols() {
        return symbols == null ? new byte[0] : symbols.bytes();
    }

    /** Pseudo-physical address of {@link #symbols}. */
    long symbolsPaddr() {
        return symbols == null ? 0 : symbols.paddr(loadedEnd());
    }

    /** Whether the kernel is a 64-bit or a 32-bit one. */
    public Abi abi() {
        return elf.abi();
    }

    /** The image's file. */
    public ElfFile elf() {
        return elf;
    }

    public XenNotes notes() {
        return notes;
    }

    /** Sentences about what this image wants and does not get. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** Lets go of the file. */
    @Override
    public void close() {
        arena.close();
    }
}
