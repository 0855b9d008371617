/* Rows that compute: registers, branches, calls; hardly any memory. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

/* Additions, rotations, multiplications, divisions and branches that cannot be foreseen. */
uint64_t row_integer(uint64_t size)
{
    uint64_t state = 1234567, check = 1;
    uint32_t a = 7, b = 11;
    for (uint64_t i = 0; i < size * 1000; i++) {
        uint64_t r = next_random(&state);
        a = (a << 5 | a >> 27) + (uint32_t)r;
        b ^= a * 2654435761u;
        if (r & 1)
            a += b >> 3;
        else if (r & 2)
            b -= a | 1;
        if ((r & 12) == 12)
            a += (uint32_t)(r >> 32) / (b | 1);
        check += (uint64_t)a << 16 ^ b;
    }
    return fold(check, state);
}

static void sort(uint32_t *v, int64_t low, int64_t high)
{
    while (low < high) {
        uint32_t pivot = v[low + (high - low) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i <= j) {
                uint32_t t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        if (j - low < high - i) {
            sort(v, low, j);
            low = i;
        } else {
            sort(v, i, high);
            high = j;
        }
    }
}

/* Quicksort of size thousand pseudo-random words. */
uint64_t row_sort(uint64_t size)
{
    uint64_t n = size * 1000, state = 42, check = 1;
    uint32_t *v = memory(n * 4);
    for (uint64_t i = 0; i < n; i++)
        v[i] = (uint32_t)(next_random(&state) >> 20);
    sort(v, 0, (int64_t)n - 1);
    for (uint64_t i = 0; i < n; i += 997)
        check = fold(check, v[i]);
    return check;
}

/* Over 64 KiB: byte by byte with a multiplication, then word by word into a table of buckets. */
uint64_t row_hash(uint64_t size)
{
    enum { BYTES = 65536, BUCKETS = 4096 };
    static unsigned char data[BYTES];
    static uint32_t buckets[BUCKETS];
    uint64_t state = 99, check = 1;
    for (unsigned i = 0; i < BYTES; i++)
        data[i] = (unsigned char)next_random(&state);
    for (uint64_t round = 0; round < size; round++) {
        uint32_t h = 2166136261u ^ (uint32_t)round;
        for (unsigned i = 0; i < BYTES; i++)
            h = (h ^ data[i]) * 16777619u;
        uint64_t g = h;
        for (unsigned i = 0; i < BYTES; i += 8) {
            uint64_t word;
            memcpy(&word, data + i, 8);
            g = fold(g, word);
            buckets[g % BUCKETS] += (uint32_t)(g >> 32);
        }
        data[g % BYTES] ^= (unsigned char)(g >> 8);
        check = fold(check, g);
    }
    for (unsigned i = 0; i < BUCKETS; i++)
        check = fold(check, buckets[i]);
    return check;
}

static uint64_t __attribute__((noinline)) fibonacci(uint64_t n)
{
    if (n < 2)
        return n;
    return fibonacci(n - 1) + fibonacci(n - 2);
}

static uint64_t __attribute__((noinline)) op_add(uint64_t a, uint64_t b) { return a + b; }
static uint64_t __attribute__((noinline)) op_xor(uint64_t a, uint64_t b) { return a ^ b << 1; }
static uint64_t __attribute__((noinline)) op_mul(uint64_t a, uint64_t b) { return a * (b | 1); }
static uint64_t __attribute__((noinline)) op_rot(uint64_t a, uint64_t b)
{
    return (a << 9 | a >> 55) - b;
}

/* Recursive calls, and as many indirect calls to one of four functions. */
uint64_t row_calls(uint64_t size)
{
    static uint64_t (*volatile const table[4])(uint64_t, uint64_t) = {op_add, op_xor, op_mul, op_rot};
    uint64_t state = 5, check = 1;
    for (uint64_t round = 0; round < size; round++) {
        check = fold(check, fibonacci(24 + (round & 1)));
        for (unsigned i = 0; i < 150000; i++) {
            uint64_t r = next_random(&state);
            check = table[r >> 30 & 3](check, r);
        }
    }
    return check;
}
