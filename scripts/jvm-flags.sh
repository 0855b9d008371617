# What the JVM is told about translated code, for everything that runs guests (docs/decisions/0011-translator.md).
# To be sourced; sets $jvm_flags.

# The second compiler is for guest code first, which it gets by order: our own methods come to it later
# than HotSpot's defaults say, and with less inlined.

# MaxNodeLimit of 1000 makes HotSpot's second compiler give up at once: for code that was made to be
# compiled quickly, and for the makers of code, whose compilation would keep hot guest code waiting.
#
# A branch that was not taken yet is left out by HotSpot, and when it is taken the code is thrown away:
# PerMethodTrapLimit lets that happen once for a method. Guests' loops are left sooner or later.
# What was not reached while it was counted is not inlined either, but for what is told so here.
# ClipInlining would make calls of the look into the TLB in the rear of longer methods.
# OptoRegScheduling makes long methods with many values, as ours are, slower.
jvm_flags="-XX:+UnlockDiagnosticVMOptions -XX:+WhiteBoxAPI -XX:-DisplayVMOutput
    -XX:-BytecodeVerificationRemote -Dxenolith.stackmaps=false
    -XX:Tier4InvocationThreshold=20000 -XX:Tier4MinInvocationThreshold=5000
    -XX:Tier4CompileThreshold=40000 -XX:FreqInlineSize=150
    -XX:PerMethodTrapLimit=1 -XX:-OptoRegScheduling -XX:-ClipInlining -XX:C1InlineStackLimit=10 -XX:CompileCommand=quiet
    -XX:CompileCommand=inline,xenolith/machine/mmu/TlbProbe.*
    -XX:CompileCommand=inline,xenolith/machine/memory/HostMemory.*
    -XX:CompileCommand=inline,java/lang/Integer.rotate*
    -XX:CompileCommand=inline,java/lang/Long.rotate*
    -XX:CompileCommand=dontinline,xenolith/machine/translate/DirectAccess.load*
    -XX:CompileCommand=dontinline,xenolith/machine/translate/DirectAccess.stor*
    -XX:CompileCommand=dontinline,xenolith/machine/translate/DirectAccess.p*
    -XX:CompileCommand=dontinline,xenolith/machine/translate/DirectAccess.leave"
for quick in translate/Warm*.run translate/Move* translate/Arithmetic* translate/Shift* \
    translate/BitF* translate/ExchangeF* translate/FlagF* translate/StringF* translate/VectorF* \
    translate/VectorR* translate/FloatF* translate/SingleF* translate/VexF* translate/ConvertF* \
    translate/OtherF* translate/PlainFlow* translate/Emitter* translate/HotE* translate/WarmE* \
    translate/Unit* translate/Region* \
    translate/Footprint* translate/FlagS* translate/FlagU* translate/Foreign* translate/Workshop* \
    decode/* interpret/BlockBuilder* interpret/EntryCache.rare
do
    case $quick in
    *.*) ;;
    *) quick=$quick.* ;;
    esac
    jvm_flags="$jvm_flags -XX:CompileCommand=MaxNodeLimit,xenolith/machine/$quick,1000"
done
for quick in jdk/internal/classfile java/lang/classfile java/lang/invoke java/util/stream; do
    jvm_flags="$jvm_flags -XX:CompileCommand=MaxNodeLimit,$quick/*.*,1000"
done

# Guests' code, and what the JVM knows of it, is spread over some hundred MiB. HotSpot complains if it is told so
# where the system has no large pages.
case $(cat /sys/kernel/mm/transparent_hugepage/enabled 2>/dev/null) in
*'[madvise]'* | *'[always]'*) jvm_flags="$jvm_flags -XX:+UseTransparentHugePages" ;;
esac
