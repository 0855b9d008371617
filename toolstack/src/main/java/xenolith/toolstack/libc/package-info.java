/**
 * Calls of the C library that Java has no method for, through java.lang.foreign. For rooms that own
 * a file descriptor: disks and TAP devices.
 */
@NullMarked
package xenolith.toolstack.libc;

import org.jspecify.annotations.NullMarked;
