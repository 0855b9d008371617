package xenolith.toolstack.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.FakeDomain;

/** A guest that writes nonsense to its console page still has a console afterwards. */
class HostileConsoleTest {
    private static final int INDICES = 3072;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void randomIndices(long seed) throws ControlException {
        Random random = new Random(seed);
        FakeDomain domain = new FakeDomain();
        ByteBuffer page = ByteBuffer.wrap(domain.frame(5)).order(ByteOrder.LITTLE_ENDIAN);
        StringBuilder printed = new StringBuilder();
        ConsoleInput input = new ConsoleInput();
        new ConsoleBackend(
                domain,
                5,
                1,
                input,
                (bytes, length) ->
                        printed.append(new String(bytes, 0, length, StandardCharsets.ISO_8859_1)));
        for (int round = 0; round < 2000; round++) {
            page.putInt(
                    INDICES + 4 * random.nextInt(4),
                    random.nextBoolean() ? random.nextInt() : random.nextInt(4096));
            input.offer(new byte[] {'i'});
            int before = printed.length();
            domain.send(1);
            assertThat(printed.length() - before).isLessThanOrEqualTo(2048);
        }
        for (int i = 0; i < 4; i++) {
            page.putInt(INDICES + 4 * i, 0);
        }
        printed.setLength(0);
        page.put(1024, (byte) 'h').put(1025, (byte) 'i').putInt(INDICES + 12, 2);
        domain.send(1);
        assertThat(printed).hasToString("hi");
    }
}
