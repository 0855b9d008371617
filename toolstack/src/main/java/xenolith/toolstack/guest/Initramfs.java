package xenolith.toolstack.guest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * The ramdisk of a Debian guest: busybox with a script that ends in a shell, and added packages.
 */
public final class Initramfs {
    /**
     * The first program. A shell with a controlling terminal needs a session of its own and a tty
     * that is not /dev/console: cttyhack finds the real one. With TERM=dumb nobody answers
     * questions about the cursor: without the terminal's echo the shell does not ask, and shows
     * each command itself when it runs it.
     */
    private static final String INIT =
            """
            #!/bin/busybox sh
            export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
            export HOME=/root TERM="${TERM:-vt100}" ENV=/etc/shrc
            /bin/busybox --install -s 2>/dev/null
            mount -t proc proc /proc
            mount -t sysfs sysfs /sys
            mount -t devtmpfs devtmpfs /dev 2>/dev/null
            mkdir -p /dev/pts /dev/shm
            mount -t devpts devpts /dev/pts 2>/dev/null
            mount -t tmpfs tmpfs /tmp 2>/dev/null
            mount -t tmpfs tmpfs /run 2>/dev/null
            hostname xenolith
            for module in $(cat /etc/modules 2>/dev/null); do modprobe "$module"; done
            cd /root
            echo
            echo "Linux $(uname -r) as a Xen PV guest, $(grep MemTotal /proc/meminfo | tr -s ' ' | cut -d ' ' -f 2) KiB of memory."
            echo "'poweroff -f' ends it, 'reboot -f' starts it anew."
            echo
            if [ -e /sys/bus/xen/devices/vif-0 ]; then
                (
                    for second in 1 2 3 4 5; do [ -e /sys/class/net/eth0 ] || sleep 1; done
                    ip link set eth0 up && udhcpc -i eth0 -b
                ) >/dev/null 2>&1 </dev/null &
            fi
            if [ -n "$COLUMNS" ]; then stty rows "$LINES" columns "$COLUMNS"; fi
            unset LINES COLUMNS
            if [ "$TERM" = dumb ]; then stty -echo; fi
            setsid cttyhack /bin/busybox sh
            poweroff -f
            """;

    /** What busybox's DHCP client does with an answer. */
    private static final String DHCP =
            """
            #!/bin/sh
            case "$1" in
            bound|renew)
                ip -4 addr flush dev "$interface"
                ip link set "$interface" mtu "${mtu:-1500}"
                ip addr add "$ip/${mask:-24}" dev "$interface"
                [ -z "$router" ] || ip route add default via "${router%% *}" dev "$interface"
                for server in $dns; do echo "nameserver $server"; done >/etc/resolv.conf
                ;;
            esac
            """;

    /**
     * What the kernel runs when the toolstack asks for a shutdown or a reboot. Busybox's own would
     * tell the first program, which is a script that waits for a shell.
     */
    private static final String END = "#!/bin/busybox sh\nexec /bin/busybox ";

    /** The end of what an interactive shell reads first. */
    private static final String SHRC = "if [ \"$TERM\" = dumb ]; then set -v; fi\n";

    private static final Pattern PROGRAM = Pattern.compile("(?:usr/)?s?bin/([A-Za-z0-9._+-]+)");

    /** Part of the shell, which is faster than any program. */
    private static final Set<String> BUILT_IN =
            Set.of("echo", "false", "kill", "printf", "pwd", "test", "true");

    private static final Set<String> LEFT_OUT =
            Set.of(
                    "usr/share/doc",
                    "usr/share/man",
                    "usr/share/info",
                    "usr/share/locale",
                    "usr/share/lintian",
                    "usr/share/bug");

    private final CpioWriter cpio = new CpioWriter();

    /** The shell of busybox prefers busybox's programs, unless aliases name those of packages. */
    private final StringBuilder aliases = new StringBuilder();

    /** Makes the ramdisk of {@code busybox} (the program) and the package files {@code debs}. */
    public static byte[] make(byte[] busybox, List<Path> debs) throws GuestException {
        return make(busybox, debs, KernelModules.none());
    }

    /** As {@link #make(byte[], List)}, with {@code modules}, which are loaded at the start. */
    static byte[] make(byte[] busybox, List<Path> debs, KernelModules modules)
            throws GuestException {
        Initramfs ramdisk = new Initramfs();
        ramdisk.addBase(busybox);
        ramdisk.add(modules);
        for (Path deb : debs) {
            DebPackage.visit(deb, ramdisk::add);
        }
        ramdisk.cpio.link("bin/sh", "busybox"); // if no package has a better one
        ramdisk.text("etc/shrc", ramdisk.aliases + SHRC);
        return ramdisk.cpio.finish();
    }

    private void addBase(byte[] busybox) {
        for (String folder :
                List.of("bin", "sbin", "usr/bin", "usr/sbin", "proc", "sys", "dev", "etc", "run")) {
            cpio.folder(folder, 0755);
        }
        cpio.folder("tmp", 01777);
        cpio.folder("root", 0700);
        cpio.folder("var/tmp", 01777);
        cpio.device("dev/console", 0600, 5, 1);
        cpio.device("dev/null", 0666, 1, 3);
        cpio.file("bin/busybox", 0755, busybox);
        cpio.file("init", 0755, INIT.getBytes(StandardCharsets.UTF_8));
        cpio.file("etc/udhcpc/default.script", 0755, DHCP.getBytes(StandardCharsets.UTF_8));
        for (String end : List.of("halt", "poweroff", "reboot")) {
            cpio.file("sbin/" + end, 0755, (END + end + " -f\n").getBytes(StandardCharsets.UTF_8));
        }
        text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
        text("etc/group", "root:x:0:\n");
        text("etc/hostname", "xenolith\n");
        text("etc/hosts", "127.0.0.1 localhost xenolith\n");
    }

    private void add(KernelModules modules) {
        if (modules.files().isEmpty()) {
            return;
        }
        String folder = "lib/modules/" + modules.version();
        StringBuilder names = new StringBuilder();
        for (KernelModules.File f : modules.files()) {
            cpio.file(f.path(), 0644, f.content());
            names.append(f.name()).append('\n');
        }
        text(folder + "/modules.dep", modules.dependencies());
        text(folder + "/modules.alias", modules.aliases());
        text("etc/modules", names.toString());
    }

    private void text(String path, String content) {
        cpio.file(path, 0644, content.getBytes(StandardCharsets.UTF_8));
    }

    private void add(String path, TarArchiveEntry entry, InputStream content) throws IOException {
        if (path.isEmpty() || LEFT_OUT.stream().anyMatch(p -> (path + "/").startsWith(p + "/"))) {
            return;
        }
        Matcher program = PROGRAM.matcher(path);
        if (program.matches() && !entry.isDirectory() && !BUILT_IN.contains(program.group(1))) {
            aliases.append("alias ")
                    .append(program.group(1))
                    .append("=/")
                    .append(path)
                    .append('\n');
        }
        int permissions = entry.getMode() & 07777;
        if (entry.isDirectory()) {
            cpio.folder(path, permissions);
        } else if (entry.isSymbolicLink()) {
            cpio.link(path, entry.getLinkName());
        } else if (entry.isLink()) {
            String target = entry.getLinkName().replaceFirst("^\\./", "");
            cpio.link(path, "/" + target);
        } else if (entry.isFile()) {
            cpio.file(path, permissions, content.readAllBytes());
        }
    }
}
