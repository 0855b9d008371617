package xenolith.cli;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.xl.Host;

/** What back ends have to say: to whoever started the host, and among its messages. */
final class HostLog implements Consumer<String> {
    private final Consumer<String> starter;
    private volatile @Nullable Host host;

    /** The host that it is for is not there yet. */
    HostLog(Consumer<String> starter) {
        this.starter = starter;
    }

    void join(Host started) {
        host = started;
    }

    @Override
    public void accept(String line) {
        starter.accept(line);
        Host h = host;
        if (h != null) {
            h.log(line);
        }
    }
}
