package xenolith.toolstack.netback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.toolstack.config.ConfigException;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.net.MacAddress;

class VifSpecTest {
    private static VifSpec parse(String text) throws ConfigException {
        return VifSpec.parse(new Value.Text(new Position("web.cfg", 3, 7), text));
    }

    @Test
    void nothingSaidIsTheDefault() throws Exception {
        assertThat(parse("")).isEqualTo(VifSpec.defaults());
        assertThat(parse("type=vif,model=e1000,script=" + VifSpec.DEFAULT_SCRIPT))
                .isEqualTo(VifSpec.defaults());
    }

    @Test
    void allKeysAreRead() throws Exception {
        VifSpec spec =
                parse(
                        "mac=00:16:3E:74:3d:76, bridge=xenbr1,script=/x/y,ip=10.0.0.1 fd00::1"
                                + " 10.0.1.0/24,vifname=web.0,rate=1MB/s@20ms,trusted=0,mtu=9000,"
                                + "backend=0");
        assertThat(spec.mac()).isEqualTo(Optional.of(new MacAddress(0x00163e743d76L)));
        assertThat(spec.bridge()).contains("xenbr1");
        assertThat(spec.script()).isEqualTo("/x/y");
        assertThat(spec.ip()).isEqualTo("10.0.0.1 fd00::1 10.0.1.0/24");
        assertThat(spec.ipv4()).isEqualTo(Set.of(0x0a000001, 0x0a000100));
        assertThat(spec.vifname()).contains("web.0");
        assertThat(spec.rate()).isEqualTo(new Rate(20_000, 20_000));
        assertThat(spec.trusted()).isFalse();
        assertThat(spec.mtu()).isEqualTo(9000);
    }

    @ParameterizedTest
    @CsvSource({
        "10Mb/s, 62500, 50000",
        "250KB/s, 12500, 50000",
        "1GB/s@1s, 1000000000, 1000000",
        "800b/s@500ms, 50, 500000",
        "1MB/s@20us, 20, 20",
    })
    void ratesAreRead(String text, long bytes, long micros) throws Exception {
        assertThat(parse("rate=" + text).rate()).isEqualTo(new Rate(bytes, micros));
        assertThat(parse("rate=" + text).rate().node()).isEqualTo(bytes + "," + micros);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mac=00:16:3e | 00:16:3e",
                "mac=01:00:5e:00:00:01 | one card",
                "mac=00:00:00:00:00:00 | one card",
                "rate=fast | 10Mb/s",
                "rate=1b/s@1us | 10Mb/s",
                "bridge=a/b | a/b",
                "vifname=averyveryverylongname | name of an interface",
                "type=ioemu,model=e1000 | HVM",
                "type=tap | vif",
                "backend=driver | domain 0",
                "gatewaydev=eth0 | bridge",
                "trusted=maybe | trusted",
                "mtu=10 | mtu",
                "mtu=70000 | mtu",
                "ip=1.2.3.400 | 1.2.3.400",
                "colour=red | colour",
                "mac | value",
                "bridge=a,bridge=b | twice",
            })
    void mistakesAreSentencesWithTheirPlace(String text, String part) {
        assertThatThrownBy(() -> parse(text))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("web.cfg:3:7: ")
                .hasMessageContaining(part)
                .hasMessageEndingWith(".");
    }
}
