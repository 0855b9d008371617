package xenolith.toolstack.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BridgeTest {
    private long now = 1;
    private final Bridge bridge = new Bridge("xenbr0", () -> now);
    private final Wire a = wire("vif1.0");
    private final Wire b = wire("vif2.0");
    private final Wire c = wire("peth0");

    private static final class Wire extends Port {
        private final List<Frame> got = new ArrayList<>();
        private boolean full;

        Wire(String name) {
            super(name);
        }

        @Override
        public String describe() {
            return "a test";
        }

        @Override
        public boolean carrier() {
            return true;
        }

        @Override
        protected boolean transmit(Frame frame) {
            return !full && got.add(frame);
        }

        void in(Frame frame) {
            receive(frame);
        }

        @Override
        protected void closeLink() {}
    }

    private Wire wire(String name) {
        Wire wire = new Wire(name);
        bridge.add(wire);
        return wire;
    }

    private static MacAddress mac(int n) {
        return new MacAddress(0x00163e000000L + n);
    }

    private static Frame frame(int to, int from) {
        return new Frame(
                Packets.ethernet(
                        to < 0 ? MacAddress.BROADCAST : mac(to), mac(from), 0x88b5, new byte[46]));
    }

    @Test
    void floodsWhatNobodyIsKnownForAndLearns() {
        a.in(frame(2, 1));
        assertThat(a.got).isEmpty();
        assertThat(b.got).hasSize(1);
        assertThat(c.got).hasSize(1);
        b.in(frame(1, 2));
        assertThat(a.got).hasSize(1);
        assertThat(c.got).hasSize(1);
        a.in(frame(2, 1));
        assertThat(b.got).hasSize(2);
        assertThat(c.got).hasSize(1);
        b.in(frame(-1, 2));
        assertThat(a.got).hasSize(2);
        assertThat(c.got).hasSize(2);
        assertThat(bridge.stations()).hasSize(2);
    }

    @Test
    void aFrameForWhoIsBehindTheSamePortGoesNowhere() {
        a.in(frame(-1, 1));
        a.in(frame(1, 3));
        assertThat(b.got).hasSize(1);
    }

    @Test
    void forgetsAfterFiveMinutesAndWhenAPortGoes() {
        a.in(frame(-1, 1));
        now += Bridge.AGEING_NANOS;
        b.in(frame(1, 2));
        assertThat(c.got).hasSize(2);
        a.in(frame(-1, 1));
        a.close();
        b.in(frame(1, 2));
        assertThat(c.got).hasSize(4);
        assertThat(bridge.ports()).containsExactly(b, c);
    }

    @Test
    void aStationThatMovesIsFound() {
        a.in(frame(-1, 1));
        c.in(frame(-1, 1));
        b.in(frame(1, 2));
        assertThat(c.got).hasSize(2);
        assertThat(a.got).hasSize(1);
    }

    @Test
    void onePortCannotFillTheTable() {
        for (int i = 0; i < 5000; i++) {
            a.in(frame(-1, 100 + i));
        }
        assertThat(bridge.stations()).hasSize(Bridge.MOST_ADDRESSES);
        b.in(frame(-1, 2));
        assertThat(bridge.stations()).hasSize(Bridge.MOST_ADDRESSES + 1);
        now += Bridge.AGEING_NANOS;
        a.in(frame(-1, 1));
        assertThat(bridge.stations()).hasSize(1);
    }

    @Test
    void countsWhatPassesAndWhatIsDropped() {
        a.in(frame(-1, 1));
        b.full = true;
        a.in(frame(-1, 1));
        assertThat(a.counters()).isEqualTo(new Counters(2, 120, 0, 0, 0, 0, 0));
        assertThat(b.counters()).isEqualTo(new Counters(0, 0, 0, 0, 1, 60, 1));
    }

    @Test
    void aGuardedPortSpeaksForItselfOnly() {
        a.guard(new Guard(Optional.of(mac(1)), Set.of()));
        a.in(frame(-1, 2));
        a.in(new Frame(Packets.ethernet(mac(2), new MacAddress(1L << 40), 0x88b5, new byte[46])));
        byte[] arp = Packets.arp(mac(1), 0x0a000001, 0x0a000002);
        a.in(new Frame(arp.clone()));
        mac(2).put(arp, 14 + 8);
        a.in(new Frame(arp));
        assertThat(b.got).hasSize(1);
        assertThat(a.counters().rxDropped()).isEqualTo(3);
    }

    @Test
    void aPortWithAddressesUsesThemOnly() {
        a.guard(new Guard(Optional.of(mac(1)), Set.of(0x0a000001)));
        a.in(new Frame(Packets.arp(mac(1), 0x0a000001, 7)));
        a.in(new Frame(Packets.arp(mac(1), 0x0a000003, 7)));
        byte[] udp = Packets.udp(68, 67, new byte[10]);
        a.in(new Frame(Packets.ipv4(MacAddress.BROADCAST, mac(1), 0, -1, 17, udp)));
        a.in(new Frame(Packets.ipv4(mac(2), mac(1), 0x0a000001, 9, 17, udp)));
        a.in(new Frame(Packets.ipv4(mac(2), mac(1), 0x0a000003, 9, 17, udp)));
        a.in(new Frame(Packets.ipv6(mac(2), mac(1), 17, udp)));
        assertThat(b.got).hasSize(3);
        assertThat(a.counters().rxDropped()).isEqualTo(3);
    }
}
