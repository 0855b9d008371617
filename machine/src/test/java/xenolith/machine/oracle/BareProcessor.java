package xenolith.machine.oracle;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The host's own processor, one user-mode instruction at a time. Needs Linux on x86-64.
 *
 * <p>Three areas are mapped at fixed low addresses, so that an instruction means the same here and
 * in the guest: scratch data, a page of code, and a block with the registers. A trampoline loads
 * all registers from the block, jumps to the instruction, and is entered again from landing pads
 * behind it and at the two branch targets, which note where the instruction went. Instructions that
 * fault must not be given: there is no handler.
 */
@SuppressWarnings("restricted")
final class BareProcessor {
    private static final long STATE = 0x42_0000L;
    private static final int GPR = 0;
    private static final int RFLAGS = 128;
    private static final int HOST_RSP = 136;
    private static final int LANDED = 144;
    private static final int FX = 512;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private final MemorySegment scratch;
    private final MemorySegment code;
    private final MemorySegment state;
    private final MethodHandle run;
    private final int epilogue;

    private BareProcessor() throws Unavailable {
        scratch = map(ProcessorState.SCRATCH, ProcessorState.SCRATCH_SIZE);
        code = map(ProcessorState.CODE, 0x1000);
        state = map(STATE, 0x1000);
        ByteBuffer b = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
        prologue(b);
        epilogue = b.position();
        epilogue(b);
        MemorySegment.copy(b.array(), 0, code, ValueLayout.JAVA_BYTE, 0, b.position());
        pad(ProcessorState.NEAR_TARGET);
        pad(ProcessorState.FAR_TARGET);
        run = Linker.nativeLinker().downcallHandle(code, FunctionDescriptor.ofVoid());
    }

    /** Why there is no bare processor here: a sentence for whoever reads the test's report. */
    static final class Unavailable extends Exception {
        private static final long serialVersionUID = 1L;

        Unavailable(String message) {
            super(message);
        }
    }

    private static final class Holder {
        private Holder() {}

        static final Object VALUE = open();

        private static Object open() {
            try {
                return new BareProcessor();
            } catch (Unavailable e) {
                return e;
            }
        }
    }

    /** The one bare processor of this process. */
    static BareProcessor get() throws Unavailable {
        if (!System.getProperty("os.name").equals("Linux")
                || !System.getProperty("os.arch").equals("amd64")) {
            throw new Unavailable("The native oracle needs Linux on x86-64; this host is neither.");
        }
        if (Holder.VALUE instanceof Unavailable u) {
            throw u;
        }
        return (BareProcessor) Holder.VALUE;
    }

    /** The features that Linux names in {@code /proc/cpuinfo}. */
    static Set<String> features() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            String flags = lines.filter(l -> l.startsWith("flags")).findFirst().orElse(":");
            return Set.copyOf(List.of(flags.substring(flags.indexOf(':') + 1).split("\\s+", -1)));
        }
    }

    private static MemorySegment map(long address, long size) throws Unavailable {
        Linker linker = Linker.nativeLinker();
        MethodHandle mmap =
                linker.downcallHandle(
                        linker.defaultLookup().find("mmap").orElseThrow(),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG));
        // PROT_READ | WRITE | EXEC; MAP_PRIVATE | ANONYMOUS | FIXED_NOREPLACE.
        int flags = 0x02 | 0x20 | 0x10_0000;
        long got;
        try {
            got = (long) mmap.invokeExact(address, size, 7, flags, -1, 0L);
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
        if (got != address) {
            throw new Unavailable(
                    "The native oracle cannot have executable memory at 0x"
                            + Long.toHexString(address)
                            + " in this process.");
        }
        return MemorySegment.ofAddress(address).reinterpret(size, Arena.global(), null);
    }

    // mov r64, [STATE+offset] (opcode 8B) or the other way round (89): absolute 32-bit address.
    private static void absolute(ByteBuffer b, int opcode, int register, int offset) {
        b.put((byte) (0x48 | (register >= 8 ? 4 : 0))).put((byte) opcode);
        b.put((byte) (0x04 | (register & 7) << 3)).put((byte) 0x25).putInt((int) STATE + offset);
    }

    private static void bytes(ByteBuffer b, int... values) {
        for (int v : values) {
            b.put((byte) v);
        }
    }

    // FXRSTOR64 (/1) or FXSAVE64 (/0) of the block's image.
    private static void fx(ByteBuffer b, int extension) {
        bytes(b, 0x48, 0x0f, 0xae, 0x04 | extension << 3, 0x25);
        b.putInt((int) STATE + FX);
    }

    private static void prologue(ByteBuffer b) {
        bytes(b, 0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57);
        absolute(b, 0x89, 4, HOST_RSP);
        fx(b, 1);
        bytes(b, 0xff, 0x34, 0x25);
        b.putInt((int) STATE + RFLAGS);
        bytes(b, 0x9d);
        for (int i = 0; i < 16; i++) {
            absolute(b, 0x8b, i, GPR + 8 * i);
        }
        int next = b.position() + 5;
        bytes(b, 0xe9);
        b.putInt((int) (ProcessorState.INSTRUCTION - ProcessorState.CODE) - next);
    }

    private static void epilogue(ByteBuffer b) {
        for (int i = 0; i < 16; i++) {
            absolute(b, 0x89, i, GPR + 8 * i);
        }
        absolute(b, 0x8b, 4, HOST_RSP);
        bytes(b, 0x9c, 0x8f, 0x04, 0x25);
        b.putInt((int) STATE + RFLAGS);
        fx(b, 0);
        // CLD, FNINIT, LDMXCSR of the default that the block keeps behind LANDED.
        bytes(b, 0xfc, 0xdb, 0xe3, 0x0f, 0xae, 0x14, 0x25);
        b.putInt((int) STATE + LANDED + 8);
        bytes(b, 0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3);
    }

    /** Code at {@code address} that notes that it was reached and enters the epilogue. */
    private void pad(long address) {
        ByteBuffer b = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        bytes(b, 0xc7, 0x04, 0x25);
        b.putInt((int) STATE + LANDED).putInt((int) address);
        bytes(b, 0xe9);
        int at = (int) (address - ProcessorState.CODE);
        b.putInt(epilogue - (at + 16));
        MemorySegment.copy(b.array(), 0, code, ValueLayout.JAVA_BYTE, at, 16);
    }

    /** The state after executing {@code instruction} in state {@code before}. */
    ProcessorState execute(byte[] instruction, ProcessorState before) {
        load(before);
        long at = ProcessorState.INSTRUCTION - ProcessorState.CODE;
        MemorySegment.copy(instruction, 0, code, ValueLayout.JAVA_BYTE, at, instruction.length);
        pad(ProcessorState.INSTRUCTION + instruction.length);
        state.set(INT, LANDED + 8, 0x1f80);
        try {
            run.invokeExact();
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
        return store();
    }

    private void load(ProcessorState s) {
        for (int i = 0; i < 16; i++) {
            state.set(LONG, GPR + 8L * i, s.gpr[i]);
            state.set(LONG, FX + 160 + 16L * i, s.xmm[2 * i]);
            state.set(LONG, FX + 168 + 16L * i, s.xmm[2 * i + 1]);
        }
        for (int i = 0; i < 8; i++) {
            state.set(LONG, FX + 32 + 16L * i, s.significand[i]);
            state.set(LONG, FX + 40 + 16L * i, s.signExponent[i]);
        }
        state.set(LONG, RFLAGS, s.rflags);
        state.set(SHORT, FX, (short) s.fcw);
        state.set(SHORT, FX + 2, (short) s.fsw);
        state.set(SHORT, FX + 4, (short) s.ftw);
        state.set(SHORT, FX + 6, (short) 0);
        state.set(LONG, FX + 8, 0);
        state.set(LONG, FX + 16, 0);
        state.set(INT, FX + 24, s.mxcsr);
        long offset = ProcessorState.WINDOW - ProcessorState.SCRATCH;
        MemorySegment.copy(
                s.window, 0, scratch, ValueLayout.JAVA_BYTE, offset, ProcessorState.WINDOW_SIZE);
    }

    private ProcessorState store() {
        ProcessorState s = new ProcessorState();
        for (int i = 0; i < 16; i++) {
            s.gpr[i] = state.get(LONG, GPR + 8L * i);
            s.xmm[2 * i] = state.get(LONG, FX + 160 + 16L * i);
            s.xmm[2 * i + 1] = state.get(LONG, FX + 168 + 16L * i);
        }
        for (int i = 0; i < 8; i++) {
            s.significand[i] = state.get(LONG, FX + 32 + 16L * i);
            s.signExponent[i] = state.get(SHORT, FX + 40 + 16L * i) & 0xffff;
        }
        s.rip = state.get(INT, LANDED);
        s.rflags = state.get(LONG, RFLAGS);
        s.fcw = state.get(SHORT, FX) & 0xffff;
        s.fsw = state.get(SHORT, FX + 2) & 0xffff;
        s.ftw = state.get(SHORT, FX + 4) & 0xff;
        s.mxcsr = state.get(INT, FX + 24);
        long offset = ProcessorState.WINDOW - ProcessorState.SCRATCH;
        MemorySegment.copy(
                scratch, ValueLayout.JAVA_BYTE, offset, s.window, 0, ProcessorState.WINDOW_SIZE);
        return s;
    }
}
