package xenolith.toolstack.frames;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import xenolith.hypervisor.control.FrameSnapshot;

/** Frames as lines: a summary by owner and type, or one line a frame. */
public final class FrameText {
    private static final int MAPPERS = 3;

    private FrameText() {}

    /** Frames by owner and type, most first within an owner. */
    public static String summary(FrameSnapshot s) {
        Map<String, Integer> sums = new TreeMap<>();
        for (int mfn = 0; mfn < s.frames(); mfn++) {
            String name = s.typeName(mfn) + (s.pinned()[mfn] ? ", pinned" : "");
            name += s.shared()[mfn] ? ", shared with the hypervisor" : "";
            sums.merge(String.format("%-5s %s", s.ownerName(mfn), name), 1, Integer::sum);
        }
        StringBuilder text = new StringBuilder();
        sums.forEach(
                (name, n) -> text.append(String.format(Locale.ROOT, "%8d frames  %s%n", n, name)));
        return text.toString();
    }

    /** One line for each frame that somebody owns. */
    public static String table(FrameSnapshot s) {
        StringBuilder text = new StringBuilder();
        text.append("mfn      owner pfn      type         types refs  mapped by\n");
        for (int mfn = 0; mfn < s.frames(); mfn++) {
            if (s.owner()[mfn] != FrameSnapshot.FREE) {
                line(s, mfn, text);
            }
        }
        return text.toString();
    }

    private static void line(FrameSnapshot s, int mfn, StringBuilder text) {
        long pfn = s.pfn()[mfn];
        text.append(
                String.format(
                        Locale.ROOT,
                        "%-8x %-5s %-8s %-12s %5d %4d%s%s ",
                        mfn,
                        s.ownerName(mfn),
                        pfn == -1 ? "-" : Long.toHexString(pfn),
                        s.typeName(mfn),
                        s.typeCount()[mfn],
                        s.count()[mfn],
                        s.pinned()[mfn] ? " pinned" : "",
                        s.shared()[mfn] ? " shared" : ""));
        int first = s.mappers()[mfn];
        int end = s.mappers()[mfn + 1];
        for (int i = first; i < Math.min(end, first + MAPPERS); i++) {
            long at = s.entries()[i];
            int table = (int) (at >>> 9);
            text.append(
                    String.format(Locale.ROOT, " %s 0x%x[%d]", s.typeName(table), table, at & 511));
        }
        text.append(end - first > MAPPERS ? " and " + (end - first - MAPPERS) + " more\n" : "\n");
    }
}
