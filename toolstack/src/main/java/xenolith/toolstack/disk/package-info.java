/**
 * Disks as rows of bytes: raw files and block devices, qcow2 images, and overlays in memory. Who
 * may use which file is held here, too. Knows nothing of guests.
 */
@NullMarked
package xenolith.toolstack.disk;

import org.jspecify.annotations.NullMarked;
