/** xl.cfg: its whole grammar, and what of it a domain is made from. */
@NullMarked
package xenolith.toolstack.config;

import org.jspecify.annotations.NullMarked;
