/** What xl prints, to the letter: tables from plain records and from the store. Pure functions. */
@NullMarked
package xenolith.toolstack.text;

import org.jspecify.annotations.NullMarked;
