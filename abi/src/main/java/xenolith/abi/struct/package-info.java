/**
 * Layouts of the structures that cross the border between guest and hypervisor: byte offsets, one
 * class a structure, fields in header order, declared once for both ABIs where they differ. All
 * fields are little-endian.
 */
@NullMarked
package xenolith.abi.struct;

import org.jspecify.annotations.NullMarked;
