package xenolith.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * HotSpot silently never compiles a method of more than 8,000 bytes of bytecode: none may exist.
 */
class MethodSizeTest {
    private static final int HUGE_METHOD_LIMIT = 8000;

    @Test
    void noMethodIsTooLargeToBeCompiled() throws IOException {
        List<String> tooLarge = new ArrayList<>();
        int methods = 0;
        for (Path module : modules()) {
            try (Stream<Path> files = Files.walk(module.resolve("target/classes"))) {
                for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                    methods += check(file, tooLarge);
                }
            }
        }
        assertThat(methods).as("methods looked at").isGreaterThan(500);
        assertThat(tooLarge).isEmpty();
    }

    private static List<Path> modules() throws IOException {
        try (Stream<Path> folders = Files.list(Path.of(".."))) {
            return folders.filter(f -> Files.isDirectory(f.resolve("target/classes"))).toList();
        }
    }

    private static int check(Path file, List<String> tooLarge) throws IOException {
        ClassModel model = ClassFile.of().parse(file);
        for (var method : model.methods()) {
            int bytes =
                    method.findAttribute(java.lang.classfile.Attributes.code())
                            .map(CodeAttribute::codeLength)
                            .orElse(0);
            if (bytes > HUGE_METHOD_LIMIT) {
                tooLarge.add(
                        model.thisClass().asInternalName()
                                + "."
                                + method.methodName()
                                + ": "
                                + bytes);
            }
        }
        return model.methods().size();
    }
}
