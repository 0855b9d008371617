package xenolith.testkit.guests;

/**
 * What the hypervisor does not emulate for a guest is #GP(0) in its kernel, as HLT, LGDT and
 * INVLPG; reading the clock and SIDT need no permission.
 */
final class DescriptorlessInstructions implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.attempt(() -> a.hlt());
        k.expectFault(13, 0, "HLT");
        k.attempt(() -> a.raw(0x0f, 0x01, 0x38));
        k.expectFault(13, 0, "INVLPG");
        k.attempt(() -> a.rdtsc());
        k.expectVector(-1, "RDTSC");
        k.area("idt", 16);
        k.attempt(() -> a.raw(0x0f, 0x01, 0x0c, 0x25).data(0, 0).raw(0, 0, 0, 0));
        k.user(() -> a.hlt());
        k.expectFault(13, 0, "HLT in user mode");
    }
}
