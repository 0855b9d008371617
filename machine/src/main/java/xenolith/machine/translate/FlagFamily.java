package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.MethodTypeDesc;
import xenolith.abi.x86.Rflags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/** CMC, CLC, STC, CLD, STD, LAHF, SAHF and PUSHF. */
final class FlagFamily {
    private static final MethodTypeDesc OF_ONE = MethodTypeDesc.of(CD_long, CD_long);
    private static final MethodTypeDesc OF_STATUS = MethodTypeDesc.of(CD_long, CD_int);

    private final Emitter e;
    private final CodeBuilder c;
    private final FlagState f;

    private FlagFamily(Emitter e) {
        this.e = e;
        this.c = e.c;
        this.f = e.flags;
    }

    static boolean knows(Instruction i) {
        if (i.map != Instruction.MAP_ONE_BYTE || i.lock) {
            return false;
        }
        return switch (i.opcode) {
            case 0x9c -> !i.prefix66;
            case 0x9e, 0x9f, 0xf5, 0xf8, 0xf9, 0xfc, 0xfd -> true;
            default -> false;
        };
    }

    static void emit(Emitter e, Instruction i, boolean live) {
        FlagFamily family = new FlagFamily(e);
        switch (i.opcode) {
            case 0x9c -> family.push();
            case 0x9e -> family.storeAh();
            case 0x9f -> family.loadAh();
            case 0xfc, 0xfd -> family.direction(i.opcode == 0xfd);
            default -> {
                if (live) {
                    family.carry(i.opcode);
                }
            }
        }
    }

    private void carry(int opcode) {
        if (opcode == 0xf5) {
            f.word();
            c.invokestatic(Names.LAZY, "complemented", OF_ONE);
        } else {
            c.loadConstant(opcode == 0xf9 ? 1L : 0L);
            f.word();
            c.invokestatic(Names.LAZY, "withCarryBit", Names.LONG_LONG);
        }
        f.setWord();
    }

    private void direction(boolean down) {
        c.aload(Emitter.CPU).dup().getfield(Names.CPU, "systemFlags", CD_int);
        c.loadConstant(~Rflags.DF).iand();
        if (down) {
            c.loadConstant(Rflags.DF).ior();
        }
        c.putfield(Names.CPU, "systemFlags", CD_int);
    }

    /** Pushes the six flags at their places. */
    private void status() {
        f.pushResult();
        f.word();
        c.invokestatic(Names.LAZY, "status", Names.LONG_LONG);
    }

    private void loadAh() {
        e.load(Cpu.RAX);
        c.loadConstant(~0xff00L).land();
        status();
        c.loadConstant((long) (Rflags.STATUS & ~Rflags.OF)).land();
        c.loadConstant((long) Rflags.FIXED).lor().loadConstant(8).lshl().lor();
        e.store(Cpu.RAX);
    }

    private void storeAh() {
        status();
        c.loadConstant((long) Rflags.OF).land();
        e.load(Cpu.RAX);
        c.loadConstant(8).lushr();
        c.loadConstant((long) (Rflags.STATUS & ~Rflags.OF)).land().lor().lstore(e.t1);
        c.lload(e.t1).l2i().invokestatic(Names.FLAGS, "auxOf", OF_STATUS);
        c.lload(e.t1).l2i().invokestatic(Names.FLAGS, "resultOf", OF_STATUS);
        f.setBoth();
    }

    private void push() {
        e.pushGuest(this::image);
    }

    /** Pushes RFLAGS as PUSHF stores them. */
    private void image() {
        status();
        e.cpuInt("systemFlags");
        c.loadConstant(Rflags.FIXED).ior().i2l().lor();
        c.loadConstant(~(long) (Rflags.RF | Rflags.VM)).land();
    }
}
