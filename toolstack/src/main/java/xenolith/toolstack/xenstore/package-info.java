/** A small xenstored: the tree, transactions, watches, and the ring of one domain. */
@NullMarked
package xenolith.toolstack.xenstore;

import org.jspecify.annotations.NullMarked;
