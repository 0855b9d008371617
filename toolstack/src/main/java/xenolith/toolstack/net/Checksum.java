package xenolith.toolstack.net;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The checksum of IP, TCP and UDP (RFC 1071): the one's complement of a one's complement sum. */
final class Checksum {
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private Checksum() {}

    /** Adds the bytes from {@code from} to before {@code to}, the first in a high half. */
    static long sum(byte[] b, int from, int to, long sum) {
        long s = sum;
        int at = from;
        for (; at + 4 <= to; at += 4) {
            s += (int) INT.get(b, at) & 0xffff_ffffL;
        }
        if (at + 2 <= to) {
            s += Bits.u16(b, at);
            at += 2;
        }
        return at < to ? s + ((b[at] & 0xffL) << 8) : s;
    }

    /** Folds {@code sum} to 16 bits and takes the complement. */
    static int finish(long sum) {
        long s = sum;
        while (s >>> 16 != 0) {
            s = (s & 0xffff) + (s >>> 16);
        }
        return (int) ~s & 0xffff;
    }

    /** Fills in the checksum of the IPv4 header at {@code ip}. */
    static void fillIpv4(byte[] f, int ip) {
        Bits.put16(f, ip + 10, 0);
        int header = (f[ip] & 0xf) * 4;
        Bits.put16(f, ip + 10, finish(sum(f, ip, ip + header, 0)));
    }

    /** Fills in the checksum of TCP or UDP, the pseudo header included (RFC 9293, RFC 8200). */
    static void fillTransport(byte[] f, Headers h) {
        Bits.put16(f, h.checksum(), 0);
        int checksum = finish(sum(f, h.transport(), h.end(), pseudo(f, h)));
        boolean none = checksum == 0 && h.protocol() == Headers.UDP;
        Bits.put16(f, h.checksum(), none ? 0xffff : checksum);
    }

    /**
     * Puts the sum of the pseudo header where the checksum of TCP belongs: what is left of it when
     * the rest is blank.
     */
    static void fillPseudo(byte[] f, Headers h) {
        Bits.put16(f, h.checksum(), ~finish(pseudo(f, h)));
    }

    /** Whether the checksum of TCP or UDP is right; UDP over IPv4 may have none. */
    static boolean right(byte[] f, Headers h) {
        if (h.protocol() == Headers.UDP && !h.v6() && Bits.u16(f, h.checksum()) == 0) {
            return true;
        }
        return finish(sum(f, h.transport(), h.end(), pseudo(f, h))) == 0;
    }

    private static long pseudo(byte[] f, Headers h) {
        int addresses = h.ip() + (h.v6() ? 8 : 12);
        int end = addresses + (h.v6() ? 32 : 8);
        return sum(f, addresses, end, h.protocol() + (long) (h.end() - h.transport()));
    }
}
