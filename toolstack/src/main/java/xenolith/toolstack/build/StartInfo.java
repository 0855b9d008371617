package xenolith.toolstack.build;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import xenolith.abi.struct.Abi;
import xenolith.abi.struct.Field;
import xenolith.abi.struct.Layout;

/** The structure start_info of a PV domain (public/xen.h), as the page a builder writes. */
final class StartInfo {
    static final int MOD_START_IS_PFN = 1 << 3;
    static final int VIRT_P2M_4TOOLS = 1 << 4;
    static final int COMMAND_LINE_SIZE = 1024;

    private static final Layout LAYOUT = new Layout();
    private static final Field MAGIC = LAYOUT.array(1, 32);
    private static final Field NR_PAGES = LAYOUT.word();
    private static final Field SHARED_INFO = LAYOUT.word();
    private static final Field FLAGS = LAYOUT.bytes(4);
    private static final Field STORE_MFN = LAYOUT.word();
    private static final Field STORE_EVTCHN = LAYOUT.bytes(4);
    private static final Field CONSOLE_MFN = LAYOUT.word();
    private static final Field CONSOLE_EVTCHN = LAYOUT.bytes(4);
    private static final Field PT_BASE = LAYOUT.word();
    private static final Field NR_PT_FRAMES = LAYOUT.word();
    private static final Field MFN_LIST = LAYOUT.word();
    private static final Field MOD_START = LAYOUT.word();
    private static final Field MOD_LEN = LAYOUT.word();
    private static final Field COMMAND_LINE = LAYOUT.array(1, COMMAND_LINE_SIZE);
    private static final Field FIRST_P2M_PFN = LAYOUT.word();
    private static final Field NR_P2M_FRAMES = LAYOUT.word();

    private final ByteBuffer page = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    private final Abi abi;

    StartInfo(Abi abi) {
        this.abi = abi;
        String magic = abi == Abi.BITS64 ? "xen-3.0-x86_64" : "xen-3.0-x86_32p";
        page.put(MAGIC.at(abi), magic.getBytes(StandardCharsets.US_ASCII));
    }

    private StartInfo put(Field field, long value) {
        if (field.size(abi) == 8) {
            page.putLong(field.at(abi), value);
        } else {
            page.putInt(field.at(abi), (int) value);
        }
        return this;
    }

    StartInfo memory(long pages, long sharedInfoMaddr) {
        return put(NR_PAGES, pages).put(SHARED_INFO, sharedInfoMaddr);
    }

    StartInfo flags(int flags) {
        return put(FLAGS, flags);
    }

    StartInfo store(long mfn, int port) {
        return put(STORE_MFN, mfn).put(STORE_EVTCHN, port);
    }

    StartInfo console(long mfn, int port) {
        return put(CONSOLE_MFN, mfn).put(CONSOLE_EVTCHN, port);
    }

    StartInfo tables(long vaddr, long count) {
        return put(PT_BASE, vaddr).put(NR_PT_FRAMES, count);
    }

    /**
     * The p2m list at {@code vaddr}; pfn and count are 0 unless it lies outside the first mapping.
     */
    StartInfo p2m(long vaddr, long firstPfn, long count) {
        return put(MFN_LIST, vaddr).put(FIRST_P2M_PFN, firstPfn).put(NR_P2M_FRAMES, count);
    }

    StartInfo module(long start, long length) {
        return put(MOD_START, start).put(MOD_LEN, length);
    }

    StartInfo commandLine(String line) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        page.put(COMMAND_LINE.at(abi), bytes, 0, Math.min(bytes.length, COMMAND_LINE_SIZE - 1));
        return this;
    }

    byte[] page() {
        return page.array();
    }
}
