package xenolith.bench;

import java.util.ArrayList;
import java.util.List;

/** Command lines of QEMU's own software processor, as all rivals here run it. */
final class Qemu {
    private Qemu() {}

    /**
     * A machine without any devices but a serial line, which is the process's input and output.
     *
     * @param kernel what it boots: a bzImage or a multiboot image
     * @param ramdisk a file, or modules for a multiboot image
     * @param more options, such as of a disk
     */
    static List<String> tcg(
            int memoryMib, String kernel, String ramdisk, String commandLine, List<String> more) {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "qemu-system-x86_64",
                                "-accel",
                                "tcg",
                                "-M",
                                "q35",
                                "-m",
                                Integer.toString(memoryMib),
                                "-nodefaults",
                                "-display",
                                "none",
                                "-serial",
                                "stdio",
                                "-no-reboot"));
        command.addAll(more);
        command.addAll(List.of("-kernel", kernel, "-initrd", ramdisk, "-append", commandLine));
        return command;
    }
}
