package xenolith.toolstack.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class MacAddressTest {
    @Test
    void isReadAndWritten() {
        assertThat(MacAddress.parse("00:16:3E:1:22:ff").orElseThrow())
                .hasToString("00:16:3e:01:22:ff");
        for (String bad : new String[] {"", "00:16:3e:01:22", "00:16:3e:01:22:fg", "0016.3e"}) {
            assertThat(MacAddress.parse(bad)).isEmpty();
        }
    }

    @Test
    void aRandomOneIsOfXensRangeAndRepeatsWithTheSeed() {
        MacAddress first = MacAddress.random(new Random(3));
        assertThat(first.toString()).startsWith("00:16:3e:");
        assertThat(MacAddress.random(new Random(3))).isEqualTo(first);
        assertThat(MacAddress.random(new Random(4))).isNotEqualTo(first);
        assertThat(first.group()).isFalse();
        assertThat(MacAddress.BROADCAST.group()).isTrue();
    }
}
