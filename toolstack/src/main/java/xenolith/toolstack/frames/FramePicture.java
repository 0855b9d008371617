package xenolith.toolstack.frames;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.IntUnaryOperator;
import xenolith.hypervisor.control.FrameSnapshot;

/** Frames as one page for a browser, which needs nothing else. */
public final class FramePicture {
    private static final String MARK = "/*FRAMES*/";

    /** Entries that are shown of each frame: a page of zeros may be mapped everywhere. */
    private static final int MAPPERS = 8;

    private FramePicture() {}

    /** The page; {@code title} says of what. */
    public static String html(FrameSnapshot s, String title) {
        String page = template();
        StringBuilder data = new StringBuilder();
        data.append("{title:\"").append(title.replaceAll("[^\\w .,:()-]", "_")).append("\",n:");
        data.append(s.frames());
        array(data, "owner", s, mfn -> s.owner()[mfn]);
        array(data, "type", s, mfn -> s.type()[mfn]);
        array(data, "count", s, mfn -> s.count()[mfn]);
        array(data, "typeCount", s, mfn -> s.typeCount()[mfn]);
        array(data, "flags", s, mfn -> (s.pinned()[mfn] ? 1 : 0) | (s.shared()[mfn] ? 2 : 0));
        array(data, "pfn", s, mfn -> pfn(s, mfn));
        array(data, "mapped", s, mfn -> s.mappers()[mfn + 1] - s.mappers()[mfn]);
        mappers(data, s);
        data.append('}');
        return page.replace(MARK, data);
    }

    /** -1 for none, and for numbers that cannot be right. */
    private static int pfn(FrameSnapshot s, int mfn) {
        long pfn = s.pfn()[mfn];
        return pfn < 0 || pfn > Integer.MAX_VALUE ? -1 : (int) pfn;
    }

    /** Values as pairs of a value and how often it comes, which makes most pages short. */
    private static void array(
            StringBuilder data, String name, FrameSnapshot s, IntUnaryOperator value) {
        data.append(",\n").append(name).append(":[");
        for (int mfn = 0; mfn < s.frames(); ) {
            int v = value.applyAsInt(mfn);
            int end = mfn + 1;
            while (end < s.frames() && value.applyAsInt(end) == v) {
                end++;
            }
            data.append(mfn == 0 ? "" : ",").append(v).append(',').append(end - mfn);
            mfn = end;
        }
        data.append(']');
    }

    /** Frame number of a table times 512 plus slot: up to {@link #MAPPERS} for each frame. */
    private static void mappers(StringBuilder data, FrameSnapshot s) {
        data.append(",\nmappers:[");
        for (int mfn = 0, n = 0; mfn < s.frames(); mfn++) {
            int first = s.mappers()[mfn];
            int end = Math.min(s.mappers()[mfn + 1], first + MAPPERS);
            for (int i = first; i < end; i++) {
                data.append(n++ == 0 ? "" : ",").append(s.entries()[i]);
            }
        }
        data.append("],shown:").append(MAPPERS);
    }

    private static String template() {
        try (InputStream in = FramePicture.class.getResourceAsStream("frames.html")) {
            if (in == null) {
                throw new IllegalStateException("frames.html is not where it was built");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
