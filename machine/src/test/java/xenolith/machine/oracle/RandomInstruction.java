package xenolith.machine.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A random instruction of the native oracle's tables, for use within a longer program.
 *
 * @param code its bytes; a RIP-relative operand counts on their place being {@link
 *     ProcessorState#INSTRUCTION}
 * @param pinned bit n set: register n must hold {@code gpr[n]} for its memory operand to be mapped
 * @param gpr values of the general registers
 */
public record RandomInstruction(byte[] code, int pinned, long[] gpr) {
    /** What changes RIP or RSP has no place in the middle of a program. */
    private static final Set<String> UNSUITABLE =
            Set.of("stack", "leave", "enter", "ret", "popf", "rel8", "rel32", "target", "cx");

    /** The forms of the tables {@code families} that may stand in the middle of a program. */
    public static final class Forms {
        private final List<Form> forms = new ArrayList<>();

        public Forms(String... families) {
            for (String family : families) {
                for (Form form : Form.table(family)) {
                    if (UNSUITABLE.stream().noneMatch(form::has)) {
                        forms.add(form);
                    }
                }
            }
        }
    }

    /** An instruction of one of {@code forms}, or null where chance made none. */
    public static @Nullable RandomInstruction make(Forms forms, SplittableRandom random) {
        Form form = forms.forms.get(random.nextInt(forms.forms.size()));
        return CaseGenerator.makeInstruction(form, random.nextLong());
    }
}
