package xenolith.hypervisor.hypercall;

import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.grant.GrantStatus;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.machine.memory.MachineMemory;

/** GNTTABOP_copy: between frames, each named by a grant reference or as one of the caller's own. */
final class GrantCopy {
    private static final int SOURCE_GREF = 1;
    private static final int DEST_GREF = 2;

    /** {source and dest: u64 gref or frame, domid u16, offset u16; len u16, flags, status s16}. */
    void copy(Vcpu v, long at) {
        int length = (int) GuestAccess.get16(v, at + 32);
        int flags = (int) GuestAccess.get16(v, at + 34);
        int from = (int) GuestAccess.get16(v, at + 10);
        int to = (int) GuestAccess.get16(v, at + 26);
        int status;
        if (from + length > MachineMemory.FRAME_SIZE || to + length > MachineMemory.FRAME_SIZE) {
            status = GrantTableOp.refuse(v, GrantStatus.BAD_COPY_ARG, "it crosses a page");
        } else {
            status = copy(v, at, flags, from, to, length);
        }
        GuestAccess.put16(v, at + 36, status);
    }

    private static int copy(Vcpu v, long at, int flags, int from, int to, int length) {
        Side source = new Side(v, at, (flags & SOURCE_GREF) != 0, true);
        if (source.mfn < 0) {
            return (int) source.mfn;
        }
        Side dest = new Side(v, at + 16, (flags & DEST_GREF) != 0, false);
        if (dest.mfn < 0) {
            source.release();
            return (int) dest.mfn;
        }
        byte[] bytes = new byte[length];
        MachineMemory memory = v.cpu.memory;
        memory.read((source.mfn << MachineMemory.FRAME_SHIFT) + from, bytes, 0, length);
        memory.write((dest.mfn << MachineMemory.FRAME_SHIFT) + to, bytes, 0, length);
        dest.release();
        source.release();
        return GrantStatus.OKAY;
    }

    /** One end of a copy with its references held; {@link #mfn} is a status where that failed. */
    private static final class Side {
        private final Vcpu v;
        private final boolean readOnly;
        private final boolean byGrant;
        private final long name;
        private final int domid;
        final long mfn;

        Side(Vcpu v, long at, boolean byGrant, boolean readOnly) {
            this.v = v;
            this.byGrant = byGrant;
            this.readOnly = readOnly;
            this.domid = (int) GuestAccess.get16(v, at + 8);
            this.name = byGrant ? GuestAccess.get32(v, at) : GuestAccess.get64(v, at);
            this.mfn = byGrant ? grant() : own();
        }

        private long grant() {
            Domain granter =
                    GrantTableOp.own(v, domid) ? v.domain : v.domain.hypervisor.domain(domid);
            if (granter == null || granter.grants == null) {
                String why = "domain " + domid + " grants nothing";
                return GrantTableOp.refuse(v, GrantStatus.BAD_DOMAIN, why);
            }
            return granter.grants.acquire(name, v.domain.domid(), readOnly);
        }

        private long own() {
            if (!GrantTableOp.own(v, domid)) {
                String why = "a frame of domain " + domid + " that it did not grant";
                return GrantTableOp.refuse(v, GrantStatus.PERMISSION_DENIED, why);
            }
            FrameTable frames = v.domain.hypervisor.frames;
            frames.lock().lock();
            try {
                boolean got =
                        readOnly
                                ? frames.getPage(name, v.domain.domid())
                                : frames.getPageWritable(name, v.domain.domid());
                return got
                        ? name
                        : GrantTableOp.refuse(v, GrantStatus.GENERAL_ERROR, frames.describe(name));
            } finally {
                frames.lock().unlock();
            }
        }

        void release() {
            if (byGrant) {
                Domain granter =
                        GrantTableOp.own(v, domid) ? v.domain : v.domain.hypervisor.domain(domid);
                GrantTableOp.table(java.util.Objects.requireNonNull(granter))
                        .release((int) name, mfn, readOnly);
                return;
            }
            FrameTable frames = v.domain.hypervisor.frames;
            frames.lock().lock();
            try {
                if (readOnly) {
                    frames.putPage(mfn);
                } else {
                    frames.putPageWritable(mfn);
                }
            } finally {
                frames.lock().unlock();
            }
        }
    }
}
