package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;

import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.util.Arrays;
import jdk.internal.misc.Unsafe;
import org.jspecify.annotations.Nullable;

/**
 * HotSpot's compilers to order: its interface for its own tests, which {@code -XX:+WhiteBoxAPI}
 * switches on. A class of a certain name, defined by the boot loader, is given the functions
 * (docs/decisions/0015-compilers-to-order.md).
 */
final class HotSpot {
    /** The first compiler, without counting for the second one. */
    static final int SIMPLE = 1;

    /** The same with all counters. */
    static final int COUNTING = 3;

    /** The second compiler. */
    static final int FULL = 4;

    private static final String NAME = "jdk.test.whitebox.WhiteBox";
    private static final String ENQUEUE = "enqueueMethodForCompilation0";
    private static final String LEVEL = "getMethodCompilationLevel0";
    private static final ClassDesc EXECUTABLE = ClassDesc.of(Executable.class.getName());

    /** In place of a bytecode index: the whole method. */
    private static final int WHOLE = -1;

    private final MethodHandle enqueue;
    private final MethodHandle level;

    private HotSpot(MethodHandle enqueue, MethodHandle level) {
        this.enqueue = enqueue;
        this.level = level;
    }

    /** The compilers of this JVM, or null where they take no orders. */
    static @Nullable HotSpot find() {
        try {
            Class<?> type = define();
            Object box = type.getDeclaredConstructor().newInstance();
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            MethodHandle enqueue =
                    lookup.findVirtual(
                            type,
                            ENQUEUE,
                            MethodType.methodType(
                                    boolean.class, Executable.class, int.class, int.class));
            MethodHandle level =
                    lookup.findVirtual(
                            type,
                            LEVEL,
                            MethodType.methodType(int.class, Executable.class, boolean.class));
            HotSpot found = new HotSpot(enqueue.bindTo(box), level.bindTo(box));
            // Without the flag the functions are not there.
            found.level(NO_CODE);
            return found;
        } catch (ReflectiveOperationException | LinkageError e) {
            return null;
        }
    }

    private static Class<?> define() throws ClassNotFoundException {
        synchronized (HotSpot.class) {
            try {
                return Class.forName(NAME, true, null);
            } catch (ClassNotFoundException e) {
                byte[] bytes = bytes();
                return Unsafe.getUnsafe().defineClass(NAME, bytes, 0, bytes.length, null, null);
            }
        }
    }

    private static byte[] bytes() {
        ClassDesc self = ClassDesc.of(NAME);
        int published = ClassFile.ACC_PUBLIC | ClassFile.ACC_NATIVE;
        return ClassFile.of()
                .build(
                        self,
                        cb -> {
                            cb.withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL);
                            cb.withMethod(
                                    "registerNatives",
                                    ConstantDescs.MTD_void,
                                    ClassFile.ACC_PRIVATE
                                            | ClassFile.ACC_STATIC
                                            | ClassFile.ACC_NATIVE,
                                    m -> {});
                            cb.withMethod(
                                    ENQUEUE,
                                    MethodTypeDesc.of(CD_boolean, EXECUTABLE, CD_int, CD_int),
                                    published,
                                    m -> {});
                            cb.withMethod(
                                    LEVEL,
                                    MethodTypeDesc.of(CD_int, EXECUTABLE, CD_boolean),
                                    published,
                                    m -> {});
                            cb.withMethodBody(
                                    ConstantDescs.CLASS_INIT_NAME,
                                    ConstantDescs.MTD_void,
                                    ClassFile.ACC_STATIC,
                                    c ->
                                            c.invokestatic(
                                                            self,
                                                            "registerNatives",
                                                            ConstantDescs.MTD_void)
                                                    .return_());
                            cb.withMethodBody(
                                    ConstantDescs.INIT_NAME,
                                    ConstantDescs.MTD_void,
                                    ClassFile.ACC_PUBLIC,
                                    c ->
                                            c.aload(0)
                                                    .invokespecial(
                                                            ConstantDescs.CD_Object,
                                                            ConstantDescs.INIT_NAME,
                                                            ConstantDescs.MTD_void)
                                                    .return_());
                        });
    }

    /** Of {@link GuestCode#run}. */
    private static final Class<?>[] PARAMETERS =
            Arrays.stream(GuestCode.class.getDeclaredMethods())
                    .filter(m -> m.getName().equals("run"))
                    .findAny()
                    .orElseThrow()
                    .getParameterTypes();

    /** The method of translated code that HotSpot compiles. */
    static Method method(Class<? extends GuestCode> code) {
        try {
            return code.getDeclaredMethod("run", PARAMETERS);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("translated code cannot be run", e);
        }
    }

    /** Has {@code method} compiled beside the program; answers whether the order was taken. */
    boolean order(Method method, int compiler) {
        try {
            return (boolean) enqueue.invoke((Executable) method, compiler, WHOLE);
        } catch (Throwable t) {
            throw new IllegalStateException("HotSpot takes no order", t);
        }
    }

    /** What {@code method} is compiled by; 0 while it is not. */
    int level(Executable method) {
        try {
            return (int) level.invoke(method, false);
        } catch (LinkageError e) {
            throw e;
        } catch (Throwable t) {
            throw new IllegalStateException("HotSpot does not answer", t);
        }
    }

    private static final Executable NO_CODE = HotSpot.class.getDeclaredMethods()[0];
}
