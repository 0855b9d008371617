# Finds a JDK 25 or newer and sets JAVA_HOME and PATH to it. To be sourced by a POSIX shell.

# Sets jdk_version to the major version of the JDK in $1, or 0 if there is none, and jdk_build to
# its full version. Every JDK says so in a file; to start one would take as long as a small guest.
jdk_look() {
    jdk_version=0
    jdk_build=
    if [ ! -x "$1/bin/java" ] || [ ! -x "$1/bin/javac" ] || [ ! -r "$1/release" ]; then
        return
    fi
    while IFS='="' read -r jdk_key _ jdk_value _; do
        case $jdk_key in
            JAVA_VERSION) jdk_version=${jdk_value%%[!0-9]*} ;;
            JAVA_RUNTIME_VERSION) jdk_build=$jdk_value ;;
        esac
    done <"$1/release"
}

# The JDK to which the command $1 belongs.
jdk_of() {
    jdk_command=$(command -v "$1" 2>/dev/null) || return 0
    readlink -f "$jdk_command" | sed "s,/bin/$1\$,,"
}

jdk_try() {
    if [ -n "$1" ] && [ -d "$1" ]; then
        jdk_look "$1"
        if [ "${jdk_version:-0}" -ge 25 ]; then
            JAVA_HOME=$1
            PATH=$JAVA_HOME/bin:$PATH
            export JAVA_HOME PATH
            return 0
        fi
    fi
    return 1
}

find_jdk() {
    jdk_try "${JAVA_HOME:-}" && return 0
    for jdk_home in \
        "$(jdk_of javac)" \
        /usr/lib/jvm/*25* /usr/lib/jvm/* /usr/local/lib/jvm/* /opt/java/* /opt/jdk* \
        "$HOME"/.sdkman/candidates/java/current "$HOME"/.jdks/*
    do
        jdk_try "$jdk_home" && return 0
    done
    cat >&2 <<'EOF'
xenolith: there is no JDK 25 on this machine (looked at JAVA_HOME, PATH and the usual folders).
Install one, such as Eclipse Temurin 25 (adoptium.net) or, where the distribution has it, the
package openjdk-25-jdk-headless; then try again, or set JAVA_HOME to its folder.
EOF
    return 1
}

find_maven() {
    if ! command -v mvn >/dev/null 2>&1; then
        echo "xenolith: building needs Maven 3.8.7 or newer (on Debian: apt install maven)." >&2
        return 1
    fi
}
