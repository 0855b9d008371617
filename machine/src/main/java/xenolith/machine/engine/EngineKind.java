package xenolith.machine.engine;

import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;
import xenolith.machine.cpu.Engine;
import xenolith.machine.interpret.Interpreter;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.translate.Translator;

/** The engines that there are, by the names that users give. */
public enum EngineKind {
    /** One object an instruction; the oracle. */
    INTERPRETER(Interpreter::new),

    /** Hot code as classes of the JVM. */
    TRANSLATOR(Translator::new),

    /** Each piece of code in the translator and in the interpreter, which must agree. */
    BOTH(EngineKind::both);

    /** System property that names the engine where nobody chooses one: for whole test suites. */
    public static final String PROPERTY = "xenolith.engine";

    private final Function<MachineMemory, Engine> factory;

    EngineKind(Function<MachineMemory, Engine> factory) {
        this.factory = factory;
    }

    private static Engine both(MachineMemory memory) {
        Engine translator = new Translator(memory);
        return new Both(memory, translator, new Interpreter(memory), 1, Path.of(""));
    }

    /** A new engine of this kind for the machine with {@code memory}: one a machine. */
    public Engine on(MachineMemory memory) {
        return factory.apply(memory);
    }

    /**
     * The engine where nobody chooses one: the translator, or what {@link #PROPERTY} says.
     *
     * @throws IllegalArgumentException if the property names no engine
     */
    public static EngineKind standard() {
        String name = System.getProperty(PROPERTY, TRANSLATOR.toString());
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** The name on command lines. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
