package xenolith.toolstack.xenbus;

import org.jspecify.annotations.Nullable;
import xenolith.toolstack.xenstore.Store;
import xenolith.toolstack.xenstore.StoreWatch;

/** What a front end has published. The guest writes these nodes: any text may be there. */
public final class FrontendNodes {
    private static final int MOST_DIGITS = 10;

    private final Store store;
    private final String path;

    FrontendNodes(Store store, String path) {
        this.store = store;
        this.path = path;
    }

    /** The nodes below {@code name}, such as those of a queue. */
    public FrontendNodes below(String name) {
        return new FrontendNodes(store, path + "/" + name);
    }

    /** Has {@code changed} run at once and whenever {@code name} may have changed. */
    public StoreWatch watch(String name, Runnable changed) {
        return store.watch(path + "/" + name, p -> changed.run());
    }

    /** The value of {@code name}, or null. */
    public @Nullable String text(String name) {
        return store.read(path + "/" + name);
    }

    /** Whether {@code name} is there. */
    public boolean has(String name) {
        return text(name) != null;
    }

    /** Whether {@code name} is there and is a number other than 0. */
    public boolean flag(String name) throws XenbusException {
        return number(name, 0L) != 0;
    }

    /** The number at {@code name}, 0 to 2^32 - 1. */
    public long number(String name) throws XenbusException {
        String value = text(name);
        if (value == null) {
            throw new XenbusException("The front end has not written " + path + "/" + name + ".");
        }
        return parse(name, value);
    }

    /** The number at {@code name}, 0 to 2^32 - 1, or {@code otherwise} if it is not there. */
    public long number(String name, long otherwise) throws XenbusException {
        String value = text(name);
        return value == null ? otherwise : parse(name, value);
    }

    /** The number at {@code name}, {@code least} to {@code most}, or {@code otherwise}. */
    public int number(String name, int otherwise, int least, int most) throws XenbusException {
        long value = number(name, otherwise);
        if (value < least || value > most) {
            throw new XenbusException(
                    path + "/" + name + " is " + value + ", not " + least + " to " + most + ".");
        }
        return (int) value;
    }

    /** A grant reference or event channel: any 32-bit number, as an int of the same bits. */
    public int word(String name) throws XenbusException {
        return (int) number(name);
    }

    private long parse(String name, String value) throws XenbusException {
        boolean number = !value.isEmpty() && value.length() <= MOST_DIGITS;
        for (int i = 0; i < value.length(); i++) {
            number &= value.charAt(i) >= '0' && value.charAt(i) <= '9';
        }
        long parsed = number ? Long.parseLong(value) : -1;
        if (!number || parsed >>> 32 != 0) {
            String shown = value.substring(0, Math.min(value.length(), 20));
            throw new XenbusException(path + "/" + name + " is \"" + shown + "\", not a number.");
        }
        return parsed;
    }
}
