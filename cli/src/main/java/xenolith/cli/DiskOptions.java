package xenolith.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;

/** Disks of a guest on the command line. */
final class DiskOptions {
    @Option(
            names = "--disk",
            paramLabel = "DISK",
            description = {
                "A disk, in the syntax of xl.cfg: TARGET,FORMAT,VDEV,ACCESS, or only its file,",
                "which is xvda, xvdb, ... then, and qcow2 if it is named so. May be repeated."
            })
    private List<String> disks = List.of();

    @Option(
            names = "--snapshot",
            description = "Keeps what the guest writes to its disks in memory, for this run only.")
    private boolean snapshot;

    /** {@code domain} with these disks, too. */
    DomainSpec add(DomainSpec domain) {
        List<Value.Text> all = new ArrayList<>(domain.disks());
        for (String text : disks) {
            all.add(new Value.Text(new Position("--disk", 1, 0), whole(text, all.size())));
        }
        if (snapshot) {
            all.replaceAll(t -> new Value.Text(t.at(), "in-memory," + t.text()));
        }
        return domain.with(b -> b.disks = all);
    }

    private static String whole(String text, int index) {
        if (text.indexOf(',') >= 0 || text.indexOf('=') >= 0) {
            return text;
        }
        String format = text.endsWith(".qcow2") ? "qcow2" : "raw";
        return text + "," + format + ",xvd" + (char) ('a' + index % 26) + ",rw";
    }
}
