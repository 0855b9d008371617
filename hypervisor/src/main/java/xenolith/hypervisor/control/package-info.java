/**
 * The face shown to tools: what domctl, sysctl and foreign mappings give domain 0. The floors above
 * reach the hypervisor through this room only.
 */
@NullMarked
package xenolith.hypervisor.control;

import org.jspecify.annotations.NullMarked;
