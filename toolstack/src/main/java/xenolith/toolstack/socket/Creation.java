package xenolith.toolstack.socket;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.ConfigFile;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.SpecReader;
import xenolith.toolstack.xl.BootFiles;
import xenolith.toolstack.xl.BootLoader;
import xenolith.toolstack.xl.DomainEnd;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;

/**
 * Domains of configurations that clients send: "config", the text of an xl.cfg whose absolute path
 * is "file", and "overrides", more settings, one a line.
 */
final class Creation {
    private final Host host;
    private final BootLoader bootLoader;

    Creation(Host host, BootLoader bootLoader) {
        this.host = host;
        this.bootLoader = bootLoader;
    }

    private static SpecReader.Result read(Map<String, Object> json) throws ToolException {
        Path file = Path.of(json.get("file") instanceof String s ? s : "config");
        String text = Call.text(json, "config");
        if (json.get("overrides") instanceof String more) {
            text = text + "\n" + more;
        }
        ConfigFile config = ConfigFile.parse(file.toString(), text);
        SpecReader.Result read = SpecReader.of(config, file);
        return config.settings().containsKey("uuid")
                ? read
                : new SpecReader.Result(
                        read.spec().with(b -> b.uuid = UUID.randomUUID()), read.warnings());
    }

    /**
     * Creates a domain; "paused", "dry" (read it, but create nothing), "wait" (answer when it has
     * ended, and how), "log" (a file that keeps what it prints).
     */
    Map<String, Object> create(Map<String, Object> json) throws ToolException, ControlException {
        SpecReader.Result read = read(json);
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("warnings", new ArrayList<>(read.warnings()));
        if (Boolean.TRUE.equals(json.get("dry"))) {
            answer.put("config", DomainDocument.config(-1, read.spec(), List.of()));
            return answer;
        }
        GuestDomain domain = create(read.spec(), json.get("log") instanceof String s ? s : "");
        answer.put("name", domain.name());
        answer.put("domid", domain.domid());
        if (!Boolean.TRUE.equals(json.get("paused"))) {
            domain.unpause();
        }
        if (Boolean.TRUE.equals(json.get("wait"))) {
            answer.putAll(end(domain));
        }
        return answer;
    }

    /** Creates it paused; before its memory is taken, all that it needs is opened. */
    private GuestDomain create(DomainSpec spec, String logFile)
            throws ToolException, ControlException {
        BootFiles files = bootLoader.open(spec);
        OutputStream log = OutputStream.nullOutputStream();
        GuestDomain created = null;
        try {
            log = log(logFile);
            GuestDomain domain = host.create(spec, files, true);
            created = domain;
            if (!logFile.isEmpty()) {
                domain.console().log(log);
            }
            OutputStream opened = log;
            var _ =
                    domain.end()
                            .whenComplete((end, failure) -> {
                                domain.files().ifPresent(BootFiles::close);
                                close(opened);
                            });
            return domain;
        } finally {
            if (created == null) {
                files.close();
                close(log);
            }
        }
    }

    private static OutputStream log(String file) throws ToolException {
        if (file.isEmpty()) {
            return OutputStream.nullOutputStream();
        }
        try {
            return Files.newOutputStream(Path.of(file));
        } catch (IOException e) {
            throw new ToolException(
                    "The console log " + file + " cannot be written: " + e.getMessage() + ".", e);
        }
    }

    private void close(OutputStream log) {
        try {
            log.close();
        } catch (IOException e) {
            host.log("A console log cannot be closed: " + e.getMessage());
        }
    }

    /** Replaces what {@code domain} is built from at its next reboot. */
    Map<String, Object> update(GuestDomain domain, Map<String, Object> json)
            throws ToolException, ControlException {
        SpecReader.Result read = read(json);
        List<String> warnings = new ArrayList<>(read.warnings());
        if (!read.spec().disks().equals(domain.spec().disks())
                || !read.spec().vifs().equals(domain.spec().vifs())) {
            warnings.add(
                    "The devices of "
                            + domain.name()
                            + " stay as they are; block-attach, network-attach and their siblings"
                            + " change them.");
        }
        BootFiles files = bootLoader.open(read.spec());
        boolean taken = false;
        try {
            domain.update(read.spec(), files).ifPresent(BootFiles::close);
            taken = true;
        } finally {
            if (!taken) {
                files.close();
            }
        }
        return Map.of("warnings", warnings);
    }

    /** Waits for the end of {@code domain}, and tells of it. */
    static Map<String, Object> end(GuestDomain domain) {
        Map<String, Object> m = new LinkedHashMap<>();
        try {
            DomainEnd end = domain.end().join();
            m.put(
                    "reason",
                    end.reason().map(r -> r.name().toLowerCase(Locale.ROOT)).orElse("destroyed"));
            end.report().ifPresent(r -> m.put("report", r));
        } catch (CompletionException e) {
            m.put("reason", "failed");
            m.put("report", String.valueOf(e.getCause()));
        }
        return m;
    }
}
