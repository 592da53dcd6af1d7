/* The pseudo-polar transform of slices against the limit: one forward and one backward transform of the padded slice by FFTW.

     build/bench/pseudopolar [n [lines [repeats]]]

   n × n pixels, 2n points per axis, `lines` lines per sector (default n), one thread. Prints slices per second of Pᵀ P (what an iteration
   of est transforms) and of the r2c + c2r pair of 2n × 2n, the fastest of interleaved repeats, for a machine that is not quiet, and their
   ratio. The answer is checked first, against the sum at some points. */
#include "recon/kernel/pseudopolar.h"
#include <fftw3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double Now(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static AetLane *Lanes(size_t count)
{
  return aligned_alloc(64, sizeof(AetLane) * (count + count % 2));
}

static void Leave(void *context, int sector, ptrdiff_t u, AetLane *row) {}

typedef struct {
  const AetPseudopolar *pp;
  const AetLane        *slice;
  double                worst, largest;
} Check;

/* The first lane at every 7th line of every 11th u. */
static void Compare(void *context, int sector, ptrdiff_t u, AetLane *row)
{
  Check                *c = context;
  const AetPseudopolar *pp = c->pp;
  const ptrdiff_t       n = pp->n[0];

  for (ptrdiff_t i = 0; i < pp->L && u % 11 == 0; i += 7) {
    const double along = (double)u / (double)pp->N, across = along * 2 * (double)(i - pp->L / 2 + sector) / (double)pp->L;
    double       re = 0, im = 0;
    for (ptrdiff_t p = 0; p < n * n; p++) {
      const double z = (double)(p / n - n / 2), x = (double)(p % n - n / 2);
      const double angle = -2 * M_PI * (sector ? z * along + x * across : x * along + z * across);
      re += c->slice[p][0] * cos(angle), im += c->slice[p][0] * sin(angle);
    }
    c->worst = fmax(c->worst, hypot(re - row[2 * i][0], im - row[2 * i + 1][0]));
    c->largest = fmax(c->largest, hypot(re, im));
  }
}

int main(int argc, char **argv)
{
  const ptrdiff_t n = argc > 1 ? atol(argv[1]) : 128, L = argc > 2 ? atol(argv[2]) : n + n % 2, shape[2] = {n, n};
  const int       repeats = argc > 3 ? atoi(argv[3]) : 15;
  AetPseudopolar  pp;

  if (n < 2 || L < 2 || L % 2 || repeats < 1) {
    fprintf(stderr, "usage: pseudopolar [n [lines, even [repeats]]]\n");
    return 2;
  }
  if (AetPseudopolarCreate(&pp, shape, 2 * n, L)) return 1;
  AetLane   *in = Lanes((size_t)(n * n)), *out = Lanes((size_t)(n * n)), *work = Lanes(AetPseudopolarWork(&pp));
  float     *grid = fftwf_alloc_real((size_t)(2 * n * (2 * n + 2)));
  fftwf_plan forward = fftwf_plan_dft_r2c_2d((int)(2 * n), (int)(2 * n), grid, (fftwf_complex *)grid, FFTW_MEASURE);
  fftwf_plan backward = fftwf_plan_dft_c2r_2d((int)(2 * n), (int)(2 * n), (fftwf_complex *)grid, grid, FFTW_MEASURE);
  double     ours = INFINITY, pair = INFINITY;
  Check      check = {&pp, in, 0, 0};
  srand(1);
  for (ptrdiff_t p = 0; p < n * n; p++)
    for (int i = 0; i < AET_LANES; i++) in[p][i] = (float)rand() / (float)RAND_MAX - 0.5f;
  AetPseudopolarApply(&pp, in, Compare, &check, NULL, work);
  printf("%td x %td pixels, %td points per axis, 2 x %td lines: error %.1e\n", n, n, 2 * n, L, check.worst / check.largest);
  if (!(check.worst < 1e-5 * check.largest)) return 1;
  for (ptrdiff_t p = 0; p < 2 * n * (2 * n + 2); p++) grid[p] = 0;
  for (int r = 0; r < repeats; r++) {
    double start = Now();
    AetPseudopolarApply(&pp, in, Leave, NULL, out, work);
    ours = fmin(ours, (Now() - start) / AET_LANES);
    start = Now();
    for (int i = 0; i < AET_LANES; i++) fftwf_execute(forward), fftwf_execute(backward);
    pair = fmin(pair, (Now() - start) / AET_LANES);
  }
  printf("slices per second: pseudo-polar there and back %.0f, FFTW pair %.0f; %.2f pairs\n", 1 / ours, 1 / pair, ours / pair);
  fftwf_destroy_plan(forward);
  fftwf_destroy_plan(backward);
  fftwf_free(grid);
  AetPseudopolarFree(&pp);
  free(in), free(out), free(work);
  return 0;
}
