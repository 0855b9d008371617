package xenolith.cli;

import java.io.IOException;
import java.io.OutputStream;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.socket.HostClient;

/** The console of a running host's domain on this terminal, until Ctrl-] or the domain's end. */
final class RemoteConsole {
    private RemoteConsole() {}

    /**
     * Follows it.
     *
     * @param onlyNew leaves out what was printed before
     * @param connected is done when nothing that comes can be missed
     */
    static void follow(
            HostClient client, String name, boolean onlyNew, Streams streams, Step connected)
            throws ToolException {
        boolean[] left = {false};
        try (HostClient.Reply reply = client.console(name, onlyNew);
                UserConsole console = UserConsole.open(streams, OutputStream.nullOutputStream())) {
            console.connect(
                    keyboard(client, name),
                    () -> {
                        left[0] = true;
                        reply.hangUp();
                    });
            connected.run();
            byte[] buffer = new byte[1 << 13];
            for (int n; (n = reply.body().read(buffer)) > 0; ) {
                console.print(buffer, n);
            }
        } catch (IOException e) {
            if (!left[0]) {
                throw new ToolException("The console of " + name + " ended: " + e.getMessage(), e);
            }
        }
    }

    /** Something to do that may be refused. */
    @FunctionalInterface
    interface Step {
        void run() throws ToolException;
    }

    private static UserConsole.Keyboard keyboard(HostClient client, String name) {
        return new UserConsole.Keyboard() {
            @Override
            public void type(byte[] bytes) {
                try {
                    client.type(name, bytes);
                } catch (ToolException e) {
                    return; // the domain is gone, as the other direction will tell
                }
            }

            @Override
            public void typeSome(byte[] bytes) {
                type(bytes);
            }
        };
    }
}
