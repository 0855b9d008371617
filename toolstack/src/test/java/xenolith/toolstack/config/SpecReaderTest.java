package xenolith.toolstack.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a configuration means for a domain. */
class SpecReaderTest {
    private static SpecReader.Result read(String source) throws ConfigException {
        return SpecReader.of(ConfigFile.parse("f.cfg", source), Path.of("/etc/f.cfg"));
    }

    @Test
    void aWholeFileIsUnderstood() throws ConfigException {
        DomainSpec spec =
                read("""
                type = "pv"
                name = "d2"
                uuid = "11111111-2222-3333-4444-555555555555"
                memory = 0x80
                vcpus = 2; maxvcpus = 4
                kernel = "/boot/vmlinuz"
                ramdisk = "initrd"
                cmdline = "console=hvc0"
                max_event_channels = 4096
                on_poweroff = "preserve"
                on_reboot = "destroy"
                on_crash = "rename-restart"
                """)
                        .spec();
        assertThat(spec.name()).isEqualTo("d2");
        assertThat(spec.uuid()).isEqualTo(UUID.fromString("11111111-2222-3333-4444-555555555555"));
        assertThat(spec.memoryMib()).isEqualTo(128);
        assertThat(spec.vcpus()).isEqualTo(2);
        assertThat(spec.maxVcpus()).isEqualTo(4);
        assertThat(spec.kernel()).contains(Path.of("/boot/vmlinuz"));
        assertThat(spec.ramdisk()).contains(Path.of("/etc/initrd"));
        assertThat(spec.maxEventChannels()).isEqualTo(4096);
        assertThat(spec.onPoweroff()).isEqualTo(Action.PRESERVE);
        assertThat(spec.onReboot()).isEqualTo(Action.DESTROY);
        assertThat(spec.onCrash()).isEqualTo(Action.RENAME_RESTART);
    }

    @Test
    void aBootloaderFindsTheKernelOnTheDisk() throws ConfigException {
        for (String name : List.of("pygrub", "/usr/lib/xen-4.17/bin/pygrub", "grub")) {
            SpecReader.Result result = read("bootloader='" + name + "'");
            assertThat(result.spec().bootloader()).as(name).contains(Bootloader.GRUB);
            assertThat(result.warnings()).isEmpty();
        }
        assertThat(read("bootloader=''").spec().bootloader()).isEmpty();
        assertThat(read("bootloader='grub'; kernel='k'").warnings())
                .containsExactly("f.cfg:1:1: bootloader has no effect beside kernel.");
        assertThatThrownBy(() -> read("bootloader='lilo'"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("f.cfg:1:12")
                .hasMessageContaining("lilo");
    }

    @Test
    void rootAndExtraMakeACommandLine() throws ConfigException {
        assertThat(read("root='/dev/xvda1';extra='ro quiet'").spec().cmdline())
                .isEqualTo("root=/dev/xvda1 ro quiet");
        assertThat(read("extra='quiet'").spec().cmdline()).isEqualTo("quiet");
        SpecReader.Result both = read("cmdline='x'\nextra='y'");
        assertThat(both.spec().cmdline()).isEqualTo("x");
        assertThat(both.warnings())
                .containsExactly("f.cfg:2:1: extra has no effect beside cmdline.");
    }

    @Test
    void settingsOfOtherGuestsAreSilentAndUnsupportedOnesAreNamed() throws ConfigException {
        assertThat(read("loader='generic';hap=1;viridian=['all'];nestedhvm=1").warnings())
                .isEmpty();
        assertThat(read("\n  vtpm = [ 'backend=vtpm' ]").warnings())
                .isEqualTo(
                        List.of(
                                "f.cfg:2:3: vtpm is not supported yet: the guest will have no"
                                        + " TPM."));
        assertThat(read("colour='red'").warnings())
                .containsExactly("f.cfg:1:1: colour is not a setting of xl.cfg: it has no effect.");
        assertThat(read("vfb=[]").warnings()).isEmpty();
    }

    @Test
    void memoryCpusAndSharesAreKept() throws ConfigException {
        SpecReader.Result result =
                read("memory=64;maxmem=128;cpus=['0-1','^1'];cpu_weight=512;cap=50");
        assertThat(result.warnings()).isEmpty();
        DomainSpec spec = result.spec();
        assertThat(spec.memoryMib()).isEqualTo(64);
        assertThat(spec.maxMemoryMib()).isEqualTo(128);
        assertThat(spec.cpus()).isEqualTo("0-1,^1");
        assertThat(spec.cpuWeight()).isEqualTo(512);
        assertThat(spec.cap()).isEqualTo(50);
        assertThat(read("cpus='all'").spec().cpus()).isEqualTo("all");
        assertThat(read("").spec().cpuWeight()).isEqualTo(256);
        assertThat(spec.withMemoryMib(256).maxMemoryMib()).isEqualTo(256);
    }

    @Test
    void disksAndCardsAreKeptAsWritten() throws ConfigException {
        DomainSpec spec = read("disk=['a,raw,xvda,w',\n'b,,xvdb'];vif=['']").spec();
        assertThat(spec.disks())
                .extracting(Value.Text::text)
                .containsExactly("a,raw,xvda,w", "b,,xvdb");
        assertThat(spec.disks().get(1).at().line()).isEqualTo(2);
        assertThat(spec.vifs()).extracting(Value.Text::text).containsExactly("");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "memory = 0            | 1:10: memory is 0, but must be 1 to",
                "memory = -5           | 1:10: memory is -5",
                "memory = 'much'       | 1:10: memory must be a number",
                "memory = [1]          | 1:10: memory must be a string",
                "vcpus = 65            | 1:9: vcpus is 65",
                "maxmem = 64           | 1:10: maxmem must not be smaller",
                "cpu_weight = 0        | 1:14: cpu_weight is 0, but must be 1 to 65535",
                "cap = -1              | 1:7: cap is -1",
                "cpus = 'some'         | 1:8: cpus must be \"all\" or numbers",
                "cpus = [[1]]          | 1:8: cpus must be",
                "disk = [ 1 ]          | 1:10: the elements of disk must be strings",
                "vfb = ['vnc=1']       | 1:7: vfb is not supported: Xenolith has no screens",
                "uuid = 'x'            | 1:8: a uuid has 32",
                "on_crash = 'panic'    | 1:12: on_crash must be",
                "type = 'qemu'         | 1:8: type must be",
                "type = 'hvm'          | 1:8: type \"hvm\" is not supported yet",
                "builder = 'hvm'       | 1:11: builder \"hvm\" is not supported yet",
                "kernel = ''           | 1:10: kernel must name a file",
                "name = 'a/b'          | 1:8: a name must not",
            })
    void wrongValuesAreNamedWithTheirPlace(String source, String message) {
        assertThatThrownBy(() -> read(source))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("f.cfg:" + message);
    }

    @Test
    void aKernelBesideTheFileIsFound(@TempDir Path folder) throws IOException, ConfigException {
        Path cfg = folder.resolve("test.cfg");
        Files.writeString(cfg, "kernel = \"/nowhere/tests/example/test-pv64-example\"");
        Path beside = Files.createFile(folder.resolve("test-pv64-example"));
        assertThat(SpecReader.read(cfg).spec().kernel()).contains(beside);
        Files.delete(beside);
        assertThat(SpecReader.read(cfg).spec().kernel())
                .contains(Path.of("/nowhere/tests/example/test-pv64-example"));
    }

    @Test
    void unreadableFilesAreSentences(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> SpecReader.read(folder.resolve("none.cfg")))
                .isInstanceOf(ConfigException.class)
                .hasMessageEndingWith("none.cfg: there is no such file.");
        assertThatThrownBy(() -> SpecReader.read(folder)).hasMessageContaining("it is a folder");
        Path binary = folder.resolve("b.cfg");
        Files.write(binary, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertThatThrownBy(() -> SpecReader.read(binary)).hasMessageContaining("not a text file");
    }
}
