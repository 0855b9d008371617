package xenolith.toolstack.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class PartitionTableTest {
    @Test
    void onePartitionFromTheFirstMebibyteToTheEnd() {
        byte[] sector = PartitionTable.sector(4L << 30, 0x1234_5678);
        ByteBuffer b = ByteBuffer.wrap(sector).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(sector).hasSize(512).endsWith(0x55, 0xAA);
        assertThat(b.getInt(440)).isEqualTo(0x1234_5678);
        assertThat(sector[450]).isEqualTo((byte) 0x83);
        assertThat(b.getInt(454)).isEqualTo(2048);
        assertThat(b.getInt(458)).isEqualTo((4 << 21) - 2048);
        assertThat(b.getInt(462)).as("no second one").isZero();
    }
}
