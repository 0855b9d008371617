/* Rows that load and store. */
#include "rows.h"

#include <string.h>

/* Dependent loads: a ring through 2 MiB in pseudo-random order. */
uint64_t row_chase(uint64_t size)
{
    enum { N = 1 << 18 };
    uint64_t *ring = memory(N * 8);
    uint64_t state = 17;
    for (uint64_t i = 0; i < N; i++)
        ring[i] = i;
    for (uint64_t i = N - 1; i > 0; i--) { /* one cycle through all (Sattolo) */
        uint64_t j = next_random(&state) % i;
        uint64_t t = ring[i];
        ring[i] = ring[j];
        ring[j] = t;
    }
    uint64_t at = 0, check = 1;
    for (uint64_t i = 0; i < size; i++) {
        for (unsigned k = 0; k < 100000; k++)
            at = ring[at];
        check = fold(check, at);
    }
    return check;
}

/* 32 MiB by the C library's memcpy and by REP MOVSB, in turn. */
uint64_t row_copy(uint64_t size)
{
    enum { BYTES = 32 << 20 };
    unsigned char *a = memory(BYTES), *b = memory(BYTES);
    uint64_t state = 3, check = 1;
    for (unsigned i = 0; i < BYTES; i += 512) {
        uint64_t r = next_random(&state);
        memcpy(a + i, &r, 8);
    }
    for (uint64_t round = 0; round < size; round++) {
        a[round] ^= (unsigned char)round;
        if (round & 1) {
            void *to = b, *from = a;
            uint64_t count = BYTES;
            __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
        } else {
            memcpy(b, a, BYTES);
        }
        unsigned char *t = a;
        a = b;
        b = t;
    }
    for (unsigned i = 0; i < BYTES; i += 512)
        check = fold(check, a[i]);
    return check;
}

/* Loads and stores anywhere in 64 MiB, independent of each other. */
uint64_t row_random(uint64_t size)
{
    enum { N = 8 << 20 };
    uint64_t *v = memory(N * 8ull);
    uint64_t state = 8, check = 1;
    memset(v, 1, N * 8ull);
    for (uint64_t i = 0; i < size * 100000; i++) {
        uint64_t r = next_random(&state);
        v[r >> 10 & (N - 1)] += r;
        check += v[r >> 36 & (N - 1)];
    }
    return fold(check, v[1]);
}
