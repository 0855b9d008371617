/* Measures a disk past the page cache, and verifies what it says: block DEVICE MIB OPERATIONS.
 *
 * Every 4 KiB of the disk carry their number and a generation, so that a block that is lost, old or
 * at a wrong place is seen. Each line "block ROW NANOSECONDS BYTES OPERATIONS" is a result. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096
#define LARGE (1 << 20)

static int fd;
static uint64_t blocks;
static uint64_t *generations;
static char *buffer;

static void fail(const char *what) {
    printf("block failed: ");
    fflush(stdout);
    perror(what);
    exit(1);
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t random_block(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state % blocks;
}

static void stamp(char *at, uint64_t block) {
    uint64_t *words = (uint64_t *)at;
    for (int i = 0; i < BLOCK / 8; i += 2) {
        words[i] = block * 0x9e3779b97f4a7c15ull + i;
        words[i + 1] = generations[block];
    }
}

static void check(const char *at, uint64_t block) {
    const uint64_t *words = (const uint64_t *)at;
    for (int i = 0; i < BLOCK / 8; i += 2) {
        if (words[i] != block * 0x9e3779b97f4a7c15ull + i || words[i + 1] != generations[block]) {
            printf("block failed: 4 KiB number %lu hold %lx of generation %lu instead of %lu\n",
                   block, words[i], words[i + 1], generations[block]);
            exit(1);
        }
    }
}

static void transfer(int writes, char *at, size_t bytes, uint64_t offset) {
    ssize_t n = writes ? pwrite(fd, at, bytes, offset) : pread(fd, at, bytes, offset);
    if (n != (ssize_t)bytes) {
        fail(writes ? "write" : "read");
    }
}

static void say(const char *row, uint64_t start, uint64_t bytes, uint64_t operations) {
    printf("block %s %lu %lu %lu\n", row, now() - start, bytes, operations);
}

static void sequential(int writes) {
    uint64_t spent = 0;
    for (uint64_t at = 0; at < blocks * BLOCK; at += LARGE) {
        for (int i = 0; writes && i < LARGE / BLOCK; i++) {
            generations[at / BLOCK + i]++;
            stamp(buffer + i * BLOCK, at / BLOCK + i);
        }
        uint64_t start = now();
        transfer(writes, buffer, LARGE, at);
        spent += now() - start;
        for (int i = 0; !writes && i < LARGE / BLOCK; i++) {
            check(buffer + i * BLOCK, at / BLOCK + i);
        }
    }
    say(writes ? "write-1m" : "read-1m", now() - spent, blocks * BLOCK, blocks * BLOCK / LARGE);
}

static void scattered(int writes, uint64_t operations) {
    uint64_t state = 88172645463325252ull;
    uint64_t start = now();
    for (uint64_t i = 0; i < operations; i++) {
        uint64_t block = random_block(&state);
        if (writes) {
            generations[block]++;
            stamp(buffer, block);
        }
        transfer(writes, buffer, BLOCK, block * BLOCK);
        if (!writes) {
            check(buffer, block);
        }
    }
    say(writes ? "write-4k" : "read-4k", start, operations * BLOCK, operations);
}

static void flushes(uint64_t operations) {
    uint64_t start = now();
    for (uint64_t i = 0; i < operations; i++) {
        generations[i % blocks]++;
        stamp(buffer, i % blocks);
        transfer(1, buffer, BLOCK, i % blocks * BLOCK);
        if (fsync(fd) != 0) {
            fail("fsync");
        }
    }
    say("fsync", start, operations * BLOCK, operations);
}

int main(int count, char **words) {
    if (count != 4) {
        return 2;
    }
    blocks = strtoull(words[2], NULL, 10) * LARGE / BLOCK;
    uint64_t operations = strtoull(words[3], NULL, 10);
    generations = calloc(blocks, sizeof *generations);
    buffer = aligned_alloc(LARGE, LARGE);
    fd = open(words[1], O_RDWR | O_DIRECT);
    if (fd < 0 || !generations || !buffer) {
        fail(words[1]);
    }
    for (int turn = 0; turn < 2; turn++) {
        sequential(1);
        sequential(0);
        scattered(1, operations);
        scattered(0, operations);
        flushes(operations / 20 + 1);
    }
    sequential(0);
    printf("block done\n");
    return 0;
}
