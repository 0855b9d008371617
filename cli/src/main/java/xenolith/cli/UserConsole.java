package xenolith.cli;

import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.InfoCmp;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.console.ConsoleOutput;
import xenolith.toolstack.xl.DomainConsole;

/**
 * This process's end of a guest's console: the terminal in raw mode, or whatever standard input and
 * output are. The end of standard input does not end the guest.
 */
final class UserConsole implements ConsoleOutput, AutoCloseable {
    /** Ctrl-], as in xl console. */
    private static final byte LEAVE = 0x1d;

    /** A type of terminal that JLine need not look up. */
    private static final String PLAIN = "plain";

    /** Bytes of input that are taken before the guest starts; there is room for twice as many. */
    private static final int MOST_WAITING = 1 << 15;

    private final OutputStream log;
    private final Streams streams;
    private final @Nullable Terminal terminal;
    private final @Nullable Attributes before;
    private boolean outputGone;

    /** Takes what is typed. */
    interface Keyboard {
        /** Types {@code bytes}; waits for room. */
        void type(byte[] bytes) throws InterruptedException;

        /** As {@link #type}, but forgets what there is no room for. */
        void typeSome(byte[] bytes);

        /** The one of {@code console}. */
        static Keyboard of(DomainConsole console) {
            return new Keyboard() {
                @Override
                public void type(byte[] bytes) throws InterruptedException {
                    console.type(bytes);
                }

                @Override
                public void typeSome(byte[] bytes) {
                    console.typeSome(bytes);
                }
            };
        }
    }

    private UserConsole(Streams streams, OutputStream log, @Nullable Terminal terminal) {
        this.streams = streams;
        this.log = log;
        this.terminal = terminal;
        this.before = terminal == null ? null : terminal.getAttributes();
    }

    @SuppressWarnings("SystemConsoleNull") // its documentation allows null
    private static boolean onTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    static UserConsole open(Streams streams, OutputStream log) {
        if (!onTerminal()) {
            return new UserConsole(streams, log, null);
        }
        try {
            Terminal terminal =
                    terminals()
                            .system(true)
                            .dumb(false)
                            .nativeSignals(false)
                            .signalHandler(Terminal.SignalHandler.SIG_DFL)
                            .build();
            UserConsole console = new UserConsole(streams, log, terminal);
            console.makeRaw(terminal);
            return console;
        } catch (IOException | IllegalStateException e) {
            return new UserConsole(
                    streams, log, null); // no control of this terminal: line by line, then
        }
    }

    /**
     * Terminals by JLine's native code. Only modes and bytes are wanted: JLine is told of a type
     * without capabilities, so that it starts no programs to ask for modes and capabilities.
     */
    static TerminalBuilder terminals() {
        InfoCmp.setLoadedInfoCmp(PLAIN, PLAIN + "|bytes only,\n");
        return TerminalBuilder.builder().jni(true).exec(false).type(PLAIN);
    }

    private void makeRaw(Terminal t) {
        terminalRaw(t);
        Runtime.getRuntime().addShutdownHook(new Thread(this::restore, "restore terminal"));
    }

    private static void terminalRaw(Terminal t) {
        t.enterRawMode();
        Attributes raw = t.getAttributes();
        raw.setLocalFlag(Attributes.LocalFlag.ISIG, false);
        raw.setOutputFlag(Attributes.OutputFlag.OPOST, false);
        raw.setControlChar(Attributes.ControlChar.VMIN, 1);
        raw.setControlChar(Attributes.ControlChar.VTIME, 0);
        t.setAttributes(raw);
    }

    /**
     * Starts to pass on what is typed to {@code console}; {@code leave} is run at Ctrl-]. What is
     * there already is typed before the guest starts, so that a run by counted time with a file as
     * its input can be repeated.
     */
    void connect(Keyboard console, Runnable leave) {
        InputStream in = terminal == null ? streams.in() : terminal.input();
        if (terminal == null) {
            passWaiting(in, console);
        }
        Thread reader = new Thread(() -> pass(in, console, leave), "console input");
        reader.setDaemon(true);
        reader.start();
    }

    private static void passWaiting(InputStream in, Keyboard console) {
        int room = MOST_WAITING;
        try {
            for (int n; (n = Math.min(in.available(), room)) > 0; room -= n) {
                console.typeSome(in.readNBytes(n));
            }
        } catch (IOException e) {
            return; // as at the end of input
        }
    }

    private void pass(InputStream in, Keyboard console, Runnable leave) {
        byte[] buffer = new byte[1024];
        try {
            for (int n; (n = read(in, buffer)) > 0; ) {
                byte[] typed = Arrays.copyOf(buffer, n);
                if (terminal == null) {
                    console.type(typed);
                } else if (leaves(typed)) {
                    leave.run();
                    return;
                } else {
                    console.typeSome(typed); // never waits: Ctrl-] must be heard
                }
            }
        } catch (IOException | InterruptedException e) {
            return; // as at the end of input: the guest goes on
        }
    }

    private static boolean leaves(byte[] typed) {
        for (byte b : typed) {
            if (b == LEAVE) {
                return true;
            }
        }
        return false;
    }

    /**
     * What a guest's shell can know of the other end of its console, as variables of its kernel's
     * command line: {@code TERM}, which is "dumb" where no terminal answers, and the window.
     */
    String environment() {
        if (terminal == null) {
            return "TERM=dumb";
        }
        String type = String.valueOf(System.getenv("TERM"));
        String term = type.matches("[A-Za-z0-9.+_-]+") && !type.equals("null") ? type : "vt100";
        Size size = terminal.getSize();
        boolean known = size.getRows() > 0 && size.getColumns() > 0;
        return "TERM="
                + term
                + (known ? " LINES=" + size.getRows() + " COLUMNS=" + size.getColumns() : "");
    }

    /** At least one byte, and what else is there: the reader of a terminal would wait for more. */
    private static int read(InputStream in, byte[] buffer) throws IOException {
        int first = in.read();
        if (first < 0) {
            return -1;
        }
        buffer[0] = (byte) first;
        int more = Math.min(in.available(), buffer.length - 1);
        return 1 + (more > 0 ? Math.max(0, in.read(buffer, 1, more)) : 0);
    }

    @Override
    public void print(byte[] bytes, int length) {
        if (!outputGone) {
            streams.out().write(bytes, 0, length);
            outputGone = streams.out().checkError(); // a closed pipe: the guest goes on
        }
        try {
            log.write(bytes, 0, length);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("the console log cannot be written", e);
        }
    }

    /** Gives the terminal back as it was. */
    void restore() {
        if (terminal != null && before != null) {
            terminal.setAttributes(before);
        }
    }

    @Override
    public void close() {
        restore();
    }
}
