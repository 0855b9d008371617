package xenolith.hypervisor.hypercall;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The table of hypercalls in docs/support.md: that of the code, with what there is to remark. */
final class SupportTable {
    static final String HEAD = "| no | call | state | remarks |\n|---|---|---|---|\n";

    /** Call, state, remark; calls that are not here work without a remark, or are absent. */
    private static final List<String> REMARKS =
            List.of(
                    "mmu_update | works | commands 0, 1, 2, 3; pauses; foreign domains for "
                            + "privileged callers",
                    "platform_op | works | EACCES or EPERM, as for every domU",
                    "set_debugreg | works | breakpoints on code, data and ports, in kernel and user "
                            + "mode",
                    "memory_op | works | reservations and exchange with orders to 9, sizes, "
                            + "memory_map and set_memory_map; what is for translated domains answers EACCES, "
                            + "control operations EPERM, paging and sharing ENOSYS, as Xen does",
                    "console_io | works | writes go to the domain's boot console, as in a debug "
                            + "build of Xen",
                    "grant_table_op | works | 0 to 2, 4 to 12; 3 (dump_table) answers ENOSYS, as Xen "
                            + "does; the table of domain 0 is empty",
                    "vm_assist | works | writable_pagetables, architectural_iopl, m2p_strict, "
                            + "runstate flag; 0, 1 and 3 change nothing, as on Xen 4.17",
                    "update_va_mapping_otherdomain | works | other domains for privileged callers",
                    "vcpu_op | works | send_nmi included; the flag \"future\" of single-shot timers "
                            + "does nothing, as in 4.17.7; 14 and 15 are newer",
                    "mmuext_op | works | pins and base pointers pause; superpage marks answer "
                            + "EOPNOTSUPP, as Xen does",
                    "sched_op | works | yield, block, shutdown, poll, watchdog; remote_shutdown and "
                            + "pin_override answer EPERM",
                    "xenoprof_op | works | EPERM, EINVAL or ENODEV: nobody profiles",
                    "event_channel_op | works | both ABIs; resets pause; bind_pirq answers EPERM: "
                            + "there are no physical interrupts",
                    "physdev_op | works | set_iopl, set_iobitmap, irq_status_query, pirq_eoi_gmfn, "
                            + "get_free_pirq; the rest answers as Xen does without devices",
                    "hvm_op | works | get_time; the rest answers as for a PV domain",
                    "sysctl | works | EACCES or EPERM, as for every domU",
                    "domctl | works | EACCES, ESRCH or EPERM, as for every domU",
                    "kexec_op | works | EPERM",
                    "xenpmu_op | works | EOPNOTSUPP: no performance counters, as without vpmu",
                    "dm_op | works | EPERM, ESRCH or EINVAL: there are no HVM guests",
                    "hypfs_op | works | EPERM, as for every domU",
                    "mca | works | EPERM, as for every domU");

    private final Map<String, String> remarks = new HashMap<>();
    private final List<HypercallTable.Row> rows = new HypercallTable().rows();

    SupportTable() {
        for (String line : REMARKS) {
            int end = line.indexOf(" | ");
            remarks.put(line.substring(0, end), line.substring(end + 3));
        }
    }

    /** Calls with a remark. */
    Iterable<String> remarked() {
        return remarks.keySet();
    }

    /** All rows; neighbours that nobody uses are one. */
    String text() {
        StringBuilder text = new StringBuilder(HEAD);
        for (int i = 0; i < rows.size(); i++) {
            int last = i;
            while (last + 1 < rows.size() && same(rows.get(i), rows.get(last + 1))) {
                last++;
            }
            String number = i == last ? Integer.toString(i) : i + " to " + last;
            text.append("| %s | %s |%n".formatted(number, says(rows.get(i))));
            i = last;
        }
        return text.toString();
    }

    private static boolean same(HypercallTable.Row a, HypercallTable.Row b) {
        return a.name().equals(HypercallTable.RESERVED) && b.name().equals(a.name());
    }

    private String says(HypercallTable.Row row) {
        String remark = remarks.getOrDefault(row.name(), "works | ");
        if (row.handler() == null) {
            remark = "works | ENOSYS: " + row.absent();
        }
        return (row.name() + " | " + remark).strip();
    }
}
