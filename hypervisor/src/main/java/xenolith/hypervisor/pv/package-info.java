/** What only a PV guest has: emulation of privileged instructions, descriptors. */
@NullMarked
package xenolith.hypervisor.pv;

import org.jspecify.annotations.NullMarked;
