// What requests to xenstore cost a process of a guest: it writes them to /dev/xen/xenbus as
// libxenstore does (public/io/xs_wire.h) and waits for each reply. Prints lines
// "xenstore NAME NANOSECONDS COUNT"; the argument is how many requests of a kind it makes.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { READ = 2, TRANSACTION_START = 6, TRANSACTION_END = 7, WRITE = 11, ERROR = 16 };

struct header {
    uint32_t type, request, transaction, length;
};

static int bus;
static char reply[4097];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void receive(void *to, size_t length)
{
    for (size_t n = 0; n < length;) {
        ssize_t got = read(bus, (char *)to + n, length - n);
        if (got <= 0)
            fail("read /dev/xen/xenbus");
        n += got;
    }
}

// Sends a request and leaves what came back in reply.
static void ask(uint32_t type, uint32_t transaction, const char *payload, uint32_t length)
{
    char message[sizeof(struct header) + 256];
    struct header h = { type, 1, transaction, length };
    memcpy(message, &h, sizeof h);
    memcpy(message + sizeof h, payload, length);
    if (write(bus, message, sizeof h + length) != (ssize_t)(sizeof h + length))
        fail("write /dev/xen/xenbus");
    receive(&h, sizeof h);
    if (h.length > 4096)
        fail("reply");
    receive(reply, h.length);
    reply[h.length] = 0;
    if (h.type != type) {
        fprintf(stderr, "request %u: %s\n", type, reply);
        exit(1);
    }
}

static void one_read(void)
{
    ask(READ, 0, "domid", 6);
}

static void one_write(void)
{
    ask(WRITE, 0, "data/bench\0value", 16);
}

static void one_transaction(void)
{
    ask(TRANSACTION_START, 0, "", 1);
    uint32_t id = strtoul(reply, NULL, 10);
    ask(READ, id, "data/bench", 11);
    ask(WRITE, id, "data/bench\0other", 16);
    ask(TRANSACTION_END, id, "T", 2);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static void measure(const char *name, void (*what)(void), int count)
{
    for (int i = 0; i < count / 4; i++)
        what();
    double start = now();
    for (int i = 0; i < count; i++)
        what();
    printf("xenstore %s %.0f %d\n", name, (now() - start) / count, count);
    fflush(stdout);
}

int main(int words, char **word)
{
    int count = words > 1 ? atoi(word[1]) : 10000;
    bus = open("/dev/xen/xenbus", O_RDWR);
    if (bus < 0)
        fail("/dev/xen/xenbus");
    for (int turn = 0; turn < 3; turn++) {
        measure("read", one_read, count);
        measure("write", one_write, count);
        measure("transaction", one_transaction, count / 4);
    }
    return 0;
}
