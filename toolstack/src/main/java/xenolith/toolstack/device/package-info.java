/**
 * How back ends plug into a host: a kind of device is made from a domain's configuration, attached
 * when the domain is built or later, and gone when the domain is. Rooms of devices implement it;
 * the host uses it.
 */
@NullMarked
package xenolith.toolstack.device;

import org.jspecify.annotations.NullMarked;
