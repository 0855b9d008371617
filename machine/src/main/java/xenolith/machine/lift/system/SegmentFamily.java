package xenolith.machine.lift.system;

import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.cpu.SegmentLoad;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** Instructions that load, store or ask about segments, and far transfers. */
final class SegmentFamily {
    private SegmentFamily() {}

    /** Of the one-byte map, or null. */
    static @Nullable Op oneByte(Instruction i) {
        return switch (i.opcode) {
            case 0x06, 0x0e, 0x16, 0x1e -> push(i, i.opcode >>> 3);
            case 0x07, 0x17, 0x1f -> pop(i, i.opcode >>> 3);
            case 0x63 -> i.mode == Cpu.MODE_64 ? null : arpl(i);
            case 0x8c -> store(i);
            case 0x8e -> load(i);
            case 0xc4 -> loadFar(i, Segment.ES);
            case 0xc5 -> loadFar(i, Segment.DS);
            case 0x9a -> callPointer(i);
            case 0xea -> SystemOp.jump(i, cpu -> FarTransfer.jump(cpu, i.immediate2, i.immediate));
            case 0xca, 0xcb ->
                    SystemOp.jump(i, cpu -> FarTransfer.ret(cpu, i.operandSize, (int) i.immediate));
            case 0xcf -> SystemOp.jump(i, cpu -> FarTransfer.iret(cpu, i.operandSize));
            case 0xff -> i.memory() ? indirect(i) : null;
            default -> null;
        };
    }

    /** Of map 0F, or null. */
    static @Nullable Op map0F(Instruction i) {
        return switch (i.opcode) {
            case 0x00 -> verify(i);
            case 0x02, 0x03 -> probe(i);
            case 0xa0 -> push(i, Segment.FS);
            case 0xa1 -> pop(i, Segment.FS);
            case 0xa8 -> push(i, Segment.GS);
            case 0xa9 -> pop(i, Segment.GS);
            case 0xb2 -> loadFar(i, Segment.SS);
            case 0xb4 -> loadFar(i, Segment.FS);
            case 0xb5 -> loadFar(i, Segment.GS);
            default -> null;
        };
    }

    /** Outside 64-bit mode what follows may have to be decoded for other segments. */
    private static Op loading(Instruction i, SystemOp.Effect effect) {
        return i.mode == Cpu.MODE_64 ? SystemOp.inline(i, effect) : SystemOp.last(i, effect);
    }

    private static Op push(Instruction i, int segment) {
        int size = i.operandSize;
        return SystemOp.inline(
                i,
                cpu -> {
                    StackAccess.write(cpu, -size, size, cpu.segments[segment].selector);
                    StackAccess.move(cpu, -size);
                });
    }

    private static Op pop(Instruction i, int segment) {
        int size = i.operandSize;
        return SystemOp.load(
                i,
                segment,
                cpu -> {
                    int selector = (int) StackAccess.read(cpu, 0, size) & 0xffff;
                    int width = StackAccess.width(cpu);
                    SegmentLoad.load(cpu, segment, selector);
                    Place.setRegister(cpu, Cpu.RSP, width, cpu.rsp + size);
                });
    }

    private static @Nullable Op store(Instruction i) {
        int segment = i.reg & 7;
        if (segment > Segment.GS) {
            return null;
        }
        Place place = new Place(i);
        int size = i.operandSize;
        return SystemOp.inline(i, cpu -> place.setWord(cpu, size, cpu.segments[segment].selector));
    }

    private static @Nullable Op load(Instruction i) {
        int segment = i.reg & 7;
        if (segment > Segment.GS || segment == Segment.CS) {
            return null;
        }
        Place place = new Place(i);
        return SystemOp.load(i, segment, cpu -> SegmentLoad.load(cpu, segment, place.word(cpu)));
    }

    private static @Nullable Op loadFar(Instruction i, int segment) {
        if (!i.memory()) {
            return null;
        }
        Place place = new Place(i);
        int size = i.operandSize;
        return loading(
                i,
                cpu -> {
                    long at = place.address(cpu);
                    long offset = cpu.mmu.read(at, size);
                    int selector = (int) cpu.mmu.read16(at + size);
                    SegmentLoad.load(cpu, segment, selector);
                    Place.setRegister(cpu, i.reg, size, offset);
                });
    }

    private static Op callPointer(Instruction i) {
        return SystemOp.jump(
                i,
                cpu ->
                        FarTransfer.call(
                                cpu,
                                i.immediate2,
                                i.immediate,
                                i.operandSize,
                                SystemOp.next(cpu, i)));
    }

    /** Far CALL and JMP through memory. */
    private static @Nullable Op indirect(Instruction i) {
        int group = i.reg & 7;
        if (group != 3 && group != 5) {
            return null;
        }
        Place place = new Place(i);
        int size = i.operandSize;
        return SystemOp.jump(
                i,
                cpu -> {
                    long at = place.address(cpu);
                    long offset = cpu.mmu.read(at, size);
                    int selector = (int) cpu.mmu.read16(at + size);
                    if (group == 3) {
                        FarTransfer.call(cpu, selector, offset, size, SystemOp.next(cpu, i));
                    } else {
                        FarTransfer.jump(cpu, selector, offset);
                    }
                });
    }

    private static Op arpl(Instruction i) {
        Place place = new Place(i);
        return SystemOp.inline(
                i,
                cpu -> {
                    if (place.memory()) {
                        cpu.mmu.checkWrite(place.address(cpu), 2);
                    }
                    int level = (int) cpu.get(i.reg);
                    int selector = DescriptorProbe.arpl(cpu, place.word(cpu), level);
                    if (selector >= 0) {
                        place.setWord(cpu, 2, selector);
                    }
                });
    }

    private static @Nullable Op verify(Instruction i) {
        int group = i.reg & 7;
        if (group != 4 && group != 5) {
            return null;
        }
        Place place = new Place(i);
        return SystemOp.inline(i, cpu -> DescriptorProbe.verify(cpu, place.word(cpu), group == 5));
    }

    private static Op probe(Instruction i) {
        Place place = new Place(i);
        int size = i.operandSize;
        return i.opcode == 0x02
                ? SystemOp.inline(i, cpu -> DescriptorProbe.lar(cpu, place.word(cpu), i.reg, size))
                : SystemOp.inline(i, cpu -> DescriptorProbe.lsl(cpu, place.word(cpu), i.reg, size));
    }
}
