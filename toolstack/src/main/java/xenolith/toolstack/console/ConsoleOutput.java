package xenolith.toolstack.console;

/** Takes what a guest prints. Called on the domain's thread; must not block for long. */
@FunctionalInterface
public interface ConsoleOutput {
    /** {@code length} bytes from the start of {@code bytes}, which the caller will reuse. */
    void print(byte[] bytes, int length);
}
