/* bench/multislice [window] [slices] [probes]
   Processor time of one thread for one probe through a specimen that fills every slice, per slice, over that of an FFT pair of the same
   window (FFTW, measured plan) in the same run; seconds to make the slices, over the same number of FFT pairs of their grid. The answer is
   checked first: with a detector for all angles no electron may be lost. Lines are medians of interleaved repeats. */
#include "simulate/multislice_private.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REPEATS = 9 };

static double CoreSeconds(void)
{
  struct timespec t;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int Ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static double Median(double *values)
{
  qsort(values, REPEATS, sizeof *values, Ascending);
  return values[REPEATS / 2];
}

static double PairSeconds(fftwf_plan there, fftwf_plan back, int pairs)
{
  const double begin = CoreSeconds();

  for (int p = 0; p < pairs; p++) {
    fftwf_execute(there);
    fftwf_execute(back);
  }
  return (CoreSeconds() - begin) / pairs;
}

int main(int argc, char **argv)
{
  const ptrdiff_t window = argc > 1 ? atol(argv[1]) : 192, slices = argc > 2 ? atol(argv[2]) : 10, pixels = argc > 3 ? atol(argv[3]) : 8;
  const double    step = 0.05, edge = step * (double)window, R[1][9] = {{1, 0, 0, 0, 1, 0, 0, 0, 1}};
  /* carbon, two per slice and Å² */
  const PetscInt        per_slice = (PetscInt)(2 * edge * edge), atoms = per_slice * (PetscInt)slices;
  AetMultisliceSettings set = {.energy_kev = 300, .semi_angle_mrad = 20, .outer_mrad = 110, .slice_angstrom = 2, .configurations = 1};
  double                per_probe[REPEATS], per_pair[REPEATS], making[REPEATS], grid_pair[REPEATS], lost = 0;
  AetMicroscope         m;
  AetSlices             s;

  if (AetInitialize(&argc, &argv)) return 2;
  double     *position = malloc(3 * sizeof *position * (size_t)atoms);
  int        *species = calloc((size_t)atoms, sizeof *species);
  AetSpecimen specimen = {.count = atoms, .species_count = 1, .symbol = {"C"}, .position = position, .species = species};
  for (PetscInt i = 0; i < atoms; i++) {
    position[3 * i] = edge * (AetRandomUniform(1, 1, (uint64_t)i) - 0.5);
    position[3 * i + 1] = edge * (AetRandomUniform(1, 2, (uint64_t)i) - 0.5);
    position[3 * i + 2] = 2 * (double)(i / per_slice);
  }
  set.window_angstrom = edge - 0.5 * step, set.sampling_angstrom = step;
  if (AetMicroscopeCreate(&specimen, &set, 1, R, pixels, pixels, 4 * step, &m)) return fprintf(stderr, "%s\n", AetErrorMessage()), 2;
  const ptrdiff_t n = m.n;
  float complex  *wave = AetWaves(m.room), *other = AetWaves(n * n), *grid = AetWaves(m.grid[0] * m.grid[1]);
  fftwf_plan      there = fftwf_plan_dft_2d((int)n, (int)n, other, other, FFTW_FORWARD, FFTW_MEASURE),
             back = fftwf_plan_dft_2d((int)n, (int)n, other, other, FFTW_BACKWARD, FFTW_MEASURE);
  memset(other, 0, sizeof *other * (size_t)(n * n));
  memset(grid, 0, sizeof *grid * (size_t)(m.grid[0] * m.grid[1]));
  for (int r = 0; r < REPEATS; r++) {
    double begin = CoreSeconds();
    if (AetSlicesCreate(&m, R[0], 0, &s)) return 2;
    making[r] = CoreSeconds() - begin;
    begin = CoreSeconds();
    for (ptrdiff_t p = 0; p < pixels * pixels; p++) lost = fmax(lost, fabs(1 - AetProbeSignal(&m, &s, p / pixels, p % pixels, wave)));
    per_probe[r] = (CoreSeconds() - begin) / (double)(pixels * pixels * s.count);
    per_pair[r] = PairSeconds(there, back, 60);
    fftwf_execute_dft(m.grid_forward, grid, grid);
    begin = CoreSeconds();
    fftwf_execute_dft(m.grid_forward, grid, grid);
    fftwf_execute_dft(m.grid_backward, grid, grid);
    grid_pair[r] = (CoreSeconds() - begin) * s.count;
    if (r < REPEATS - 1) AetSlicesDestroy(&s);
  }
  printf("window %td x %td, %d slices, %d atoms, grid %td x %td; electrons lost: %.1e\n", n, n, s.count, (int)atoms, m.grid[0], m.grid[1],
         lost);
  const double probe = Median(per_probe), pair = Median(per_pair), make = Median(making), grids = Median(grid_pair);
  printf("probe and slice %.3f ms, FFT pair %.3f ms: ratio %.2f\n", 1e3 * probe, 1e3 * pair, probe / pair);
  printf("slices %.3f s, as many FFT pairs of the grid %.3f s: ratio %.2f\n", make, grids, make / grids);
  AetSlicesDestroy(&s);
  AetMicroscopeDestroy(&m);
  fftwf_destroy_plan(there), fftwf_destroy_plan(back);
  fftwf_free(wave), fftwf_free(other), fftwf_free(grid);
  free(position), free(species);
  return AetFinalize() || lost > 0.05;
}
