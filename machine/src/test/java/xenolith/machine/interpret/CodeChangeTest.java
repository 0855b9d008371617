package xenolith.machine.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;

/** Code that changes, crosses pages, is remapped; stopping exactly. */
class CodeChangeTest {
    private final TinyGuest guest = new TinyGuest(Cpu.MODE_64);

    private void undefinedAt(Exit exit, long rip) {
        assertThat(exit).isEqualTo(new Exit.Fault(Vector.UD, -1, 0));
        assertThat(guest.cpu.rip).isEqualTo(rip);
    }

    /** The instruction right behind the store is the one that it overwrites. */
    @Test
    void storeIntoTheRunningBlock() {
        // movb $2,behind(%rip); mov $1,%al; ud2
        guest.code("c60501000000 02 b001 0f0b");
        for (int n = 0; n < 3; n++) {
            guest.reset();
            guest.write(TinyGuest.CODE + 8, "01");
            undefinedAt(guest.run(100), TinyGuest.CODE + 9);
            assertThat(guest.cpu.rax).isEqualTo(2);
        }
    }

    @Test
    void storeFromOutside() {
        guest.code("b001 0f0b");
        guest.run(100);
        guest.write(TinyGuest.CODE + 1, "07");
        guest.reset();
        guest.run(100);
        assertThat(guest.cpu.rax).isEqualTo(7);
    }

    /** A page that a processor could write before it became code. */
    @Test
    void storeByProcessorThatWroteThePageBefore() {
        long page = TinyGuest.CODE + 0x3000;
        guest.write(page, "b001 c3");
        // movb $1,page+1; call page; movb $9,page+1; call page; ud2
        guest.code("c60425 01304000 01 e8f32f0000 c60425 01304000 09 e8e62f0000 0f0b");
        undefinedAt(guest.run(100), TinyGuest.CODE + 26);
        assertThat(guest.cpu.rax).isEqualTo(9);
    }

    @Test
    void crossingInstruction() {
        long at = TinyGuest.CODE + 0x1000 - 2;
        guest.write(at, "b878563412 0f0b");
        for (int n = 0; n < 3; n++) {
            guest.reset();
            guest.cpu.rip = at;
            undefinedAt(guest.run(100), at + 5);
            assertThat(guest.cpu.rax).isEqualTo(0x12345678);
        }
        guest.write(at + 4, "ff");
        guest.reset();
        guest.cpu.rip = at;
        guest.run(100);
        assertThat(guest.cpu.rax).isEqualTo(0xff345678L);
        guest.write(at + 1, "aa");
        guest.reset();
        guest.cpu.rip = at;
        guest.run(100);
        assertThat(guest.cpu.rax).isEqualTo(0xff3456aaL);
    }

    /** An undefined instruction becomes another one with any of its bytes. */
    @Test
    void undefinedInstructionThatChanges() {
        for (long at : new long[] {TinyGuest.CODE + 0x100, TinyGuest.CODE + 0x1000 - 1}) {
            guest.write(at, "0f04 0f0b");
            for (int n = 0; n < 2; n++) {
                guest.reset();
                guest.cpu.rip = at;
                undefinedAt(guest.run(100), at);
            }
            guest.write(at + 1, "31");
            guest.reset();
            guest.cpu.rip = at;
            undefinedAt(guest.run(100), at + 2);
        }
    }

    /** Its second half comes from the frame that is mapped there now. */
    @Test
    void crossingInstructionIntoAnotherFrame() {
        long at = TinyGuest.CODE + 0x1000 - 2;
        guest.write(at, "b878563412 0f0b");
        guest.write(TinyGuest.CODE + 0x5000, "563499 0f0b");
        guest.cpu.rip = at;
        guest.run(100);
        long entry = (4 << 12) + 8;
        long old = guest.memory.get64(entry);
        guest.memory.put64(entry, guest.memory.get64((4 << 12) + 8 * 5));
        guest.cpu.mmu.flushPage(TinyGuest.CODE + 0x1000);
        guest.reset();
        guest.cpu.rip = at;
        guest.run(100);
        assertThat(guest.cpu.rax).isEqualTo(0x99345678L);
        guest.memory.put64(entry, old);
        guest.cpu.mmu.flushPage(TinyGuest.CODE + 0x1000);
        guest.reset();
        guest.cpu.rip = at;
        guest.run(100);
        assertThat(guest.cpu.rax).isEqualTo(0x12345678);
    }

    @Test
    void secondHalfNotMapped() {
        long at = TinyGuest.CODE + 0x1000 - 2;
        guest.write(at, "b878563412 0f0b");
        guest.protect(TinyGuest.CODE + 0x1000, 0);
        guest.cpu.rip = at;
        Exit exit = guest.run(100);
        assertThat(exit).isEqualTo(new Exit.Fault(Vector.PF, 0x14, TinyGuest.CODE + 0x1000));
        assertThat(guest.cpu.rip).isEqualTo(at);
    }

    @Test
    void pageUnmappedWhileNotRunning() {
        guest.code("90 90 0f0b");
        guest.run(100);
        guest.reset();
        guest.protect(TinyGuest.CODE, Pte.P | Pte.U | Pte.NX);
        assertThat(guest.run(100)).isEqualTo(new Exit.Fault(Vector.PF, 0x15, TinyGuest.CODE));
        guest.protect(TinyGuest.CODE, Pte.P | Pte.U);
        undefinedAt(guest.run(100), TinyGuest.CODE + 2);
    }

    /** Same bytes, other mode: 40 is INC or a prefix. */
    @Test
    void otherMode() {
        guest.code("40 b401 0f0b");
        guest.run(100);
        assertThat(guest.cpu.rsp).isEqualTo(TinyGuest.STACK & ~0xffL | 1);
        guest.reset();
        guest.cpu.mode = Cpu.MODE_32;
        guest.run(100);
        assertThat(guest.cpu.rax).isEqualTo(0x101);
    }

    @Test
    void singleStep() {
        // pushf; orb $1,(%rsp); orw $0,(%rsp); orb $1,1(%rsp) for TF; popf; nop; nop; ud2
        guest.code("9c 800c2401 66830c2400 804c240101 9d 90 90 0f0b");
        Exit exit = guest.run(100);
        assertThat(exit).isEqualTo(new Exit.Fault(Vector.DB, -1, 0));
        assertThat(guest.cpu.rip).isEqualTo(TinyGuest.CODE + 17);
        exit = guest.run(100);
        assertThat(exit).isEqualTo(new Exit.Fault(Vector.DB, -1, 0));
        assertThat(guest.cpu.rip).isEqualTo(TinyGuest.CODE + 18);
    }

    @Test
    void kick() {
        guest.code("ebfe");
        guest.cpu.kick();
        assertThat(guest.run(1000)).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(guest.cpu.retired).isZero();
        assertThat(guest.run(1000)).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(guest.cpu.retired).isEqualTo(1000);
    }
}
