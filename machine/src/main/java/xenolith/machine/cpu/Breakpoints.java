package xenolith.machine.cpu;

import xenolith.abi.x86.Rflags;
import xenolith.machine.mmu.Watch;

/**
 * The breakpoints that DR0 to DR3 and DR7 enable (SDM volume 3, 17.2 and 17.3): where a processor
 * has any, engines run it an instruction at a time. Breakpoints on ports are not the processor's
 * here: a guest's ports are the floor above's.
 */
public final class Breakpoints {
    /** Single step, in DR6. */
    public static final int SINGLE_STEP = 1 << 14;

    private static final int EXECUTE = 0;
    private static final int WRITE = 1;
    private static final int ACCESS = 3;

    /** Bytes by the two bits of a length. */
    private static final int[] LENGTHS = {1, 2, 8, 4};

    private final Cpu cpu;
    private final Watch watch = new Watch();

    /** One bit a breakpoint on code. */
    private int code;

    private boolean enabled;

    /** Conditions met by an instruction that holds debug traps back, as bits of DR6. */
    int heldBack;

    Breakpoints(Cpu cpu) {
        this.cpu = cpu;
    }

    /** DR0 to DR3 or DR7 were changed. */
    public void changed() {
        boolean watched = watch.any();
        code = 0;
        watch.clear();
        long control = cpu.dr[7];
        for (int i = 0; i < 4; i++) {
            if ((control >>> 2 * i & 3) != 0) {
                enable(i, (int) (control >>> 16 + 4 * i));
            }
        }
        if (watched || watch.any()) {
            cpu.mmu.setWatch(watch.any() ? watch : null);
        }
        enabled = code != 0 || watch.any();
        heldBack = 0;
    }

    private void enable(int i, int kindAndLength) {
        int length = LENGTHS[kindAndLength >>> 2 & 3];
        switch (kindAndLength & 3) {
            case EXECUTE -> code |= length == 1 ? 1 << i : 0;
            case WRITE -> watch.set(i, cpu.dr[i] & -length, length, false);
            case ACCESS -> watch.set(i, cpu.dr[i] & -length, length, true);
            default -> {}
        }
    }

    /** Whether there are any. */
    public boolean enabled() {
        return enabled;
    }

    /**
     * RF where there are no breakpoints: only they look at it, and it would be gone with the next
     * instruction, so that whoever loads RFLAGS leaves it out.
     */
    public long idleFlags() {
        return enabled ? 0 : Rflags.RF;
    }

    /** Makes breakpoints count for nothing, or again for what they are. */
    public void suspend(boolean suspended) {
        enabled = !suspended && (code != 0 || watch.any());
        abandon();
    }

    /** Whether instructions must run one by one: for breakpoints, or to step. */
    public boolean oneByOne() {
        return enabled || (cpu.systemFlags & Rflags.TF) != 0 || heldBack != 0;
    }

    /** Breakpoints on the instruction at RIP, as bits of DR6; none while RF is set. */
    public int onCode() {
        if (!enabled || code == 0 || (cpu.systemFlags & Rflags.RF) != 0) {
            return 0;
        }
        boolean based = cpu.mode != Cpu.MODE_64;
        long va = based ? cpu.rip + cpu.segmentBase(Segment.CS) & 0xffff_ffffL : cpu.rip;
        int met = 0;
        for (int i = 0; i < 4; i++) {
            met |= (code >>> i & 1) != 0 && cpu.dr[i] == va ? 1 << i : 0;
        }
        return met;
    }

    /** An instruction begins: what was accessed before is forgotten. */
    public void begin() {
        watch.takeHits();
    }

    /** An instruction was left by an exception or an exit: no trap comes of it. */
    public void abandon() {
        watch.takeHits();
        heldBack = 0;
    }

    /**
     * An instruction is done: the traps that it raises, as bits of DR6.
     *
     * @param stepped whether TF was set when it began
     * @param holdsBack whether its traps wait until the next instruction is done
     */
    public int end(boolean stepped, boolean holdsBack) {
        int met = watch.takeHits();
        if (holdsBack) {
            heldBack = met;
            return 0;
        }
        met |= heldBack | (stepped ? SINGLE_STEP : 0);
        heldBack = 0;
        return met;
    }

    /** Takes over from {@code other} what an instruction has held back. */
    public void copyFrom(Breakpoints other) {
        heldBack = other.heldBack;
    }
}
