package xenolith.toolstack.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import xenolith.toolstack.guest.GuestException;

class DiskRequestTest {
    private static DiskRequest with(String suite, long bytes, List<String> packages, String host) {
        return new DiskRequest(
                suite,
                bytes,
                FileSystemKind.EXT4,
                packages,
                Optional.empty(),
                Optional.empty(),
                host);
    }

    @Test
    void equalRequestsHaveEqualHashes() {
        DiskRequest some = with("bookworm", 4L << 30, List.of("b2", "a1"), "debian");
        assertThat(with("bookworm", 4L << 30, List.of("a1", "b2", "a1"), "debian").hash())
                .isEqualTo(some.hash());
        assertThat(DiskRequest.defaults().hash()).isNotEqualTo(some.hash());
        DiskRequest locked =
                new DiskRequest(
                        some.suite(),
                        some.bytes(),
                        some.fileSystem(),
                        some.packages(),
                        Optional.of("none"),
                        Optional.empty(),
                        some.hostname());
        assertThat(locked.hash()).isNotEqualTo(some.hash());
        assertThat(locked.fileSystemUuid()).isNotEqualTo(some.fileSystemUuid());
    }

    @Test
    void tellsWhatCannotBe() {
        assertThatCode(() -> DiskRequest.defaults().check()).doesNotThrowAnyException();
        refused(with("Book worm", 4L << 30, List.of(), "debian"), "release");
        refused(with("--bookworm", 4L << 30, List.of(), "debian"), "release");
        refused(with("bookworm", 4L << 30, List.of("--simulate"), "debian"), "package");
        refused(with("bookworm", 100L << 20, List.of(), "debian"), "1G to 2048G");
        refused(with("bookworm", (4L << 30) + 1, List.of(), "debian"), "multiple");
        refused(with("bookworm", 4L << 30, List.of(), "a b"), "host name");
    }

    private static void refused(DiskRequest request, String word) {
        assertThatThrownBy(request::check)
                .isInstanceOf(GuestException.class)
                .hasMessageContaining(word);
    }
}
