package xenolith.toolstack.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompletionTest {
    private static final MacAddress A = new MacAddress(0x00163e000001L);
    private static final MacAddress B = new MacAddress(0x00163e000002L);
    private static final Offload BLANK = new Offload(true, true, Offload.Gso.NONE, 0);

    private static final List<Offload.Gso> KINDS = List.of(Offload.Gso.values());

    private static Headers headers(byte[] f) {
        return Headers.of(f).orElseThrow();
    }

    @Test
    void aWholeFrameStaysAsItIs() {
        Frame frame = new Frame(Packets.arp(A, 1, 2));
        assertThat(Completion.of(frame)).containsExactly(frame);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 1459, 1460})
    void blankChecksumsAreFilledIn(int n) {
        byte[] tcp = Packets.ipv4(B, A, 1, 2, 6, Packets.tcp(5, Packets.ACK, Packets.data(n)));
        byte[] udp = Packets.ipv4(B, A, 1, 2, 17, Packets.udp(5, 6, Packets.data(n)));
        byte[] tcp6 = Packets.ipv6(B, A, 6, Packets.tcp(5, Packets.ACK, Packets.data(n)));
        for (byte[] f : List.of(tcp, udp, tcp6)) {
            byte[] whole = Completion.of(new Frame(f, BLANK)).getFirst().bytes();
            assertThat(Checksum.right(whole, headers(whole))).isTrue();
            whole[whole.length - 1] ^= 1;
            assertThat(Checksum.right(whole, headers(whole))).isFalse();
        }
    }

    /** The example of a checksum that is known from elsewhere: a DNS question made by Linux. */
    @Test
    void theSumIsThatOfTheStandard() {
        byte[] header = new byte[34];
        int[] known = {
            0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0, 0, 0xc0, 0xa8, 0x00,
            0x01, 0xc0, 0xa8, 0x00, 0xc7
        };
        for (int i = 0; i < known.length; i++) {
            header[14 + i] = (byte) known[i];
        }
        Checksum.fillIpv4(header, 14);
        assertThat(Bits.u16(header, 24)).isEqualTo(0xb861);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1448, 1449, 40000})
    void largePacketsAreCut(int n) {
        cut(n, false);
        cut(n, true);
    }

    private static void cut(int n, boolean v6) {
        byte[] data = Packets.data(n);
        int flags = Packets.ACK | 1 | 8 | 128;
        byte[] large =
                v6
                        ? Packets.ipv6(B, A, 6, Packets.tcp(0xffff_fff0, flags, data))
                        : Packets.ipv4(B, A, 9, 8, 6, Packets.tcp(0xffff_fff0, flags, data));
        Offload gso = new Offload(true, true, v6 ? Offload.Gso.TCPV6 : Offload.Gso.TCPV4, 1448);
        List<Frame> frames = Completion.of(new Frame(large, gso));
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < frames.size(); i++) {
            byte[] f = frames.get(i).bytes();
            Headers h = headers(f);
            assertThat(h.end()).isEqualTo(f.length);
            assertThat(f.length - h.payload(f)).isBetween(1, 1448);
            assertThat(Checksum.right(f, h)).isTrue();
            assertThat(Bits.u32(f, h.transport() + 4)).isEqualTo(0xffff_fff0 + all.size());
            boolean last = i == frames.size() - 1;
            int expected = Packets.ACK | (last ? 1 | 8 : 0) | (i == 0 ? 128 : 0);
            assertThat(Bits.u8(f, h.transport() + 13)).isEqualTo(expected);
            if (!v6) {
                assertThat(Bits.u16(f, 14 + 4)).isEqualTo(0x1234 + i);
                assertThat(Checksum.finish(Checksum.sum(f, 14, 34, 0))).isZero();
            }
            all.write(f, h.payload(f), f.length - h.payload(f));
        }
        assertThat(all.toByteArray()).isEqualTo(data);
        assertThat(frames).hasSize((n + 1447) / 1448);
    }

    @Test
    void contradictionsAreDropped() {
        byte[] udp = Packets.ipv4(B, A, 1, 2, 17, Packets.udp(5, 6, Packets.data(99)));
        byte[] tcp = Packets.ipv4(B, A, 1, 2, 6, Packets.tcp(5, 0, Packets.data(99)));
        Offload gso = new Offload(true, true, Offload.Gso.TCPV4, 1000);
        assertThat(Completion.of(new Frame(udp, gso))).isEmpty();
        Offload six = new Offload(true, true, Offload.Gso.TCPV6, 1000);
        assertThat(Completion.of(new Frame(tcp, six))).isEmpty();
        Offload tiny = new Offload(true, true, Offload.Gso.TCPV4, 1);
        assertThat(Completion.of(new Frame(tcp, tiny))).isEmpty();
        assertThat(Completion.of(new Frame(Packets.arp(A, 1, 2), BLANK))).isEmpty();
    }

    /** Whatever the bytes are, the answer is frames or none, and never an exception. */
    @Test
    void nonsenseIsDropped() {
        var random = new java.util.Random(7);
        byte[][] seeds = {
            Packets.ipv4(B, A, 1, 2, 6, Packets.tcp(5, 0, Packets.data(200))),
            Packets.ipv6(B, A, 6, Packets.tcp(5, 0, Packets.data(200))),
            Packets.ipv4(B, A, 1, 2, 17, Packets.udp(5, 6, Packets.data(200))),
        };
        int cut = 0;
        for (int i = 0; i < 30_000; i++) {
            byte[] f = seeds[i % 3].clone();
            for (int k = random.nextInt(4); k >= 0; k--) {
                f[12 + random.nextInt(50)] = (byte) random.nextInt();
            }
            if (random.nextBoolean()) {
                f = java.util.Arrays.copyOf(f, 14 + random.nextInt(f.length - 14));
            }
            var kind = KINDS.get(random.nextInt(3));
            var frames = Completion.of(new Frame(f, new Offload(true, true, kind, 50)));
            Completion.uncut(new Frame(f, new Offload(true, true, kind, 50)));
            cut += frames.isEmpty() ? 0 : 1;
        }
        assertThat(cut).isBetween(1000, 29_000);
    }
}
