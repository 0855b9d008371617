package xenolith.toolstack.net;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import xenolith.toolstack.ToolException;

/**
 * A port of this machine that leads to a port of a guest.
 *
 * @param udp UDP instead of TCP
 * @param address the address of this machine that is listened on
 * @param hostPort the port there, 1 to 65535
 * @param guestPort the guest's port, 1 to 65535
 */
public record Forward(boolean udp, String address, int hostPort, int guestPort) {
    private static final String LOOPBACK = "127.0.0.1";
    private static final int MOST_PORT = 65535;
    private static final Pattern TEXT =
            Pattern.compile("(?:(tcp|udp):)?(?:([0-9.]+)/)?([0-9]{1,5}):([0-9]{1,5})");

    /** What {@code text} says: [tcp:|udp:][ADDRESS/]PORT:GUEST-PORT, such as 2222:22. */
    public static Forward parse(String text) throws ToolException {
        Matcher m = TEXT.matcher(text);
        if (!m.matches() || !port(m.group(3)) || !port(m.group(4))) {
            throw new ToolException(
                    "\""
                            + text
                            + "\" is no forwarding of a port; say it as 2222:22 (this machine's"
                            + " port, the guest's port), udp:5353:53, or 0.0.0.0/8080:80 to listen"
                            + " on all addresses and not on 127.0.0.1 only.");
        }
        return new Forward(
                "udp".equals(m.group(1)),
                m.group(2) == null ? LOOPBACK : m.group(2),
                Integer.parseInt(m.group(3)),
                Integer.parseInt(m.group(4)));
    }

    private static boolean port(String digits) {
        int port = Integer.parseInt(digits);
        return port > 0 && port <= MOST_PORT;
    }

    /** Says so if something of this machine listens on the port already. */
    public void checkFree() throws ToolException {
        try {
            InetAddress at = InetAddress.ofLiteral(address);
            if (udp) {
                new DatagramSocket(hostPort, at).close();
            } else {
                new ServerSocket(hostPort, 1, at).close();
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new ToolException(
                    "Port "
                            + hostPort
                            + " of "
                            + address
                            + " cannot be forwarded to a guest: "
                            + e.getMessage()
                            + "; choose another one.",
                    e);
        }
    }

    /** As passt wants it behind -t or -u. */
    String forPasst() {
        return address + "/" + hostPort + ":" + guestPort;
    }

    @Override
    public String toString() {
        return (udp ? "udp:" : "") + address + "/" + hostPort + ":" + guestPort;
    }
}
