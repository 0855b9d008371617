/** Clocks: system time, the paravirtual clock in the guest's pages, runstates. */
@NullMarked
package xenolith.hypervisor.time;

import org.jspecify.annotations.NullMarked;
