package xenolith.cli;

import xenolith.toolstack.ToolException;

/** The small guest that is built in. */
@SuppressWarnings("DoNotCallSuggester")
final class DemoKernel {
    private DemoKernel() {}

    static byte[] bytes() throws ToolException {
        throw new ToolException("The built-in guest is not part of this build yet.");
    }
}
