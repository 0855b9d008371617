package xenolith.toolstack.guest;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The modules of a kernel package and what each needs, from the text that every module carries in
 * its section .modinfo: strings {@code key=value} that end with a zero.
 */
final class ModuleIndex {
    /**
     * A module.
     *
     * @param path in the package
     * @param needs names of modules that must be loaded before
     * @param wants names or aliases of modules that should be, if there are such
     * @param aliases other names of it, without patterns of devices
     */
    record Module(String path, List<String> needs, List<String> wants, List<String> aliases) {
        /** Its name: hyphens and underscores are the same, as for modprobe. */
        String name() {
            return ModuleIndex.name(path);
        }
    }

    private final Map<String, Module> byName = new LinkedHashMap<>();
    private final Map<String, String> byAlias = new LinkedHashMap<>();

    private static String name(String path) {
        String file = path.substring(path.lastIndexOf('/') + 1);
        int end = file.indexOf(".ko");
        return (end < 0 ? file : file.substring(0, end)).replace('-', '_');
    }

    /** Adds the module at {@code path} of the package with these bytes, unpacked. */
    void add(String path, byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        List<String> needs = new ArrayList<>();
        List<String> wants = new ArrayList<>();
        List<String> aliases = new ArrayList<>();
        for (String value : values(text, "depends")) {
            needs.addAll(words(value, ","));
        }
        for (String value : values(text, "softdep")) {
            if (value.startsWith("pre:")) {
                wants.addAll(words(value.substring(4).replaceAll("post:.*", ""), " "));
            }
        }
        for (String value : values(text, "alias")) {
            if (value.matches("[A-Za-z0-9_-]+")) {
                aliases.add(value);
            }
        }
        add(new Module(path, needs, wants, aliases));
    }

    private void add(Module m) {
        byName.put(m.name(), m);
        m.aliases().forEach(a -> byAlias.putIfAbsent(a.replace('-', '_'), m.name()));
    }

    private static List<String> words(String value, String by) {
        List<String> words = new ArrayList<>(List.of(value.split(by, -1)));
        words.removeIf(String::isEmpty);
        return words;
    }

    private static List<String> values(String text, String key) {
        List<String> all = new ArrayList<>();
        String start = "\0" + key + "=";
        for (int at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) {
            int from = at + start.length();
            int end = text.indexOf('\0', from);
            if (end > from && end - from < 1000) {
                all.add(text.substring(from, end));
            }
        }
        return all;
    }

    /** Whether {@code name} is a module or another name of one. */
    boolean has(String name) {
        String plain = name.replace('-', '_');
        return byName.containsKey(plain) || byAlias.containsKey(plain);
    }

    /** The modules {@code names} and all that they need and want, each after what it needs. */
    List<Module> closure(List<String> names) {
        Set<Module> all = new LinkedHashSet<>();
        names.forEach(name -> collect(name, all, new LinkedHashSet<>()));
        return List.copyOf(all);
    }

    private void collect(String name, Set<Module> all, Set<String> under) {
        String plain = name.replace('-', '_');
        String real = byName.containsKey(plain) ? plain : byAlias.getOrDefault(plain, "");
        Module m = byName.get(real);
        if (m == null || all.contains(m) || !under.add(real)) {
            return;
        }
        m.needs().forEach(n -> collect(n, all, under));
        m.wants().forEach(n -> collect(n, all, under));
        all.add(m);
    }

    // ---- kept --------------------------------------------------------------------------------

    /** As text: a line a module. */
    String text() {
        StringBuilder out = new StringBuilder();
        for (Module m : byName.values()) {
            out.append(m.path())
                    .append('\t')
                    .append(String.join(" ", m.needs()))
                    .append('\t')
                    .append(String.join(" ", m.wants()))
                    .append('\t')
                    .append(String.join(" ", m.aliases()))
                    .append('\n');
        }
        return out.toString();
    }

    /** The index that {@link #text} gave. */
    static ModuleIndex of(String text) {
        ModuleIndex index = new ModuleIndex();
        for (String line : text.split("\n", -1)) {
            String[] parts = line.split("\t", -1);
            if (parts.length == 4) {
                index.add(
                        new Module(
                                parts[0],
                                words(parts[1], " "),
                                words(parts[2], " "),
                                words(parts[3], " ")));
            }
        }
        return index;
    }
}
