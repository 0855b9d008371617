/** Domains and their virtual CPUs: state, life cycle, CPUID policy. */
@NullMarked
package xenolith.hypervisor.domain;

import org.jspecify.annotations.NullMarked;
