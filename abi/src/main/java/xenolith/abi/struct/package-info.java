/**
 * Layouts of the structures that cross the border between guest and hypervisor: byte offsets in the
 * 64-bit ABI, one class a structure, fields in header order. All fields are little-endian.
 */
@NullMarked
package xenolith.abi.struct;

import org.jspecify.annotations.NullMarked;
