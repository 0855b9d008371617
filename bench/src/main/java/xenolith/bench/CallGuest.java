package xenolith.bench;

import static xenolith.testkit.asm.Reg.R10;
import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.R13;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;
import static xenolith.testkit.asm.Reg.RSP;

import java.util.List;
import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.GuestKit;
import xenolith.testkit.guests.Xen;

/**
 * A tiny 64-bit PV guest that does one thing again and again, row by row, and says by console_io
 * when a row begins and ends: {@code @begin ROW} and {@code @end ROW}. It runs as an ordinary
 * domain and as domain 0 alike, and needs 128 MiB.
 */
final class CallGuest {
    /** One row: what is counted, and how much of it there is. */
    record Row(String name, int count, String unit) {}

    /** All rows, in order. */
    static final List<Row> ROWS =
            List.of(
                    new Row("nothing", 1_600_000, "xen_version"),
                    new Row("update-1", 400_000, "mmu_update of one entry"),
                    new Row("update-64", 1_920_000, "entries, 64 in an mmu_update"),
                    new Row("va-mapping", 400_000, "update_va_mapping with INVLPG"),
                    new Row("pin", 120, "pin and unpin of 64 MiB"),
                    new Row("grant-map", 80_000, "grant mapped and unmapped"),
                    new Row("grant-copy", 320_000, "grant copy of 4 KiB"),
                    new Row("send", 800_000, "event sent, masked"),
                    new Row("event", 400_000, "event sent, upcall, iret"),
                    new Row("bounce", 400_000, "INT3, handler, iret"));

    private static final int L1_TABLES = 32;
    private static final int TABLES = L1_TABLES + 3;
    private static final int BATCH = 64;
    private static final int REF = 8;
    private static final int PIN_L4 = 3;
    private static final int CONSOLE_WRITE = 0;
    private static final int STOP_PERIODIC_TIMER = 7;

    private final GuestKit k = new GuestKit("calls");
    private final Assembler a = k.a;
    private final List<Row> rows;
    private final int turns;

    /** A guest that runs {@code rows} {@code turns} times. */
    CallGuest(List<Row> rows, int turns) {
        this.rows = rows;
        this.turns = turns;
    }

    /** The ELF image. */
    byte[] image() {
        entry();
        page("one");
        page("other");
        requests();
        tables();
        grants();
        events();
        say("@ready\n");
        for (int turn = 0; turn < turns; turn++) {
            for (Row row : rows) {
                say("@begin " + row.name + "\n");
                a.mov(RBX, row.name.equals("update-64") ? row.count / BATCH : row.count);
                String next = a.fresh("next");
                a.label(next);
                step(row.name);
                a.dec(RBX).j(Cond.NE, next);
                say("@end " + row.name + "\n");
            }
        }
        say("@done\n");
        a.jmp("off");
        return k.image();
    }

    private void step(String row) {
        switch (row) {
            case "nothing" -> k.hypercall(Xen.XEN_VERSION, 0, 0);
            case "update-1" -> {
                // One of the first two requests, in turn.
                a.mov(RDI, RBX).and(RDI, 1).shl(RDI, 4).lea(RAX, "requests").add(RDI, RAX);
                update(1);
            }
            case "update-64" -> {
                a.lea(RDI, "requests");
                update(BATCH);
            }
            case "va-mapping" -> {
                a.mov(RSI, Mem.at("entry_one")).xor(RSI, R13).mov(Mem.at("entry_one"), RSI);
                k.mapPage("one");
                expect(0);
            }
            case "pin" -> {
                pin(PIN_L4);
                pin(Xen.UNPIN);
            }
            case "grant-map" -> grantMap();
            case "grant-copy" -> grantCopy();
            case "send", "event" -> {
                a.mov(Mem.at("shared", Xen.EVTCHN_MASK), row.equals("send") ? -1 : 0);
                a.mov(Mem.at("shared", Xen.EVTCHN_PENDING), 0);
                k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_SEND, "port");
                expect(0);
            }
            default -> k.attempt(() -> a.raw(0xcc));
        }
    }

    /** Domain 0 has no console ring: nothing of the usual beginning but what is needed. */
    private void entry() {
        a.label("start").cld().mov(k.variable("start_info"), RSI);
        k.variable("console");
        k.variable("console_port");
        k.area("stack", 16384);
        k.area("exc_stack", 8192);
        k.area("user_stack", 4096);
        k.area("shared", 4096);
        a.lea(RSP, Mem.at("stack", 16384)).lea(RDI, "traps");
        k.hypercall(Xen.SET_TRAP_TABLE);
        a.mov(RSI, Mem.at("start_info")).mov(RSI, Mem.at(RSI, Xen.SHARED_INFO)).or(RSI, 0x67);
        k.mapPage("shared");
        expect(0);
        String args = k.area("callback_args", 16);
        a.mov(Mem.at(args), Xen.CALLBACK_EVENT).lea(RAX, "event_entry").mov(Mem.at(args, 8), RAX);
        k.hypercallOn(Xen.CALLBACK_OP, 0, args);
        expect(0);
        a.mov(RDI, Xen.FLAT_SS).lea(RSI, Mem.at("exc_stack", 8192));
        k.hypercall(Xen.STACK_SWITCH);
        k.hypercall(Xen.VCPU_OP, STOP_PERIODIC_TIMER, 0, 0);
        a.mov(RAX, Mem.at("start_info")).mov(RAX, Mem.at(RAX, Xen.PT_BASE)).shr(RAX, 12);
        a.mov(RDX, Mem.at("start_info")).mov(RDX, Mem.at(RDX, Xen.MFN_LIST));
        a.mov(RAX, Mem.at(RDX, RAX, 8, 0)).mov(k.variable("cr3_mfn"), RAX);
    }

    private void say(String text) {
        a.lea(RDX, k.string(text)).mov(RDI, CONSOLE_WRITE).mov(RSI, text.length());
        k.hypercall(Xen.CONSOLE_IO);
    }

    /** Ends the guest unless the 32-bit result in RAX is {@code result}. */
    private void expect(int result) {
        String well = a.fresh("well");
        a.cmp(4, RAX, result).j(Cond.E, well);
        a.lea(RDX, k.string("@failed\n")).mov(RDI, CONSOLE_WRITE).mov(RSI, 8);
        k.hypercall(Xen.CONSOLE_IO);
        a.ud2().label(well);
    }

    private void page(String label) {
        k.area(label, 4096);
        k.entryOf(label, 0x67);
        a.mov(k.variable("entry_" + label), RAX);
    }

    /** Updates of the entry that maps page "one", to both pages in turn. */
    private void requests() {
        k.area("requests", 16 * BATCH);
        k.l1EntryOf("one");
        a.mov(RCX, BATCH / 2).lea(RDI, "requests");
        String next = a.fresh("next");
        a.label(next).mov(Mem.at(RDI), RDX).mov(Mem.at(RDI, 16), RDX);
        a.mov(RAX, Mem.at("entry_one")).mov(Mem.at(RDI, 8), RAX);
        a.mov(RAX, Mem.at("entry_other")).mov(Mem.at(RDI, 24), RAX);
        a.add(RDI, 32).dec(RCX).j(Cond.NE, next);
        // What makes one entry of the other.
        a.mov(R13, Mem.at("entry_one")).xor(R13, Mem.at("entry_other"));
    }

    private void update(int count) {
        a.mov(RSI, count).mov(RDX, 0).mov(R10, Xen.DOMID_SELF);
        k.hypercall(Xen.MMU_UPDATE);
        expect(0);
    }

    // ---- an address space of 64 MiB ----------------------------------------------------------

    private void tables() {
        k.area("tables", 4096 * TABLES);
        // Level 1: the last pages of the guest but some.
        a.mov(RSI, Mem.at("start_info")).mov(RCX, Mem.at(RSI, Xen.NR_PAGES));
        a.sub(RCX, 512 * L1_TABLES + 512).mov(RSI, Mem.at(RSI, Xen.MFN_LIST));
        a.lea(RSI, Mem.at(RSI, RCX, 8, 0)).lea(RDI, "tables").mov(RCX, 512 * L1_TABLES);
        String next = a.fresh("next");
        a.label(next).mov(RAX, Mem.at(RSI)).shl(RAX, 12).or(RAX, 0x67).mov(Mem.at(RDI), RAX);
        a.add(RSI, 8).add(RDI, 8).dec(RCX).j(Cond.NE, next);
        for (int i = 0; i < TABLES - 1; i++) {
            tableEntry(i, 0x67);
            int parent = i < L1_TABLES ? L1_TABLES : i + 1;
            int slot = i < L1_TABLES ? i : 0;
            a.mov(Mem.at("tables", 4096L * parent + 8L * slot), RAX);
        }
        for (int i = 0; i < TABLES; i++) {
            tableEntry(i, 0x65);
            a.mov(RSI, RAX).lea(RDI, Mem.at("tables", 4096L * i)).mov(RDX, Xen.INVLPG);
            k.hypercall(Xen.UPDATE_VA_MAPPING);
            expect(0);
        }
        tableEntry(TABLES - 1, 0);
        a.shr(RAX, 12).mov(Mem.at(k.area("pin_args", 24), 8), RAX);
    }

    /** RAX = entry for table {@code i}. */
    private void tableEntry(int i, int flags) {
        a.lea(RAX, Mem.at("tables", 4096L * i)).shr(RAX, 12);
        a.mov(RDX, Mem.at("start_info")).mov(RDX, Mem.at(RDX, Xen.MFN_LIST));
        a.mov(RAX, Mem.at(RDX, RAX, 8, 0)).shl(RAX, 12).or(RAX, flags);
    }

    private void pin(int operation) {
        a.mov(Mem.at("pin_args"), operation);
        a.lea(RDI, "pin_args").mov(RSI, 1).mov(RDX, 0).mov(R10, Xen.DOMID_SELF);
        k.hypercall(Xen.MMUEXT_OP);
        expect(0);
    }

    // ---- grants and events -------------------------------------------------------------------

    private void grants() {
        String args = k.area("evtchn_args", 32);
        a.mov(4, Mem.at(args), Xen.DOMID_SELF << 16 | Xen.DOMID_SELF);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_ALLOC_UNBOUND, args);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_STATUS, args);
        expect(0);
        a.movzx(R12, 2, Mem.at(args, 16));
        k.area("frame_list", 32);
        k.area("setup_args", 32);
        a.mov(4, Mem.at("setup_args"), Xen.DOMID_SELF).mov(4, Mem.at("setup_args", 4), 1);
        a.lea(RAX, "frame_list").mov(Mem.at("setup_args", 16), RAX);
        grantOp(2, "setup_args");
        k.area("grants", 4096);
        a.mov(RSI, Mem.at("frame_list")).shl(RSI, 12).or(RSI, 0x67);
        k.mapPage("grants");
        expect(0);
        k.area("source", 4096);
        k.area("mapped", 4096);
        k.area("dest", 4096);
        k.mfnOf("source");
        a.mov(4, Mem.at("grants", 8 * REF + 4), RAX);
        a.mov(RAX, R12).shl(RAX, 16).or(RAX, 1).mov(4, Mem.at("grants", 8 * REF), RAX);
        mapArguments();
    }

    private void mapArguments() {
        k.area("map_args", 32);
        k.area("unmap_args", 24);
        k.area("copy_args", 40);
        a.lea(RAX, "mapped").mov(Mem.at("map_args"), RAX).mov(Mem.at("unmap_args"), RAX);
        a.mov(4, Mem.at("map_args", 8), 2).mov(4, Mem.at("map_args", 12), REF);
        a.mov(4, Mem.at("map_args", 16), R12);
        a.mov(Mem.at("copy_args"), REF).mov(4, Mem.at("copy_args", 8), R12);
        k.mfnOf("dest");
        a.mov(Mem.at("copy_args", 16), RAX).mov(4, Mem.at("copy_args", 24), Xen.DOMID_SELF);
        a.mov(4, Mem.at("copy_args", 32), 1 << 16 | 4096);
    }

    private void grantOp(int operation, String args) {
        a.mov(RDI, operation).lea(RSI, args).mov(RDX, 1);
        k.hypercall(Xen.GRANT_TABLE_OP);
        expect(0);
    }

    private void grantMap() {
        grantOp(0, "map_args");
        a.movzx(RAX, 2, Mem.at("map_args", 18));
        expect(0);
        a.mov(4, RAX, Mem.at("map_args", 20)).mov(4, Mem.at("unmap_args", 16), RAX);
        grantOp(1, "unmap_args");
        a.movzx(RAX, 2, Mem.at("unmap_args", 20));
        expect(0);
    }

    private void grantCopy() {
        grantOp(5, "copy_args");
        a.movzx(RAX, 2, Mem.at("copy_args", 36));
        expect(0);
    }

    /** A port by which the guest interrupts itself. */
    private void events() {
        k.area("ipi_args", 16);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_BIND_IPI, "ipi_args");
        expect(0);
        a.mov(4, RAX, Mem.at("ipi_args", 4)).mov(k.variable("port"), RAX);
        a.mov(Mem.at("shared", Xen.PENDING_SEL), 0);
        a.mov(1, Mem.at("shared", Xen.UPCALL_PENDING), 0);
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 0);
    }
}
