/** The command xenolith. Floor 5. */
module xenolith.cli {
    requires info.picocli;
    requires java.management;
    requires jdk.management;
    requires java.xml;
    requires org.jline.terminal;
    requires xenolith.toolstack;
    requires xenolith.testkit;
    requires static transitive org.jspecify;

    opens xenolith.cli to
            info.picocli;
}
