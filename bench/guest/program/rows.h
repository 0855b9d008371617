/* What the rows share. A row does fixed work and returns a check value, the same on every machine. */
#ifndef ROWS_H
#define ROWS_H

#include <stdint.h>

typedef uint64_t (*row_function)(uint64_t size);

uint64_t row_integer(uint64_t size);
uint64_t row_sort(uint64_t size);
uint64_t row_hash(uint64_t size);
uint64_t row_calls(uint64_t size);
uint64_t row_chase(uint64_t size);
uint64_t row_copy(uint64_t size);
uint64_t row_random(uint64_t size);
uint64_t row_nbody(uint64_t size);
uint64_t row_matrix(uint64_t size);
uint64_t row_getppid(uint64_t size);
uint64_t row_fork(uint64_t size);
uint64_t row_exec(uint64_t size);
uint64_t row_pipe(uint64_t size);
uint64_t row_fault(uint64_t size);
uint64_t row_mmap(uint64_t size);
uint64_t row_switch(uint64_t size);

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t now(void);

/* Ends the program with a sentence. */
_Noreturn void fail(const char *what);

/* Memory of this many bytes, or the end of the program. */
void *memory(uint64_t bytes);

/* A pseudo-random sequence of 64-bit words (xorshift with three shifts, by Marsaglia). */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

/* Folds one word into a check value. */
static inline uint64_t fold(uint64_t check, uint64_t word)
{
    check = (check ^ word) * 0x9e3779b97f4a7c15u;
    return check ^ check >> 29;
}

#endif
