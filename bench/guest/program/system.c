/* Rows that work the kernel: system calls, processes, pages. */
#define _GNU_SOURCE
#include "rows.h"

#include <linux/futex.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* size thousand system calls that do nothing. */
uint64_t row_getppid(uint64_t size)
{
    long parent = getppid();
    uint64_t same = 0;
    for (uint64_t i = 0; i < size * 1000; i++)
        same += syscall(SYS_getppid) == parent;
    return same;
}

static int ended(pid_t child)
{
    int status;
    if (child < 0)
        fail("fork");
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
        fail("waitpid");
    return WEXITSTATUS(status);
}

/* A process that ends at once, size times. */
uint64_t row_fork(uint64_t size)
{
    uint64_t check = 1;
    for (uint64_t i = 0; i < size; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit((int)(i & 63));
        check = fold(check, (uint64_t)ended(child));
    }
    return check;
}

/* A process that becomes another program, which ends at once, size times. */
uint64_t row_exec(uint64_t size)
{
    char *words[] = {"rows", "nothing", NULL};
    char *none[] = {NULL};
    uint64_t check = 1;
    for (uint64_t i = 0; i < size; i++) {
        pid_t child = fork();
        if (child == 0) {
            execve("/suite/rows", words, none);
            _exit(99);
        }
        int status = ended(child);
        if (status == 99)
            fail("execve");
        check = fold(check, (uint64_t)status);
    }
    return check;
}

/* A word to another process and back by two pipes, size thousand times. */
uint64_t row_pipe(uint64_t size)
{
    int to[2], from[2];
    uint64_t word = 1, check = 1;
    if (pipe(to) || pipe(from))
        fail("pipe");
    pid_t child = fork();
    if (child == 0) {
        close(to[1]);
        while (read(to[0], &word, 8) == 8) {
            word = word * 3 + 1;
            if (write(from[1], &word, 8) != 8)
                _exit(1);
        }
        _exit(0);
    }
    for (uint64_t i = 0; i < size * 1000; i++) {
        if (write(to[1], &word, 8) != 8 || read(from[0], &word, 8) != 8)
            fail("pipe");
        check = fold(check, word);
    }
    close(to[1]);
    close(to[0]);
    close(from[0]);
    close(from[1]);
    return fold(check, (uint64_t)ended(child));
}

/* The first touch of each of 16,384 pages, size times. */
uint64_t row_fault(uint64_t size)
{
    enum { BYTES = 64 << 20 };
    uint64_t check = 1;
    for (uint64_t round = 0; round < size; round++) {
        unsigned char *p = memory(BYTES);
        madvise(p, BYTES, MADV_NOHUGEPAGE);
        for (unsigned i = 0; i < BYTES; i += 4096) {
            check += p[i + 8];
            p[i] = (unsigned char)(i >> 12);
        }
        check = fold(check, p[BYTES - 4096]);
        munmap(p, BYTES);
    }
    return check;
}

/* 16 pages mapped, one of them touched, unmapped: size thousand times. */
uint64_t row_mmap(uint64_t size)
{
    uint64_t check = 1;
    for (uint64_t i = 0; i < size * 1000; i++) {
        unsigned char *p = memory(16 * 4096);
        p[(i & 15) << 12] = (unsigned char)i;
        check = fold(check, p[(i & 15) << 12]);
        munmap(p, 16 * 4096);
    }
    return check;
}

static void hand_over(volatile uint32_t *turn, uint32_t next)
{
    *turn = next;
    syscall(SYS_futex, turn, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void wait_for(volatile uint32_t *turn, uint32_t mine)
{
    uint32_t other = mine ^ 1;
    while (*turn != mine)
        syscall(SYS_futex, turn, FUTEX_WAIT, other, NULL, NULL, 0);
}

/* Two processes that wait for each other on a shared word, size thousand times each. */
uint64_t row_switch(uint64_t size)
{
    volatile uint32_t *turn =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (turn == MAP_FAILED)
        fail("mmap");
    volatile uint32_t *count = turn + 16;
    pid_t child = fork();
    uint32_t mine = child == 0;
    for (uint64_t i = 0; i < size * 1000; i++) {
        wait_for(turn, mine);
        *count = *count * 5 + 1 + mine;
        hand_over(turn, mine ^ 1);
    }
    if (child == 0)
        _exit(0);
    uint64_t check = fold(1, (uint64_t)ended(child));
    return fold(check, *count);
}
