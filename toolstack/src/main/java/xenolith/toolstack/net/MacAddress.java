package xenolith.toolstack.net;

import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * An Ethernet address.
 *
 * @param bits its six bytes, the first one sent in bits 47 to 40
 */
public record MacAddress(long bits) {
    /** Bytes of an address. */
    public static final int LENGTH = 6;

    /** The address of all stations. */
    public static final MacAddress BROADCAST = new MacAddress(0xffff_ffff_ffffL);

    /**
     * What Linux gives to domain 0's end of a vif and to pethN, so that it never equals a guest's
     * and never wins in a bridge's choice of an address.
     */
    public static final MacAddress DOMAIN_0 = new MacAddress(0xfeff_ffff_ffffL);

    private static final long XENSOURCE = 0x00_163e_000000L;
    private static final long GROUP_BIT = 1L << 40;
    private static final Pattern TEXT = Pattern.compile("[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}");

    public MacAddress {
        if (bits >>> 48 != 0) {
            throw new IllegalArgumentException("more than six bytes: " + Long.toHexString(bits));
        }
    }

    /** The address in {@code text}, six hexadecimal bytes with colons; empty if it is none. */
    public static Optional<MacAddress> parse(String text) {
        if (!TEXT.matcher(text).matches()) {
            return Optional.empty();
        }
        long bits = 0;
        for (String part : text.split(":", -1)) {
            bits = bits << 8 | Integer.parseInt(part, 16);
        }
        return Optional.of(new MacAddress(bits));
    }

    /** An address of Xen's own range, 00:16:3e, with 23 random bits, as xl chooses it. */
    public static MacAddress random(RandomGenerator random) {
        return new MacAddress(XENSOURCE | random.nextInt(1 << 23));
    }

    /** The address at {@code at} in {@code frame}. */
    static MacAddress at(byte[] frame, int at) {
        long bits = 0;
        for (int i = 0; i < LENGTH; i++) {
            bits = bits << 8 | frame[at + i] & 0xff;
        }
        return new MacAddress(bits);
    }

    /** Puts the address into {@code frame} at {@code at}. */
    public void put(byte[] frame, int at) {
        for (int i = 0; i < LENGTH; i++) {
            frame[at + i] = (byte) (bits >>> 8 * (LENGTH - 1 - i));
        }
    }

    /** Whether it names a group of stations, or all. */
    public boolean group() {
        return (bits & GROUP_BIT) != 0;
    }

    @Override
    public String toString() {
        return "%02x:%02x:%02x:%02x:%02x:%02x"
                .formatted(
                        bits >>> 40,
                        bits >>> 32 & 0xff,
                        bits >>> 24 & 0xff,
                        bits >>> 16 & 0xff,
                        bits >>> 8 & 0xff,
                        bits & 0xff);
    }
}
