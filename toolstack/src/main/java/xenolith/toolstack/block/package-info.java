/**
 * The block back end (public/io/blkif.h): serves a guest's requests from a disk. Requests are
 * parsed, grants mapped and responses put on the host's thread; disks are read and written by
 * workers.
 */
@NullMarked
package xenolith.toolstack.block;

import org.jspecify.annotations.NullMarked;
