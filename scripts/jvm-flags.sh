# What the JVM is told about translated code, for everything that runs guests (docs/decisions/0012-translator.md).
# To be sourced; sets $jvm_flags.

# MaxNodeLimit of 1000 makes HotSpot's second compiler give up at once: for code that was made to be
# compiled quickly, and for the makers of code, whose compilation would keep hot guest code waiting.
jvm_flags="-XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote -Dxenolith.stackmaps=false
    -XX:CompileCommand=quiet"
for quick in translate/Warm*.run translate/MoveFamily.* translate/ArithmeticFamily.* \
    translate/ShiftFamily.* translate/Emitter.* translate/UnitEmitter.* translate/RegionFinder.* \
    translate/RegionCompiler.* translate/Footprint.* translate/FlagState.* translate/FlagUse.* \
    decode/*.* interpret/BlockBuilder.* interpret/EntryCache.rare
do
    jvm_flags="$jvm_flags -XX:CompileCommand=MaxNodeLimit,xenolith/machine/$quick,1000"
done
for quick in jdk/internal/classfile java/lang/classfile; do
    jvm_flags="$jvm_flags -XX:CompileCommand=MaxNodeLimit,$quick/*.*,1000"
done
