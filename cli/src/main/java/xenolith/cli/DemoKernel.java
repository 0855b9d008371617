package xenolith.cli;

import xenolith.testkit.Demo;

/** The small guest that is built in. */
final class DemoKernel {
    private DemoKernel() {}

    static byte[] bytes() {
        return Demo.image();
    }
}
