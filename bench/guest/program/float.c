/* Rows of double-precision arithmetic. The check values are the bits of the results. */
#include "rows.h"

#include <math.h>
#include <string.h>

static uint64_t bits(double d)
{
    uint64_t b;
    memcpy(&b, &d, 8);
    return b;
}

/* Five bodies that attract each other; size thousand steps of a symplectic integrator. */
uint64_t row_nbody(uint64_t size)
{
    enum { BODIES = 5 };
    struct {
        double x[3], v[3], mass;
    } body[BODIES];
    uint64_t state = 271828, check = 1;
    for (int i = 0; i < BODIES; i++) {
        for (int k = 0; k < 3; k++) {
            body[i].x[k] = (double)(next_random(&state) >> 40) / 65536.0 + 40.0 * i;
            body[i].v[k] = (double)(next_random(&state) >> 40) / 16777216.0;
        }
        body[i].mass = i ? 0.01 * i : 40.0;
    }
    for (uint64_t step = 0; step < size * 1000; step++) {
        const double dt = 0.001;
        for (int i = 0; i < BODIES; i++)
            for (int j = i + 1; j < BODIES; j++) {
                double d[3], square = 1e-9;
                for (int k = 0; k < 3; k++) {
                    d[k] = body[i].x[k] - body[j].x[k];
                    square += d[k] * d[k];
                }
                double force = dt / (square * sqrt(square));
                for (int k = 0; k < 3; k++) {
                    body[i].v[k] -= d[k] * body[j].mass * force;
                    body[j].v[k] += d[k] * body[i].mass * force;
                }
            }
        for (int i = 0; i < BODIES; i++)
            for (int k = 0; k < 3; k++)
                body[i].x[k] += dt * body[i].v[k];
    }
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < 3; k++)
            check = fold(fold(check, bits(body[i].x[k])), bits(body[i].v[k]));
    return check;
}

/* Products of matrices of 128 x 128. */
uint64_t row_matrix(uint64_t size)
{
    enum { N = 128 };
    static double a[N][N], b[N][N], c[N][N];
    uint64_t state = 31, check = 1;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (double)(next_random(&state) >> 44) / 1048576.0 - 0.5;
            b[i][j] = (double)(next_random(&state) >> 44) / 1048576.0 - 0.5;
        }
    for (uint64_t round = 0; round < size; round++) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                double sum = 0;
                for (int k = 0; k < N; k++)
                    sum += a[i][k] * b[k][j];
                c[i][j] = sum;
            }
        a[round % N][(round * 7) % N] = c[(round * 3) % N][round % N] * 0.01;
        check = fold(check, bits(c[round % N][(round * 5) % N]));
    }
    return check;
}
