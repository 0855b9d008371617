/**
 * What all split devices share: the states of back end and front end, their nodes in the store, and
 * rings of requests in granted pages. Back ends of one kind are in rooms of their own.
 */
@NullMarked
package xenolith.toolstack.xenbus;

import org.jspecify.annotations.NullMarked;
