package xenolith.toolstack.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.Executor;
import xenolith.toolstack.ToolException;

/**
 * pethN that joins the bridges of two hosts on one machine: a frame a datagram over the loopback
 * interface, as QEMU's datagram netdev has it too. Datagrams from any other port are not received.
 */
public final class UdpPort extends Port {
    /** The longest datagram over IPv4. */
    private static final int LONGEST = 65507;

    private static final int MOST_WAITING = 1024;
    private static final int SOCKET_BUFFER = 1 << 22;

    private final DatagramChannel channel;
    private final int local;
    private final int remote;
    private final Handover<Frame> in;
    private final Handover<Frame> out;

    private UdpPort(
            String name,
            DatagramChannel channel,
            int local,
            int remote,
            Executor host,
            Executor workers) {
        super(name);
        this.channel = channel;
        this.local = local;
        this.remote = remote;
        this.in = new Handover<>(MOST_WAITING, host, this::receive, () -> {});
        this.out = new Handover<>(MOST_WAITING, workers, this::write, () -> {});
    }

    /**
     * A port between UDP port {@code local} of this host and {@code remote} of the other one.
     *
     * @param host runs what came in on the host's thread
     * @param workers runs what blocks
     */
    public static UdpPort open(String name, int local, int remote, Executor host, Executor workers)
            throws ToolException {
        try {
            DatagramChannel channel = DatagramChannel.open();
            InetAddress loopback = InetAddress.getLoopbackAddress();
            channel.setOption(java.net.StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
            channel.bind(new InetSocketAddress(loopback, local));
            channel.connect(new InetSocketAddress(loopback, remote));
            UdpPort port = new UdpPort(name, channel, local, remote, host, workers);
            Thread.ofVirtual().name(name).start(port::read);
            return port;
        } catch (IOException e) {
            throw new ToolException(
                    "The bridge cannot be joined by the UDP ports "
                            + local
                            + " and "
                            + remote
                            + " of the loopback interface: "
                            + e.getMessage(),
                    e);
        }
    }

    private void read() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16);
        try {
            while (channel.isOpen()) {
                buffer.clear();
                try {
                    channel.read(buffer);
                } catch (PortUnreachableException e) {
                    continue; // the other host is not there, now
                }
                if (buffer.flip().remaining() >= Frame.HEADER) {
                    byte[] bytes = new byte[buffer.remaining()];
                    buffer.get(bytes);
                    in.put(new Frame(bytes));
                }
            }
        } catch (ClosedChannelException e) {
            // closed here
        } catch (IOException e) {
            in.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(Frame frame) {
        try {
            channel.write(ByteBuffer.wrap(frame.bytes()));
        } catch (IOException e) {
            // lost, as on any wire
        }
    }

    @Override
    public String describe() {
        return "UDP port " + local + " of this machine to " + remote;
    }

    @Override
    public boolean carrier() {
        return channel.isOpen();
    }

    @Override
    protected boolean transmit(Frame frame) {
        var frames = Completion.of(frame);
        boolean sent = !frames.isEmpty();
        for (Frame f : frames) {
            sent &= f.length() <= LONGEST && out.offer(f);
        }
        return sent;
    }

    @Override
    protected void closeLink() {
        in.close();
        out.close();
        try {
            channel.close();
        } catch (IOException e) {
            // it is gone, which is what was wanted
        }
    }
}
