package xenolith.hypervisor.host;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import xenolith.abi.xen.Gnttab;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.grant.GrantTable;
import xenolith.hypervisor.grant.Maptrack;
import xenolith.machine.memory.MachineMemory;

/** A frame that a guest granted to domain 0. */
final class GrantMapping implements DomainControl.GrantedFrame {
    private final MachineMemory memory;
    private final GrantTable table;
    private final int ref;
    private final long mfn;
    private final boolean readOnly;
    private final ControlGrants all;
    private boolean closed;
    private int holds;

    GrantMapping(
            ControlGrants all,
            MachineMemory memory,
            GrantTable table,
            int ref,
            long mfn,
            boolean readOnly) {
        this.all = all;
        this.memory = memory;
        this.table = table;
        this.ref = ref;
        this.mfn = mfn;
        this.readOnly = readOnly;
        all.add(this);
    }

    /** The same as domains keep it of their own. */
    Maptrack.Mapping mapping() {
        int flags = Gnttab.HOST_MAP | (readOnly ? Gnttab.MAP_READONLY : 0);
        return new Maptrack.Mapping(table, ref, mfn, 0, flags);
    }

    private long at(int offset, int length) {
        if (closed && holds == 0) {
            throw new IllegalStateException("grant " + ref + " is no longer mapped");
        }
        Objects.checkFromIndexSize(offset, length, 4096);
        return (mfn << MachineMemory.FRAME_SHIFT) + offset;
    }

    @Override
    public void read(int offset, byte[] dst, int at, int length) {
        memory.read(at(offset, length), dst, at, length);
    }

    @Override
    public void write(int offset, byte[] src, int at, int length) {
        if (readOnly) {
            throw new IllegalStateException("grant " + ref + " is mapped for reading only");
        }
        memory.write(at(offset, length), src, at, length);
    }

    @Override
    public long mfn() {
        return mfn;
    }

    @Override
    public MemorySegment segment() {
        MemorySegment frame = memory.frame(mfn);
        return readOnly ? frame.asReadOnly() : frame;
    }

    @Override
    public void hold() {
        if (closed) {
            throw new IllegalStateException("grant " + ref + " is no longer mapped");
        }
        holds++;
    }

    @Override
    public void release() {
        if (holds == 0) {
            throw new IllegalStateException("grant " + ref + " is not held");
        }
        holds--;
        if (closed && holds == 0) {
            end();
        }
    }

    @Override
    public void stored(int offset, int length) {
        Objects.checkFromIndexSize(offset, length, 4096);
        if (length > 0) {
            memory.codeStored((mfn << MachineMemory.FRAME_SHIFT) + offset, length);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (holds == 0) {
                end();
            }
        }
    }

    private void end() {
        all.remove(this);
        table.release(ref, mfn, readOnly);
    }
}
