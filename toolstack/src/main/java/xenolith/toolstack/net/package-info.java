/**
 * Domain 0's network: Ethernet frames, learning bridges, and the links that end at them, named as
 * Xen names them. A bridge and its ports are used on the host's thread only; what blocks (sockets,
 * files) is behind a {@link xenolith.toolstack.net.Handover}.
 */
@NullMarked
package xenolith.toolstack.net;

import org.jspecify.annotations.NullMarked;
