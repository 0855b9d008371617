package xenolith.machine.translate;

import java.util.List;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/**
 * PUSHes of registers one after another, or POPs, as functions begin and end with: warm code looks
 * into the TLB once for all of them. If that has nothing, they are left before the first one.
 */
final class StackRun {
    private static final int PUSH = 0x50;
    private static final int POP = 0x58;

    private StackRun() {}

    /** How many of {@code steps} from number {@code from} on are one run; 1 or less if none are. */
    static int length(List<Step> steps, int from) {
        int kind = kind(steps.get(from).instruction());
        int n = 0;
        while (kind != 0
                && from + n < steps.size()
                && kind(steps.get(from + n).instruction()) == kind) {
            n++;
        }
        return n;
    }

    /** PUSH or POP of a register of 8 bytes that is not RSP, or 0. */
    private static int kind(Instruction i) {
        boolean stack =
                i.map == Instruction.MAP_ONE_BYTE
                        && i.opcode >= PUSH
                        && i.opcode < POP + 8
                        && MoveFamily.knows(i)
                        && MoveFamily.opcodeRegister(i) != Cpu.RSP;
        return stack ? i.opcode & POP : 0;
    }

    /** Emits {@code run}; the current instruction is its first one. */
    static void emit(WarmEmitter e, List<Step> run) {
        int bytes = 8 * run.size();
        boolean push = kind(run.get(0).instruction()) == PUSH;
        e.stackRoom(push ? "pushRoom" : "popRoom", bytes);
        for (int k = 0; k < run.size(); k++) {
            int n = MoveFamily.opcodeRegister(run.get(k).instruction());
            e.c.lload(e.host);
            if (push) {
                add(e, bytes - 8 * (k + 1));
                e.load(n);
                e.put(8);
            } else {
                add(e, 8 * k);
                e.get(8);
                e.store(n);
            }
        }
    }

    private static void add(WarmEmitter e, int offset) {
        if (offset != 0) {
            e.c.loadConstant((long) offset).ladd();
        }
    }
}
