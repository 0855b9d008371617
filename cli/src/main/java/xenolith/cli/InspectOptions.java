package xenolith.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.FrameSnapshot;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.frames.FramePicture;
import xenolith.toolstack.frames.FrameText;
import xenolith.toolstack.xl.DomainEvent;
import xenolith.toolstack.xl.Host;

/** Options that look into a host at the end of a guest, while all its memory is still there. */
final class InspectOptions {
    @Option(
            names = "--audit",
            description =
                    "Recomputes at the guest's end owners, counts and types of all frames, the"
                            + " contents of page tables, grants and event channels, and tells"
                            + " every difference.")
    private boolean audit;

    @Option(
            names = "--audit-every",
            paramLabel = "N",
            description = "Audits after each N-th hypercall, too; a difference crashes the guest.")
    private int auditEvery;

    @Option(
            names = "--frames",
            paramLabel = "F",
            description =
                    "Writes all frames of memory at the guest's end, who owns them and what maps"
                            + " them: a picture for a browser if F ends with .html, else lines.")
    private @Nullable Path frames;

    private final List<String> report = new ArrayList<>();
    private int differences;

    /** Before the guest runs. */
    void begin(Host host) {
        if (auditEvery > 0) {
            host.auditEvery(auditEvery);
        }
        host.listen(event -> {
            if (event.kind() == DomainEvent.Kind.ENDING) {
                end(host, event.name());
            }
        });
    }

    /** The guest called {@code name} has come to its end, and its memory is still there. */
    private void end(Host host, String name) {
        try {
            look(host, name);
        } catch (ToolException | ControlException e) {
            throw new IllegalStateException("an inspection was refused", e);
        }
    }

    private void look(Host host, String name) throws ToolException, ControlException {
        if (audit) {
            List<String> found = host.audit();
            differences += found.size();
            found.forEach(d -> report.add("audit: " + d));
            String verdict = found.isEmpty() ? "clean" : found.size() + " differences";
            report.add("audit of " + name + ": " + verdict);
        }
        if (frames != null) {
            write(frames, host.frames(), name);
            report.add("xenolith: the frames of " + name + " are in " + frames);
            FrameText.summary(host.frames()).lines().forEach(report::add);
        }
    }

    /** Tells what was found so far, once, when the terminal is ours again. */
    void tell(PrintWriter err) {
        report.forEach(err::println);
        report.clear();
    }

    /** Whether an audit found something. */
    boolean found() {
        return differences > 0;
    }

    private static void write(Path file, FrameSnapshot snapshot, String name) {
        boolean picture = file.toString().toLowerCase(Locale.ROOT).endsWith(".html");
        String text =
                picture
                        ? FramePicture.html(snapshot, "The host of " + name + " at its end")
                        : FrameText.table(snapshot);
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException("the frames cannot be written to " + file, e);
        }
    }
}
