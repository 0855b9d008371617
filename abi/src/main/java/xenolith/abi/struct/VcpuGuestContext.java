package xenolith.abi.struct;

/** struct vcpu_guest_context (public/arch-x86/xen.h). */
public final class VcpuGuestContext {
    private static final Layout LAYOUT = new Layout();

    /** The image of FXSAVE. */
    public static final Field FPU = LAYOUT.struct(512, 512);

    public static final Field FLAGS = LAYOUT.word();

    /** {@link UserRegs}, or {@link UserRegs32} of a 32-bit guest. */
    public static final Field USER_REGS = LAYOUT.struct(UserRegs.SIZE, UserRegs32.SIZE);

    /** 256 entries of {@link TrapInfo}. */
    public static final Field TRAP_CTXT = LAYOUT.struct(256 * 16, 256 * 8);

    public static final Field LDT_BASE = LAYOUT.word();
    public static final Field LDT_ENTS = LAYOUT.word();
    public static final Field GDT_FRAMES = LAYOUT.words(16);
    public static final Field GDT_ENTS = LAYOUT.word();
    public static final Field KERNEL_SS = LAYOUT.word();
    public static final Field KERNEL_SP = LAYOUT.word();
    public static final Field CTRLREG = LAYOUT.words(8);
    public static final Field DEBUGREG = LAYOUT.words(8);

    /** Of 32-bit guests only. */
    public static final Field EVENT_CALLBACK_CS = LAYOUT.only(Abi.BITS32, 4);

    public static final Field EVENT_CALLBACK = LAYOUT.word();

    /** Of 32-bit guests only. */
    public static final Field FAILSAFE_CALLBACK_CS = LAYOUT.only(Abi.BITS32, 4);

    public static final Field FAILSAFE_CALLBACK = LAYOUT.word();

    /** Of 64-bit guests only, as are the segment bases. */
    public static final Field SYSCALL_CALLBACK = LAYOUT.only(Abi.BITS64, 8);

    public static final Field VM_ASSIST = LAYOUT.word();
    public static final Field FS_BASE = LAYOUT.only(Abi.BITS64, 8);
    public static final Field GS_BASE_KERNEL = LAYOUT.only(Abi.BITS64, 8);
    public static final Field GS_BASE_USER = LAYOUT.only(Abi.BITS64, 8);
    public static final Field SIZE = LAYOUT.end();

    /** Flag: the x87 and SSE image is valid. */
    public static final int VGCF_I387_VALID = 1;

    /** Flag: start in guest kernel mode. */
    public static final int VGCF_IN_KERNEL = 4;

    /** Flag: the failsafe callback is entered with events masked. */
    public static final int VGCF_FAILSAFE_DISABLES_EVENTS = 8;

    /** Flag: the SYSCALL callback is entered with events masked. */
    public static final int VGCF_SYSCALL_DISABLES_EVENTS = 16;

    /** Flag: the vCPU is online. */
    public static final int VGCF_ONLINE = 32;

    private VcpuGuestContext() {}

    /** struct cpu_user_regs of 64-bit guests: offsets from {@link #USER_REGS}. */
    public static final class UserRegs {
        public static final int SIZE = 200;
        public static final int R15 = 0;
        public static final int R14 = 8;
        public static final int R13 = 16;
        public static final int R12 = 24;
        public static final int RBP = 32;
        public static final int RBX = 40;
        public static final int R11 = 48;
        public static final int R10 = 56;
        public static final int R9 = 64;
        public static final int R8 = 72;
        public static final int RAX = 80;
        public static final int RCX = 88;
        public static final int RDX = 96;
        public static final int RSI = 104;
        public static final int RDI = 112;
        public static final int ERROR_CODE = 120;
        public static final int RIP = 128;
        public static final int CS = 136;
        public static final int RFLAGS = 144;
        public static final int RSP = 152;
        public static final int SS = 160;
        public static final int ES = 168;
        public static final int DS = 176;
        public static final int FS = 184;
        public static final int GS = 192;

        private UserRegs() {}
    }

    /** struct cpu_user_regs of 32-bit guests: offsets from {@link #USER_REGS}, 4 bytes each. */
    public static final class UserRegs32 {
        public static final int SIZE = 68;
        public static final int EBX = 0;
        public static final int ECX = 4;
        public static final int EDX = 8;
        public static final int ESI = 12;
        public static final int EDI = 16;
        public static final int EBP = 20;
        public static final int EAX = 24;
        public static final int EIP = 32;
        public static final int CS = 36;
        public static final int EFLAGS = 40;
        public static final int ESP = 44;
        public static final int SS = 48;
        public static final int ES = 52;
        public static final int DS = 56;
        public static final int FS = 60;
        public static final int GS = 64;

        private UserRegs32() {}
    }
}
