/* Frames of a particle with drifts that are known, and what is left of them. */
#ifndef AET_TESTS_TILT_DRIFT_TEST_H
#define AET_TESTS_TILT_DRIFT_TEST_H

#include "../mpi_test.h"
#include "particle.h"
#include <aet4d/tilt.h>

/* How the stage moved: a steady drift, a random walk, jitter of the lines. */
typedef struct {
  int n, frames, views, inside; /* inside: 0 moves between frames only; 1 the walk is straight within a frame; 2 it walks line by line; 3 it
                                   steps between frames, and the steady drift goes on */
  double        drift, walk, jitter; /* px per frame, along a direction of its own for each view; r.m.s. px per frame and axis; px */
  double        wave;                /* amplitude of a slow swing within each frame, px */
  double        counts;              /* of the highest columns, in one frame */
  double        radius;
  const double *scan_deg; /* [frames]; NULL: all 0 */
  uint64_t      seed;
} DriftPlan;

/* The displacement on the image of a line of a frame of a view, less the mean of the view. path [views][frames][n][2]. */
static inline void DriftPaths(const DriftPlan *plan, double (*path)[2])
{
  const int lines = plan->n, all = plan->frames * lines;

  for (int v = 0; v < plan->views; v++) {
    const double angle = 2 * M_PI * AetRandomUniform(plan->seed, 1, (uint64_t)v);
    double       at[2] = {0, 0}, mean[2] = {0, 0}, *own = path[(size_t)v * (size_t)all];
    for (int t = 0; t < all; t++)
      for (int a = 0; a < 2; a++) {
        const int    f = t / lines, l = t % lines;
        const double steady = plan->drift * (a ? sin(angle) : cos(angle)) / lines;
        const double frame_step = plan->walk * AetRandomNormal(plan->seed, 2 + (uint64_t)a, (uint64_t)(v * plan->frames + f));
        const double line_step = plan->walk / sqrt(lines) * AetRandomNormal(plan->seed, 4 + (uint64_t)a, (uint64_t)(v * all + t));
        at[a] += plan->inside == 0 ? 0 : steady + (plan->inside == 1 ? frame_step / lines : plan->inside == 2 ? line_step : 0);
        if (plan->inside == 3 && l == 0) at[a] += frame_step;
        if (plan->inside == 0 && l == 0) at[a] += steady * lines + frame_step;
        own[2 * t + a] =
            at[a] +
            plan->wave *
                sin(2 * M_PI * (1.3 * l / lines + AetRandomUniform(plan->seed, 8 + (uint64_t)a, (uint64_t)(v * plan->frames + f)))) +
            plan->jitter * AetRandomNormal(plan->seed, 6 + (uint64_t)a, (uint64_t)(v * all + t));
        mean[a] += own[2 * t + a] / all;
      }
    for (int i = 0; i < 2 * all; i++) own[i] -= mean[i % 2];
  }
}

/* Counts of one pixel: Poisson, normal where there are many. */
static inline float DriftCounts(uint64_t seed, uint64_t stream, uint64_t index, double mean)
{
  return (float)(mean < 50 ? AetRandomPoisson(seed, stream, index, mean) : mean + sqrt(mean) * AetRandomNormal(seed, stream, index));
}

static inline void DriftFrame(const DriftPlan *plan, int view, int frame, const double (*path)[2], float *image)
{
  const int n = plan->n, quarters = plan->scan_deg ? (int)lround(plan->scan_deg[frame] / 90) & 3 : 0;

  for (int y = 0; y < n; y++)
    for (int x = 0; x < n; x++) {
      const int     lines[4] = {y, n - 1 - x, n - 1 - y, x};
      const double *d = path[lines[quarters]];
      const double  mean = plan->counts * (0.05 + ParticleAt(plan->radius, x - n / 2 - d[0], y - n / 2 - d[1], NULL, NULL));
      image[y * n + x] = DriftCounts(plan->seed, 100 + (uint64_t)(view * plan->frames + frame), (uint64_t)(y * n + x), mean);
    }
}

static inline void DriftMake(const DriftPlan *plan, const double (*path)[2], AetFrames *frames)
{
  double(*angles)[3] = calloc((size_t)plan->views, sizeof *angles);

  AET_TEST_CALL(AetFramesCreate(MPI_COMM_WORLD, plan->views, plan->frames, plan->n, plan->n, 0.347, AET_ANGLES_ZYX,
                                (const double(*)[3])angles, plan->scan_deg, frames));
  for (ptrdiff_t v = 0; v < (*frames)->v_count; v++)
    for (int f = 0; f < plan->frames; f++)
      DriftFrame(plan, (int)((*frames)->v_start + v), f, path + (((*frames)->v_start + v) * plan->frames + f) * plan->n,
                 (*frames)->image + (v * plan->frames + f) * plan->n * plan->n);
  free(angles);
}

/* r.m.s. per axis of found - true over the lines of the local views, with all ranks: of the displacements themselves (`all`), and of those
   relative to the mean over the frames of the same line (`relative`): what blurs the average. Only lines within `radius` of the middle. */
static inline void DriftResidual(const DriftPlan *plan, AetDriftRecord record, const double (*path)[2], double *all, double *relative)
{
  const int n = plan->n, F = plan->frames;
  double    sum[3] = {0};

  for (ptrdiff_t v = 0; v < record->v_count; v++) {
    const double(*found)[2] = (const double(*)[2])(record->path + v * F * n), (*truth)[2] = path + (record->v_start + v) * F * n;
    double shift[2] = {0}, weight = 0;
    for (int l = 0; l < n; l++) /* which point of the particle is the origin does not matter */
      for (int f = 0; f < F && fabs(l - n / 2.0) < plan->radius; f++, weight++)
        for (int a = 0; a < 2; a++) shift[a] += found[f * n + l][a] - truth[f * n + l][a];
    for (int l = 0; l < n; l++)
      for (int a = 0; a < 2 && fabs(l - n / 2.0) < plan->radius; a++) {
        double mean = 0;
        for (int f = 0; f < F; f++) mean += (found[f * n + l][a] - truth[f * n + l][a]) / F;
        for (int f = 0; f < F; f++) {
          const double e = found[f * n + l][a] - truth[f * n + l][a];
          sum[0] += pow(e - shift[a] / weight, 2), sum[1] += pow(e - mean, 2), sum[2]++;
        }
      }
  }
  MPI_Allreduce(MPI_IN_PLACE, sum, 3, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  *all = sqrt(sum[0] / sum[2]), *relative = sqrt(sum[1] / sum[2]);
}

#endif
