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

    @Test
    void isToldFromFileSystemsAndFromNothing() {
        byte[] sector = PartitionTable.sector(4L << 30, 1);
        assertThat(PartitionTable.isIn(sector)).isTrue();
        sector[450] = (byte) 0xEE; // what protects a GPT
        assertThat(PartitionTable.isIn(sector)).isTrue();
        sector[450] = 0;
        assertThat(PartitionTable.isIn(sector)).as("an empty table").isFalse();
        assertThat(PartitionTable.isIn(new byte[512])).isFalse();
        byte[] fat = new byte[512];
        java.util.Arrays.fill(fat, 3, 510, (byte) 'x'); // its code and messages
        fat[510] = 0x55;
        fat[511] = (byte) 0xAA;
        assertThat(PartitionTable.isIn(fat)).isFalse();
    }
}
