/*
 * Measures TCP between two machines: "network serve PORT", and on the other
 * "network ADDRESS PORT echo COUNT" (round trips of one byte), "... send MB"
 * and "... receive MB" (MB = 10^6 bytes). Prints "network NAME NANOSECONDS
 * AMOUNT". What is sent and received is checked: byte I of a stream is
 * I * 31 + I / 256, cut to a byte, with I counted within each 65536 bytes.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 65536

static unsigned char pattern[2 * CHUNK];
static unsigned char buffer[CHUNK];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void write_all(int fd, const void *from, size_t n)
{
    const char *p = from;
    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w <= 0)
            fail("write");
        p += w;
        n -= w;
    }
}

static void read_all(int fd, void *to, size_t n)
{
    char *p = to;
    while (n > 0) {
        ssize_t r = read(fd, p, n);
        if (r <= 0)
            fail("read");
        p += r;
        n -= r;
    }
}

static void send_stream(int fd, long long bytes)
{
    for (long long at = 0; at < bytes; at += CHUNK) {
        long long left = bytes - at;
        write_all(fd, pattern, left < CHUNK ? (size_t)left : CHUNK);
    }
}

static void receive_stream(int fd, long long bytes)
{
    for (long long at = 0; at < bytes;) {
        long long left = bytes - at;
        ssize_t r = read(fd, buffer, left < CHUNK ? (size_t)left : CHUNK);
        if (r <= 0)
            fail("read");
        if (memcmp(buffer, pattern + at % CHUNK, r) != 0) {
            fprintf(stderr, "network: wrong bytes near %lld\n", at);
            exit(1);
        }
        at += r;
    }
}

/* A request: 'e', 's' or 'r' and how much, eight bytes, the least first. */
static void serve_one(int fd)
{
    unsigned char request[9];
    unsigned char byte;
    long long amount = 0;
    read_all(fd, request, sizeof request);
    for (int i = 8; i > 0; i--)
        amount = amount << 8 | request[i];
    switch (request[0]) {
    case 'e':
        while (amount-- > 0) {
            read_all(fd, &byte, 1);
            write_all(fd, &byte, 1);
        }
        break;
    case 's':
        receive_stream(fd, amount);
        write_all(fd, "!", 1);
        break;
    case 'r':
        send_stream(fd, amount);
        break;
    }
    close(fd);
}

static void serve(int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
    int one = 1;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (s < 0 || bind(s, (struct sockaddr *)&at, sizeof at) || listen(s, 8))
        fail("listen");
    for (;;) {
        int fd = accept(s, NULL, NULL);
        if (fd < 0)
            fail("accept");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (fork() == 0) {
            close(s);
            serve_one(fd);
            exit(0);
        }
        close(fd);
    }
}

int main(int argc, char **argv)
{
    for (int i = 0; i < 2 * CHUNK; i++) {
        int k = i % CHUNK;
        pattern[i] = k * 31 + k / 256;
    }
    signal(SIGCHLD, SIG_IGN);
    if (argc == 3 && strcmp(argv[1], "serve") == 0) {
        serve(atoi(argv[2]));
        return 0;
    }
    if (argc != 5)
        return 2;
    const char *what = argv[3];
    long long amount = atoll(argv[4]);
    if (what[0] != 'e')
        amount *= 1000000;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[2])) };
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (!inet_aton(argv[1], &to.sin_addr) || connect(fd, (struct sockaddr *)&to, sizeof to))
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    unsigned char request[9] = { what[0] };
    for (int i = 0; i < 8; i++)
        request[1 + i] = amount >> 8 * i;
    long long start = now();
    write_all(fd, request, sizeof request);
    unsigned char byte = 7;
    switch (what[0]) {
    case 'e':
        for (long long i = 0; i < amount; i++) {
            write_all(fd, &byte, 1);
            read_all(fd, &byte, 1);
        }
        break;
    case 's':
        send_stream(fd, amount);
        read_all(fd, &byte, 1);
        break;
    case 'r':
        receive_stream(fd, amount);
        break;
    default:
        return 2;
    }
    printf("network %s %lld %lld\n", what, now() - start, amount);
    return 0;
}
