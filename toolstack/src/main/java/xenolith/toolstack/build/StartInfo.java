package xenolith.toolstack.build;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The structure start_info of a 64-bit PV domain (public/xen.h), as the page a builder writes. */
final class StartInfo {
    static final int MOD_START_IS_PFN = 1 << 3;
    static final int VIRT_P2M_4TOOLS = 1 << 4;
    static final int COMMAND_LINE_SIZE = 1024;

    private static final int NR_PAGES = 32;
    private static final int SHARED_INFO = 40;
    private static final int FLAGS = 48;
    private static final int STORE_MFN = 56;
    private static final int STORE_EVTCHN = 64;
    private static final int CONSOLE_MFN = 72;
    private static final int CONSOLE_EVTCHN = 80;
    private static final int PT_BASE = 88;
    private static final int NR_PT_FRAMES = 96;
    private static final int MFN_LIST = 104;
    private static final int MOD_START = 112;
    private static final int MOD_LEN = 120;
    private static final int COMMAND_LINE = 128;
    private static final int FIRST_P2M_PFN = 1152;
    private static final int NR_P2M_FRAMES = 1160;

    private final ByteBuffer page = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);

    StartInfo() {
        page.put(0, "xen-3.0-x86_64".getBytes(StandardCharsets.US_ASCII));
    }

    StartInfo memory(long pages, long sharedInfoMaddr) {
        page.putLong(NR_PAGES, pages).putLong(SHARED_INFO, sharedInfoMaddr);
        return this;
    }

    StartInfo flags(int flags) {
        page.putInt(FLAGS, flags);
        return this;
    }

    StartInfo store(long mfn, int port) {
        page.putLong(STORE_MFN, mfn).putInt(STORE_EVTCHN, port);
        return this;
    }

    StartInfo console(long mfn, int port) {
        page.putLong(CONSOLE_MFN, mfn).putInt(CONSOLE_EVTCHN, port);
        return this;
    }

    StartInfo tables(long vaddr, long count) {
        page.putLong(PT_BASE, vaddr).putLong(NR_PT_FRAMES, count);
        return this;
    }

    /**
     * The p2m list at {@code vaddr}; pfn and count are 0 unless it lies outside the first mapping.
     */
    StartInfo p2m(long vaddr, long firstPfn, long count) {
        page.putLong(MFN_LIST, vaddr).putLong(FIRST_P2M_PFN, firstPfn);
        page.putLong(NR_P2M_FRAMES, count);
        return this;
    }

    StartInfo module(long start, long length) {
        page.putLong(MOD_START, start).putLong(MOD_LEN, length);
        return this;
    }

    StartInfo commandLine(String line) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        page.put(COMMAND_LINE, bytes, 0, Math.min(bytes.length, COMMAND_LINE_SIZE - 1));
        return this;
    }

    byte[] page() {
        return page.array();
    }
}
