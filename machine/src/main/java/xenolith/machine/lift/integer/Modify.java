package xenolith.machine.lift.integer;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.ir.Op;

/** Reads a destination of any kind, changes it, writes it back; atomically if LOCK is there. */
abstract class Modify extends Op {
    final Place place;
    private final boolean lock;

    Modify(Place place, boolean lock) {
        this.place = place;
        this.lock = lock;
    }

    /**
     * The new value for {@code old}; also sets the flags.
     *
     * @param aux the flags before the instruction: a LOCK-prefixed one may be tried many times
     */
    abstract long modify(Cpu cpu, long old, long aux);

    @Override
    public final void execute(Cpu cpu) {
        long at = place.locate(cpu);
        if (lock) {
            locked(cpu, at);
        } else {
            long old = place.readForWrite(cpu, at);
            place.write(cpu, at, modify(cpu, old, cpu.flagAux));
        }
    }

    private void locked(Cpu cpu, long at) {
        long aux = cpu.flagAux;
        long old = place.readForWrite(cpu, at);
        while (true) {
            long found = cpu.mmu.compareAndSwap(at, place.size, old, modify(cpu, old, aux));
            if (found == old) {
                return;
            }
            old = found;
        }
    }

    @Override
    public boolean stackOperand() {
        return place.stackOperand();
    }
}
