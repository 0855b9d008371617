/** Grant tables: a domain's promises about its frames. */
@NullMarked
package xenolith.hypervisor.grant;

import org.jspecify.annotations.NullMarked;
