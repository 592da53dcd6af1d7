/* One iteration: every view against every orientation (expectation), then a volume from all of them (maximisation). */
#include "recon/orientations_private.h"
#include <math.h>
#include <string.h>

#define KEEP 20          /* orientations kept per unit of perplexity, */
#define KEEP_LEAST 50    /* and beside */
#define LEAST_NOISE 1e-3 /* of a circle, in the mean of all */
#define MOVE 0.125       /* longest shift of one iteration, in the resolution */

typedef struct {
  ptrdiff_t      most; /* kept of a view */
  double         perplexity;
  PetscBool      move;
  AetPoseWeight *heap;   /* [v_count][most] */
  ptrdiff_t     *kept;   /* [v_count] */
  float         *weight; /* [radii] of squares on a circle */
} Match;

/* [radii][modes] complex numbers as [radii][2][modes], each times weight[r] (NULL: 1). */
static void SplitModes(const AetOrientLevel *level, const float complex *modes, const float *weight, float *split)
{
  const int M = level->modes;

  for (int r = 0; r < level->polar.radii; r++)
    for (int m = 0; m < M; m++) {
      const float w = weight ? weight[r] : 1;
      split[2 * r * M + m] = w * crealf(modes[r * M + m]);
      split[(2 * r + 1) * M + m] = w * cimagf(modes[r * M + m]);
    }
}

static void Modes(const AetOrientLevel *level, const float *signal, const float *weight, int thread, float *split)
{
  const size_t   K = (size_t)(level->polar.radii * level->polar.angles);
  float         *in = level->work + level->work_size * (size_t)thread;
  float complex *out = (float complex *)(in + K);

  memcpy(in, signal, K * sizeof *in);
  fftwf_execute_dft_r2c(level->to_modes, in, (fftwf_complex *)out);
  SplitModes(level, out, weight, split);
}

/* Modes and powers of all slices. */
static void PrepareSlices(AetOrientLevel *level, const float *weight)
{
  const int    threads = AetThreads(), K = level->polar.angles;
  const size_t size = (size_t)(2 * level->polar.radii * level->modes);

#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++)
    for (ptrdiff_t d = t; d < level->directions; d += threads) {
      const float *slice = level->slice + d * level->polar.radii * K;
      double       power = 0;
      Modes(level, slice, NULL, t, level->slice_modes + (size_t)d * size);
      for (int r = 0; r < level->polar.radii; r++)
        for (int j = 0; j < K; j++) power += 0.5 * weight[r] * slice[r * K + j] * slice[r * K + j];
      level->power[d] = (float)power;
    }
}

/* The best places of a local view. */
static void ScoreView(AetOrientLevel *level, Match *match, ptrdiff_t v, int thread)
{
  const int      K = level->polar.angles, M = level->modes, radii = level->polar.radii;
  const float   *signal = level->signal + (level->views->tilt->v_start + v) * radii * K;
  float         *image = level->work + level->work_size * (size_t)thread + 2 * (size_t)(radii * K) + 2 * (size_t)radii;
  float complex *product = (float complex *)(image + 2 * radii * M);
  float         *scores = (float *)(product + 2 * M);
  AetPoseWeight *heap = match->heap + v * match->most;

  Modes(level, signal, match->weight, thread, image);
  match->kept[v] = 0;
  for (ptrdiff_t d = 0; d < level->directions; d++) {
    AetPoseCorrelate(radii, M, image, level->slice_modes + d * 2 * radii * M, product, product + M);
    fftwf_execute_dft_c2r(level->to_scores, (fftwf_complex *)product, scores);
    for (int j = 0; j < 2 * K; j++) scores[j] = scores[j] / (float)K - level->power[d];
    AetPoseKeep(2 * d * K, 2 * K, scores, match->most, &match->kept[v], heap);
  }
}

/* Weights, the best pose, what is left at it, and the shift. */
static void JudgeView(AetOrientLevel *level, Match *match, ptrdiff_t v, int thread)
{
  AetTiltSeries   tilt = level->views->tilt;
  const int       K = level->polar.angles, radii = level->polar.radii;
  const ptrdiff_t global = tilt->v_start + v;
  const float    *signal = level->signal + global * radii * K;
  float          *model = level->work + level->work_size * (size_t)thread;
  double         *row = level->rows + 2 * radii * v, step[2];
  ptrdiff_t       best;
  int             below, turn;

  match->kept[v] = AetPoseSoften(match->kept[v], match->perplexity, match->heap + v * match->most, &best);
  below = best / K % 2 != 0, turn = (int)(best % K);
  AetPolarRotation(&level->polar, level->frame[best / (2 * K)], below, turn, level->poses.rotation[global]);
  AetPolarTurn(&level->polar, level->slice + best / (2 * K) * radii * K, below, turn, model);
  for (int r = 0; r < radii; r++) {
    row[r] = row[radii + r] = 0;
    for (int j = r * K; j < (r + 1) * K; j++) {
      const double left = (double)signal[j] - model[j];
      row[r] += left * left, row[radii + r] += (double)signal[j] * signal[j];
    }
  }
  if (!match->move) return;
  AetPolarShift(&level->polar, signal, model, match->weight, MOVE * level->angstrom, step);
  for (int a = 0; a < 2; a++) level->poses.shift[global][a] += step[a];
}

/* The noise on every circle, and what is left of all. Collective. */
static PetscErrorCode Residuals(AetOrientLevel *level, double *misfit)
{
  AetTiltSeries tilt = level->views->tilt;
  const int     radii = level->polar.radii;
  double       *sums, mean = 0, left = 0, all = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(2 * radii), &sums));
  PetscCall(
      AetSumOrdered(tilt->comm, (PetscInt)tilt->v_start, (PetscInt)tilt->v_count, (PetscInt)tilt->views, 2 * radii, level->rows, sums));
  for (int r = 0; r < radii; r++) mean += sums[r] / radii, left += (r + 0.5) * sums[r], all += (r + 0.5) * sums[radii + r];
  for (int r = 0; r < radii; r++)
    level->variance[r] = (float)((sums[r] + LEAST_NOISE * mean) / ((double)tilt->views * level->polar.angles));
  *misfit = all > 0 ? left / all : 1;
  PetscCall(PetscFree(sums));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The shares of all views, by rising view, on every rank. Collective; PetscFree. */
static PetscErrorCode GatherShares(AetOrientLevel *level, const Match *match, ptrdiff_t *count, AetOrientShare **shares)
{
  AetTiltSeries   tilt = level->views->tilt;
  const int       item = (int)sizeof(AetOrientShare);
  int             ranks, rank, mine = 0, *counts, *starts;
  AetOrientShare *own;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(tilt->comm, &ranks));
  PetscCallMPI(MPI_Comm_rank(tilt->comm, &rank));
  PetscCall(PetscMalloc3((size_t)ranks, &counts, (size_t)ranks, &starts, (size_t)(tilt->v_count * match->most), &own));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++)
    for (ptrdiff_t i = v * match->most; i < v * match->most + match->kept[v]; i++)
      own[mine++] = (AetOrientShare){tilt->v_start + v, match->heap[i].place, match->heap[i].score};
  mine *= item;
  PetscCallMPI(MPI_Allgather(&mine, 1, MPI_INT, counts, 1, MPI_INT, tilt->comm));
  starts[0] = 0;
  for (int r = 1; r < ranks; r++) starts[r] = starts[r - 1] + counts[r - 1];
  *count = (starts[ranks - 1] + counts[ranks - 1]) / item;
  PetscCall(PetscMalloc1((size_t)*count, shares));
  PetscCallMPI(MPI_Allgatherv(own, mine, MPI_BYTE, *shares, counts, starts, MPI_BYTE, tilt->comm));
  PetscCall(PetscFree3(counts, starts, own));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Expect(AetOrientLevel *level, Match *match)
{
  const int       threads = AetThreads();
  const ptrdiff_t count = level->views->tilt->v_count;

  PetscFunctionBegin;
  for (int r = 0; r < level->polar.radii; r++)
    match->weight[r] = level->variance[r] > 0 ? ((float)r + 0.5f) / level->variance[r] : (float)r + 0.5f;
  PrepareSlices(level, match->weight);
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++)
    for (ptrdiff_t v = t; v < count; v += threads) {
      ScoreView(level, match, v, t);
      JudgeView(level, match, v, t);
    }
  PetscCall(AetPosesShare(level->views->tilt, &level->poses));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrientLevelIterate(AetOrientLevel *level, double perplexity, PetscBool move, double *misfit)
{
  const size_t    views = (size_t)level->views->tilt->v_count;
  Match           match = {.perplexity = perplexity, .move = move};
  AetOrientShare *shares;
  ptrdiff_t       count;

  PetscFunctionBegin;
  match.most = (ptrdiff_t)PetscMin(AetOrientLevelPlaces(level), KEEP * perplexity + KEEP_LEAST);
  PetscCall(PetscMalloc3(views * (size_t)match.most, &match.heap, views, &match.kept, (size_t)level->polar.radii, &match.weight));
  PetscCall(Expect(level, &match));
  PetscCall(Residuals(level, misfit));
  PetscCall(GatherShares(level, &match, &count, &shares));
  PetscCall(PetscFree3(match.heap, match.kept, match.weight));
  PetscCall(AetOrientMaximise(level, count, shares));
  PetscCall(PetscFree(shares));
  PetscFunctionReturn(PETSC_SUCCESS);
}
