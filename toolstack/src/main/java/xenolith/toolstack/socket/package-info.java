/**
 * A host's control socket: JSON over HTTP on a Unix socket, as docs/openapi.yaml says. {@code
 * HostSocket} is the host's end, {@code HostClient} a command's.
 */
@NullMarked
package xenolith.toolstack.socket;

import org.jspecify.annotations.NullMarked;
