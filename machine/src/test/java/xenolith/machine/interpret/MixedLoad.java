package xenolith.machine.interpret;

import xenolith.machine.cpu.Cpu;

/** Measures the interpreter on a loop of arithmetic, loads, stores, branches and calls. */
public final class MixedLoad {
    /**
     * <pre>
     * loop: mov (%rdi,%rbx,8),%rax; add %rcx,%rax; mov %rax,8(%rdi); lea 3(%rax,%rbx,2),%rdx
     *       xor %rdx,%r8; shr $3,%rdx; and $0xff,%ebx; inc %ebx; push %rbp; call f; pop %rbp
     *       cmp $100,%rbx; jl 1f; sub $50,%rbx
     * 1:    test $1,%al; je 2f; add $1,%r9d
     * 2:    movzbl 16(%rdi),%r10d; mov %r10d,20(%rdi); addl $5,24(%rdi); cmp %r10d,24(%rdi)
     *       sete %r12b; cmovb %r11,%r13; dec %rcx; jne loop; ud2
     * f:    push %rbp; mov %rsp,%rbp; sub $16,%rsp; mov %rdx,-8(%rbp); mov -8(%rbp),%r11
     *       imul $7,%r11,%r11; movslq %r11d,%r14; leave; ret
     * </pre>
     */
    static final String CODE =
            """
            488b04df4801c848894708488d5458034931d048c1ea0381e3ff000000ffc355
            e8330000005d4883fb647c044883eb32a80174044183c101440fb65710448957
            148347180544395718410f94c44d0f42eb48ffc975aa0f0b554889e54883ec10
            488955f84c8b5df84d6bdb074d63f3c9c3
            """;

    private MixedLoad() {}

    static void prepare(TinyGuest guest, long rounds) {
        guest.reset();
        guest.code(CODE);
        for (int n = 0; n < 512; n++) {
            guest.memory.put64(TinyGuest.maddr(TinyGuest.DATA) + 8L * n, 0);
        }
        guest.cpu.rdi = TinyGuest.DATA;
        guest.cpu.rcx = rounds;
    }

    /** Nanoseconds of processor time that this process has used: the machine may be busy. */
    static long cpuTime() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
    }

    /** Prints millions of instructions a second for each of several runs. */
    public static void main(String[] args) {
        int runs = args.length > 0 ? Integer.parseInt(args[0]) : 8;
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            for (int n = 0; n < runs; n++) {
                prepare(guest, 5_000_000);
                long retired = guest.cpu.retired;
                long start = cpuTime();
                guest.interpreter.run(guest.cpu);
                long time = cpuTime() - start;
                double mips = (guest.cpu.retired - retired) * 1e3 / time;
                System.out.printf("%.1f million instructions a second%n", mips);
            }
        }
    }
}
