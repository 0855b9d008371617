/** What domain 0's tools do: xl.cfg, the domain builder, consoles, xenstore. Floor 4. */
module xenolith.toolstack {
    requires transitive xenolith.hypervisor;
    requires static transitive org.jspecify;
    requires java.management;
    requires com.github.luben.zstd_jni;
    requires org.apache.commons.codec;
    requires org.apache.commons.compress;
    requires org.tukaani.xz;
    requires org.eclipse.jetty.server;
    requires org.eclipse.jetty.unixdomain.server;
    requires com.fasterxml.jackson.jr.ob;

    exports xenolith.toolstack;
    exports xenolith.toolstack.block;
    exports xenolith.toolstack.build;
    exports xenolith.toolstack.config;
    exports xenolith.toolstack.console;
    exports xenolith.toolstack.device;
    exports xenolith.toolstack.dump;
    exports xenolith.toolstack.disk;
    exports xenolith.toolstack.frames;
    exports xenolith.toolstack.guest;
    exports xenolith.toolstack.image;
    exports xenolith.toolstack.net;
    exports xenolith.toolstack.netback;
    exports xenolith.toolstack.ring;
    exports xenolith.toolstack.xenbus;
    exports xenolith.toolstack.socket;
    exports xenolith.toolstack.xl;
    exports xenolith.toolstack.text;
    exports xenolith.toolstack.xenstore;
}
