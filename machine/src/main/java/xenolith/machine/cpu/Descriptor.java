package xenolith.machine.cpu;

/**
 * A segment descriptor, or the first half of a system descriptor (SDM volume 3, 3.4.5).
 *
 * @param raw its 8 bytes; 0 is a descriptor that nothing can be loaded from
 */
public record Descriptor(long raw) {
    /** The descriptor where there is none: beyond its table. */
    public static final Descriptor NONE = new Descriptor(0);

    /** Whether there is anything: an absent or an all-zero descriptor loads nowhere. */
    public boolean exists() {
        return raw != 0;
    }

    /** Base, 32 bits. */
    public long base() {
        return raw >>> 16 & 0xff_ffff | raw >>> 32 & 0xff00_0000L;
    }

    /** Last valid offset in bytes: the limit, scaled by the granularity bit. */
    public long limit() {
        long units = raw & 0xffff | raw >>> 32 & 0xf_0000;
        return (raw & 1L << 55) != 0 ? units << 12 | 0xfff : units;
    }

    /** As {@link Segment#attributes}. */
    public int attributes() {
        return (int) (raw >>> 40) & 0xf0ff;
    }

    /** The type field, 0 to 15. */
    public int type() {
        return (int) (raw >>> 40) & 0xf;
    }

    /** The privilege level, 0 to 3. */
    public int dpl() {
        return (int) (raw >>> 45) & 3;
    }

    public boolean present() {
        return (raw & 1L << 47) != 0;
    }

    /** Whether this is a code or data segment and not a system descriptor. */
    public boolean codeOrData() {
        return (raw & 1L << 44) != 0;
    }

    public boolean code() {
        return codeOrData() && (type() & 8) != 0;
    }

    /** Whether this is a conforming code segment. */
    public boolean conforming() {
        return code() && (type() & 4) != 0;
    }

    /** Data or readable code. */
    public boolean readable() {
        return codeOrData() && (type() & 10) != 8;
    }

    /** Writable data. */
    public boolean writable() {
        return codeOrData() && (type() & 10) == 2;
    }

    /** Whether the accessed bit is set. */
    public boolean accessed() {
        return (raw & 1L << 40) != 0;
    }

    /** L: 64-bit code. */
    public boolean longMode() {
        return (raw & 1L << 53) != 0;
    }

    /** D/B: 32-bit default size. */
    public boolean big() {
        return (raw & 1L << 54) != 0;
    }

    /** One of {@code Cpu.MODE_*}: what code in this segment is decoded for. */
    public int mode() {
        return longMode() ? Cpu.MODE_64 : big() ? Cpu.MODE_32 : Cpu.MODE_16;
    }
}
