package xenolith.house;

import java.io.OutputStream;
import java.io.PrintStream;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Runs one class of tests in a process of its own: exit status 0 all passed, 1 one failed. */
final class MutantRun {
    /** Exit status where there was nothing to run. */
    static final int NOTHING = 2;

    private MutantRun() {}

    public static void main(String[] arguments) {
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        Launcher launcher = LauncherFactory.create();
        launcher.execute(
                LauncherDiscoveryRequestBuilder.request()
                        .selectors(DiscoverySelectors.selectClass(arguments[0]))
                        .build(),
                summary);
        long found = summary.getSummary().getTestsFoundCount();
        summary.getSummary()
                .getFailures()
                .forEach(f -> System.out.println(f.getTestIdentifier().getDisplayName()));
        System.out.println(found + " tests");
        boolean failed = summary.getSummary().getTotalFailureCount() > 0;
        System.exit(failed ? 1 : found == 0 ? NOTHING : 0);
    }
}
