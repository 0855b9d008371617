package xenolith.toolstack.net;

import java.util.concurrent.Executor;

/** pethN as an interface of this machine, which its own network stack, or its bridge, uses. */
public final class TapPort extends Port {
    private static final int MOST_WAITING = 1024;

    private final TapDevice device;
    private final Handover<Frame> in;
    private final Handover<Frame> out;

    private TapPort(String name, TapDevice device, Executor host, Executor workers) {
        super(name);
        this.device = device;
        Merger merger = new Merger(this::receive);
        this.in = new Handover<>(MOST_WAITING, host, merger::take, merger::flush);
        this.out = new Handover<>(MOST_WAITING, workers, device::write, () -> {});
    }

    /**
     * A port that is {@code device}, which it closes at its end.
     *
     * @param host runs what came in on the host's thread
     * @param workers runs what blocks
     */
    static TapPort of(String name, TapDevice device, Executor host, Executor workers) {
        TapPort port = new TapPort(name, device, host, workers);
        Thread reader = new Thread(port::read, name);
        reader.setDaemon(true);
        reader.start();
        return port;
    }

    private void read() {
        try {
            device.read(in::put);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String describe() {
        return "TAP device " + device.name() + " of this machine";
    }

    @Override
    public boolean carrier() {
        return device.open();
    }

    @Override
    protected boolean transmit(Frame frame) {
        var frames = Completion.of(frame);
        boolean sent = !frames.isEmpty();
        for (Frame f : frames) {
            sent &= out.offer(f);
        }
        return sent;
    }

    @Override
    protected void closeLink() {
        in.close();
        out.close();
        device.close();
    }
}
