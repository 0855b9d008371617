package xenolith.toolstack.frames;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import xenolith.hypervisor.control.FrameSnapshot;

class FramePictureTest {
    /** Frame 2 is an l1 table of d1 that maps frame 3 by slots 5 and 6. */
    private final FrameSnapshot snapshot =
            new FrameSnapshot(
                    new int[] {FrameSnapshot.XEN, -1, 1, 1},
                    new byte[] {0, 0, 1, FrameSnapshot.WRITABLE},
                    new int[] {1, 0, 2, 3},
                    new int[] {0, 0, 1, 2},
                    new boolean[] {false, false, true, false},
                    new boolean[4],
                    new long[] {-1, -1, 0x77, 0x78},
                    new int[] {0, 0, 0, 0, 2},
                    new long[] {2 * 512 + 5, 2 * 512 + 6});

    @Test
    void thePageHoldsTheFramesAndAsksForNothingElse() {
        String html = FramePicture.html(snapshot, "Debian </script>");
        assertThat(html)
                .contains("title:\"Debian __script_\",n:4")
                .contains("owner:[32754,1,-1,1,1,2]")
                .contains("type:[0,2,1,1,7,1]")
                .contains("pfn:[-1,2,119,1,120,1]")
                .contains("mapped:[0,3,2,1]")
                .contains("mappers:[1029,1030]")
                .contains("MFN", "PFN", "GPFN", "GMFN")
                .doesNotContain("/*FRAMES*/", "http:", "https:", "src=", "href=");
    }

    @Test
    void linesNameOwnerTypeCountsAndMappers() {
        assertThat(FrameText.table(snapshot).lines())
                .anyMatch(l -> l.matches("2 +d1 +77 +l1 +1 +2 pinned *"))
                .anyMatch(l -> l.matches("3 +d1 +78 +writable +2 +3 +l1 0x2\\[5\\] l1 0x2\\[6\\]"))
                .noneMatch(l -> l.contains("free"));
        assertThat(FrameText.summary(snapshot).lines())
                .containsExactly(
                        "       1 frames  d1    l1, pinned",
                        "       1 frames  d1    writable",
                        "       1 frames  free  -",
                        "       1 frames  xen   -");
    }
}
