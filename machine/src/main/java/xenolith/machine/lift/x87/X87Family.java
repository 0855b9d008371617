package xenolith.machine.lift.x87;

import org.jspecify.annotations.Nullable;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** The door of this room: D8 to DF, FWAIT, FXSAVE and FXRSTOR. */
public final class X87Family {
    private X87Family() {}

    /** The operation of {@code i}, or null if it is not of this family or undefined. */
    public static @Nullable Op lift(Instruction i) {
        if (i.lock) {
            return null;
        }
        if (i.map == Instruction.MAP_0F) {
            boolean form = i.opcode == 0xae && i.memory() && i.selectingPrefix() == 0;
            return !form
                    ? null
                    : switch (i.reg & 7) {
                        case 0 -> new FxStateOp.Save(i);
                        case 1 -> new FxStateOp.Restore(i);
                        default -> null;
                    };
        }
        if (i.map != Instruction.MAP_ONE_BYTE) {
            return null;
        }
        if (i.opcode == 0x9b) {
            return new WaitOp();
        }
        if ((i.opcode & 0xf8) != 0xd8) {
            return null;
        }
        return i.memory() ? memory(i) : register(i);
    }

    private static @Nullable Op memory(Instruction i) {
        int reg = i.reg & 7;
        if ((i.opcode & 1) == 0) {
            return (reg & 6) == 2 ? new ComparisonOp.Memory(i) : ArithmeticOp.of(i);
        }
        boolean pops = reg == 3;
        return switch (i.opcode) {
            case 0xd9 -> memoryD9(i, reg);
            case 0xdb ->
                    switch (reg) {
                        case 0 -> new LoadOp(i, Operand.INTEGER_32);
                        case 1 -> new StoreOp(i, Operand.INTEGER_32, true, true);
                        case 2, 3 -> new StoreOp(i, Operand.INTEGER_32, pops, false);
                        case 5 -> new LoadOp(i, Operand.EXTENDED);
                        case 7 -> new StoreOp(i, Operand.EXTENDED, true, false);
                        default -> null;
                    };
            case 0xdd -> memoryDd(i, reg);
            default ->
                    switch (reg) {
                        case 0 -> new LoadOp(i, Operand.INTEGER_16);
                        case 1 -> new StoreOp(i, Operand.INTEGER_16, true, true);
                        case 2, 3 -> new StoreOp(i, Operand.INTEGER_16, pops, false);
                        case 4 -> new LoadOp(i, Operand.BCD);
                        case 5 -> new LoadOp(i, Operand.INTEGER_64);
                        case 6 -> new StoreOp(i, Operand.BCD, true, false);
                        default -> new StoreOp(i, Operand.INTEGER_64, true, false);
                    };
        };
    }

    private static @Nullable Op memoryD9(Instruction i, int reg) {
        return switch (reg) {
            case 0 -> new LoadOp(i, Operand.SINGLE);
            case 2, 3 -> new StoreOp(i, Operand.SINGLE, reg == 3, false);
            case 4 -> new EnvironmentOp.Load(i);
            case 5 -> new ControlOp.LoadControl(i);
            case 6 -> new EnvironmentOp.Store(i);
            case 7 -> new ControlOp.StoreWord(i, false);
            default -> null;
        };
    }

    private static @Nullable Op memoryDd(Instruction i, int reg) {
        return switch (reg) {
            case 0 -> new LoadOp(i, Operand.DOUBLE);
            case 1 -> new StoreOp(i, Operand.INTEGER_64, true, true);
            case 2, 3 -> new StoreOp(i, Operand.DOUBLE, reg == 3, false);
            case 4 -> new EnvironmentOp.Restore(i);
            case 6 -> new EnvironmentOp.Save(i);
            case 7 -> new ControlOp.StoreWord(i, true);
            default -> null;
        };
    }

    private static @Nullable Op register(Instruction i) {
        int reg = i.reg & 7;
        return switch (i.opcode) {
            // DC D0 and DC D8 are undocumented names of FCOM and FCOMP.
            case 0xd8, 0xdc ->
                    (reg & 6) == 2
                            ? new ComparisonOp(i, false, false, reg & 1)
                            : ArithmeticOp.of(i);
            case 0xd9 -> registerD9(i, reg);
            case 0xda ->
                    reg < 4
                            ? new StackOp.ConditionalMove(i)
                            : reg == 5 && (i.rm & 7) == 1
                                    ? new ComparisonOp(i, true, false, 2)
                                    : null;
            case 0xdb -> registerDb(i, reg);
            case 0xdd -> registerDd(i, reg);
            case 0xde -> registerDe(i, reg);
            default -> registerDf(i, reg);
        };
    }

    private static @Nullable Op registerD9(Instruction i, int reg) {
        int rm = i.rm & 7;
        return switch (reg) {
            case 0 -> new LoadOp.Register(i);
            case 1 -> new StackOp(i, StackOp.Kind.FXCH);
            case 2 -> rm == 0 ? new StackOp(i, StackOp.Kind.FNOP) : null;
            case 3 -> new StoreOp.Undocumented(i);
            case 4 ->
                    switch (rm) {
                        case 0 -> new StackOp(i, StackOp.Kind.FCHS);
                        case 1 -> new StackOp(i, StackOp.Kind.FABS);
                        case 4 -> new ComparisonOp.Test(i);
                        case 5 -> new ComparisonOp.Examine(i);
                        default -> null;
                    };
            case 5 -> rm < 7 ? new LoadOp.Constant(i) : null;
            default -> FunctionOp.of(i);
        };
    }

    private static @Nullable Op registerDb(Instruction i, int reg) {
        return switch (reg) {
            case 0, 1, 2, 3 -> new StackOp.ConditionalMove(i);
            case 4 ->
                    switch (i.rm & 7) {
                        case 2 -> new ControlOp.Clear();
                        case 3 -> new ControlOp.Initialize();
                        // FENI, FDISI and FSETPM do nothing since the 80387.
                        case 0, 1, 4 -> new ControlOp.Nothing();
                        default -> null;
                    };
            case 5 -> new ComparisonOp(i, true, true, 0);
            case 6 -> new ComparisonOp(i, false, true, 0);
            default -> null;
        };
    }

    private static @Nullable Op registerDd(Instruction i, int reg) {
        return switch (reg) {
            case 0 -> new StackOp(i, StackOp.Kind.FFREE);
            case 1 -> new StackOp(i, StackOp.Kind.FXCH);
            case 2 -> new StoreOp.Register(i, false);
            case 3 -> new StoreOp.Register(i, true);
            case 4 -> new ComparisonOp(i, true, false, 0);
            case 5 -> new ComparisonOp(i, true, false, 1);
            default -> null;
        };
    }

    private static @Nullable Op registerDe(Instruction i, int reg) {
        return switch (reg) {
            case 2 -> new ComparisonOp(i, false, false, 1);
            case 3 -> (i.rm & 7) == 1 ? new ComparisonOp(i, false, false, 2) : null;
            default -> ArithmeticOp.of(i);
        };
    }

    private static @Nullable Op registerDf(Instruction i, int reg) {
        return switch (reg) {
            case 0 -> new StackOp(i, StackOp.Kind.FFREEP);
            case 1 -> new StackOp(i, StackOp.Kind.FXCH);
            case 2, 3 -> new StoreOp.Register(i, true);
            case 4 -> (i.rm & 7) == 0 ? new ControlOp.StoreStatusInAx() : null;
            case 5 -> new ComparisonOp(i, true, true, 1);
            case 6 -> new ComparisonOp(i, false, true, 1);
            default -> null;
        };
    }
}
