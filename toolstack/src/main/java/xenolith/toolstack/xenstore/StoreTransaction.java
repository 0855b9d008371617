package xenolith.toolstack.xenstore;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Domain 0's access to a {@link View}, which somebody else commits. */
final class StoreTransaction implements StoreAccess {
    private final View view;

    StoreTransaction(View view) {
        this.view = view;
    }

    @Override
    public @Nullable String read(String path) {
        Node node = view.find(path);
        return node == null ? null : new String(node.value(), StandardCharsets.UTF_8);
    }

    @Override
    public List<String> directory(String path) {
        Node node = view.find(path);
        return node == null ? List.of() : List.copyOf(node.children().keySet());
    }

    @Override
    public @Nullable Permissions permissions(String path) {
        Node node = view.find(path);
        return node == null ? null : node.permissions();
    }

    @Override
    public void write(String path, String value) {
        try {
            view.write(checked(path), value.getBytes(StandardCharsets.UTF_8), 0);
        } catch (XenstoreError e) {
            throw new IllegalStateException(path, e);
        }
    }

    @Override
    public void permit(String path, String... permissions) {
        try {
            view.permit(checked(path), Permissions.of(List.of(permissions)), 0);
        } catch (XenstoreError e) {
            throw new IllegalStateException(path, e);
        }
    }

    @Override
    public void remove(String path) {
        if (view.find(path) == null) {
            return;
        }
        try {
            view.remove(checked(path), 0);
        } catch (XenstoreError e) {
            throw new IllegalStateException(path, e);
        }
    }

    private static String checked(String path) throws XenstoreError {
        return StorePath.resolve(path, "");
    }
}
