package xenolith.toolstack.guest;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DebianGuestTest {
    @TempDir private Path folder = Path.of(".");

    @Test
    void aCacheThatIsNoFolderIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "no folder");
        DebianGuest debian = new DebianGuest(new CacheFolder(file), line -> {});
        assertThatThrownBy(() -> debian.kernel(DebianGuest.KERNEL_PACKAGE))
                .isInstanceOf(GuestException.class)
                .hasMessageContaining("The cache " + file)
                .hasMessageContaining("XDG_CACHE_HOME");
    }
}
