package xenolith.hypervisor.domain;

import java.util.List;
import xenolith.abi.x86.Pte;
import xenolith.hypervisor.log.Refusal;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.mmu.Access;

/** Builds the report of a crashed domain: registers, code, stack, backtrace, last crossings. */
final class CrashReport {
    private static final String[] NAMES = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
        "r13", "r14", "r15"
    };
    private static final String[] SEGMENTS = {"es", "cs", "ss", "ds", "fs", "gs"};
    private static final int FRAMES = 24;
    private static final int STACK_WORDS = 256;
    private static final int REFUSALS = 20;

    private final Vcpu v;
    private final Cpu cpu;
    private final StringBuilder out = new StringBuilder();

    private CrashReport(Vcpu v) {
        this.v = v;
        this.cpu = v.cpu;
    }

    static String of(Vcpu v, String why) {
        CrashReport report = new CrashReport(v);
        report.out
                .append("Domain ")
                .append(v.domain.domid())
                .append(" (")
                .append(v.domain.config.name())
                .append(") crashed on vCPU ")
                .append(v.id)
                .append(": ")
                .append(why)
                .append('\n');
        report.registers();
        report.code();
        report.backtrace();
        report.out.append("Last crossings, oldest first:\n");
        for (String line : v.history.lines(40)) {
            report.out.append("  ").append(line).append('\n');
        }
        report.refusals();
        return report.out.toString();
    }

    private void refusals() {
        List<Refusal> refusals =
                v.domain.hypervisor.log.refusals().last(v.domain.domid(), REFUSALS);
        if (!refusals.isEmpty()) {
            out.append("Last refusals, oldest first:\n");
            refusals.forEach(r -> out.append("  ").append(r.line()).append('\n'));
        }
    }

    private void line(String text) {
        out.append(text).append('\n');
    }

    private void registers() {
        line(
                String.format(
                        "RIP %04x:%016x%s  RFLAGS %06x  guest %s mode",
                        cpu.segments[Segment.CS].selector,
                        cpu.rip,
                        name(cpu.rip),
                        cpu.rflags(),
                        v.kernelMode() ? "kernel" : "user"));
        for (int i = 0; i < 16; i += 4) {
            line(
                    String.format(
                            "%3s %016x  %3s %016x  %3s %016x  %3s %016x",
                            NAMES[i],
                            cpu.get(i),
                            NAMES[i + 1],
                            cpu.get(i + 1),
                            NAMES[i + 2],
                            cpu.get(i + 2),
                            NAMES[i + 3],
                            cpu.get(i + 3)));
        }
        for (int i = 0; i < 6; i++) {
            out.append(
                    String.format(
                            "%s %04x base %x  ",
                            SEGMENTS[i], cpu.segments[i].selector, cpu.segmentBase(i)));
        }
        out.append('\n');
        line(
                String.format(
                        "kernel cr3 %x  user cr3 %x  cr2 %x  inactive gs %x  kernel stack %x:%x",
                        v.paging.kernelRootMfn() << Pte.PAGE_SHIFT,
                        v.paging.userRootMfn() << Pte.PAGE_SHIFT,
                        cpu.cr2,
                        cpu.kernelGsBase,
                        v.kernelSs,
                        v.kernelSp));
        line(
                String.format(
                        "callbacks: event %x syscall %x failsafe %x  instructions %d",
                        v.eventCallback.address,
                        v.syscallCallback.address,
                        v.failsafeCallback.address,
                        cpu.retired));
    }

    private String name(long address) {
        return v.domain.hypervisor.symbol(address);
    }

    private long peek(long va) {
        long maddr = cpu.mmu.tryTranslate(va, Access.READ);
        return maddr < 0 || (va & 7) != 0 ? -1 : maddr;
    }

    private void code() {
        out.append("Code:");
        for (int i = -8; i < 16; i++) {
            long maddr = cpu.mmu.tryTranslate(cpu.rip + i, Access.READ);
            String text = maddr < 0 ? "??" : String.format("%02x", cpu.memory.get8(maddr));
            out.append(i == 0 ? " <" + text + ">" : " " + text);
        }
        out.append('\n');
    }

    private void backtrace() {
        out.append("Backtrace by frame pointers:\n");
        long frame = cpu.rbp;
        for (int i = 0; i < FRAMES; i++) {
            long at = peek(frame);
            long ret = peek(frame + 8);
            if (at < 0 || ret < 0) {
                break;
            }
            long address = cpu.memory.get64(ret);
            line(String.format("  %016x%s", address, name(address)));
            long next = cpu.memory.get64(at);
            if (Long.compareUnsigned(next, frame) <= 0) {
                break;
            }
            frame = next;
        }
        out.append("Stack words that look like code:\n");
        long rsp = cpu.rsp & -8L;
        int shown = 0;
        for (int i = 0; i < STACK_WORDS && shown < FRAMES; i++) {
            long at = peek(rsp + 8L * i);
            if (at < 0) {
                break;
            }
            long word = cpu.memory.get64(at);
            if (looksLikeCode(word)) {
                line(String.format("  rsp+%03x %016x%s", 8 * i, word, name(word)));
                shown++;
            }
        }
    }

    private boolean looksLikeCode(long word) {
        String name = name(word);
        if (!name.isEmpty()) {
            return true;
        }
        // The same 16 MiB as RIP.
        return word >>> 24 == cpu.rip >>> 24 && word >>> 24 != 0;
    }
}
