package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_String;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import jdk.internal.misc.Unsafe;
import xenolith.machine.ir.Op;

/** Makes a class of a region. */
final class RegionCompiler {
    /** HotSpot never compiles a longer method, in bytes. */
    static final int LONGEST_METHOD = 8000;

    private static final ClassDesc HOT = ClassDesc.of("xenolith.machine.translate.Hot");

    /** By this name HotSpot knows what its second compiler shall not spend time on. */
    private static final ClassDesc WARM = ClassDesc.of("xenolith.machine.translate.Warm");

    /**
     * Stack maps are only for the verifier, and take a large part of the time: the launcher
     * switches both off.
     */
    private static final ClassFile FILES =
            ClassFile.of(
                    ClassFile.DebugElementsOption.DROP_DEBUG,
                    Boolean.parseBoolean(System.getProperty("xenolith.stackmaps", "true"))
                            ? ClassFile.StackMapsOption.STACK_MAPS_WHEN_REQUIRED
                            : ClassFile.StackMapsOption.DROP_STACK_MAPS);

    private static final ClassDesc GUEST_CODE = Names.desc(GuestCode.class);
    private static final ClassDesc LOOKUP = Names.desc(MethodHandles.Lookup.class);
    private static final ClassDesc OPS = Names.OP.arrayType();

    private final Region region;
    private final boolean warm;
    private final ClassDesc self;
    private final List<Op> ops = new ArrayList<>();
    private final List<Integer> entries;
    private int codeSize;

    /**
     * @param warm whether the code shall be compiled quickly rather than well
     */
    RegionCompiler(Region region, boolean warm) {
        this.region = region;
        this.warm = warm;
        this.self = warm ? WARM : HOT;
        this.entries = entries(region, warm);
    }

    /** Offsets where the region may be entered, the first one 0. */
    List<Integer> entries() {
        return entries;
    }

    private static List<Integer> entries(Region region, boolean everywhere) {
        Set<Integer> wanted = new TreeSet<>();
        for (Unit u : region.units()) {
            if (everywhere) {
                wanted.add(u.offset());
                continue;
            }
            Step last = u.last();
            switch (Flow.of(last.instruction())) {
                case CALL, INDIRECT_CALL -> wanted.add(last.next());
                case NEXT -> {
                    if (last.op().endsBlock()) {
                        wanted.add(last.next());
                    }
                }
                // Not the heads of loops: for HotSpot's second compiler a loop that is entered in
                // two ways is none.
                case JUMP, CONDITIONAL, RETURN, INDIRECT_JUMP -> {}
            }
        }
        List<Integer> entries = new ArrayList<>();
        entries.add(0);
        for (int offset : wanted) {
            if (offset != 0 && region.blocks().containsKey(offset)) {
                entries.add(offset);
            }
        }
        return entries;
    }

    /** Bytes of bytecode of the longest method, after {@link #compile}. */
    int codeSize() {
        return codeSize;
    }

    /** The class file. */
    byte[] compile() {
        byte[] bytes = FILES.build(self, this::writeClass);
        codeSize = 0;
        for (MethodModel m : FILES.parse(bytes).methods()) {
            int size = m.findAttribute(Attributes.code()).map(CodeAttribute::codeLength).orElse(0);
            codeSize = Math.max(codeSize, size);
        }
        return bytes;
    }

    /** Operations of the interpreter that the class runs: its class data. */
    Op[] operations() {
        return ops.toArray(new Op[0]);
    }

    private void writeClass(ClassBuilder cb) {
        cb.withFlags(AccessFlag.FINAL, AccessFlag.SUPER);
        cb.withSuperclass(GUEST_CODE);
        cb.withMethodBody("run", Names.RUN, ClassFile.ACC_PUBLIC, this::writeRun);
        if (!ops.isEmpty()) {
            for (int n = 0; n < ops.size(); n++) {
                cb.withField("op" + n, Names.OP, ClassFile.ACC_STATIC | ClassFile.ACC_FINAL);
            }
            cb.withMethodBody(
                    ConstantDescs.CLASS_INIT_NAME,
                    ConstantDescs.MTD_void,
                    ClassFile.ACC_STATIC,
                    this::writeInitializer);
        }
    }

    /** Constants for HotSpot: the operations come as class data. */
    private void writeInitializer(CodeBuilder c) {
        c.invokestatic(Names.desc(MethodHandles.class), "lookup", MethodTypeDesc.of(LOOKUP));
        c.loadConstant(ConstantDescs.DEFAULT_NAME).loadConstant(OPS);
        c.invokestatic(
                Names.desc(MethodHandles.class),
                "classData",
                MethodTypeDesc.of(CD_Object, LOOKUP, CD_String, ConstantDescs.CD_Class));
        c.checkcast(OPS).astore(0);
        for (int n = 0; n < ops.size(); n++) {
            c.aload(0).loadConstant(n).aaload();
            c.putstatic(self, "op" + n, Names.OP);
        }
        c.return_();
    }

    private void writeRun(CodeBuilder c) {
        ops.clear();
        int used = 0;
        int dirty = 0;
        for (Unit u : region.units()) {
            for (Step s : u.steps()) {
                if (UnitEmitter.translates(s)) {
                    used |= Footprint.used(s.instruction());
                    dirty |= Footprint.written(s.instruction());
                }
            }
        }
        Emitter e =
                warm
                        ? new WarmEmitter(c, self, used | dirty, dirty, region)
                        : new HotEmitter(c, self, used | dirty, dirty, region);
        Map<Integer, Label> labels = new TreeMap<>();
        for (Unit u : region.units()) {
            labels.put(u.offset(), c.newLabel());
        }
        List<Label> starts = new ArrayList<>();
        for (int offset : entries) {
            starts.add(java.util.Objects.requireNonNull(labels.get(offset)));
        }
        List<Unit> entered =
                region.units().stream().filter(u -> entries.contains(u.offset())).toList();
        e.begin(starts, entered);
        UnitEmitter units = new UnitEmitter(e, region, entries, labels, ops);
        for (int n = 0; n < region.units().size(); n++) {
            units.emit(n);
        }
        e.finish(starts, entered);
    }

    /** The class of the region, loaded; its method is checked against {@link #LONGEST_METHOD}. */
    GuestCode load(byte[] bytes) {
        if (codeSize > LONGEST_METHOD) {
            throw new IllegalStateException(
                    "a translated method of " + codeSize + " bytes would never be compiled");
        }
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            MethodHandles.Lookup hidden =
                    ops.isEmpty()
                            ? lookup.defineHiddenClass(bytes, true)
                            : lookup.defineHiddenClassWithClassData(bytes, operations(), true);
            // A constructor would have to be looked up by name for each class.
            GuestCode code = (GuestCode) Unsafe.getUnsafe().allocateInstance(hidden.lookupClass());
            code.describe(region, warm);
            return code;
        } catch (ReflectiveOperationException | LinkageError t) {
            throw new IllegalStateException("translated code cannot be loaded", t);
        }
    }
}
