package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * EVTCHNOP_unmask of a channel that is pending raises it anew: kernels rely on it when an event
 * came while the channel was masked.
 */
final class UnmaskRaises implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 0);
        Ports.bindIpi(k);
        a.mov(k.variable("evt_count"), 0);
        a.lea(RSI, Mem.at("shared", Xen.EVTCHN_MASK)).raw(0x48, 0x0f, 0xab, 0x1e);
        Ports.send(k);
        k.expect(Mem.at("evt_count"), 0, "upcalls for a masked channel");
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_UNMASK, "port");
        k.expectResult(0, "unmask");
        k.expect(Mem.at("evt_count"), 1, "upcalls after unmask");
        a.lea(RSI, Mem.at("shared", Xen.EVTCHN_MASK)).raw(0x48, 0x0f, 0xa3, 0x1e);
        a.set(Cond.B, Mem.at(k.area("bit", 8)));
        k.expect(Mem.at("bit"), 0, "mask bit after unmask");
    }
}
