package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import xenolith.toolstack.guest.DebianGuest;

/** The core file of a running Debian guest. */
class DumpCoreIT {
    @TempDir Path folder;

    @Test
    void hasRegistersAndMemoryAndTheGuestGoesOn() throws Exception {
        GuestSession.Setup setup = DebianFiles.setup(DebianGuest.KERNEL_PACKAGE);
        Path core = folder.resolve("core");
        try (GuestSession guest = GuestSession.start(setup)) {
            guest.expect("~ # ", Duration.ofMinutes(3));
            guest.send("needle=hay; echo $needle-$((6*7))-$needle");
            guest.expect("hay-42-hay", Duration.ofMinutes(1));
            guest.dumpCore(core);
            guest.send("echo still $((6 * 7))");
            guest.expect("still 42", Duration.ofMinutes(1));
            guest.send("poweroff -f");
            assertThat(guest.end(Duration.ofMinutes(1))).isEqualTo(Ending.POWERED_OFF);
        } finally {
            setup.files().close();
        }
        try (FileChannel in = FileChannel.open(core)) {
            ByteBuffer b =
                    in.map(FileChannel.MapMode.READ_ONLY, 0, in.size())
                            .order(ByteOrder.LITTLE_ENDIAN);
            int table = (int) b.getLong(40);
            int context = (int) b.getLong(table + 64 * 3 + 24);
            long rip = b.getLong(context + 520 + 128);
            assertThat(rip >>> 47)
                    .as("RIP %x of an idle guest is the kernel's", rip)
                    .isEqualTo(0x1ffff);
            assertThat(b.getShort(context + 520 + 136)).isEqualTo((short) 0xe033);
            long pages = b.getLong(table + 64 * 6 + 32) >> 12;
            assertThat(pages).isGreaterThan(60_000);
        }
        String text = Files.readString(core, StandardCharsets.ISO_8859_1);
        assertThat(text.contains("Linux version 6.")).isTrue();
        assertThat(text.contains("hay-42-hay")).isTrue();
    }
}
