package xenolith.testkit.net;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.R13;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import java.util.Locale;
import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Imm;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.asm.Reg;
import xenolith.testkit.guests.GuestKit;
import xenolith.testkit.guests.Xen;

/**
 * A guest that asks for its neighbour's address by ARP, pings it by ICMP again and again, each echo
 * after the answer to the one before, and says {@code N ns for all echoes}, in hexadecimal and by
 * its clock, when it has all answers. It answers ARP and ICMP for its own address, for ever.
 *
 * @param self number of its address and of its card's, 1 to 254
 * @param neighbour the number of whom it pings; 0 if it only answers
 * @param echoes how many answers it wants, 1 to 65,535
 * @param broadcast whether its echoes go to everybody's card, as far as Ethernet is concerned
 */
public record Pinger(int self, int neighbour, int echoes, boolean broadcast) {
    /** What it prints behind the time that all echoes took. */
    public static final String DONE = " ns for all echoes";

    /** Bytes of an echo, of its Ethernet header too: those of ping(8). */
    private static final int LENGTH = 98;

    private static final int ARP_LENGTH = 42;

    // Offsets in frames; fields are big endian.
    private static final int TYPE = 12;
    private static final int ARP_OPERATION = 20;
    private static final int ARP_SENDER = 22;
    private static final int ARP_SENDER_IP = 28;
    private static final int ARP_TARGET = 32;
    private static final int ARP_TARGET_IP = 38;
    private static final int PROTOCOL = 23;
    private static final int SOURCE_IP = 26;
    private static final int TARGET_IP = 30;
    private static final int ICMP = 34;
    private static final int ICMP_CHECKSUM = 36;
    private static final int ICMP_ID = 38;
    private static final int SEQUENCE = 40;

    private static final int NETWORK = 10 << 24;

    // Operations of Assembler.alu.
    private static final int ADD = 0;
    private static final int ADC = 2;
    private static final int SUB = 5;
    private static final int XOR = 6;
    private static final int CMP = 7;

    /** How long a lost frame is waited for, in nanoseconds. */
    private static final long PATIENCE = 250_000_000;

    /** The Ethernet address of card {@code number}, as a configuration has it. */
    public static String mac(int number) {
        return String.format(Locale.ROOT, "00:16:3e:00:00:%02x", number);
    }

    /** The ELF image. */
    public byte[] image() {
        GuestKit k = new GuestKit("pinger " + self);
        NetKit net = new NetKit(k);
        k.begin();
        net.begin();
        net.rings();
        net.connect();
        new Code(this, k, net).emit();
        net.routines();
        return k.image();
    }

    /** 10.0.0.{@code number}. */
    private static int ip(int number) {
        return NETWORK | number;
    }

    private byte[] arp() {
        Bytes b = new Bytes(ARP_LENGTH).repeat(0xff, 6).mac(self).u16(0x0806);
        b.u16(1).u16(0x0800).u8(6).u8(4).u16(1);
        return b.mac(self).u32(ip(self)).repeat(0, 6).u32(ip(neighbour)).bytes();
    }

    /** An echo whose sequence number, and checksum, are still 0. */
    private byte[] echo() {
        Bytes b = new Bytes(LENGTH).repeat(broadcast ? 0xff : 0, 6).mac(self).u16(0x0800);
        b.u16(0x4500).u16(LENGTH - 14).u32(0).u8(64).u8(1).u16(0);
        b.u32(ip(self)).u32(ip(neighbour));
        b.u8(8).u8(0).u16(0).u16(self).u16(0);
        for (int i = b.length(); i < LENGTH; i++) {
            b.u8(i);
        }
        return b.checksum(14, 34, 24).bytes();
    }

    private record Code(Pinger p, GuestKit k, NetKit net, Assembler a) {
        Code(Pinger p, GuestKit k, NetKit net) {
            this(p, k, net, k.a);
        }

        void emit() {
            a.mov(k.variable("sequence"), 0).mov(k.variable("known"), p.broadcast ? 1 : 0);
            a.mov(k.variable("deadline"), 0).mov(k.variable("started"), 0);
            k.hypercall(Xen.VCPU_OP, 7, 0, 0); // stop the periodic timer
            k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_BIND_VIRQ, k.area("virq", 16));
            a.mov(Mem.at("shared", Xen.EVTCHN_MASK), 0);
            k.print("pinger\r\n");
            loop();
            received();
            arpReceived();
            echoReceived();
            ask();
            a.align(16).label("arp").raw(ints(p.arp()));
            a.align(16).label("echo").raw(ints(p.echo()));
        }

        /** Events are looked at with upcalls masked, so that none comes between look and block. */
        private void loop() {
            a.label("loop").mov(1, Mem.at("shared", Xen.UPCALL_MASK), 1);
            a.mov(Mem.at("shared", Xen.EVTCHN_PENDING), 0);
            a.label("next").mov(4, RBX, Mem.at("rx_cons"));
            a.alu(CMP, 4, RBX, Mem.at("rx_ring", NetKit.RSP_PROD)).j(Cond.NE, "take");
            a.lea(RAX, Mem.at(RBX, 1)).mov(4, Mem.at("rx_ring", NetKit.RSP_EVENT), RAX);
            a.alu(CMP, 4, RBX, Mem.at("rx_ring", NetKit.RSP_PROD)).j(Cond.NE, "take");
            // give the pages back, with an event if the back end waits for one of them
            a.mov(4, RDX, Mem.at("rx_prod")).mov(4, RCX, Mem.at("rx_ring", NetKit.REQ_PROD));
            a.alu(SUB, 4, RCX, RDX).neg(RCX).j(Cond.E, "given");
            a.mov(4, Mem.at("rx_ring", NetKit.REQ_PROD), RDX);
            a.alu(SUB, 4, RDX, Mem.at("rx_ring", NetKit.REQ_EVENT));
            a.alu(CMP, 4, RDX, RCX).j(Cond.AE, "given");
            net.kick();
            a.label("given");
            if (p.neighbour != 0) {
                timer();
            }
            k.hypercall(Xen.SCHED_OP, Xen.SCHED_BLOCK, 0);
            a.jmp("loop");
            a.label("take").call("received").inc(Mem.at("rx_cons")).jmp("next");
        }

        /** Whatever was not answered in time is asked again. */
        private void timer() {
            clock();
            a.mov(RDX, Mem.at("deadline")).cmp(RDX, RAX).j(Cond.A, "waiting");
            a.mov(RDI, RAX).mov(RAX, PATIENCE).add(RDI, RAX).mov(Mem.at("deadline"), RDI);
            k.hypercall(Xen.SET_TIMER_OP);
            a.call("ask").label("waiting");
        }

        /** RAX = system time, which the counter of a tiny guest tells. */
        private void clock() {
            a.rdtsc().shl(RDX, 32).or(RAX, RDX);
        }

        /** EBX: number of a response. Its page is given back. R12: the frame. R13: its length. */
        private void received() {
            a.label("received").and(RBX, NetKit.SLOTS - 1);
            a.lea(RSI, Mem.at("rx_ring", NetKit.RING)).mov(RAX, Mem.at(RSI, RBX, 8, 0));
            a.mov(R13, RAX).sar(R13, 48).movzx(RCX, 2, RAX).and(RCX, NetKit.RX_PAGES - 1);
            a.mov(RDI, RCX).shl(RDI, 12).lea(R12, "rx_pages").add(R12, RDI);
            // the next request: the same page
            a.mov(4, RDX, Mem.at("rx_prod")).and(RDX, NetKit.SLOTS - 1);
            a.mov(RDI, RCX).add(RDI, NetKit.RX_REF).shl(RDI, 32).or(RDI, RCX);
            a.mov(Mem.at(RSI, RDX, 8, 0), RDI).inc(Mem.at("rx_prod"));
            a.cmp(R13, ARP_LENGTH).j(Cond.L, "ignored");
            a.movzx(RAX, 2, Mem.at(R12, TYPE));
            a.cmp(RAX, 0x0608).j(Cond.E, "arp_received");
            a.cmp(RAX, 0x0008).j(Cond.E, "echo_received");
            a.label("ignored").ret();
        }

        private void arpReceived() {
            a.label("arp_received");
            a.cmp(4, Mem.at(R12, ARP_TARGET_IP), swap(ip(p.self))).j(Cond.NE, "ignored");
            a.movzx(RAX, 2, Mem.at(R12, ARP_OPERATION));
            a.cmp(RAX, 0x0200).j(Cond.E, "arp_answered");
            a.cmp(RAX, 0x0100).j(Cond.NE, "ignored");
            // the answer: our own question with the addresses exchanged
            a.call("net_room").test(RDI, RDI).j(Cond.E, "ignored");
            copy("arp", ARP_LENGTH);
            a.mov(2, Mem.at(RDI, ARP_OPERATION), 0x0200);
            mac(R12, ARP_SENDER, RDI, 0);
            mac(R12, ARP_SENDER, RDI, ARP_TARGET);
            a.mov(4, RAX, Mem.at(R12, ARP_SENDER_IP)).mov(4, Mem.at(RDI, ARP_TARGET_IP), RAX);
            a.mov(RCX, ARP_LENGTH).jmp("net_send");
            a.label("arp_answered");
            a.cmp(4, Mem.at(R12, ARP_SENDER_IP), swap(ip(p.neighbour))).j(Cond.NE, "ignored");
            a.cmp(Mem.at("known"), 0).j(Cond.NE, "ignored");
            a.lea(RDI, "echo").mov(Mem.at("known"), 1);
            mac(R12, ARP_SENDER, RDI, 0);
            a.jmp("ask");
        }

        private void echoReceived() {
            a.label("echo_received").cmp(R13, LENGTH).j(Cond.NE, "ignored");
            a.cmp(4, Mem.at(R12, TARGET_IP), swap(ip(p.self))).j(Cond.NE, "ignored");
            a.cmp(1, Mem.at(R12, PROTOCOL), 1).j(Cond.NE, "ignored");
            a.movzx(RAX, 1, Mem.at(R12, ICMP));
            a.cmp(RAX, 0).j(Cond.E, "echo_answered").cmp(RAX, 8).j(Cond.NE, "ignored");
            a.call("net_room").test(RDI, RDI).j(Cond.E, "ignored");
            a.mov(RDX, RDI).mov(RSI, R12).mov(RCX, LENGTH).repMovsb().mov(RDI, RDX);
            mac(R12, 6, RDI, 0);
            a.lea(RSI, "arp");
            mac(RSI, 6, RDI, 6);
            a.mov(4, RAX, Mem.at(R12, SOURCE_IP)).mov(4, Mem.at(RDI, TARGET_IP), RAX);
            a.mov(4, Mem.at(RDI, SOURCE_IP), swap(ip(p.self))).mov(1, Mem.at(RDI, ICMP), 0);
            // type 8 is gone from the sum, whose complement grows (RFC 1624)
            a.alu(ADD, 2, Mem.at(RDI, ICMP_CHECKSUM), new Imm(8));
            a.alu(ADC, 2, Mem.at(RDI, ICMP_CHECKSUM), new Imm(0));
            a.mov(RCX, LENGTH).jmp("net_send");

            a.label("echo_answered");
            a.cmp(4, Mem.at(R12, SOURCE_IP), swap(ip(p.neighbour))).j(Cond.NE, "ignored");
            a.movzx(RAX, 2, Mem.at(R12, ICMP_ID)).cmp(RAX, p.self << 8).j(Cond.NE, "ignored");
            sequence();
            a.movzx(RDX, 2, Mem.at(R12, SEQUENCE)).cmp(RDX, RAX).j(Cond.NE, "ignored");
            a.inc(Mem.at("sequence"));
            a.cmp(Mem.at("sequence"), p.echoes).j(Cond.B, "ask").j(Cond.A, "ignored");
            clock();
            a.sub(RAX, Mem.at("started")).call("puthex");
            k.print(DONE + "\r\n");
            a.ret();
        }

        /** RAX = the sequence number in the order of the wire. */
        private void sequence() {
            a.mov(RAX, Mem.at("sequence")).mov(RCX, RAX).shr(RAX, 8).and(RAX, 0xff);
            a.and(RCX, 0xff).shl(RCX, 8).or(RAX, RCX);
        }

        /** Sends the present question, if there is one. */
        private void ask() {
            a.label("ask");
            if (p.neighbour == 0) {
                a.ret();
                return;
            }
            a.cmp(Mem.at("sequence"), p.echoes).j(Cond.AE, "ignored");
            a.call("net_room").test(RDI, RDI).j(Cond.E, "ignored");
            a.cmp(Mem.at("known"), 0).j(Cond.NE, "ask_echo");
            copy("arp", ARP_LENGTH);
            a.mov(RCX, ARP_LENGTH).jmp("net_send");
            a.label("ask_echo").cmp(Mem.at("started"), 0).j(Cond.NE, "ask_again");
            clock();
            a.mov(Mem.at("started"), RAX).label("ask_again");
            copy("echo", LENGTH);
            // the checksum is the complement of the sum with the sequence number in it
            sequence();
            a.mov(2, Mem.at(RDI, SEQUENCE), RAX).add(RAX, sum());
            for (int i = 0; i < 2; i++) {
                a.mov(RCX, RAX).shr(RCX, 16).and(RAX, 0xffff).add(RAX, RCX);
            }
            a.alu(XOR, 8, RAX, new Imm(-1)).mov(2, Mem.at(RDI, ICMP_CHECKSUM), RAX);
            a.mov(RCX, LENGTH).jmp("net_send");
        }

        /**
         * Sum of the echo's ICMP part without its sequence number, in words of the wire's order.
         */
        private int sum() {
            byte[] echo = p.echo();
            int sum = 0;
            for (int i = ICMP; i < LENGTH; i += 2) {
                sum += echo[i] & 0xff | (echo[i + 1] & 0xff) << 8;
            }
            return (sum & 0xffff) + (sum >>> 16);
        }

        /** Copies {@code length} bytes at {@code label} to RDI, which stays. */
        private void copy(String label, int length) {
            a.mov(RDX, RDI).lea(RSI, label).mov(RCX, length).repMovsb().mov(RDI, RDX);
        }

        /** Copies an Ethernet address. */
        private void mac(Reg from, int at, Reg to, int there) {
            a.mov(4, RAX, Mem.at(from, at)).mov(4, Mem.at(to, there), RAX);
            a.movzx(RAX, 2, Mem.at(from, at + 4)).mov(2, Mem.at(to, there + 4), RAX);
        }

        /** {@code value} as a little-endian load finds it in a frame. */
        private static int swap(int value) {
            return Integer.reverseBytes(value);
        }

        private static int[] ints(byte[] bytes) {
            int[] all = new int[bytes.length];
            for (int i = 0; i < all.length; i++) {
                all[i] = bytes[i] & 0xff;
            }
            return all;
        }
    }
}
