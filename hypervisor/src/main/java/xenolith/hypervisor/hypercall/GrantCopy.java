package xenolith.hypervisor.hypercall;

import org.jspecify.annotations.Nullable;
import xenolith.abi.struct.Field;
import xenolith.abi.struct.Layout;
import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Gnttab;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.grant.GrantCopying;
import xenolith.hypervisor.grant.GrantStatus;
import xenolith.hypervisor.grant.GrantTable;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.PageType;
import xenolith.machine.memory.MachineMemory;

/** GNTTABOP_copy: between frames, each named by a grant reference or as one of the caller's own. */
final class GrantCopy {
    /** One end: a grant or a frame, of what domain, and where. */
    private static final Layout END = new Layout();

    static {
        // The name.
        END.word();
    }

    private static final Field DOMID = END.bytes(2);
    private static final Field OFFSET = END.bytes(2);

    private static final Layout LAYOUT = new Layout();

    static {
        // The source.
        LAYOUT.struct(16, 8);
    }

    private static final Field DEST = LAYOUT.struct(16, 8);
    private static final Field LENGTH = LAYOUT.bytes(2);
    private static final Field FLAGS = LAYOUT.bytes(2);
    private static final Field STATUS = LAYOUT.bytes(2);

    /** An element's size. */
    static final Field SIZE = LAYOUT.end();

    /** {source and dest: u64 gref or frame, domid u16, offset u16; len u16, flags, status s16}. */
    int copy(Vcpu v, long at) {
        int length = (int) GuestAccess.get(v, at, LENGTH);
        int flags = (int) GuestAccess.get(v, at, FLAGS);
        Side source = Side.read(v, at, (flags & Gnttab.COPY_SOURCE_GREF) != 0, true);
        Side dest =
                Side.read(
                        v,
                        at + DEST.at(v.domain.abi()),
                        (flags & Gnttab.COPY_DEST_GREF) != 0,
                        false);
        int status = source.find();
        if (status == 0) {
            status = dest.find();
        }
        if (status == 0) {
            status = source.claim();
        }
        if (status == 0) {
            status = dest.claim();
        }
        if (status == 0) {
            status = copy(v, source, dest, length);
        }
        dest.release();
        source.release();
        GuestAccess.put(v, at, STATUS, status);
        return status;
    }

    private static int copy(Vcpu v, Side source, Side dest, int length) {
        int frame = MachineMemory.FRAME_SIZE;
        if (source.offset + length > frame || dest.offset + length > frame) {
            return GrantTableOp.refuse(v, GrantStatus.BAD_COPY_ARG, "it crosses a page");
        }
        if (source.outside(length) || dest.outside(length)) {
            String why = "outside of the part that is granted";
            return GrantTableOp.refuse(v, GrantStatus.GENERAL_ERROR, why);
        }
        v.cpu.memory.copyBytes(source.address(), dest.address(), length);
        return GrantStatus.OKAY;
    }

    /** One end of a copy and the references that it holds. */
    private static final class Side {
        private final Vcpu v;
        private final FrameTable frames;
        private final boolean readOnly;
        private final boolean byGrant;
        private final long name;
        private final int domid;
        final int offset;
        private @Nullable Domain domain;
        private GrantCopying.@Nullable End end;
        private boolean typed;

        private Side(Vcpu v, boolean byGrant, boolean readOnly, long name, int domid, int offset) {
            this.v = v;
            this.frames = v.domain.hypervisor.frames;
            this.byGrant = byGrant;
            this.readOnly = readOnly;
            this.name = name;
            this.domid = domid;
            this.offset = offset;
        }

        static Side read(Vcpu v, long at, boolean byGrant, boolean readOnly) {
            long name = byGrant ? GuestAccess.get32(v, at) : GuestAccess.word(v, at, 0);
            int domid = (int) GuestAccess.get(v, at, DOMID);
            int offset = (int) GuestAccess.get(v, at, OFFSET);
            return new Side(v, byGrant, readOnly, name, domid, offset);
        }

        /** Frames are named by number by DOMID_SELF only. */
        int find() {
            if (domid != Domid.SELF && !byGrant) {
                String why = "a frame of domain " + domid + " that it did not grant";
                return GrantTableOp.refuse(v, GrantStatus.PERMISSION_DENIED, why);
            }
            domain = GrantTableOp.byAnyId(v, domid);
            return domain == null
                    ? GrantTableOp.refuse(v, GrantStatus.BAD_DOMAIN, "no domain " + domid)
                    : GrantStatus.OKAY;
        }

        int claim() {
            GrantCopying.End found = byGrant ? grant() : own();
            if (found.status() != 0) {
                return found.status();
            }
            end = found;
            if (!readOnly) {
                typed = takeWritable(found.mfn());
                return typed ? GrantStatus.OKAY : GrantStatus.GENERAL_ERROR;
            }
            return GrantStatus.OKAY;
        }

        private boolean takeWritable(long mfn) {
            frames.lock().lock();
            try {
                int owner = frames.owner(mfn);
                return frames.types().takeType(mfn, PageType.WRITABLE, owner) == 0;
            } finally {
                frames.lock().unlock();
            }
        }

        private GrantCopying.End grant() {
            GrantTable table = domain == null ? null : domain.grants;
            if (table == null) {
                int status = GrantStatus.GENERAL_ERROR;
                return failed(GrantTableOp.refuse(v, status, "domain 0 grants nothing"));
            }
            return GrantCopying.acquire(table, name, v.domain.domid(), readOnly);
        }

        private GrantCopying.End own() {
            if (!frames.getPage(name, v.domain.domid())) {
                int status = GrantStatus.BAD_PAGE;
                return failed(GrantTableOp.refuse(v, status, frames.describe(name)));
            }
            return new GrantCopying.End(0, name, 0, MachineMemory.FRAME_SIZE);
        }

        private static GrantCopying.End failed(int status) {
            return new GrantCopying.End(status, -1, 0, 0);
        }

        boolean outside(int length) {
            return end == null
                    || offset < end.start()
                    || offset + length > end.start() + end.length();
        }

        long address() {
            long mfn = end == null ? -1 : end.mfn();
            return (mfn << MachineMemory.FRAME_SHIFT) + offset;
        }

        void release() {
            GrantCopying.End held = end;
            if (held == null) {
                return;
            }
            if (byGrant && domain != null) {
                GrantCopying.release(domain.grants, (int) name, readOnly);
            }
            if (typed) {
                frames.putPageWritable(held.mfn());
            } else {
                frames.putPage(held.mfn());
            }
        }
    }
}
