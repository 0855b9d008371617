/**
 * The processor of the host as the judge of ours: random instructions run natively and in the
 * interpreter, from the same state, and must end in the same state. What once differed is a file in
 * {@code regressions} and is replayed for ever, with the native result stored in it.
 */
@NullMarked
package xenolith.machine.oracle;

import org.jspecify.annotations.NullMarked;
