package xenolith.toolstack.net;

import java.nio.ByteBuffer;

/** Frames made for tests. */
public final class Packets {
    public static final int ACK = 0x10;

    private Packets() {}

    /** A frame of type {@code type} with {@code payload}. */
    public static byte[] ethernet(MacAddress to, MacAddress from, int type, byte[] payload) {
        byte[] f = new byte[14 + payload.length];
        to.put(f, 0);
        from.put(f, 6);
        Bits.put16(f, 12, type);
        System.arraycopy(payload, 0, f, 14, payload.length);
        return f;
    }

    /** Who has {@code target}? */
    public static byte[] arp(MacAddress from, int sender, int target) {
        ByteBuffer b = ByteBuffer.allocate(28);
        b.putShort((short) 1).putShort((short) 0x800).put((byte) 6).put((byte) 4);
        b.putShort((short) 1);
        byte[] mac = new byte[6];
        from.put(mac, 0);
        b.put(mac).putInt(sender).put(new byte[6]).putInt(target);
        return ethernet(MacAddress.BROADCAST, from, 0x806, b.array());
    }

    /** IPv4 with its header's checksum, whose payload's checksum is left blank. */
    public static byte[] ipv4(
            MacAddress to, MacAddress from, int source, int target, int protocol, byte[] payload) {
        ByteBuffer b = ByteBuffer.allocate(20 + payload.length);
        b.putShort((short) 0x4500).putShort((short) b.capacity()).putShort((short) 0x1234);
        b.putShort((short) 0x4000).put((byte) 64).put((byte) protocol).putShort((short) 0);
        b.putInt(source).putInt(target).put(payload);
        byte[] f = ethernet(to, from, 0x800, b.array());
        Checksum.fillIpv4(f, 14);
        return f;
    }

    /** IPv6. */
    static byte[] ipv6(MacAddress to, MacAddress from, int next, byte[] payload) {
        ByteBuffer b = ByteBuffer.allocate(40 + payload.length);
        b.putInt(0x6000_0000).putShort((short) payload.length).put((byte) next).put((byte) 64);
        b.putLong(0xfd00L << 48).putLong(1).putLong(0xfd00L << 48).putLong(2).put(payload);
        return ethernet(to, from, 0x86dd, b.array());
    }

    /** A TCP header of 20 bytes and {@code data}. */
    public static byte[] tcp(int sequence, int flags, byte[] data) {
        ByteBuffer b = ByteBuffer.allocate(20 + data.length);
        b.putShort((short) 1000).putShort((short) 80).putInt(sequence).putInt(7);
        b.put((byte) 0x50).put((byte) flags).putShort((short) 500).putInt(0).put(data);
        return b.array();
    }

    /** A UDP header and {@code data}. */
    public static byte[] udp(int source, int target, byte[] data) {
        ByteBuffer b = ByteBuffer.allocate(8 + data.length);
        b.putShort((short) source).putShort((short) target).putShort((short) b.capacity());
        b.putShort((short) 0).put(data);
        return b.array();
    }

    /** {@code n} bytes that differ. */
    public static byte[] data(int n) {
        byte[] data = new byte[n];
        for (int i = 0; i < n; i++) {
            data[i] = (byte) (i * 31 + (i >> 8));
        }
        return data;
    }
}
