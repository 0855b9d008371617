package xenolith.abi.xen;

/** Names of hypercalls and of what their first argument selects, for messages. */
public final class OperationName {
    private static final String[] CALLS = {
        "set_trap_table",
        "mmu_update",
        "set_gdt",
        "stack_switch",
        "set_callbacks",
        "fpu_taskswitch",
        "sched_op_compat",
        "platform_op",
        "set_debugreg",
        "get_debugreg",
        "update_descriptor",
        "reserved",
        "memory_op",
        "multicall",
        "update_va_mapping",
        "set_timer_op",
        "event_channel_op_compat",
        "xen_version",
        "console_io",
        "physdev_op_compat",
        "grant_table_op",
        "vm_assist",
        "update_va_mapping_otherdomain",
        "iret",
        "vcpu_op",
        "set_segment_base",
        "mmuext_op",
        "xsm_op",
        "nmi_op",
        "sched_op",
        "callback_op",
        "xenoprof_op",
        "event_channel_op",
        "physdev_op",
        "hvm_op",
        "sysctl",
        "domctl",
        "kexec_op",
        "tmem_op",
        "argo_op",
        "xenpmu_op",
        "dm_op",
        "hypfs_op"
    };

    private static final String[] SCHED = {
        "yield",
        "block",
        "shutdown",
        "poll",
        "remote_shutdown",
        "shutdown_code",
        "watchdog",
        "pin_override"
    };

    private static final String[] EVENT = {
        "bind_interdomain", "bind_virq", "bind_pirq", "close", "send", "status", "alloc_unbound",
        "bind_ipi", "bind_vcpu", "unmask", "reset", "init_control", "expand_array", "set_priority"
    };

    private static final String[] MEMORY = {
        "increase_reservation",
        "decrease_reservation",
        "maximum_ram_page",
        "current_reservation",
        "maximum_reservation",
        "machphys_mfn_list",
        "populate_physmap",
        "add_to_physmap",
        "8",
        "memory_map",
        "machine_memory_map",
        "exchange",
        "machphys_mapping",
        "set_memory_map",
        "maximum_gpfn",
        "remove_from_physmap"
    };

    private static final String[] GRANT = {
        "map",
        "unmap",
        "setup_table",
        "dump_table",
        "transfer",
        "copy",
        "query_size",
        "unmap_and_replace",
        "set_version",
        "get_status_frames",
        "get_version",
        "swap_grant_ref",
        "cache_flush"
    };

    private static final String[] VCPU = {
        "initialise",
        "up",
        "down",
        "is_up",
        "get_runstate_info",
        "register_runstate_memory_area",
        "set_periodic_timer",
        "stop_periodic_timer",
        "set_singleshot_timer",
        "stop_singleshot_timer",
        "register_vcpu_info",
        "send_nmi",
        "get_physid",
        "register_vcpu_time_memory_area"
    };

    private static final String[] VERSION = {
        "version",
        "extraversion",
        "compile_info",
        "capabilities",
        "changeset",
        "platform_parameters",
        "get_features",
        "pagesize",
        "guest_handle",
        "commandline",
        "build_id"
    };

    private static final String[] MMUEXT = {
        "pin_l1_table",
        "pin_l2_table",
        "pin_l3_table",
        "pin_l4_table",
        "unpin_table",
        "new_baseptr",
        "tlb_flush_local",
        "invlpg_local",
        "tlb_flush_multi",
        "invlpg_multi",
        "tlb_flush_all",
        "invlpg_all",
        "flush_cache",
        "set_ldt",
        "14",
        "new_user_baseptr",
        "clear_page",
        "copy_page",
        "flush_cache_global",
        "mark_super",
        "unmark_super"
    };

    private static final String[] REGISTRATION = {"register", "unregister"};
    private static final String[] ASSIST = {"enable", "disable"};
    private static final String[] CONSOLE = {"write", "read"};

    private OperationName() {}

    /** Name of hypercall {@code number}, any value. */
    public static String call(long number) {
        if (number == Hypercall.MCA) {
            return "mca";
        }
        if (number == Hypercall.PAGING_DOMCTL_CONT) {
            return "paging_domctl_cont";
        }
        if (number < 0 || number >= Hypercall.COUNT) {
            return "unknown_" + number;
        }
        return name(CALLS, number, "reserved");
    }

    /** Name of hypercall {@code number} with the operation that {@code first} selects, if any. */
    public static String of(long number, long first) {
        String call = call(number);
        if (number < 0 || number >= Hypercall.COUNT) {
            return call;
        }
        String[] operations = operations((int) number);
        if (operations.length == 0) {
            return call;
        }
        boolean extents = number == Hypercall.MEMORY_OP;
        long which = (int) first & (extents ? 63 : -1);
        return call + " " + name(operations, which, Long.toString(which));
    }

    /** Name of operation {@code cmd} of mmuext_op. */
    public static String mmuext(long cmd) {
        return name(MMUEXT, cmd, "operation " + cmd);
    }

    private static String name(String[] names, long which, String otherwise) {
        return which >= 0 && which < names.length ? names[(int) which] : otherwise;
    }

    private static String[] operations(int number) {
        return switch (number) {
            case Hypercall.SCHED_OP, Hypercall.SCHED_OP_COMPAT -> SCHED;
            case Hypercall.EVENT_CHANNEL_OP -> EVENT;
            case Hypercall.MEMORY_OP -> MEMORY;
            case Hypercall.GRANT_TABLE_OP -> GRANT;
            case Hypercall.VCPU_OP -> VCPU;
            case Hypercall.XEN_VERSION -> VERSION;
            case Hypercall.CALLBACK_OP, Hypercall.NMI_OP -> REGISTRATION;
            case Hypercall.VM_ASSIST -> ASSIST;
            case Hypercall.CONSOLE_IO -> CONSOLE;
            default -> new String[0];
        };
    }
}
