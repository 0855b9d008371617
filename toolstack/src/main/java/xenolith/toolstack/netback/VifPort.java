package xenolith.toolstack.netback;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.toolstack.net.Frame;
import xenolith.toolstack.net.MacAddress;
import xenolith.toolstack.net.Port;
import xenolith.toolstack.xenbus.BackendDriver;
import xenolith.toolstack.xenbus.BackendNodes;
import xenolith.toolstack.xenbus.FrontendNodes;
import xenolith.toolstack.xenbus.XenbusException;
import xenolith.toolstack.xenstore.StoreWatch;

/** vifD.N: a guest's card, as a port of a bridge and as the driver of its back end. */
public final class VifPort extends Port implements BackendDriver, VifQueue.Card {
    /** Most queues of a card, whatever its domain's virtual CPUs. */
    static final int MOST_QUEUES = 8;

    /** Groups that a card may ask for (XEN_NETBK_MCAST_MAX). */
    private static final int MOST_GROUPS = 64;

    private static final String MULTICAST = "request-multicast-control";

    private final DomainControl domain;
    private final MacAddress mac;
    private final Rate rate;
    private final Executor host;
    private final BiConsumer<Duration, Runnable> alarms;
    private final Consumer<String> log;
    private final int mostQueues;
    private final List<VifQueue> queues = new ArrayList<>();
    private final Set<MacAddress> groups = new HashSet<>();
    private Abilities abilities = new Abilities(false, false, false, false, false);
    private boolean filtersGroups;
    private @Nullable StoreWatch filtering;
    private boolean disabled;
    private long credit;
    private boolean waitsForCredit;
    private String lastError = "";

    /**
     * A port without a connected guest.
     *
     * @param name such as vif1.0
     * @param mac the card's address
     * @param host runs a task on the host's thread soon
     * @param alarms runs a task on the host's thread after a time
     * @param log is told why a card was switched off
     */
    public VifPort(
            String name,
            DomainControl domain,
            MacAddress mac,
            Rate rate,
            Executor host,
            BiConsumer<Duration, Runnable> alarms,
            Consumer<String> log) {
        super(name);
        this.domain = domain;
        this.mac = mac;
        this.rate = rate;
        this.host = host;
        this.alarms = alarms;
        this.log = log;
        this.mostQueues = Math.min(domain.config().vcpus(), MOST_QUEUES);
        this.credit = rate.bytes();
    }

    // ---- the back end's driver ---------------------------------------------------------------

    @Override
    public void publish(BackendNodes nodes) {
        nodes.write("hotplug-status", "connected");
        nodes.write("feature-sg", 1);
        nodes.write("feature-gso-tcpv4", 1);
        nodes.write("feature-gso-tcpv6", 1);
        nodes.write("feature-ipv6-csum-offload", 1);
        nodes.write("feature-rx-copy", 1);
        nodes.write("feature-xdp-headroom", 1);
        nodes.write("feature-rx-flip", 0);
        nodes.write("feature-multicast-control", 1);
        nodes.write("feature-dynamic-multicast-control", 1);
        nodes.write("feature-split-event-channels", 1);
        nodes.write("multi-queue-max-queues", mostQueues);
        nodes.write("feature-ctrl-ring", 0);
    }

    @Override
    public void connect(FrontendNodes frontend, BackendNodes nodes)
            throws XenbusException, ControlException {
        if (!frontend.flag("request-rx-copy")) {
            throw new XenbusException(
                    "The front end wants to receive by flipped pages, which no Xen of today does"
                            + " (request-rx-copy is not 1).");
        }
        if (!frontend.flag("feature-rx-notify")) {
            throw new XenbusException(
                    "The front end does not tell of new pages to receive to (feature-rx-notify is"
                            + " not 1).");
        }
        int count = frontend.number("multi-queue-num-queues", 1, 1, mostQueues);
        abilities = Abilities.of(frontend);
        groups.clear();
        disabled = false;
        try {
            for (int i = 0; i < count; i++) {
                FrontendNodes place = count == 1 ? frontend : frontend.below("queue-" + i);
                queues.add(VifQueue.connect(domain, place, host, this));
            }
            reconfigure(frontend);
        } catch (XenbusException | ControlException e) {
            closeQueues();
            throw e;
        }
        filtering = frontend.watch(MULTICAST, () -> filtersGroups = flag(frontend, MULTICAST));
    }

    /** Wherever a front end that is connected may write nonsense, it has said nothing. */
    private static boolean flag(FrontendNodes frontend, String name) {
        try {
            return frontend.flag(name);
        } catch (XenbusException e) {
            return false;
        }
    }

    @Override
    public void reconfigure(FrontendNodes frontend) throws XenbusException {
        int headroom = frontend.number("xdp-headroom", 0, 0, RxRing.MOST_HEADROOM);
        queues.forEach(q -> q.headroom(headroom));
    }

    private void closeQueues() {
        queues.forEach(VifQueue::close);
        queues.clear();
        if (filtering != null) {
            filtering.close();
            filtering = null;
        }
    }

    /** All is done on the host's thread: nothing is under way between two calls. */
    @Override
    public void disconnect(Runnable done) {
        closeQueues();
        done.run();
    }

    /** The card is gone, and its port with it. */
    @Override
    public void close(Runnable done) {
        close();
        done.run();
    }

    // ---- from the guest ----------------------------------------------------------------------

    @Override
    public void frame(Frame frame) {
        if (rate.limited()) {
            credit -= frame.length();
        }
        receive(frame);
    }

    @Override
    public void error(String why) {
        lastError = why;
        countError();
    }

    /** What was wrong with the last frame that was none, for messages; empty if none was. */
    public String lastError() {
        return lastError;
    }

    @Override
    public boolean group(MacAddress group, boolean wanted) {
        if (!wanted) {
            groups.remove(group);
            return true;
        }
        return group.group()
                && (groups.contains(group) || groups.size() < MOST_GROUPS && groups.add(group));
    }

    @Override
    @SuppressWarnings("exports") // a method of the room's own interface
    public boolean maySend(VifQueue queue) {
        if (!rate.limited() || credit > 0) {
            return true;
        }
        if (!waitsForCredit) {
            waitsForCredit = true;
            alarms.accept(Duration.ofNanos(rate.micros() * 1000), this::fillUp);
        }
        return false;
    }

    private void fillUp() {
        waitsForCredit = false;
        credit = Math.min(rate.bytes(), credit + rate.bytes());
        List.copyOf(queues).forEach(VifQueue::schedulePoll);
    }

    /**
     * The card stays as it is, deaf and dumb, until its front end connects anew
     * (xenvif_fatal_tx_err of Linux).
     */
    @Override
    public void broken(String why) {
        disabled = true;
        lastError = why;
        countError();
        closeQueues();
        log.accept(name() + " is switched off, as its guest made no sense: " + why + ".");
    }

    // ---- to the guest ------------------------------------------------------------------------

    @Override
    public boolean carrier() {
        return !queues.isEmpty() && !disabled;
    }

    @Override
    public String describe() {
        return "domain "
                + domain.domid()
                + ", "
                + mac
                + (disabled ? ", switched off" : queues.isEmpty() ? ", not connected" : "");
    }

    /** The card's address. */
    public MacAddress mac() {
        return mac;
    }

    @Override
    protected boolean wants(Frame frame) {
        MacAddress to = frame.destination();
        return !filtersGroups
                || !to.group()
                || to.equals(MacAddress.BROADCAST)
                || groups.contains(to);
    }

    @Override
    protected boolean transmit(Frame frame) {
        if (queues.isEmpty()) {
            return false;
        }
        List<Frame> frames = abilities.suit(frame);
        VifQueue queue =
                queues.size() == 1
                        ? queues.getFirst()
                        : queues.get(Math.floorMod(frame.flow(), queues.size()));
        boolean sent = !frames.isEmpty();
        for (Frame f : frames) {
            sent &= queue.offer(f);
        }
        return sent;
    }

    @Override
    protected void closeLink() {
        closeQueues();
    }
}
