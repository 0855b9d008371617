package xenolith.toolstack.netback;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.toolstack.FakeDomain;
import xenolith.toolstack.net.Bridge;
import xenolith.toolstack.net.Frame;
import xenolith.toolstack.net.MacAddress;
import xenolith.toolstack.net.Offload;
import xenolith.toolstack.net.Packets;
import xenolith.toolstack.net.VethPort;
import xenolith.toolstack.xenbus.Backend;
import xenolith.toolstack.xenbus.DeviceAddress;
import xenolith.toolstack.xenbus.DeviceNodes;
import xenolith.toolstack.xenbus.GuestRing;
import xenolith.toolstack.xenbus.XenbusState;
import xenolith.toolstack.xenstore.Store;

/** A card's back end, with the front end's part played by hand: rings, grants, malice. */
class VifTest {
    private static final DeviceAddress ADDRESS = new DeviceAddress("vif", 1, 0);
    private static final MacAddress CARD = new MacAddress(0x00163e000001L);
    private static final MacAddress OTHER = new MacAddress(0x00163e000002L);
    private static final int TX = 100;
    private static final int RX = 101;
    private static final int DATA = 0x200;
    private static final int BAD_GRANT = 0x7000;

    private final FakeDomain domain = new FakeDomain();
    private final Store store = new Store();
    private final Deque<Runnable> soon = new ArrayDeque<>();
    private final Deque<Runnable> later = new ArrayDeque<>();
    private final List<String> log = new ArrayList<>();
    private final Bridge bridge = new Bridge("xenbr0", () -> 1);
    private final VethPort veth = new VethPort(0);
    private final List<byte[]> out = new ArrayList<>();
    private GuestRing tx = new GuestRing(domain, TX, 1, 12);
    private GuestRing rx = new GuestRing(domain, RX, 1, 8);
    private VifPort vif = vif(Rate.UNLIMITED);
    private Backend backend = backend();

    VifTest() {
        bridge.add(veth);
        bridge.add(vif);
        veth.connect(f -> out.add(f.bytes()));
    }

    private VifPort vif(Rate rate) {
        return new VifPort(
                "vif1.0",
                domain,
                CARD,
                rate,
                soon::add,
                (Duration t, Runnable r) -> later.add(r),
                log::add);
    }

    private Backend backend() {
        new DeviceNodes(ADDRESS).backendState().write(store);
        return new Backend(store, ADDRESS, vif, log::add);
    }

    @AfterEach
    void nothingStaysMapped() {
        backend.remove();
        assertThat(backend.gone()).isDone();
        assertThat(domain.mapped).isZero();
        assertThat(bridge.ports()).doesNotContain(vif);
    }

    private void node(String name, String value) {
        store.write(ADDRESS.frontend() + "/" + name, value, "n1", "r0");
    }

    private void state(XenbusState state) {
        node("state", state.value());
    }

    private void connect(String... more) {
        node("tx-ring-ref", Integer.toString(TX));
        node("rx-ring-ref", Integer.toString(RX));
        node("event-channel-tx", "9");
        node("event-channel-rx", "10");
        node("request-rx-copy", "1");
        node("feature-rx-notify", "1");
        for (String pair : more) {
            node(pair.split("=", -1)[0], pair.split("=", -1)[1]);
        }
        state(XenbusState.CONNECTED);
    }

    private void connectWithAll() {
        connect("feature-sg=1", "feature-gso-tcpv4=1", "feature-gso-tcpv6=1");
        assertThat(backend.state()).isEqualTo(XenbusState.CONNECTED);
    }

    private void run() {
        for (Runnable task; (task = soon.poll()) != null; ) {
            task.run();
        }
    }

    private void request(int gref, int offset, int flags, int id, int size) {
        ByteBuffer b = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(gref).putShort((short) offset).putShort((short) flags);
        b.putShort((short) id).putShort((short) size);
        tx.put(b.array());
    }

    private void extra(int type, int flags, int size, int gsoType) {
        ByteBuffer b = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        b.put((byte) type).put((byte) flags).putShort((short) size).put((byte) gsoType);
        tx.put(b.array());
    }

    /** The guest sends on {@code port}, which is closed when its card was switched off. */
    private void ring(int port) {
        if (vif.carrier()) {
            domain.send(port);
        }
    }

    private void notifyTx() {
        ring(9);
        run();
    }

    /** The answers so far: id, status. */
    private List<String> answers() {
        List<String> all = new ArrayList<>();
        while (tx.answered()) {
            ByteBuffer r = tx.next(4);
            all.add((r.getShort() & 0xffff) + ":" + r.getShort());
        }
        return all;
    }

    /** Puts {@code bytes} into pages from {@code gref} on. */
    private void fill(int gref, byte[] bytes) {
        for (int at = 0; at < bytes.length; at += 4096) {
            int n = Math.min(4096, bytes.length - at);
            System.arraycopy(bytes, at, domain.frame(gref + at / 4096), 0, n);
        }
    }

    private byte[] tcp(int n) {
        return Packets.ipv4(OTHER, CARD, 1, 2, 6, Packets.tcp(1, Packets.ACK, Packets.data(n)));
    }

    @Test
    void sendsAFrameOfOnePart() {
        connectWithAll();
        byte[] f = Packets.arp(CARD, 1, 2);
        System.arraycopy(f, 0, domain.frame(DATA), 100, f.length);
        request(DATA, 100, 0, 7, f.length);
        notifyTx();
        assertThat(out).containsExactly(f);
        assertThat(answers()).containsExactly("7:0");
        assertThat(vif.counters().rxBytes()).isEqualTo(f.length);
        assertThat(domain.mapped).as("the rings").isEqualTo(2);
    }

    @Test
    void sendsAFrameOfManyPartsToBeCut() {
        connectWithAll();
        byte[] f = tcp(9000);
        fill(DATA, f);
        request(
                DATA,
                0,
                Netif.TX_CSUM_BLANK | Netif.TX_EXTRA_INFO | Netif.TX_MORE_DATA,
                1,
                f.length);
        extra(Netif.EXTRA_GSO, 0, 1448, Netif.GSO_TCPV4);
        request(DATA + 1, 0, Netif.TX_MORE_DATA, 2, 4096);
        request(DATA + 2, 0, 0, 3, f.length - 8192);
        notifyTx();
        assertThat(out).hasSize(7);
        assertThat(out.stream().mapToInt(o -> o.length - 54).sum()).isEqualTo(9000);
        assertThat(answers()).containsExactly("1:0", "1:1", "2:0", "3:0");
    }

    /**
     * A guest that changes each slot and each page as soon as it was read: what was read first
     * counts, and nothing is read twice (XSA-155).
     */
    @Test
    void nothingIsReadTwice() {
        connectWithAll();
        byte[] f = tcp(5000);
        fill(DATA, f);
        int flags = Netif.TX_CSUM_BLANK | Netif.TX_EXTRA_INFO | Netif.TX_MORE_DATA;
        request(DATA, 0, flags, 1, f.length);
        extra(Netif.EXTRA_GSO, 0, 1448, Netif.GSO_TCPV4);
        request(DATA + 1, 0, 0, 2, f.length - 4096);
        page(3, DATA + 8);
        page(4, DATA + 9);
        Set<Long> read = new HashSet<>();
        domain.afterRead =
                (mfn, offset, length) -> {
                    for (int i = offset; i < offset + length; i++) {
                        if (mfn >= DATA || i >= 64) { // not the indices
                            assertThat(read.add(mfn << 12 | i)).isTrue();
                            domain.frame(mfn)[i] = (byte) 0xff;
                        }
                    }
                };
        notifyTx();
        assertThat(out.stream().mapToInt(o -> o.length - 54).sum()).isEqualTo(5000);
        veth.sendFromDomain0(new Frame(Packets.ethernet(CARD, OTHER, 0x88b5, Packets.data(5000))));
        run();
        domain.afterRead = (mfn, offset, length) -> {};
        assertThat(answers()).containsExactly("1:0", "1:1", "2:0");
        assertThat(received()).containsExactly(3, 0, Netif.RX_MORE_DATA, 4096);
        assertThat(received()).containsExactly(4, 0, 0, 5014 - 4096);
        assertThat(read).hasSize(f.length + 3 * 12 + 2 * 8);
        assertThat(vif.carrier()).isTrue();
    }

    @Test
    void aBadGrantIsAnError() {
        connectWithAll();
        request(BAD_GRANT, 0, Netif.TX_MORE_DATA, 1, 200);
        request(DATA, 0, 0, 2, 100);
        request(DATA, 0, 0, 3, 13);
        request(DATA, 0, Netif.TX_MORE_DATA, 4, 100);
        request(DATA, 0, 0, 5, 101);
        notifyTx();
        assertThat(answers()).containsExactly("1:-1", "2:0", "3:-1", "4:-1", "5:-1");
        assertThat(out).isEmpty();
        assertThat(vif.counters().rxErrors()).isEqualTo(3);
        assertThat(vif.carrier()).isTrue();
    }

    @Test
    void nineteenPartsAreRefusedAndTwentyOneEndTheCard() {
        connectWithAll();
        for (int i = 0; i < 19; i++) {
            request(DATA, 0, i < 18 ? Netif.TX_MORE_DATA : 0, i, i == 0 ? 1900 : 100);
        }
        notifyTx();
        assertThat(answers()).hasSize(19).allMatch(a -> a.endsWith(":-1"));
        assertThat(vif.carrier()).isTrue();
        for (int i = 0; i < 21; i++) {
            request(DATA, 0, i < 20 ? Netif.TX_MORE_DATA : 0, i, i == 0 ? 2100 : 100);
        }
        notifyTx();
        assertThat(vif.carrier()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "4000, 0, 200, 'end of its page'",
        "0, 4, 200, 'last part'",
        "0, 8, 200, 'extra info is'",
    })
    void nonsenseSwitchesTheCardOff(int offset, int flags, int size, String why) {
        connectWithAll();
        request(DATA, offset, flags, 1, size);
        notifyTx();
        assertThat(vif.carrier()).isFalse();
        assertThat(log.toString()).contains("vif1.0").contains(why);
        assertThat(domain.mapped).isZero();
        veth.sendFromDomain0(new Frame(Packets.ethernet(CARD, OTHER, 0x88b5, new byte[46])));
        assertThat(vif.counters().txDropped()).isEqualTo(1);
        state(XenbusState.CLOSED);
        state(XenbusState.INITIALISING);
        tx = new GuestRing(domain, TX, 1, 12);
        rx = new GuestRing(domain, RX, 1, 8);
        connectWithAll();
        assertThat(vif.carrier()).as("a new front end").isTrue();
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 1448, 1", "6, 0, 1448, 1", "1, 0, 0, 1", "1, 0, 1448, 3", "1, 1, 1448, 1"})
    void badExtraInfoSwitchesTheCardOff(int type, int flags, int size, int gso) {
        connectWithAll();
        request(DATA, 0, Netif.TX_EXTRA_INFO, 1, 100);
        extra(type, flags, size, gso);
        notifyTx();
        assertThat(vif.carrier()).isFalse();
    }

    @Test
    void tooManyRequestsSwitchTheCardOff() {
        connectWithAll();
        tx.index(0, 257);
        notifyTx();
        assertThat(vif.carrier()).isFalse();
        assertThat(log.toString()).contains("room");
    }

    private void page(int id, int gref) {
        ByteBuffer b = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        b.putShort((short) id).putShort((short) 0).putInt(gref);
        rx.put(b.array());
    }

    /** The next response: id, offset, flags, status. */
    private List<Integer> received() {
        assertThat(rx.answered()).isTrue();
        ByteBuffer r = rx.next(8);
        return List.of(
                r.getShort() & 0xffff,
                r.getShort() & 0xffff,
                r.getShort() & 0xffff,
                (int) r.getShort());
    }

    @Test
    void receivesIntoGrantedPagesWhenTheyCome() {
        connectWithAll();
        byte[] f = Packets.ethernet(CARD, OTHER, 0x88b5, Packets.data(5000));
        veth.sendFromDomain0(new Frame(f));
        run();
        page(11, DATA);
        ring(10);
        assertThat(rx.answered()).isFalse();
        assertThat(rx.index(4)).as("an event with the second page").isEqualTo(2);
        page(12, DATA + 1);
        ring(10);
        assertThat(received()).containsExactly(11, 0, Netif.RX_MORE_DATA, 4096);
        assertThat(received()).containsExactly(12, 0, 0, f.length - 4096);
        byte[] got = Arrays.copyOf(domain.frame(DATA), f.length);
        System.arraycopy(domain.frame(DATA + 1), 0, got, 4096, f.length - 4096);
        assertThat(got).isEqualTo(f);
        assertThat(domain.mapped).isEqualTo(2);
    }

    @Test
    void receivesALargePacketUncut() {
        connectWithAll();
        for (int i = 0; i < 4; i++) {
            page(i, DATA + i);
        }
        byte[] f = Packets.ipv4(CARD, OTHER, 1, 2, 6, Packets.tcp(1, 0, Packets.data(6000)));
        Offload gso = new Offload(true, true, Offload.Gso.TCPV4, 1448);
        veth.sendFromDomain0(new Frame(f, gso));
        run();
        int first =
                Netif.RX_CSUM_BLANK
                        | Netif.RX_DATA_VALIDATED
                        | Netif.RX_EXTRA_INFO
                        | Netif.RX_MORE_DATA;
        assertThat(received()).containsExactly(0, 0, first, 4096);
        ByteBuffer extra = rx.next(8);
        assertThat(extra.get()).isEqualTo((byte) Netif.EXTRA_GSO);
        assertThat(extra.get()).isZero();
        assertThat(extra.getShort()).isEqualTo((short) 1448);
        assertThat(extra.get()).isEqualTo((byte) Netif.GSO_TCPV4);
        assertThat(received()).containsExactly(2, 0, 0, f.length - 4096);
    }

    @Test
    void leavesHeadroomForThoseWhoAskAndSaysSo() {
        connectWithAll();
        node("xdp-headroom", "256");
        state(XenbusState.RECONFIGURING);
        assertThat(backend.state()).isEqualTo(XenbusState.RECONFIGURED);
        state(XenbusState.CONNECTED);
        assertThat(backend.state()).isEqualTo(XenbusState.CONNECTED);
        for (int i = 0; i < 5; i++) {
            page(i, DATA + i);
        }
        byte[] f = Packets.ipv4(CARD, OTHER, 1, 2, 6, Packets.tcp(1, 0, Packets.data(6000)));
        veth.sendFromDomain0(new Frame(f, new Offload(true, true, Offload.Gso.TCPV4, 1448)));
        run();
        assertThat(received().get(3)).isEqualTo(4096);
        ByteBuffer gso = rx.next(8);
        assertThat(gso.get()).isEqualTo((byte) Netif.EXTRA_GSO);
        assertThat(gso.get()).isEqualTo((byte) Netif.EXTRA_FLAG_MORE);
        ByteBuffer room = rx.next(8);
        assertThat(room.get()).isEqualTo((byte) Netif.EXTRA_XDP);
        assertThat(room.get()).isZero();
        assertThat(room.getShort()).isEqualTo((short) 256);
        assertThat(received()).containsExactly(3, 0, 0, 256 + f.length - (4096 - 256));
        byte[] got = new byte[f.length];
        System.arraycopy(domain.frame(DATA), 256, got, 0, 3840);
        System.arraycopy(domain.frame(DATA + 3), 256, got, 3840, f.length - 3840);
        assertThat(got).isEqualTo(f);
    }

    @Test
    void tooMuchHeadroomEndsTheConnection() {
        connectWithAll();
        node("xdp-headroom", "4000");
        state(XenbusState.RECONFIGURING);
        assertThat(backend.state()).isEqualTo(XenbusState.CLOSING);
        assertThat(log).anyMatch(l -> l.contains("xdp-headroom is 4000"));
    }

    @Test
    void filtersGroupsWhenTheGuestAsksLater() {
        connectWithAll();
        page(1, DATA);
        page(2, DATA);
        MacAddress group = new MacAddress(0x01005e000001L);
        Frame f = new Frame(Packets.ethernet(group, OTHER, 0x88b5, new byte[46]));
        node("request-multicast-control", "1");
        veth.sendFromDomain0(f);
        run();
        assertThat(rx.answered()).isFalse();
        node("request-multicast-control", "nonsense");
        veth.sendFromDomain0(f);
        run();
        assertThat(received()).containsExactly(1, 0, 0, 60);
    }

    @Test
    void whatTheFrontEndCannotReceiveIsDoneForIt() {
        connect("feature-no-csum-offload=1");
        for (int i = 0; i < 8; i++) {
            page(i, DATA + i);
        }
        byte[] f = Packets.ipv4(CARD, OTHER, 1, 2, 6, Packets.tcp(1, 0, Packets.data(6000)));
        veth.sendFromDomain0(new Frame(f, new Offload(true, true, Offload.Gso.TCPV4, 1448)));
        run();
        for (int i = 0; i < 5; i++) {
            assertThat(received().get(2)).isZero();
        }
        veth.sendFromDomain0(new Frame(Packets.ethernet(CARD, OTHER, 0x88b5, Packets.data(5000))));
        assertThat(vif.counters().txDropped()).as("it has one page a frame").isEqualTo(1);
    }

    @Test
    void aBadPageToReceiveToIsAnErrorAndNoMore() {
        connectWithAll();
        page(3, BAD_GRANT);
        page(4, DATA);
        Frame f = new Frame(Packets.ethernet(CARD, OTHER, 0x88b5, new byte[46]));
        veth.sendFromDomain0(f);
        veth.sendFromDomain0(f);
        run();
        assertThat(received()).containsExactly(3, 0, 0, -1);
        assertThat(received()).containsExactly(4, 0, 0, 60);
        assertThat(vif.carrier()).isTrue();
    }

    @Test
    void aGuestThatTakesNothingFillsItsOwnQueueOnly() {
        connectWithAll();
        Frame f = new Frame(Packets.ethernet(CARD, OTHER, 0x88b5, new byte[46]));
        for (int i = 0; i < RxRing.MOST_FRAMES + 10; i++) {
            veth.sendFromDomain0(f);
            run();
        }
        assertThat(vif.counters().txDropped()).isEqualTo(10);
    }

    @Test
    void aRateIsKept() {
        bridge.remove(vif);
        vif = vif(new Rate(100, 50_000));
        bridge.add(vif);
        backend.remove();
        backend = backend();
        connectWithAll();
        byte[] f = Packets.arp(CARD, 1, 2);
        fill(DATA, f);
        for (int i = 0; i < 10; i++) {
            request(DATA, 0, 0, i, f.length);
        }
        notifyTx();
        assertThat(out).as("100 bytes allow three frames of 42").hasSize(3);
        later.remove().run();
        run();
        assertThat(out).hasSize(5);
        assertThat(later).hasSize(1);
    }

    @Test
    void groupsAreFilteredIfTheGuestWants() {
        connect("feature-sg=1", "request-multicast-control=1");
        page(0, DATA);
        page(1, DATA);
        MacAddress group = new MacAddress(0x01005e000001L);
        Frame f = new Frame(Packets.ethernet(group, OTHER, 0x88b5, new byte[46]));
        veth.sendFromDomain0(f);
        run();
        assertThat(rx.answered()).isFalse();
        request(0, 0, Netif.TX_EXTRA_INFO, 5, 0);
        tx.put(new byte[] {Netif.EXTRA_MCAST_ADD, 0, 1, 0, 0x5e, 0, 0, 1, 0, 0, 0, 0});
        notifyTx();
        assertThat(answers()).containsExactly("5:0", "5:1");
        veth.sendFromDomain0(f);
        run();
        assertThat(rx.answered()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "request-rx-copy=0, flipped",
        "feature-rx-notify=0, feature-rx-notify",
        "tx-ring-ref=28672, Cannot map",
        "rx-ring-ref=28672, Cannot map",
        "tx-ring-ref=x, not a number",
        "multi-queue-num-queues=2, multi-queue-num-queues",
    })
    void aFrontEndThatCannotConnectIsToldWhy(String node, String why) {
        connect(node);
        assertThat(backend.state()).isEqualTo(XenbusState.CLOSING);
        assertThat(store.read(ADDRESS.error())).contains(why);
        assertThat(domain.mapped).isZero();
        assertThat(vif.carrier()).isFalse();
    }

    /**
     * Whatever a guest puts into its rings, it is answered or cut off, and nothing else happens.
     */
    @Test
    void randomRingsHarmNobody() {
        Random random = new Random(11);
        int off = 0;
        for (int round = 0; round < 400; round++) {
            connectWithAll();
            for (int i = 0; i < 40 && vif.carrier(); i++) {
                byte[] slot = new byte[12];
                random.nextBytes(slot);
                if (random.nextInt(4) > 0) {
                    slot[5] = (byte) random.nextInt(10);
                    slot[7] = 0;
                    slot[6] = (byte) random.nextInt(16);
                    slot[11] = (byte) random.nextInt(8);
                    slot[2] = 0;
                    slot[3] = 0;
                }
                tx.put(slot);
                if (random.nextInt(30) == 0) {
                    tx.index(0, random.nextInt());
                }
                if (random.nextInt(2) == 0) {
                    page(random.nextInt(), random.nextInt(0x8000));
                }
                if (random.nextInt(40) == 0) {
                    rx.index(random.nextInt(4) * 4, random.nextInt());
                }
                veth.sendFromDomain0(
                        new Frame(
                                Packets.ethernet(
                                        CARD, OTHER, 0x88b5, new byte[random.nextInt(9000)])));
                notifyTx();
                ring(10);
                run();
            }
            off += vif.carrier() ? 0 : 1;
            state(XenbusState.CLOSED);
            assertThat(domain.mapped).isZero();
            state(XenbusState.INITIALISING);
            tx = new GuestRing(domain, TX, 1, 12);
            rx = new GuestRing(domain, RX, 1, 8);
        }
        assertThat(off).isBetween(50, 400);
    }

    @Test
    void tenThousandConnectionsLeaveNothing() {
        for (int i = 0; i < 10_000; i++) {
            tx = new GuestRing(domain, TX, 1, 12);
            rx = new GuestRing(domain, RX, 1, 8);
            connectWithAll();
            run();
            state(XenbusState.CLOSED);
            assertThat(domain.mapped).isZero();
            state(XenbusState.INITIALISING);
        }
        assertThat(backend.state()).isEqualTo(XenbusState.INIT_WAIT);
    }
}
