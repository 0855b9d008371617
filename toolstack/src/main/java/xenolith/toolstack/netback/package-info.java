/**
 * The back end of network cards (public/io/netif.h): rings of a guest on one side, a port of a
 * bridge of {@link xenolith.toolstack.net} on the other. Guests are hostile here: requests are
 * copied out before anybody looks at them, and only granted memory is touched. On the host's
 * thread.
 */
@NullMarked
package xenolith.toolstack.netback;

import org.jspecify.annotations.NullMarked;
