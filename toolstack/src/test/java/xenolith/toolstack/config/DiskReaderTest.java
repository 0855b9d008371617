package xenolith.toolstack.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.toolstack.disk.Disks;

/** The syntax of disks, by the examples of xl-disk-configuration(5) and by mistakes. */
class DiskReaderTest {
    private final List<String> warnings = new ArrayList<>();

    private DiskSpec read(String text) throws ConfigException {
        return DiskReader.read(new Position("f.cfg", 3, 10), text, Path.of("/images"), warnings);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    /dev/vg/guest-volume,,hda                                  | /dev/vg/guest-volume | RAW   | 768   | false | false
                    /dev/vg/guest-volume,raw,hda,rw                            | /dev/vg/guest-volume | RAW   | 768   | false | false
                    format=raw, vdev=hda, access=rw, target=/dev/vg/guest-volume | /dev/vg/guest-volume | RAW | 768   | false | false
                    raw:/dev/vg/guest-volume,hda,w                             | /dev/vg/guest-volume | RAW   | 768   | false | false
                    /root/image.iso,,hdc,cdrom                                 | /root/image.iso      | RAW   | 5632  | true  | true
                    file:/root/image.iso,hdc:cdrom,ro                          | /root/image.iso      | RAW   | 5632  | true  | true
                    tap:qcow2:/a/b.qcow2,xvdb,w                                | /a/b.qcow2           | QCOW2 | 51728 | false | false
                    phy:/dev/loop0,xvda1,r                                     | /dev/loop0           | RAW   | 51713 | true  | false
                    b.qcow2,qcow2,xvdq                                         | /images/b.qcow2      | QCOW2 | 268439552 | false | false
                    vdev=sdb3,target=/odd,name=x                               | /odd,name=x          | RAW   | 2067  | false | false
                    """)
    void disksAsXlReadsThem(
            String text,
            Path target,
            Disks.Format format,
            int vdev,
            boolean readOnly,
            boolean cdrom)
            throws ConfigException {
        DiskSpec disk = read(text);
        assertThat(disk.target()).isEqualTo(target);
        assertThat(disk.format()).isEqualTo(format);
        assertThat(disk.vdev().number()).isEqualTo(vdev);
        assertThat(disk.readOnly()).isEqualTo(readOnly);
        assertThat(disk.cdrom()).isEqualTo(cdrom);
        assertThat(warnings).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ''                                  | f.cfg:3:10: a disk needs a target
                    ,raw,xvda                           | f.cfg:3:10: a disk needs a target
                    /a                                  | f.cfg:3:10: a disk needs a vdev
                    /a,raw,disk1                        | "disk1" is not a vdev
                    /a,raw,xvda01                       | "xvda01" is not a vdev
                    /a,raw,hde                          | "hde" is not a vdev
                    /a,vhd,xvda                         | the format vhd is not supported
                    /a,odd,xvda                         | "odd" is not a format
                    /a,raw,xvda,x                       | the access "x"
                    /a,raw,xvda,r,more                  | f.cfg:3:24: "more" is one part too many
                    /a,raw,xvda,w,cdrom                 | a CD cannot be written to
                    /a,raw,xvda,colour=red              | f.cfg:3:22: "colour" is not a key
                    vdev=xvda,vdev=xvdb,target=/a       | f.cfg:3:20: vdev is given twice
                    /a,raw,xvda:tape                    | the devtype "tape"
                    /a,raw,xvda,backendtype=magic       | the backendtype magic
                    /a,raw,xvda,backend=storage         | driver domains
                    cdrom,vdev=hdc                      | name a target
                    """)
    void mistakesAreSaidWithTheirPlace(String text, String why) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("f.cfg:3:")
                .hasMessageContaining(why);
    }

    @Test
    void aScriptIsNotRun() throws ConfigException {
        read("/a,raw,xvda,script=block-iscsi,no-discard,direct-io-safe");
        assertThat(warnings)
                .containsExactly("f.cfg:3:22: script=block-iscsi is not run: it has no effect.");
        assertThat(read("/a,raw,xvda,no-discard").discard()).isFalse();
        assertThat(read("in-memory,/a,raw,xvda").overlay()).isTrue();
    }

    @Test
    void vdevsHaveXensNumbers() {
        String[] names = {
            "xvda", "xvdp15", "xvdq", "xvdaa1", "d0", "d26p1", "hdb1", "hdd", "51712", "0xca00"
        };
        Integer[] numbers = {
            51712, 51967, 268439552, 268442113, 51712, 268442113, 833, 5696, 51712, 51712
        };
        for (int i = 0; i < names.length; i++) {
            assertThat(Vdev.of(names[i]).orElseThrow().number()).as(names[i]).isEqualTo(numbers[i]);
        }
    }
}
