package xenolith.cli;

import java.io.InputStream;
import java.io.PrintStream;

/** The standard streams of the process, or of a test. */
record Streams(InputStream in, PrintStream out, PrintStream err) {}
