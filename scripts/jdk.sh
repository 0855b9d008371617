# Finds a JDK 25 or newer and sets JAVA_HOME and PATH to it. To be sourced by a POSIX shell.

# The major version of the JDK in $1, or 0 if there is none.
jdk_version() {
    if [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ]; then
        "$1/bin/java" -XshowSettings:properties -version 2>&1 |
            sed -n 's/^ *java\.specification\.version = \([0-9]*\).*/\1/p'
    else
        echo 0
    fi
}

find_jdk() {
    for jdk_home in \
        "${JAVA_HOME:-}" \
        "$(command -v javac 2>/dev/null | xargs -r readlink -f | sed 's,/bin/javac$,,')" \
        /usr/lib/jvm/*25* /usr/lib/jvm/* /usr/local/lib/jvm/* /opt/java/* /opt/jdk* \
        "$HOME"/.sdkman/candidates/java/current "$HOME"/.jdks/*
    do
        if [ -n "$jdk_home" ] && [ -d "$jdk_home" ]; then
            jdk_found=$(jdk_version "$jdk_home")
            if [ "${jdk_found:-0}" -ge 25 ]; then
                JAVA_HOME=$jdk_home
                PATH=$JAVA_HOME/bin:$PATH
                export JAVA_HOME PATH
                return 0
            fi
        fi
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
