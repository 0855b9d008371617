# Builds the bench module if need be and runs one of its programs. To be sourced; needs $here.

. "$here/scripts/jdk.sh"
. "$here/scripts/jvm-flags.sh"

run_bench() {
    program=$1
    shift
    find_jdk
    "$here/xenolith" --version >/dev/null
    lib=$here/cli/target/lib
    classes=$here/bench/target/run
    if [ -n "$(find "$here/bench/src/main" "$lib/built" -newer "$classes/built" -type f 2>/dev/null)" ] ||
        [ ! -e "$classes/built" ]
    then
        rm -rf "$classes"
        mkdir -p "$classes"
        find "$here/bench/src/main/java" -name '*.java' -print0 |
            xargs -0 "$JAVA_HOME/bin/javac" -nowarn -d "$classes" --module-path "$lib"
        touch "$classes/built"
    fi
    exec "$JAVA_HOME/bin/java" -XX:+UseSerialGC $jvm_flags ${XENOLITH_JAVA_OPTS:-} \
        --add-exports=java.base/jdk.internal.misc=xenolith.machine \
        --enable-native-access=xenolith.machine,com.github.luben.zstd_jni \
        --module-path "$lib:$classes" --module "xenolith.bench/xenolith.bench.$program" "$@"
}
