package xenolith.hypervisor.hypercall;

import java.util.List;
import org.jspecify.annotations.Nullable;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.trap.Iret;

/** All hypercalls of a PV guest: a row a number. */
public final class HypercallTable {
    /** Name of {@link Row} without a call: the ABI has none of this number. */
    static final String RESERVED = "reserved";

    /**
     * One number.
     *
     * @param handler null where the answer is -ENOSYS
     * @param compat handler for 32-bit guests; null for the same
     * @param absent why there is no handler; empty if there is one
     */
    record Row(
            int number,
            String name,
            @Nullable Handler handler,
            @Nullable Handler compat,
            String absent) {}

    private final Row[] rows = new Row[Hypercall.COUNT];

    HypercallTable() {
        trapRows();
        memoryRows();
        eventRows();
        infoRows();
        absentRows();
        for (int i = 0; i < rows.length; i++) {
            if (rows[i] == null) {
                rows[i] = new Row(i, RESERVED, null, null, "the ABI has no call of this number");
            }
        }
    }

    private void row(int number, String name, Handler handler) {
        row(number, name, handler, null);
    }

    private void row(int number, String name, Handler handler, @Nullable Handler compat) {
        put(new Row(number, name, handler, compat, ""));
    }

    private void absent(int number, String name, String why) {
        put(new Row(number, name, null, null, why));
    }

    private void put(Row row) {
        if (rows[row.number()] != null) {
            throw new IllegalStateException("two hypercalls have number " + row.number());
        }
        rows[row.number()] = row;
    }

    private void trapRows() {
        row(Hypercall.SET_TRAP_TABLE, "set_trap_table", new SetTrapTable());
        row(Hypercall.STACK_SWITCH, "stack_switch", EntryPoints::stackSwitch);
        row(
                Hypercall.SET_CALLBACKS,
                "set_callbacks",
                EntryPoints::setCallbacks,
                Compat::setCallbacks);
        row(Hypercall.CALLBACK_OP, "callback_op", EntryPoints::callbackOp, Compat::callbackOp);
        row(Hypercall.NMI_OP, "nmi_op", EntryPoints::nmiOp);
        row(Hypercall.FPU_TASKSWITCH, "fpu_taskswitch", ProcessorState::fpuTaskswitch);
        row(Hypercall.SET_DEBUGREG, "set_debugreg", ProcessorState::setDebugreg);
        row(Hypercall.GET_DEBUGREG, "get_debugreg", ProcessorState::getDebugreg);
        row(Hypercall.SET_SEGMENT_BASE, "set_segment_base", ProcessorState::setSegmentBase);
        row(
                Hypercall.IRET,
                "iret",
                (v, a1, a2, a3, a4, a5) -> {
                    Iret.execute(v);
                    return 0;
                });
    }

    private void memoryRows() {
        UpdateVaMapping mapping = new UpdateVaMapping();
        MmuUpdateCall update = new MmuUpdateCall();
        row(Hypercall.MMU_UPDATE, "mmu_update", update);
        row(Hypercall.MMUEXT_OP, "mmuext_op", new MmuextOpCall());
        row(
                Hypercall.UPDATE_VA_MAPPING,
                "update_va_mapping",
                mapping,
                Compat.updateVaMapping(mapping));
        row(
                Hypercall.UPDATE_VA_MAPPING_OTHERDOMAIN,
                "update_va_mapping_otherdomain",
                UpdateVaMapping::otherDomain,
                Compat.otherDomain(UpdateVaMapping::otherDomain));
        row(Hypercall.SET_GDT, "set_gdt", Descriptors::setGdt);
        row(
                Hypercall.UPDATE_DESCRIPTOR,
                "update_descriptor",
                Descriptors::updateDescriptor,
                Compat.updateDescriptor(Descriptors::updateDescriptor));
        row(Hypercall.MEMORY_OP, "memory_op", new MemoryOp());
        row(Hypercall.GRANT_TABLE_OP, "grant_table_op", new GrantTableOp());
        row(Hypercall.VM_ASSIST, "vm_assist", new VmAssistCall());
    }

    private void eventRows() {
        EventChannelOp events = new EventChannelOp();
        row(Hypercall.EVENT_CHANNEL_OP, "event_channel_op", events);
        row(Hypercall.EVENT_CHANNEL_OP_COMPAT, "event_channel_op_compat", events::compat);
        SetTimerOp timer = new SetTimerOp();
        SchedOp sched = new SchedOp();
        row(Hypercall.SCHED_OP, "sched_op", sched);
        row(Hypercall.SCHED_OP_COMPAT, "sched_op_compat", sched::compat);
        row(Hypercall.SET_TIMER_OP, "set_timer_op", timer, Compat.setTimer(timer));
        row(Hypercall.VCPU_OP, "vcpu_op", new VcpuOp());
        row(Hypercall.MULTICALL, "multicall", new Multicall(this));
    }

    private void infoRows() {
        row(Hypercall.XEN_VERSION, "xen_version", new XenVersionCall());
        row(Hypercall.CONSOLE_IO, "console_io", new ConsoleIo());
        PhysdevOp physdev = new PhysdevOp();
        row(Hypercall.PHYSDEV_OP, "physdev_op", physdev);
        row(Hypercall.PHYSDEV_OP_COMPAT, "physdev_op_compat", physdev::compat);
        row(Hypercall.HVM_OP, "hvm_op", Privileged::hvmOp);
        row(Hypercall.PLATFORM_OP, "platform_op", Privileged::platformOp);
        row(Hypercall.SYSCTL, "sysctl", Privileged::sysctl);
        row(Hypercall.DOMCTL, "domctl", Privileged::domctl);
        row(Hypercall.DM_OP, "dm_op", Privileged::dmOp);
        row(Hypercall.HYPFS_OP, "hypfs_op", Privileged::refuse);
        row(Hypercall.MCA, "mca", Privileged::refuse);
        row(Hypercall.XENOPROF_OP, "xenoprof_op", Privileged::xenoprofOp);
        row(Hypercall.XENPMU_OP, "xenpmu_op", Privileged::xenpmuOp);
        row(Hypercall.KEXEC_OP, "kexec_op", Privileged::refuse);
    }

    private void absentRows() {
        absent(Hypercall.XSM_OP, "xsm_op", "there is no security module");
        absent(Hypercall.TMEM_OP, "tmem_op", "Xen dropped it in 4.13");
        absent(Hypercall.ARGO_OP, "argo_op", "switched off, as in a default Xen");
        absent(
                Hypercall.PAGING_DOMCTL_CONT,
                "paging_domctl_cont",
                "internal to Xen, for calls that this hypervisor runs to their end");
    }

    /** All rows, by number. */
    List<Row> rows() {
        return List.of(rows);
    }

    /** Name of call {@code number}, any value. */
    public String name(long number) {
        return number >= 0 && number < rows.length
                ? rows[(int) number].name()
                : "unknown_" + number;
    }

    /** Executes call {@code number} (any value): -ENOSYS where there is none. */
    long call(Vcpu v, long number, long a1, long a2, long a3, long a4, long a5) {
        if (number < 0 || number >= rows.length) {
            return v.refuse(Errno.ENOSYS, "the table of hypercalls ends at " + rows.length);
        }
        Row row = rows[(int) number];
        Handler handler = v.domain.compat() && row.compat() != null ? row.compat() : row.handler();
        return handler == null
                ? v.refuse(Errno.ENOSYS, row.absent())
                : handler.call(v, a1, a2, a3, a4, a5);
    }
}
