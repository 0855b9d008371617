package xenolith.hypervisor.grant;

import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Gnttab;

/** GNTTABOP_set_version: the table is emptied, but for the toolstack's entries at its beginning. */
public final class VersionSwitch {
    private static final int STATUS = Gnttab.READING | Gnttab.WRITING;

    private VersionSwitch() {}

    /** Makes {@code t} a table of {@code version} (any value); 0 or -errno. */
    public static int set(GrantTable t, long version) {
        if (version != 1 && version != 2) {
            return -Errno.EINVAL;
        }
        if (t.version() == version) {
            return 0;
        }
        for (int ref = Gnttab.RESERVED_ENTRIES; ref < t.entryCount(); ref++) {
            if (t.inUse(ref)) {
                return t.refuse(ref, -Errno.EBUSY, "in use, so the version cannot change");
            }
        }
        SharedEntries e = t.entries();
        int rc = version == 2 ? prepare2(t, e) : prepare1(t, e);
        if (rc != 0) {
            return rc;
        }
        int[] headers = new int[Gnttab.RESERVED_ENTRIES];
        long[] frames = new long[Gnttab.RESERVED_ENTRIES];
        for (int ref = 0; ref < headers.length; ref++) {
            save(t, ref, headers, frames);
        }
        if (version == 1 && !e.freeStatusFrames()) {
            return t.refuse(0, -Errno.EBUSY, "the guest maps a status frame");
        }
        e.clear();
        e.setVersion((int) version);
        for (int ref = 0; ref < headers.length; ref++) {
            restore(t, ref, headers[ref], frames[ref]);
        }
        return 0;
    }

    private static int prepare2(GrantTable t, SharedEntries e) {
        return e.makeStatusFrames()
                ? 0
                : t.refuse(0, -Errno.ENOMEM, "there is no memory for status frames");
    }

    /** What version 1 cannot say must not be there. */
    private static int prepare1(GrantTable t, SharedEntries e) {
        if (t.version2Uses() != 0) {
            return t.refuse(0, -Errno.EAGAIN, "uses that only version 2 has go on");
        }
        for (int ref = 0; ref < Gnttab.RESERVED_ENTRIES; ref++) {
            int type = e.header(ref) & Gnttab.TYPE_MASK;
            if (type == Gnttab.TRANSITIVE
                    || type == Gnttab.PERMIT_ACCESS && e.frame(ref) >>> 32 != 0) {
                return t.refuse(ref, -Errno.ERANGE, "version 1 cannot represent it");
            }
        }
        return 0;
    }

    private static void save(GrantTable t, int ref, int[] headers, long[] frames) {
        SharedEntries e = t.entries();
        headers[ref] = e.header(ref);
        frames[ref] = e.frame(ref);
        if (t.version() == 1) {
            return;
        }
        if ((headers[ref] & Gnttab.TYPE_MASK) == Gnttab.PERMIT_ACCESS) {
            headers[ref] |= (int) t.frames().memory().get16(e.statusAt(ref));
        } else {
            headers[ref] = 0;
            frames[ref] = 0;
        }
    }

    private static void restore(GrantTable t, int ref, int header, long frame) {
        SharedEntries e = t.entries();
        boolean second = t.version() == 2;
        if (second) {
            t.frames().memory().put16(e.statusAt(ref), header & STATUS);
        }
        e.setFrame(ref, frame);
        t.frames().memory().put32(e.at(ref), second ? header & ~STATUS : header);
    }
}
