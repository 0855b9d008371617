/*
 * The rows of the suite in one program:
 *   rows NAME SIZE                        runs a row: prints its check value and its nanoseconds
 *   rows time [-o FILE] PROGRAM WORDS...  times a program; the check value is that of its output
 *                                         or of FILE
 *   rows text MIB FILE                    writes text that can be compressed
 *   rows nothing                          ends at once
 */
#define _GNU_SOURCE
#include "rows.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *name;
    row_function run;
} rows[] = {
    {"integer", row_integer}, {"sort", row_sort},     {"hash", row_hash},
    {"calls", row_calls},     {"chase", row_chase},   {"copy", row_copy},
    {"random", row_random},   {"nbody", row_nbody},   {"matrix", row_matrix},
    {"getppid", row_getppid}, {"fork", row_fork},     {"exec", row_exec},
    {"pipe", row_pipe},       {"fault", row_fault},   {"mmap", row_mmap},
    {"switch", row_switch},
};

uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

void fail(const char *what)
{
    fflush(stdout);
    perror(what);
    exit(1);
}

void *memory(uint64_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        fail("mmap");
    return p;
}

/* A row is for one processor: on a machine of several, two processes would share none. */
static void stay_on_one_processor(void)
{
    cpu_set_t may, one;
    if (sched_getaffinity(0, sizeof may, &may))
        return;
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &may)) {
            CPU_ZERO(&one);
            CPU_SET(i, &one);
            sched_setaffinity(0, sizeof one, &one);
            return;
        }
}

static void say(uint64_t check, uint64_t nanoseconds)
{
    printf("%016llx %llu\n", (unsigned long long)check, (unsigned long long)nanoseconds);
}

static uint64_t check_of_file(const char *path)
{
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        fail(path);
    static unsigned char buffer[65536];
    uint64_t check = 1;
    ssize_t n;
    while ((n = read(fd, buffer, sizeof buffer)) > 0)
        for (ssize_t i = 0; i < n; i++)
            check = fold(check, buffer[i]);
    close(fd);
    return check;
}

static int time_program(char **words)
{
    const char *file = "/tmp/rows.out";
    const char *checked = file;
    if (words[0] && words[1] && !strcmp(words[0], "-o")) {
        checked = words[1];
        words += 2;
    }
    if (!words[0])
        return 2;
    int out = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (out < 0)
        fail(file);
    uint64_t start = now();
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        dup2(out, 1);
        execv(words[0], words);
        fail(words[0]);
    }
    int status;
    waitpid(child, &status, 0);
    uint64_t end = now();
    if (!WIFEXITED(status) || WEXITSTATUS(status)) {
        fprintf(stderr, "%s failed: status %x\n", words[0], status);
        return 1;
    }
    say(check_of_file(checked), end - start);
    return 0;
}

/* Words of a small vocabulary: gzip makes about a third of it. */
static int write_text(uint64_t mib, const char *path)
{
    FILE *out = fopen(path, "w");
    if (!out)
        fail(path);
    uint64_t state = 88172645463325252u;
    char word[16];
    for (uint64_t left = mib << 20; left;) {
        uint64_t r = next_random(&state);
        uint64_t w = (r >> 8) % 3000 * ((r >> 40) % 3 ? 1 : 17) * 0x9e3779b97f4a7c15u;
        unsigned length = 2 + w % 8;
        for (unsigned i = 0; i < length; i++)
            word[i] = 'a' + (w >> (i * 7 + 5)) % 26;
        word[length++] = (r & 15) ? ' ' : '\n';
        if (length > left)
            length = left;
        fwrite(word, 1, length, out);
        left -= length;
    }
    return fclose(out) ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "nothing"))
        return 0;
    stay_on_one_processor();
    if (argc > 2 && !strcmp(argv[1], "time"))
        return time_program(argv + 2);
    if (argc == 4 && !strcmp(argv[1], "text"))
        return write_text(strtoull(argv[2], NULL, 10), argv[3]);
    for (unsigned i = 0; argc == 3 && i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(argv[1], rows[i].name)) {
            uint64_t size = strtoull(argv[2], NULL, 10);
            uint64_t start = now();
            uint64_t check = rows[i].run(size);
            say(check, now() - start);
            return 0;
        }
    fprintf(stderr, "rows: no such row\n");
    return 2;
}
