package xenolith.machine.alu.simd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Whole ciphers and digests built of the instructions, against those of the JDK. */
class CryptoTest {
    /** A 128-bit value as two halves, low one first. */
    private record Wide(long low, long high) {
        static Wide of(byte[] bytes, int at, ByteOrder order) {
            ByteBuffer b = ByteBuffer.wrap(bytes, at, 16).order(order);
            long first = b.getLong();
            return order == ByteOrder.LITTLE_ENDIAN
                    ? new Wide(first, b.getLong())
                    : new Wide(b.getLong(), first);
        }

        Wide xor(Wide o) {
            return new Wide(low ^ o.low, high ^ o.high);
        }

        Wide add(Wide o) {
            return new Wide(Lanes.paddd(low, o.low), Lanes.paddd(high, o.high));
        }

        byte[] bytes(ByteOrder order) {
            ByteBuffer b = ByteBuffer.allocate(16).order(order);
            boolean little = order == ByteOrder.LITTLE_ENDIAN;
            return b.putLong(little ? low : high).putLong(little ? high : low).array();
        }
    }

    private static byte[] random(RepetitionInfo run, int length) {
        byte[] bytes = new byte[length];
        new Random(run.getCurrentRepetition()).nextBytes(bytes);
        return bytes;
    }

    // ---- AES-128 -----------------------------------------------------------------------------

    private static Wide nextKey(Wide key, int constant) {
        long word = Aes.aeskeygenassist(key.high, constant) >>> 32;
        int[] w = {(int) key.low, (int) (key.low >>> 32), (int) key.high, (int) (key.high >>> 32)};
        w[0] ^= (int) word;
        for (int i = 1; i < 4; i++) {
            w[i] ^= w[i - 1];
        }
        return new Wide(
                w[0] & 0xffff_ffffL | (long) w[1] << 32, w[2] & 0xffff_ffffL | (long) w[3] << 32);
    }

    private static Wide[] keys(byte[] key) {
        Wide[] k = new Wide[11];
        k[0] = Wide.of(key, 0, ByteOrder.LITTLE_ENDIAN);
        int constant = 1;
        for (int i = 1; i <= 10; i++) {
            k[i] = nextKey(k[i - 1], constant);
            constant = constant << 1 ^ (constant >>> 7) * 0x11b;
        }
        return k;
    }

    @RepeatedTest(10)
    void encryptsAndDecryptsAsAes128(RepetitionInfo run) throws GeneralSecurityException {
        byte[] bytes = random(run, 32);
        byte[] key = Arrays.copyOf(bytes, 16);
        byte[] text = Arrays.copyOfRange(bytes, 16, 32);
        Wide[] k = keys(key);

        Wide s = Wide.of(text, 0, ByteOrder.LITTLE_ENDIAN).xor(k[0]);
        for (int i = 1; i < 10; i++) {
            s = new Wide(Aes.aesenc(s.low, s.high, k[i].low), Aes.aesenc(s.high, s.low, k[i].high));
        }
        s =
                new Wide(
                        Aes.aesenclast(s.low, s.high, k[10].low),
                        Aes.aesenclast(s.high, s.low, k[10].high));

        Cipher aes = Cipher.getInstance("AES/ECB/NoPadding");
        aes.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"));
        assertThat(s.bytes(ByteOrder.LITTLE_ENDIAN)).isEqualTo(aes.doFinal(text));

        s = s.xor(k[10]);
        for (int i = 9; i > 0; i--) {
            s =
                    new Wide(
                            Aes.aesdec(s.low, s.high, Aes.aesimc(k[i].low)),
                            Aes.aesdec(s.high, s.low, Aes.aesimc(k[i].high)));
        }
        s =
                new Wide(
                        Aes.aesdeclast(s.low, s.high, k[0].low),
                        Aes.aesdeclast(s.high, s.low, k[0].high));
        assertThat(s.bytes(ByteOrder.LITTLE_ENDIAN)).isEqualTo(text);
    }

    // ---- digests of one block ----------------------------------------------------------------

    /** {@code message}, at most 55 bytes, as the one padded block. */
    private static byte[] padded(byte[] message) {
        byte[] block = Arrays.copyOf(message, 64);
        block[message.length] = (byte) 0x80;
        ByteBuffer.wrap(block).putLong(56, 8L * message.length);
        return block;
    }

    /** Four words, the first one lowest. */
    private static Wide words(int... w) {
        return new Wide(
                w[0] & 0xffff_ffffL | (long) w[1] << 32, w[2] & 0xffff_ffffL | (long) w[3] << 32);
    }

    private static Wide sha1Schedule(Wide[] w, int i) {
        Wide a = w[i - 4];
        Wide b = w[i - 3];
        Wide x = new Wide(Sha.sha1msg1Low(a.low, b.high), Sha.sha1msg1High(a.low, a.high));
        x = x.xor(w[i - 2]);
        Wide last = w[i - 1];
        return new Wide(
                Sha.sha1msg2Low(x.low, x.high, last.low, last.high),
                Sha.sha1msg2High(x.high, last.low, last.high));
    }

    @RepeatedTest(10)
    void digestsAsSha1(RepetitionInfo run) throws GeneralSecurityException {
        byte[] message = random(run, 5 * run.getCurrentRepetition());
        byte[] block = padded(message);
        Wide start = words(0x1032_5476, 0x98ba_dcfe, 0xefcd_ab89, 0x6745_2301);
        Wide lastWord = new Wide(0, 0xc3d2_e1f0L << 32);
        Wide[] w = new Wide[20];
        Wide state = start;
        Wide before = start;
        for (int i = 0; i < 20; i++) {
            w[i] = i < 4 ? Wide.of(block, 16 * i, ByteOrder.BIG_ENDIAN) : sha1Schedule(w, i);
            Wide e =
                    i == 0
                            ? w[0].add(lastWord)
                            : new Wide(w[i].low, Sha.sha1nexteHigh(before.high, w[i].high));
            before = state;
            long[] x = {state.low, state.high, e.low, e.high};
            Sha.sha1rnds4(x, 0, 2, i / 5);
            state = new Wide(x[0], x[1]);
        }
        state = state.add(start);
        int e = (int) (Sha.sha1nexteHigh(before.high, lastWord.high) >>> 32);
        byte[] digest =
                ByteBuffer.allocate(20).put(state.bytes(ByteOrder.BIG_ENDIAN)).putInt(e).array();
        assertThat(digest).isEqualTo(MessageDigest.getInstance("SHA-1").digest(message));
    }

    private static int fraction(double root) {
        return (int) (long) (root * 0x1p32);
    }

    /** The first 64 primes. */
    private static int[] primes() {
        return java.util.stream.IntStream.range(2, 312)
                .filter(n -> java.util.stream.IntStream.range(2, n).noneMatch(d -> n % d == 0))
                .toArray();
    }

    private static Wide sha256Schedule(Wide[] w, int i) {
        Wide a = w[i - 4];
        Wide last = w[i - 1];
        Wide x =
                new Wide(
                        Sha.sha256msg1Low(a.low, a.high), Sha.sha256msg1High(a.high, w[i - 3].low));
        Wide shifted =
                new Wide(
                        Arrange.palignr(w[i - 2].low, w[i - 2].high, 4),
                        Arrange.palignr(w[i - 2].high, last.low, 4));
        x = x.add(shifted);
        return new Wide(
                Sha.sha256msg2Low(x.low, last.high), Sha.sha256msg2High(x.low, x.high, last.high));
    }

    private static Wide rounds(Wide a, Wide b, long wk) {
        return new Wide(
                Sha.sha256rnds2Low(a.low, a.high, b.low, b.high, wk),
                Sha.sha256rnds2High(a.low, a.high, b.low, b.high, wk));
    }

    @RepeatedTest(10)
    void digestsAsSha256(RepetitionInfo run) throws GeneralSecurityException {
        byte[] message = random(run, 5 * run.getCurrentRepetition());
        byte[] block = padded(message);
        int[] primes = primes();
        int[] h = Arrays.stream(primes).limit(8).map(p -> fraction(Math.sqrt(p))).toArray();
        int[] k = Arrays.stream(primes).map(p -> fraction(Math.cbrt(p))).toArray();
        Wide abef = words(h[5], h[4], h[1], h[0]);
        Wide cdgh = words(h[7], h[6], h[3], h[2]);
        Wide abefStart = abef;
        Wide cdghStart = cdgh;
        Wide[] w = new Wide[16];
        for (int i = 0; i < 16; i++) {
            if (i < 4) {
                byte[] four = new byte[16];
                for (int n = 0; n < 16; n++) {
                    four[n] = block[16 * i + (n ^ 3)];
                }
                w[i] = Wide.of(four, 0, ByteOrder.LITTLE_ENDIAN);
            } else {
                w[i] = sha256Schedule(w, i);
            }
            Wide wk = w[i].add(words(k[4 * i], k[4 * i + 1], k[4 * i + 2], k[4 * i + 3]));
            cdgh = rounds(cdgh, abef, wk.low);
            abef = rounds(abef, cdgh, wk.high);
        }
        abef = abef.add(abefStart);
        cdgh = cdgh.add(cdghStart);
        byte[] digest =
                ByteBuffer.allocate(32)
                        .putLong(abef.high)
                        .putLong(cdgh.high)
                        .putLong(abef.low)
                        .putLong(cdgh.low)
                        .array();
        assertThat(digest).isEqualTo(MessageDigest.getInstance("SHA-256").digest(message));
    }

    // ---- carry-less products -----------------------------------------------------------------

    @RepeatedTest(20)
    void multipliesWithoutCarries(RepetitionInfo run) {
        Random random = new Random(run.getCurrentRepetition());
        long a = run.getCurrentRepetition() == 1 ? -1 : random.nextLong();
        long b = run.getCurrentRepetition() < 3 ? -1 : random.nextLong();
        long low = 0;
        long high = 0;
        for (int i = 0; i < 64; i++) {
            if ((b >>> i & 1) != 0) {
                low ^= a << i;
                high ^= i == 0 ? 0 : a >>> 64 - i;
            }
        }
        assertThat(Carryless.low(a, b)).isEqualTo(low);
        assertThat(Carryless.high(a, b)).isEqualTo(high);
    }
}
