package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Mem;

/**
 * What guests that grant need; {@code domid} is the guest's own number, {@code grants} its table.
 */
public final class GrantKit {
    static final int MAP = 0;
    static final int UNMAP = 1;
    static final int SETUP_TABLE = 2;
    static final int TRANSFER = 4;
    static final int COPY = 5;
    static final int UNMAP_AND_REPLACE = 7;
    static final int SET_VERSION = 8;
    static final int GET_STATUS_FRAMES = 9;
    static final int GET_VERSION = 10;
    static final int SWAP = 11;
    static final int CACHE_FLUSH = 12;

    private final GuestKit k;
    private final Assembler a;

    /** On what {@code k} emits. */
    public GrantKit(GuestKit k) {
        this.k = k;
        this.a = k.a;
    }

    /**
     * grant_table_op {@code cmd} on the one argument in {@code grant_args}; the result is in RAX.
     */
    void op(int cmd) {
        a.mov(RDI, cmd).lea(RSI, k.area("grant_args", 64)).mov(RDX, 1);
        k.hypercall(Xen.GRANT_TABLE_OP);
    }

    /** Sets {@code domid} from the status of a port that is unbound for the guest itself. */
    void findDomid() {
        String args = k.area("evtchn_args", 32);
        a.mov(4, Mem.at(args), Xen.DOMID_SELF << 16 | Xen.DOMID_SELF);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_ALLOC_UNBOUND, args);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_STATUS, args);
        k.expectResult(0, "status of an unbound port");
        a.movzx(RAX, 2, Mem.at(args, 16)).mov(k.variable("domid"), RAX);
    }

    /** Maps the first frame of the table at {@code grants}. */
    public void mapTable() {
        k.area("frame_list", 32);
        a.mov(4, Mem.at(k.area("grant_args", 64)), Xen.DOMID_SELF);
        a.mov(4, Mem.at("grant_args", 4), 1).lea(RAX, "frame_list");
        a.mov(Mem.at("grant_args", 16), RAX);
        op(SETUP_TABLE);
        k.expectResult(0, "setup_table");
        k.area("grants", 4096);
        a.mov(RSI, Mem.at("frame_list")).shl(RSI, 12).or(RSI, 0x67);
        k.mapPage("grants");
        k.expectResult(0, "mapping the table");
    }

    /** Asks for {@code version}; the result is in RAX. */
    void setVersion(int version) {
        a.mov(4, Mem.at("grant_args"), version);
        op(SET_VERSION);
    }

    /** Fails unless the version is {@code version}. */
    void version(int version) {
        a.mov(4, Mem.at("grant_args"), Xen.DOMID_SELF);
        op(GET_VERSION);
        k.expectResult(0, "get_version");
        a.mov(4, RCX, Mem.at("grant_args", 4));
        k.expect(RCX, version, "version");
    }

    /** Sets {@code frame_list} to the first status frame. */
    void statusFrame() {
        a.mov(4, Mem.at("grant_args"), 1).mov(4, Mem.at("grant_args", 4), Xen.DOMID_SELF);
        a.lea(RAX, "frame_list").mov(Mem.at("grant_args", 8), RAX);
        op(GET_STATUS_FRAMES);
        k.expectResult(0, "get_status_frames");
        status(6, 0, "get_status_frames");
    }

    /** Fails unless the status at {@code offset} of the argument is {@code expected}. */
    void status(int offset, int expected, String what) {
        a.movzx(RCX, 2, Mem.at("grant_args", offset));
        k.expect(RCX, expected & 0xffff, what + ": status");
    }

    /** Maps own grant {@code ref} at {@code label} with {@code flags}; the handle is kept. */
    void map(String label, int ref, int flags, int expected) {
        a.lea(RAX, k.area(label, 4096)).mov(Mem.at("grant_args"), RAX);
        a.mov(4, Mem.at("grant_args", 8), flags).mov(4, Mem.at("grant_args", 12), ref);
        a.mov(RAX, Mem.at("domid")).mov(4, Mem.at("grant_args", 16), RAX);
        op(MAP);
        k.expectResult(0, "map_grant_ref");
        status(18, expected, "map_grant_ref");
        a.mov(4, RAX, Mem.at("grant_args", 20)).mov(k.variable("handle"), RAX);
    }

    /** Unmaps the last mapping from {@code label}. */
    void unmap(String label, int expected) {
        a.lea(RAX, label).mov(Mem.at("grant_args"), RAX).mov(Mem.at("grant_args", 8), 0);
        a.mov(RAX, Mem.at("handle")).mov(4, Mem.at("grant_args", 16), RAX);
        op(UNMAP);
        k.expectResult(0, "unmap_grant_ref");
        status(20, expected, "unmap_grant_ref");
    }
}
