package xenolith.toolstack.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MergerTest {
    private static final MacAddress A = new MacAddress(0x00163e000001L);
    private static final MacAddress B = new MacAddress(0x00163e000002L);
    private static final int SIZE = 1448;

    private final List<Frame> out = new ArrayList<>();
    private final Merger merger = new Merger(out::add);

    private static byte[] packet(int n, int flags) {
        return Packets.ipv4(B, A, 1, 2, 6, Packets.tcp(0xffff_fff0, flags, Packets.data(n)));
    }

    /** {@code n} bytes of a stream, in segments as they go over a wire. */
    private static List<Frame> segments(int n) {
        Offload large = new Offload(true, true, Offload.Gso.TCPV4, SIZE);
        return Completion.of(new Frame(packet(n, Packets.ACK), large));
    }

    private static byte[] bytes(Frame frame) {
        return frame.bytes();
    }

    @Test
    void segmentsBecomeThePacketTheyWere() {
        segments(9000).forEach(merger::take);
        assertThat(out).hasSize(1);
        Frame whole = out.getFirst();
        assertThat(whole.offload()).isEqualTo(new Offload(true, true, Offload.Gso.TCPV4, SIZE));
        List<byte[]> again = Completion.of(whole).stream().map(MergerTest::bytes).toList();
        assertThat(again)
                .containsExactlyElementsOf(segments(9000).stream().map(MergerTest::bytes).toList());
    }

    @Test
    void noPacketIsLongerThanIpAllows() {
        segments(65_400).forEach(merger::take);
        segments(200_000 % 65_000).forEach(merger::take);
        merger.flush();
        assertThat(out).allMatch(f -> f.length() <= 65_535);
        int bytes = out.stream().mapToInt(f -> Bits.u16(f.bytes(), 16) - 40).sum();
        assertThat(bytes).isEqualTo(65_400 + 5_000);
    }

    @Test
    void fullSegmentsWaitForTheFlush() {
        segments(3 * SIZE).forEach(merger::take);
        assertThat(out).isEmpty();
        merger.flush();
        assertThat(out).hasSize(1);
        merger.flush();
        assertThat(out).hasSize(1);
    }

    @Test
    void whatIsNoSegmentPassesBehindWhatIsHeld() {
        List<Frame> two = segments(2 * SIZE);
        Frame arp = new Frame(Packets.arp(A, 1, 2));
        two.forEach(merger::take);
        merger.take(arp);
        assertThat(out).hasSize(2);
        assertThat(out.getLast()).isSameAs(arp);
    }

    @Test
    void onlyNeighboursOfOneConnectionAreMerged() {
        List<Frame> all = segments(6 * SIZE);
        byte[] bad = all.get(1).bytes().clone();
        bad[bad.length - 1] ^= 1;
        merger.take(all.get(0));
        merger.take(new Frame(bad)); // a wrong checksum
        merger.take(all.get(2)); // not behind the one before
        byte[] other = all.get(3).bytes().clone();
        Bits.put16(other, 34, 1001);
        Checksum.fillTransport(other, Headers.of(other).orElseThrow());
        merger.take(new Frame(other)); // another port
        merger.take(all.get(3));
        byte[] fin = all.get(4).bytes().clone();
        fin[47] |= 1;
        Checksum.fillTransport(fin, Headers.of(fin).orElseThrow());
        merger.take(new Frame(fin));
        merger.flush();
        assertThat(out.stream().map(MergerTest::bytes))
                .containsExactly(
                        all.get(0).bytes(),
                        bad,
                        all.get(2).bytes(),
                        other,
                        all.get(3).bytes(),
                        fin);
    }

    @Test
    void smallSegmentsStay() {
        for (int i = 0; i < 3; i++) {
            byte[] f = packet(5, Packets.ACK);
            Bits.put32(f, 38, 5 * i);
            Checksum.fillTransport(f, Headers.of(f).orElseThrow());
            merger.take(new Frame(f));
        }
        merger.flush();
        assertThat(out).hasSize(3);
    }

    @Test
    void theSumOfThePseudoHeaderIsWhatLinuxExpects() {
        segments(2 * SIZE).forEach(merger::take);
        merger.flush();
        byte[] f = out.getFirst().bytes();
        // addresses 0.0.0.1 and 0.0.0.2, protocol 6, length of header and data
        assertThat(Bits.u16(f, 50)).isEqualTo(1 + 2 + 6 + 20 + 2 * SIZE);
    }
}
