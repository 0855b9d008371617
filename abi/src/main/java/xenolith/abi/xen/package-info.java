/**
 * Xen's public interface: hypercall numbers, error codes and the structures that cross the border,
 * one class each, fields in header order.
 */
@NullMarked
package xenolith.abi.xen;

import org.jspecify.annotations.NullMarked;
