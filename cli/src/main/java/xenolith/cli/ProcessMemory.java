package xenolith.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/**
 * What this process uses besides the guest's memory, by the JVM's and the kernel's own books.
 *
 * @param heap bytes of the Java heap that hold objects, garbage included
 * @param heapCommitted bytes of the Java heap that the host has given
 * @param metaspace bytes of classes, the compressed ones included
 * @param classes classes that are loaded now
 * @param classesUnloaded classes that were loaded once and are gone
 * @param code bytes of compiled code
 * @param codeMost bytes of compiled code that there can be
 * @param resident bytes of host memory in use now, guest memory included; 0 where nobody says
 * @param residentMost the most of them so far; 0 where nobody says
 */
record ProcessMemory(
        long heap,
        long heapCommitted,
        long metaspace,
        long classes,
        long classesUnloaded,
        long code,
        long codeMost,
        long resident,
        long residentMost) {

    /** As it is now. */
    static ProcessMemory now() {
        var heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        var classes = ManagementFactory.getClassLoadingMXBean();
        List<MemoryPoolMXBean> code = pools(n -> n.startsWith("Code"));
        return new ProcessMemory(
                heap.getUsed(),
                heap.getCommitted(),
                used(pools("Metaspace"::equals)),
                classes.getLoadedClassCount(),
                classes.getUnloadedClassCount(),
                used(code),
                code.stream().mapToLong(p -> p.getUsage().getMax()).sum(),
                status("VmRSS:"),
                status("VmHWM:"));
    }

    /** Code is in one pool or in several, by the JVM's flags. */
    private static List<MemoryPoolMXBean> pools(Predicate<String> name) {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(p -> p.getType() == MemoryType.NON_HEAP && name.test(p.getName()))
                .toList();
    }

    private static long used(List<MemoryPoolMXBean> pools) {
        return pools.stream().mapToLong(p -> p.getUsage().getUsed()).sum();
    }

    /** A line of Linux's status file of this process, in bytes. */
    private static long status(String field) {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith(field))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    /** One line each, without line ends. */
    List<String> lines() {
        return List.of(
                "heap      " + mib(heap) + " used, " + mib(heapCommitted) + " committed",
                "metaspace "
                        + mib(metaspace)
                        + ", "
                        + classes
                        + " classes, "
                        + classesUnloaded
                        + " unloaded",
                "code      " + mib(code) + " compiled, of " + mib(codeMost),
                resident == 0
                        ? "resident  unknown"
                        : "resident  " + mib(resident) + ", at most " + mib(residentMost));
    }

    private static String mib(long bytes) {
        return String.format(java.util.Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
    }
}
