/** Single questions of speed, by JMH: a class a question. {@code ./bench/jmh} runs them. */
@NullMarked
package xenolith.micro;

import org.jspecify.annotations.NullMarked;
