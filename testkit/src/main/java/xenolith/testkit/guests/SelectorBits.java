package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * An event sets its bit in evtchn_pending, the bit of that word in the vCPU's selector, and the
 * pending byte. A masked channel stops after the first.
 */
final class SelectorBits implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 1);
        Ports.bindIpi(k);
        // BTS of the mask bit of the port.
        a.lea(RSI, Mem.at("shared", Xen.EVTCHN_MASK)).raw(0x48, 0x0f, 0xab, 0x1e);
        Ports.send(k);
        a.lea(RSI, Mem.at("shared", Xen.EVTCHN_PENDING)).raw(0x48, 0x0f, 0xa3, 0x1e);
        a.set(Cond.B, Mem.at(k.area("bit", 8)));
        k.expect(Mem.at("bit"), 1, "pending bit of a masked channel");
        k.expect(Mem.at("shared", Xen.PENDING_SEL), 0, "selector for a masked channel");
        k.sharedByte(Xen.UPCALL_PENDING);
        k.expect(RAX, 0, "pending byte for a masked channel");
        a.mov(Mem.at("shared", Xen.EVTCHN_MASK), 0).mov(Mem.at("shared", Xen.EVTCHN_PENDING), 0);
        Ports.send(k);
        k.expect(Mem.at("shared", Xen.PENDING_SEL), 1, "selector");
        k.sharedByte(Xen.UPCALL_PENDING);
        k.expect(RAX, 1, "pending byte");
        // Pending already: a second send changes nothing.
        a.mov(Mem.at("shared", Xen.PENDING_SEL), 0);
        Ports.send(k);
        k.expect(Mem.at("shared", Xen.PENDING_SEL), 0, "selector after a second send");
    }
}
