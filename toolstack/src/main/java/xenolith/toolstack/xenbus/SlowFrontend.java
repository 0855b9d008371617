package xenolith.toolstack.xenbus;

import java.time.Duration;
import java.util.function.Consumer;
import xenolith.toolstack.device.DomainSite;

/** Tells of a front end that does not come. */
public final class SlowFrontend {
    /** After this time a front end that has not connected is told of, once. */
    private static final Duration SLOW = Duration.ofSeconds(60);

    private SlowFrontend() {}

    /**
     * Has {@code log} told, one sentence, if the front end of {@code backend} has not connected in
     * a minute; not where time is counted.
     *
     * @param driver what a guest needs for it, such as xen-blkfront
     */
    public static void watch(
            Backend backend, DomainSite site, String driver, Consumer<String> log) {
        if (site.worksAtOnce()) {
            return;
        }
        site.alarms()
                .in(
                        SLOW,
                        () -> {
                            if (!backend.connected().isDone() && !backend.gone().isDone()) {
                                log.accept(
                                        "Domain "
                                                + site.name()
                                                + ": no front end has connected within "
                                                + SLOW.toSeconds()
                                                + " s ("
                                                + backend.describe()
                                                + "): does the guest have a driver, such as "
                                                + driver
                                                + "?");
                            }
                        });
    }
}
