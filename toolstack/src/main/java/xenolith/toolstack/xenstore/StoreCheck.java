package xenolith.toolstack.xenstore;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/** Recounts the store from scratch. */
final class StoreCheck {
    private final Map<String, Node> nodes;
    private final Domains domains;

    StoreCheck(Database database, Domains domains) {
        this.nodes = database.sorted();
        this.domains = domains;
    }

    List<String> faults() {
        List<String> faults = new ArrayList<>();
        Map<Integer, Integer> owned = new HashMap<>();
        nodes.forEach((path, node) -> {
            owned.merge(node.permissions().owner(), 1, Integer::sum);
            if (new HashSet<>(node.children()).size() != node.children().size()) {
                faults.add(path + " has two children of the same name.");
            }
            for (String name : node.children()) {
                if (!nodes.containsKey(StorePath.child(path, name))) {
                    faults.add(path + " names a child " + name + " that is not there.");
                }
            }
            Node parent = nodes.get(StorePath.parent(path));
            if (!path.equals("/")
                    && (parent == null || !parent.children().contains(StorePath.name(path)))) {
                faults.add(path + " is not named by its parent.");
            }
        });
        for (StoreDomain d : domains.all()) {
            int count = owned.getOrDefault(d.domid, 0);
            if (count != d.nodes) {
                faults.add("Domain " + d.domid + " owns " + count + " nodes, not " + d.nodes + ".");
            }
        }
        return faults;
    }
}
