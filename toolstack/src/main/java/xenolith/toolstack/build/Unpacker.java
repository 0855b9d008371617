package xenolith.toolstack.build;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** Gets at the ELF image inside a bzImage (Linux x86 boot protocol) or a compressed file. */
final class Unpacker {
    /** Offset and value of "HdrS", the mark of the boot protocol. */
    private static final int MARK_OFFSET = 0x202;

    private static final int MARK = 0x53726448;
    private static final int PROTOCOL_WITH_PAYLOAD = 0x208;
    private static final long MOST_UNPACKED = 1L << 30;

    private final String name;
    private final UnpackCache cache;
    private final Arena arena;

    Unpacker(String name, UnpackCache cache, Arena arena) {
        this.name = name;
        this.cache = cache;
        this.arena = arena;
    }

    /** The ELF image in {@code file}, mapped for as long as the arena lives. */
    MemorySegment unpack(MemorySegment file) throws BuildException {
        if (ElfFile.is(file)) {
            return file;
        }
        if (file.byteSize() > MARK_OFFSET + 6 && file.get(ElfFile.U32, MARK_OFFSET) == MARK) {
            MemorySegment payload = payload(file);
            return ElfFile.is(payload) ? payload : decompressed(payload, true);
        }
        if (Payload.of(file).isPresent()) {
            MemorySegment inner = decompressed(file, false);
            if (ElfFile.is(inner)) {
                return inner;
            }
        }
        throw new BuildException(name + " is neither an ELF file nor a bzImage.");
    }

    private MemorySegment payload(MemorySegment file) throws BuildException {
        int protocol = Short.toUnsignedInt(file.get(ElfFile.U16, 0x206));
        if (protocol < PROTOCOL_WITH_PAYLOAD || file.byteSize() < 0x250) {
            throw new BuildException(
                    String.format(
                            "%s is a bzImage of boot protocol %d.%02d, older than 2.08:"
                                    + " it does not say where its kernel lies.",
                            name, protocol >> 8, protocol & 0xff));
        }
        int sectors = file.get(ValueLayout.JAVA_BYTE, 0x1f1) & 0xff;
        long start = ((sectors == 0 ? 4 : sectors) + 1) * 512L;
        long offset = start + Integer.toUnsignedLong(file.get(ElfFile.U32, 0x248));
        long length = Integer.toUnsignedLong(file.get(ElfFile.U32, 0x24c));
        if (length < 16) {
            throw new BuildException(name + " is a bzImage without a payload.");
        }
        if (offset + length > file.byteSize()) {
            throw new BuildException(
                    name
                            + " is truncated: its payload ends at byte "
                            + (offset + length)
                            + ", the file at "
                            + file.byteSize()
                            + ".");
        }
        return file.asSlice(offset, length);
    }

    private MemorySegment decompressed(MemorySegment packed, boolean sizeFollows)
            throws BuildException {
        Payload payload =
                Payload.of(packed)
                        .orElseThrow(() ->
                                new BuildException(
                                        name
                                                + " is a bzImage whose payload is packed in"
                                                + " an unknown way."));
        byte[] bytes = packed.toArray(ValueLayout.JAVA_BYTE);
        try {
            String digest = digest(bytes);
            Optional<Path> kept = cache.find(digest);
            if (kept.isEmpty()) {
                kept = cache.keep(digest, out -> expand(payload, bytes, sizeFollows, out));
            }
            if (kept.isPresent()) {
                try (FileChannel channel = FileChannel.open(kept.get())) {
                    return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
                }
            }
            ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length * 8);
            expand(payload, bytes, sizeFollows, out);
            return MemorySegment.ofArray(out.toByteArray());
        } catch (IOException e) {
            throw new BuildException(
                    "The unpacked kernel of " + name + " cannot be kept: " + e.getMessage() + ".",
                    e);
        }
    }

    private void expand(Payload payload, byte[] bytes, boolean sizeFollows, OutputStream out)
            throws BuildException {
        try (var in = payload.open(bytes, sizeFollows)) {
            byte[] buffer = new byte[1 << 16];
            long total = 0;
            for (int n; (n = in.read(buffer)) > 0; ) {
                total += n;
                if (total > MOST_UNPACKED) {
                    throw new BuildException(name + " unpacks to more than 1 GiB: it is damaged.");
                }
                out.write(buffer, 0, n);
            }
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new BuildException(
                    name
                            + " is damaged or truncated: its "
                            + payload.words()
                            + " payload cannot be unpacked ("
                            + e.getMessage()
                            + ").",
                    e);
        }
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
