package xenolith.hypervisor.pv;

import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/** Why a privileged instruction of a guest's kernel was #GP(0), in one sentence. */
final class RefusedInstruction {
    private RefusedInstruction() {}

    /** The instruction {@code i} at RIP, which was refused and has changed nothing. */
    static String sentence(Vcpu v, Instruction i) {
        String where = String.format(" at 0x%x: ", v.cpu.rip);
        return i.map == Instruction.MAP_0F ? system(v.cpu, i, where) : oneByte(v, i.opcode, where);
    }

    private static String system(Cpu cpu, Instruction i, String where) {
        return switch (i.opcode) {
            case Emulation.RDMSR -> msr("RDMSR", cpu) + where + "no MSR that a guest may read";
            case Emulation.WRMSR ->
                    String.format(
                            "%s = 0x%x%sa guest may not set that",
                            msr("WRMSR", cpu), cpu.rdx << 32 | cpu.rax & 0xffff_ffffL, where);
            case Emulation.MOV_FROM_CR -> "MOV from CR" + i.reg + where + "there is none to read";
            case Emulation.MOV_TO_CR ->
                    String.format(
                            "MOV to CR%d = 0x%x%s%s",
                            i.reg,
                            cpu.get(i.rm),
                            where,
                            switch (i.reg) {
                                case 0 -> "only TS is the guest's";
                                case 3 -> "not a table that can be loaded";
                                default -> "there is none to set";
                            });
            case Emulation.MOV_TO_DR -> "MOV to DR" + i.reg + where + "as said before";
            default -> String.format("opcode 0f %02x%snothing that is emulated", i.opcode, where);
        };
    }

    private static String msr(String name, Cpu cpu) {
        return String.format("%s 0x%x", name, cpu.rcx & 0xffff_ffffL);
    }

    private static String oneByte(Vcpu v, int opcode, String where) {
        String right = "the guest's IOPL is " + v.iopl;
        return switch (opcode) {
            case 0xfa -> "CLI" + where + right;
            case 0xfb -> "STI" + where + right;
            default ->
                    opcode >= 0x6c && opcode <= 0x6f || opcode >= 0xe4 && opcode <= 0xef
                            ? "a port" + where + right + " and its I/O bitmap does not allow it"
                            : String.format("opcode %02x%snothing that is emulated", opcode, where);
        };
    }
}
