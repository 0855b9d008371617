package xenolith.toolstack.xenstore;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import xenolith.toolstack.ToolException;

/**
 * The tree as a file, in the format of Xen's docs/designs/xenstore-migration.md, version 1,
 * little-endian: nodes with permissions, and who may watch the special paths. Connections, watches
 * and transactions are not in it: they end with the host.
 */
final class StoreSnapshot {
    private static final byte[] IDENT = "xenstore".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int HEADER = 16;
    private static final int END = 0;
    private static final int GLOBAL_DATA = 1;
    private static final int NODE_DATA = 5;
    private static final int STALE = 1;

    /** Paths of what belongs to one domain, though domain 0 or nobody owns the node. */
    private static final Pattern OF_DOMAIN =
            Pattern.compile(
                    "/local/domain/0/backend/[^/]+/(\\d{1,5})(?:/.*)?"
                            + "|/(?:local/domain|libxl)/(\\d{1,5})(?:/.*)?");

    private static final Pattern OF_VM = Pattern.compile("(/vm/[^/]+)(?:/.*)?");

    private StoreSnapshot() {}

    /** Writes the file, replacing it whole. */
    static void write(Store store, Path path) throws ToolException {
        Path part = path.resolveSibling(path.getFileName() + ".part");
        try {
            Files.write(part, bytes(store));
            Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new ToolException("The store cannot be saved in " + path + ": " + e + ".");
        }
    }

    private static byte[] bytes(Store store) {
        List<byte[]> records = new ArrayList<>();
        // The version is big-endian, whatever the rest is.
        byte[] header = new byte[HEADER];
        ByteBuffer.wrap(header).put(IDENT).putInt(VERSION).putInt(0);
        records.add(header);
        records.add(record(GLOBAL_DATA, little(8).putInt(-1).putInt(-1)));
        for (Map.Entry<String, Node> e : store.nodes().entrySet()) {
            Node n = e.getValue();
            records.add(node(e.getKey(), n.value(), n.permissions()));
        }
        for (String name : List.of(Store.RELEASE_DOMAIN, Store.INTRODUCE_DOMAIN)) {
            Permissions p = store.domains().special(name);
            if (p != null) {
                records.add(node(name, new byte[0], p));
            }
        }
        records.add(record(END, little(0)));
        ByteBuffer all = ByteBuffer.allocate(records.stream().mapToInt(r -> r.length).sum());
        records.forEach(all::put);
        return all.array();
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] record(int type, ByteBuffer body) {
        int length = body.position();
        byte[] record = new byte[8 + (length + 7 & ~7)];
        ByteBuffer.wrap(record)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(type)
                .putInt(length)
                .put(body.flip());
        return record;
    }

    private static byte[] node(String path, byte[] value, Permissions permissions) {
        List<Permissions.Entry> entries = permissions.entries();
        byte[] name = Message.terminated(path);
        ByteBuffer body = little(16 + 4 * entries.size() + name.length + value.length);
        body.putInt(0).putInt(0);
        body.putShort((short) name.length).putShort((short) value.length);
        body.putShort((short) 0).putShort((short) entries.size());
        for (Permissions.Entry e : entries) {
            body.put((byte) e.letter()).put((byte) (e.stale() ? STALE : 0));
            body.putShort((short) e.domid());
        }
        return record(NODE_DATA, body.put(name).put(value));
    }

    /**
     * Puts the nodes of the file into {@code store}, over what is there; but for those of domains
     * that are not there.
     *
     * @throws ToolException if it cannot be read; then nothing was changed
     */
    static void read(Path path, Store store) throws ToolException {
        String why;
        try {
            List<Saved> nodes = nodes(ByteBuffer.wrap(Files.readAllBytes(path)));
            restore(nodes, store);
            return;
        } catch (IOException e) {
            why = e.toString();
        } catch (BufferUnderflowException e) {
            why = "it ends too early";
        } catch (IllegalArgumentException | IllegalStateException e) {
            why = String.valueOf(e.getMessage());
        }
        throw new ToolException("The store cannot be loaded from " + path + ": " + why + ".");
    }

    /** A node of the file. */
    private record Saved(String path, byte[] value, Permissions permissions) {}

    private static void restore(List<Saved> nodes, Store store) {
        Transaction transaction = store.begin(Caller.TOOLS);
        View.Told told = store.events()::fire;
        View view = store.view(Caller.TOOLS, transaction, told);
        try {
            for (Saved n : nodes) {
                if (isOfGone(n.path, store)) {
                    continue;
                }
                if (!n.path.startsWith("@")) {
                    view.write(n.path, n.value);
                }
                view.permit(n.path, adopted(n.permissions, store));
            }
            transaction.check();
        } catch (XenstoreError e) {
            throw new IllegalArgumentException("it has a node that cannot be: " + e.code(), e);
        } finally {
            transaction.close();
        }
        transaction.apply(told);
        store.tell();
    }

    /**
     * Whether {@code path} is of a domain that is not there: the next of that number is another.
     */
    private static boolean isOfGone(String path, Store store) {
        Matcher domain = OF_DOMAIN.matcher(path);
        if (domain.matches()) {
            String domid = domain.group(1) == null ? domain.group(2) : domain.group(1);
            return !isThere(Integer.parseInt(domid), store);
        }
        Matcher vm = OF_VM.matcher(path);
        return vm.matches() && store.read(vm.group(1)) == null;
    }

    /** Gives to domain 0 what belonged to a domain that is not there. */
    private static Permissions adopted(Permissions saved, Store store) {
        return isThere(saved.owner(), store) ? saved : saved.without(saved.owner());
    }

    /** Whether the store has heard of {@code domid}. */
    private static boolean isThere(int domid, Store store) {
        return domid == 0 || store.domains().find(domid) != null;
    }

    private static List<Saved> nodes(ByteBuffer in) {
        byte[] ident = new byte[IDENT.length];
        in.get(ident);
        if (!java.util.Arrays.equals(ident, IDENT) || in.getInt() != VERSION || in.getInt() != 0) {
            throw new IllegalArgumentException("it is not a little-endian store of version 1");
        }
        in.order(ByteOrder.LITTLE_ENDIAN);
        List<Saved> nodes = new ArrayList<>();
        while (true) {
            int type = in.getInt();
            int length = in.getInt();
            if (type == END) {
                return nodes;
            }
            if (length < 0 || length > in.remaining()) {
                throw new BufferUnderflowException();
            }
            ByteBuffer body = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
            in.position(in.position() + Math.min(length + 7 & ~7, in.remaining()));
            if (type == NODE_DATA && body.getInt() == 0) {
                nodes.add(node(body));
            }
        }
    }

    private static Saved node(ByteBuffer body) {
        body.getInt();
        byte[] path = new byte[Short.toUnsignedInt(body.getShort())];
        byte[] value = new byte[Short.toUnsignedInt(body.getShort())];
        body.getShort();
        List<Permissions.Entry> entries = new ArrayList<>();
        for (int n = Short.toUnsignedInt(body.getShort()); n > 0; n--) {
            char letter = (char) body.get();
            if ("nrwb".indexOf(letter) < 0) {
                throw new IllegalArgumentException("it has a permission " + (int) letter);
            }
            boolean stale = (body.get() & STALE) != 0;
            int domid = Short.toUnsignedInt(body.getShort());
            entries.add(new Permissions.Entry(letter, domid, stale));
        }
        body.get(path);
        body.get(value);
        String name = new String(path, StandardCharsets.ISO_8859_1).replace("\0", "");
        return new Saved(name, value, new Permissions(entries));
    }
}
