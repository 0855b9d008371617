package xenolith.testkit.net;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.GuestKit;

/**
 * A guest that fills both rings of its card with random slots, most of them nearly right, and
 * sometimes random indices, and connects anew now and then.
 *
 * @param seed of its random numbers, not 0
 * @param rounds how often it connects
 */
public record RandomCard(long seed, int rounds) {
    /** What it prints, at its end, behind the time of its clock in hexadecimal. */
    public static final String DONE = " ns at the end";

    private static final int STEPS = 64;

    /** Of four slots, one is wholly random; the others have few grants, flags and bytes. */
    private static final long LIKELY_REQUEST = 0x000f_0fff_0000_003fL;

    private static final long LIKELY_SIZE = 0x07ff_ffffL;
    private static final long LIKELY_PAGE = 0x0000_007f_0000_ffffL;

    /** The ELF image. */
    public byte[] image() {
        GuestKit k = new GuestKit("random " + seed);
        NetKit net = new NetKit(k);
        Assembler a = k.a;
        k.begin();
        net.begin();
        a.mov(RAX, seed).mov(k.variable("random"), RAX).mov(k.variable("rounds"), rounds);
        a.label("round");
        net.rings();
        net.connect();
        a.mov(k.variable("steps"), STEPS).label("step");
        sending(k);
        receiving(k);
        net.kick();
        a.dec(Mem.at("steps")).j(Cond.NE, "step");
        net.wait(1);
        net.disconnect();
        a.dec(Mem.at("rounds")).j(Cond.NE, "round");
        a.rdtsc().shl(RDX, 32).or(RAX, RDX).call("puthex");
        k.print(DONE + "\r\n").pass();
        // RAX = the next random number (xorshift64)
        a.label("next_random").mov(RAX, Mem.at("random"));
        a.mov(RDX, RAX).shl(RDX, 13).xor(RAX, RDX).mov(RDX, RAX).shr(RDX, 7).xor(RAX, RDX);
        a.mov(RDX, RAX).shl(RDX, 17).xor(RAX, RDX).mov(Mem.at("random"), RAX).ret();
        net.routines();
        return k.image();
    }

    private static void sending(GuestKit k) {
        Assembler a = k.a;
        a.mov(4, RAX, Mem.at("tx_prod")).and(RAX, NetKit.SLOTS - 1);
        a.lea(RCX, Mem.at(RAX, RAX, 2, 0)).shl(RCX, 2).lea(RSI, Mem.at("tx_ring", NetKit.RING));
        a.add(RSI, RCX).call("next_random").mov(RCX, RAX).call("next_random");
        masked(a, "sent", LIKELY_REQUEST, LIKELY_SIZE);
        a.mov(Mem.at(RSI), RCX).mov(4, Mem.at(RSI, 8), RAX).inc(Mem.at("tx_prod"));
        index(a, "tx_prod", "tx_ring", 6);
    }

    private static void receiving(GuestKit k) {
        Assembler a = k.a;
        a.mov(4, RAX, Mem.at("rx_prod")).and(RAX, NetKit.SLOTS - 1);
        a.lea(RSI, Mem.at("rx_ring", NetKit.RING)).lea(RSI, Mem.at(RSI, RAX, 8, 0));
        a.call("next_random").mov(RCX, RAX);
        masked(a, "received", LIKELY_PAGE, -1);
        a.mov(Mem.at(RSI), RCX).inc(Mem.at("rx_prod"));
        index(a, "rx_prod", "rx_ring", 7);
    }

    /** Makes RCX and RAX likely, in three cases of four. */
    private static void masked(Assembler a, String label, long first, long second) {
        a.mov(RDX, Mem.at("random")).shr(RDX, 40).and(RDX, 3).j(Cond.E, label);
        a.mov(RDX, first).and(RCX, RDX).mov(RDX, second).and(RAX, RDX).label(label);
    }

    /** Tells the index, or, once in two to the {@code rarity}, any number. */
    private static void index(Assembler a, String index, String ring, int rarity) {
        a.call("next_random").mov(RDX, RAX).shr(RDX, 64 - rarity).j(Cond.E, ring + "_any");
        a.mov(4, RAX, Mem.at(index)).label(ring + "_any");
        a.mov(4, Mem.at(ring, NetKit.REQ_PROD), RAX);
    }
}
