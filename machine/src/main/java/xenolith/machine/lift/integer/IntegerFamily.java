package xenolith.machine.lift.integer;

import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** The door of this room: opcodes to families (SDM volume 2, appendix A). */
public final class IntegerFamily {
    private IntegerFamily() {}

    /** The operation of {@code i}, or null if it is not of this family or undefined. */
    public static @Nullable Op lift(Instruction i) {
        return switch (i.map) {
            case Instruction.MAP_ONE_BYTE ->
                    i.opcode < 0x40 ? row(i) : i.lock ? oneByteLocked(i) : oneByte(i);
            case Instruction.MAP_0F -> i.lock ? twoByteLocked(i) : twoByte(i);
            case Instruction.MAP_0F38 -> i.lock ? null : threeByte(i);
            case Instruction.MAP_VEX_0F38, Instruction.MAP_VEX_0F3A -> BitFieldOps.lift(i);
            default -> null;
        };
    }

    private static @Nullable Op row(Instruction i) {
        return (i.opcode & 7) < 6 ? Arithmetic.ofRow(i) : Legacy.of(i);
    }

    /** The families that know LOCK; all others have none. */
    private static @Nullable Op oneByteLocked(Instruction i) {
        return switch (i.opcode) {
            case 0x80, 0x81, 0x82, 0x83, 0x86, 0x87, 0xf6, 0xf7, 0xfe, 0xff -> oneByte(i);
            default -> null;
        };
    }

    private static @Nullable Op twoByteLocked(Instruction i) {
        return switch (i.opcode) {
            case 0xa3, 0xab, 0xb3, 0xbb, 0xba, 0xb0, 0xb1, 0xc0, 0xc1, 0xc7 -> twoByte(i);
            default -> null;
        };
    }

    private static @Nullable Op oneByte(Instruction i) {
        if (i.opcode >= 0x80) {
            return upperHalf(i);
        }
        boolean longMode = i.mode == Cpu.MODE_64;
        return switch (i.opcode >>> 3) {
            // 40 to 4F are REX prefixes in 64-bit mode.
            case 8, 9 -> longMode ? null : Arithmetic.ofUnary(i);
            case 10 -> Stack.ofPushRegister(i);
            case 11 -> Stack.ofPopRegister(i);
            case 14, 15 -> Branch.ofCondition(i);
            default ->
                    switch (i.opcode) {
                        case 0x60 -> longMode ? null : new Stack.PushAll(i);
                        case 0x61 -> longMode ? null : new Stack.PopAll(i);
                        case 0x62 -> Legacy.of(i);
                        case 0x63 -> Extend.ofDoubleword(i);
                        case 0x68, 0x6a -> Stack.ofPushImmediate(i);
                        case 0x69, 0x6b -> Multiply.ofSigned(i);
                        default -> null;
                    };
        };
    }

    private static @Nullable Op upperHalf(Instruction i) {
        return switch (i.opcode) {
            case 0x80, 0x81, 0x83 -> Arithmetic.ofImmediate(i);
            case 0x82 -> i.mode == Cpu.MODE_64 ? null : Arithmetic.ofImmediate(i);
            case 0x84, 0x85, 0xa8, 0xa9 -> Arithmetic.ofTest(i);
            case 0x86, 0x87 -> Exchange.ofExchange(i);
            case 0x88, 0x89 -> Moves.ofStore(i);
            case 0x8a, 0x8b -> Moves.ofLoad(i);
            case 0x8d -> Moves.ofLea(i);
            case 0x8f -> Stack.ofPop(i);
            case 0x90 ->
                    Place.opcodeRegister(i) != 0
                            ? Exchange.ofAccumulator(i)
                            : i.rep ? new FlagOps.Pause(i) : new FlagOps.Nop();
            case 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97 -> Exchange.ofAccumulator(i);
            case 0x98 -> new Extend.Accumulator(i);
            case 0x99 -> new Extend.Dividend(i);
            case 0x9c -> new FlagOps.Push(i);
            case 0x9d -> new FlagOps.Pop(i);
            case 0x9e -> new FlagOps.Store();
            case 0x9f -> new FlagOps.Load();
            case 0xa0, 0xa1, 0xa2, 0xa3 -> Moves.ofOffset(i);
            case 0xc0, 0xc1, 0xd0, 0xd1, 0xd2, 0xd3 -> Shifts.of(i);
            case 0xc2, 0xc3 -> Branch.ofReturn(i);
            case 0xc6, 0xc7 -> Moves.ofImmediate(i);
            case 0xc8 -> new Stack.Enter(i);
            case 0xc9 -> new Stack.Leave(i);
            case 0xd4, 0xd5, 0xd6 -> Legacy.of(i);
            case 0xd7 -> new Moves.Translate(i);
            case 0xe0, 0xe1, 0xe2, 0xe3 -> Branch.ofLoop(i);
            case 0xe8 -> Branch.ofCall(i);
            case 0xe9, 0xeb -> Branch.ofJump(i);
            case 0xf5, 0xf8, 0xf9 -> new FlagOps.Carry(i);
            case 0xf6, 0xf7 -> groupThree(i);
            case 0xfc, 0xfd -> new FlagOps.Direction(i);
            case 0xfe, 0xff -> groupFive(i);
            default -> i.opcode >>> 4 == 0xb ? Moves.ofRegisterImmediate(i) : null;
        };
    }

    private static @Nullable Op groupThree(Instruction i) {
        return switch (i.reg & 7) {
            case 0, 1 -> Arithmetic.ofTest(i);
            case 2, 3 -> Arithmetic.ofUnary(i);
            default -> Multiply.ofAccumulator(i);
        };
    }

    /** FE and FF; the far transfers are system instructions. */
    private static @Nullable Op groupFive(Instruction i) {
        int kind = i.reg & 7;
        if (kind < 2) {
            return Arithmetic.ofUnary(i);
        }
        if (i.opcode == 0xfe || i.lock) {
            return null;
        }
        return switch (kind) {
            case 2, 4 -> Branch.ofIndirect(i);
            case 6 -> Stack.ofPush(i);
            default -> null;
        };
    }

    private static @Nullable Op twoByte(Instruction i) {
        return switch (i.opcode >>> 4) {
            case 4 -> Conditional.ofMove(i);
            case 8 -> Branch.ofCondition(i);
            case 9 -> Conditional.ofSet(i);
            default -> twoByteOther(i);
        };
    }

    private static @Nullable Op twoByteOther(Instruction i) {
        return switch (i.opcode) {
            case 0xa3, 0xab, 0xb3, 0xbb -> BitOps.ofRegister(i);
            case 0xa4, 0xa5, 0xac, 0xad -> Shifts.ofDouble(i);
            case 0xaf -> Multiply.ofSigned(i);
            case 0xb0, 0xb1 -> Exchange.ofCompare(i);
            case 0xb6, 0xb7, 0xbe, 0xbf -> Extend.ofMove(i);
            case 0xb8 -> BitOps.ofCount(i);
            case 0xba -> BitOps.ofImmediate(i);
            case 0xbc, 0xbd -> i.rep ? BitOps.ofZeros(i) : BitOps.ofScan(i);
            case 0xc0, 0xc1 -> Exchange.ofAdd(i);
            case 0xc3 -> Moves.ofNonTemporal(i);
            case 0xc7 -> Exchange.ofCompareDouble(i);
            case 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf -> Moves.ofSwap(i);
            default -> null;
        };
    }

    private static @Nullable Op threeByte(Instruction i) {
        if (i.opcode != 0xf0 && i.opcode != 0xf1) {
            return null;
        }
        return i.repne ? BitOps.ofCrc(i) : Moves.ofSwapped(i);
    }
}
