package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.constant.MethodTypeDesc;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.memory.HostMemory;

/**
 * What translated code calls that does little by itself: one short call each. What cannot be done
 * here (faults, stores into code, captured ones, operands in two pages) ends in a {@link
 * GuestFault} that says nothing but that the instruction at {@code Cpu.site} is to be run by the
 * interpreter; nothing was changed then.
 *
 * <p>The processor comes last, as the linear address is computed first; behind it the site.
 */
final class DirectAccess {
    static final MethodTypeDesc LOAD = MethodTypeDesc.of(CD_long, CD_long, Names.CPU, CD_int);
    static final MethodTypeDesc STORE =
            MethodTypeDesc.of(CD_void, CD_long, CD_long, Names.CPU, CD_int);
    static final MethodTypeDesc HOST =
            MethodTypeDesc.of(CD_long, CD_long, CD_int, Names.CPU, CD_int);
    static final MethodTypeDesc PUSH = MethodTypeDesc.of(CD_void, CD_long, Names.CPU, CD_int);
    static final MethodTypeDesc POP = MethodTypeDesc.of(CD_long, Names.CPU, CD_int);
    static final MethodTypeDesc LEAVE = MethodTypeDesc.of(CD_int, Names.CPU, CD_long, CD_int);

    private DirectAccess() {}

    /** The zero-extended byte at {@code va}. */
    static long load8(long va, Cpu cpu, int site) {
        return HostMemory.get8(readable(va, 1, cpu, site));
    }

    /** The zero-extended 2 bytes at {@code va}. */
    static long load16(long va, Cpu cpu, int site) {
        return HostMemory.get16(readable(va, 2, cpu, site));
    }

    /** The zero-extended 4 bytes at {@code va}. */
    static long load32(long va, Cpu cpu, int site) {
        return HostMemory.get32(readable(va, 4, cpu, site));
    }

    /** The 8 bytes at {@code va}. */
    static long load64(long va, Cpu cpu, int site) {
        return HostMemory.get64(readable(va, 8, cpu, site));
    }

    /** Stores the low byte of {@code value} at {@code va}. */
    static void store8(long va, long value, Cpu cpu, int site) {
        HostMemory.put8(writable(va, 1, cpu, site), value);
    }

    /** Stores the low 2 bytes of {@code value} at {@code va}. */
    static void store16(long va, long value, Cpu cpu, int site) {
        HostMemory.put16(writable(va, 2, cpu, site), value);
    }

    /** Stores the low 4 bytes of {@code value} at {@code va}. */
    static void store32(long va, long value, Cpu cpu, int site) {
        HostMemory.put32(writable(va, 4, cpu, site), value);
    }

    /** Stores {@code value} at {@code va}. */
    static void store64(long va, long value, Cpu cpu, int site) {
        HostMemory.put64(writable(va, 8, cpu, site), value);
    }

    /** Host address of {@code size} readable bytes at {@code va}. */
    static long loadable(long va, int size, Cpu cpu, int site) {
        return readable(va, size, cpu, site);
    }

    /** Host address of {@code size} bytes at {@code va} that may be stored to. */
    static long storable(long va, int size, Cpu cpu, int site) {
        return writable(va, size, cpu, site);
    }

    /** PUSH of {@code value}. */
    static void push(long value, Cpu cpu, int site) {
        long rsp = cpu.rsp - 8;
        HostMemory.put64(writable(rsp, 8, cpu, site), value);
        cpu.rsp = rsp;
    }

    /** What POP finds. */
    static long pop(Cpu cpu, int site) {
        long rsp = cpu.rsp;
        long value = HostMemory.get64(readable(rsp, 8, cpu, site));
        cpu.rsp = rsp + 8;
        return value;
    }

    /** Where RET goes; it releases {@code released} bytes beyond the address. */
    static long popTarget(long released, Cpu cpu, int site) {
        long rsp = cpu.rsp;
        long target = HostMemory.get64(readable(rsp, 8, cpu, site));
        checkTarget(target, cpu, site);
        cpu.rsp = rsp + 8 + released;
        return target;
    }

    /** Refuses to branch to {@code target} if it is not canonical. */
    static void checkTarget(long target, Cpu cpu, int site) {
        if (target << 16 >> 16 != target) {
            throw refused(cpu, site);
        }
    }

    /** Leaves before the instruction at {@code site} of the code at {@code base}. */
    static int leave(Cpu cpu, long base, int site) {
        cpu.retired -= Emitter.notRun(site);
        cpu.rip = base + Emitter.offset(site);
        return GuestCode.LEAVE;
    }

    // HotSpot is told to compile the methods above each for itself, and these into them.

    private static long readable(long va, int size, Cpu cpu, int site) {
        long host = cpu.mmu.loadAddress(va, size);
        if (host == 0) {
            throw refused(cpu, site);
        }
        return host;
    }

    private static long writable(long va, int size, Cpu cpu, int site) {
        long host = cpu.mmu.storeAddress(va, size);
        if (host == 0) {
            throw refused(cpu, site);
        }
        return host;
    }

    private static GuestFault refused(Cpu cpu, int site) {
        cpu.site = site;
        return cpu.mmu.refused();
    }
}
