package xenolith.toolstack.disk;

import java.io.IOException;
import java.nio.file.Path;

/** What an image's tables say cannot be true. */
final class CorruptImageException extends IOException {
    private static final long serialVersionUID = 1L;

    CorruptImageException(Path path, String what) {
        super("The disk " + path + " is corrupt: " + what + ". Run 'qemu-img check' on it.");
    }
}
