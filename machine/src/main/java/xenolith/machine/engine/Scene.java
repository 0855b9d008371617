package xenolith.machine.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import xenolith.abi.x86.Pte;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.Mmu;

/**
 * A processor's state with the pages that its next instructions use, as a text from which they can
 * be run again: one {@code key value...} a line, numbers hexadecimal, {@code #} a remark.
 *
 * @param instructions how many are to be run
 * @param registers key to numbers
 */
public record Scene(
        long instructions, Map<String, long[]> registers, List<Page> pages, List<byte[]> frames) {
    private static final int ROW = 32;

    /**
     * A mapped page of 4 KiB.
     *
     * @param flags P, RW, U, A, D and NX of the whole walk
     * @param frame index in {@link Scene#frames}
     */
    public record Page(long vaddr, long flags, int frame) {}

    /**
     * The state of {@code cpu} now.
     *
     * @param vaddrs of the pages that matter; those that are not mapped do not
     */
    public static Scene of(Cpu cpu, long instructions, Set<Long> vaddrs) {
        List<Page> pages = new ArrayList<>();
        List<byte[]> frames = new ArrayList<>();
        Map<Long, Integer> known = new HashMap<>();
        for (long vaddr : vaddrs) {
            long entry = lookUp(cpu, vaddr);
            if ((entry & Pte.P) == 0) {
                continue;
            }
            int frame =
                    known.computeIfAbsent(
                            Pte.mfn(entry),
                            mfn -> {
                                byte[] bytes = new byte[MachineMemory.FRAME_SIZE];
                                cpu.memory.read(mfn << 12, bytes, 0, bytes.length);
                                frames.add(bytes);
                                return frames.size() - 1;
                            });
            pages.add(new Page(vaddr, entry & ~Pte.ADDRESS, frame));
        }
        return new Scene(instructions, registers(cpu), pages, frames);
    }

    /** An entry for the 4 KiB page of {@code vaddr} with the rights of the whole walk, or 0. */
    private static long lookUp(Cpu cpu, long vaddr) {
        long table = cpu.mmu.root(cpu.mmu.active());
        long rights = Pte.RW | Pte.U;
        long noExecute = 0;
        for (int level = 4; ; level--) {
            long at = table + 8L * Pte.index(vaddr, level);
            long entry = at >>> 12 < cpu.memory.frames() ? cpu.memory.get64(at) : 0;
            if ((entry & Pte.P) == 0) {
                return 0;
            }
            rights &= entry;
            noExecute |= entry & Pte.NX;
            if (level == 1 || level < 4 && (entry & Pte.PS) != 0) {
                long offset = vaddr & (1L << 12 + 9 * (level - 1)) - 1;
                long maddr = (entry & Pte.ADDRESS & -(1L << 12 + 9 * (level - 1))) + offset;
                if (maddr >>> 12 >= cpu.memory.frames()) {
                    return 0;
                }
                return Pte.of(maddr >>> 12, entry & (Pte.P | Pte.A | Pte.D) | rights | noExecute);
            }
            table = entry & Pte.ADDRESS;
        }
    }

    private static Map<String, long[]> registers(Cpu cpu) {
        Map<String, long[]> m = new java.util.LinkedHashMap<>();
        m.put("r", cpu.registers());
        m.put("xmm", cpu.xmm.clone());
        m.put("dr", cpu.dr.clone());
        m.put("rip", new long[] {cpu.rip, cpu.mode, cpu.cpl, cpu.mxcsr, cpu.tscAux, cpu.pauses});
        m.put("flags", new long[] {cpu.flagResult, cpu.flagAux, cpu.systemFlags});
        m.put("control", new long[] {cpu.cr0, cpu.cr2, cpu.cr4, cpu.efer, cpu.xcr0});
        m.put(
                "tables",
                new long[] {
                    cpu.gdtBase,
                    cpu.gdtLimit,
                    cpu.ldtBase,
                    cpu.ldtLimit,
                    cpu.ldtSelector,
                    cpu.idtBase,
                    cpu.idtLimit,
                    cpu.trSelector,
                    cpu.kernelGsBase
                });
        for (int i = 0; i < cpu.segments.length; i++) {
            Segment s = cpu.segments[i];
            m.put("segment" + i, new long[] {s.selector, s.limit, s.attributes, s.usable ? 1 : 0});
        }
        m.put("significands", cpu.fpu.significand.clone());
        m.put("exponents", Arrays.stream(cpu.fpu.signExponent).asLongStream().toArray());
        m.put(
                "x87",
                new long[] {
                    cpu.fpu.empty,
                    cpu.fpu.control,
                    cpu.fpu.statusWord(),
                    cpu.fpu.lastOpcode,
                    cpu.fpu.lastInstruction,
                    cpu.fpu.lastOperand,
                    cpu.fpu.lastCodeSelector,
                    cpu.fpu.lastDataSelector
                });
        return m;
    }

    /** Sets all registers of {@code cpu}; it has these {@link #instructions} left to its limit. */
    public void load(Cpu cpu) {
        cpu.setRegisters(get("r"));
        copy("xmm", cpu.xmm);
        copy("dr", cpu.dr);
        long[] v = get("rip");
        cpu.rip = v[0];
        cpu.mode = (int) v[1];
        cpu.cpl = (int) v[2];
        cpu.mxcsr = (int) v[3];
        cpu.tscAux = (int) v[4];
        cpu.pauses = (int) v[5];
        v = get("flags");
        cpu.flagResult = v[0];
        cpu.flagAux = v[1];
        cpu.systemFlags = (int) v[2];
        for (int i = 0; i < cpu.segments.length; i++) {
            v = get("segment" + i);
            Segment s = cpu.segments[i];
            s.selector = (int) v[0];
            s.limit = v[1];
            s.attributes = (int) v[2];
            s.usable = v[3] != 0;
        }
        loadSystem(cpu);
        loadFpu(cpu);
        cpu.limit = cpu.retired + instructions;
    }

    private void loadSystem(Cpu cpu) {
        long[] v = get("control");
        cpu.cr0 = v[0];
        cpu.cr2 = v[1];
        cpu.cr4 = v[2];
        cpu.efer = v[3];
        cpu.xcr0 = v[4];
        v = get("tables");
        cpu.gdtBase = v[0];
        cpu.gdtLimit = (int) v[1];
        cpu.ldtBase = v[2];
        cpu.ldtLimit = (int) v[3];
        cpu.ldtSelector = (int) v[4];
        cpu.idtBase = v[5];
        cpu.idtLimit = (int) v[6];
        cpu.trSelector = (int) v[7];
        cpu.kernelGsBase = v[8];
    }

    private void loadFpu(Cpu cpu) {
        copy("significands", cpu.fpu.significand);
        long[] v = get("exponents");
        for (int i = 0; i < v.length; i++) {
            cpu.fpu.signExponent[i] = (int) v[i];
        }
        v = get("x87");
        cpu.fpu.empty = (int) v[0];
        cpu.fpu.control = (int) v[1];
        cpu.fpu.setStatusWord((int) v[2]);
        cpu.fpu.lastOpcode = (int) v[3];
        cpu.fpu.lastInstruction = v[4];
        cpu.fpu.lastOperand = v[5];
        cpu.fpu.lastCodeSelector = (int) v[6];
        cpu.fpu.lastDataSelector = (int) v[7];
    }

    private long[] get(String key) {
        long[] value = registers.get(key);
        if (value == null) {
            throw new IllegalArgumentException("no line with " + key);
        }
        return value;
    }

    private void copy(String key, long[] to) {
        System.arraycopy(get(key), 0, to, 0, to.length);
    }

    // ---- memory ------------------------------------------------------------------------------

    /** Frames of machine memory that {@link #map} needs at most. */
    public int machineFrames() {
        return 2 + frames.size() + 3 * pages.size();
    }

    /** Builds page tables and pages in the lowest frames of {@code cpu}'s machine. */
    public void map(Cpu cpu) {
        MachineMemory memory = cpu.memory;
        for (int i = 0; i < frames.size(); i++) {
            memory.write((long) (2 + i) << 12, frames.get(i), 0, MachineMemory.FRAME_SIZE);
        }
        long next = 2L + frames.size();
        for (Page page : pages) {
            long table = 1;
            for (int level = 4; level > 1; level--) {
                long at = (table << 12) + 8L * Pte.index(page.vaddr, level);
                if (memory.get64(at) == 0) {
                    memory.put64(at, Pte.of(next++, Pte.P | Pte.RW | Pte.U | Pte.A));
                }
                table = Pte.mfn(memory.get64(at));
            }
            long at = (table << 12) + 8L * Pte.index(page.vaddr, 1);
            memory.put64(at, Pte.of(2L + page.frame, page.flags));
        }
        cpu.mmu.setRoot(Mmu.KERNEL, 1 << 12);
        cpu.mmu.select(Mmu.KERNEL);
    }

    /** Writes the frames' contents again, after a run. */
    public void restoreFrames(MachineMemory memory) {
        for (int i = 0; i < frames.size(); i++) {
            memory.write((long) (2 + i) << 12, frames.get(i), 0, MachineMemory.FRAME_SIZE);
        }
    }

    // ---- text --------------------------------------------------------------------------------

    /** The text, with {@code remarks} at its head. */
    public String write(List<String> remarks) {
        StringBuilder text = new StringBuilder();
        remarks.forEach(line -> text.append("# ").append(line).append('\n'));
        text.append("instructions ").append(Long.toHexString(instructions)).append('\n');
        registers.forEach((key, values) ->
                text.append(key)
                        .append(' ')
                        .append(
                                LongStream.of(values)
                                        .mapToObj(Long::toHexString)
                                        .collect(Collectors.joining(" ")))
                        .append('\n'));
        for (Page page : pages) {
            text.append("page %x %x %x%n".formatted(page.vaddr, page.flags, page.frame));
        }
        for (int i = 0; i < frames.size(); i++) {
            byte[] bytes = frames.get(i);
            text.append("frame %x%n".formatted(i));
            for (int at = 0; at < bytes.length; at += ROW) {
                byte[] row = Arrays.copyOfRange(bytes, at, at + ROW);
                if (!Arrays.equals(row, new byte[ROW])) {
                    String hex = HexFormat.of().formatHex(row);
                    text.append("bytes %x %x %s%n".formatted(i, at, hex));
                }
            }
        }
        return text.toString();
    }

    /** The scene that {@link #write} wrote. */
    public static Scene read(String text) {
        Map<String, long[]> registers = new HashMap<>();
        List<Page> pages = new ArrayList<>();
        List<byte[]> frames = new ArrayList<>();
        for (String line : text.lines().filter(l -> !l.isBlank()).toList()) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "#" -> {}
                case "page" ->
                        pages.add(new Page(number(words[1]), number(words[2]), index(words[3])));
                case "frame" -> frames.add(new byte[MachineMemory.FRAME_SIZE]);
                case "bytes" -> {
                    byte[] row = HexFormat.of().parseHex(words[3]);
                    System.arraycopy(
                            row, 0, frames.get(index(words[1])), index(words[2]), row.length);
                }
                default ->
                        registers.put(
                                words[0],
                                Arrays.stream(words, 1, words.length)
                                        .mapToLong(Scene::number)
                                        .toArray());
            }
        }
        long[] instructions = registers.remove("instructions");
        if (instructions == null) {
            throw new IllegalArgumentException("no line with instructions");
        }
        return new Scene(instructions[0], registers, pages, frames);
    }

    private static int index(String word) {
        return (int) number(word);
    }

    private static long number(String word) {
        return Long.parseUnsignedLong(word, 16);
    }
}
