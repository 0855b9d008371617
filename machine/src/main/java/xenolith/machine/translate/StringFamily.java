package xenolith.machine.translate;

import java.lang.classfile.CodeBuilder;
import xenolith.abi.x86.Rflags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/** MOVS, STOS, LODS, CMPS and SCAS of one element upwards. */
final class StringFamily {
    private final Emitter e;
    private final CodeBuilder c;
    private final Instruction i;
    private final boolean live;
    private final int size;

    private StringFamily(Emitter e, Instruction i, boolean live) {
        this.e = e;
        this.c = e.c;
        this.i = i;
        this.live = live;
        this.size = (i.opcode & 1) == 0 ? 1 : i.operandSize;
    }

    static boolean knows(Instruction i) {
        return i.map == Instruction.MAP_ONE_BYTE
                && !i.rep
                && !i.repne
                && !i.lock
                && i.addressSize == 8
                && (i.opcode >= 0xa4 && i.opcode <= 0xa7 || i.opcode >= 0xaa && i.opcode <= 0xaf);
    }

    /** The registers such an instruction names, as bits by number. */
    static int registers(Instruction i) {
        int source = 1 << Cpu.RSI;
        int destination = 1 << Cpu.RDI;
        int accumulator = 1 << Cpu.RAX;
        return switch (i.opcode) {
            case 0xa4, 0xa5, 0xa6, 0xa7 -> source | destination;
            case 0xac, 0xad -> source | accumulator;
            default -> destination | accumulator;
        };
    }

    static void emit(Emitter e, Instruction i, boolean live) {
        new StringFamily(e, i, live).emit();
    }

    private void emit() {
        e.cpuInt("systemFlags");
        c.loadConstant(Rflags.DF).iand();
        e.leaveIfNotZero();
        switch (i.opcode) {
            case 0xa4, 0xa5 -> {
                readSource();
                store();
            }
            case 0xaa, 0xab -> {
                e.load(Cpu.RAX);
                c.lstore(e.t1);
                store();
            }
            case 0xac, 0xad -> {
                readSource();
                c.lload(e.t1);
                e.storePart(i, Cpu.RAX, size);
                advance(Cpu.RSI);
            }
            default -> compare();
        }
    }

    private void readSource() {
        e.load(Cpu.RSI);
        e.addSegmentBase(i);
        e.read(size);
        c.lstore(e.t1);
    }

    /** Stores t1. */
    private void store() {
        e.load(Cpu.RDI);
        e.prepareStore(size);
        c.lload(e.host).lload(e.t1);
        e.put(size);
        if (i.opcode <= 0xa5) {
            advance(Cpu.RSI);
        }
        advance(Cpu.RDI);
    }

    private void compare() {
        boolean scan = i.opcode >= 0xae;
        if (scan) {
            e.load(Cpu.RAX);
            c.lstore(e.t1);
        } else {
            readSource();
        }
        e.load(Cpu.RDI);
        e.read(size);
        c.lstore(e.t2);
        if (!scan) {
            advance(Cpu.RSI);
        }
        advance(Cpu.RDI);
        if (live) {
            c.lload(e.t1).lstore(e.flags.a);
            c.lload(e.t2).lstore(e.flags.b);
            c.lload(e.t1).lload(e.t2).lsub();
            e.flags.set(LazyFlags.SUB, size);
        }
    }

    private void advance(int register) {
        e.load(register);
        c.loadConstant((long) size).ladd();
        e.store(register);
    }
}
