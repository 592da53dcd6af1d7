/* All atoms fitted together: every atom against the volume less its neighbours, in rounds that all atoms take at once. Every rank fits the
   peaks of its own planes and knows the list of all, so the result does not depend on the number of ranks. */
#include "atoms/kernel/cells.h"
#include "atoms/kernel/filter.h"
#include "atoms/kernel/joint.h"
#include "atoms/kernel/subtract.h"
#include "atoms/trace_private.h"
#include <math.h>

enum { FIRST_ROUNDS = 3, ROUNDS = 6, LEAST_ATOMS = 16 }; /* fewer atoms tell neither their widths nor the noise */

typedef struct {
  AetVolume               volume;
  const AetTraceSettings *settings;
  double                  background, radius, reach; /* of the sphere of the fit, and how far an atom may move; voxels */
  AetField                field;
  float                  *residual;          /* as the field: less the background and all atoms */
  PetscInt                count, start, own; /* atoms; those of this rank */
  double                 *centre, *height;   /* [count][3], [count] */
  double                 *first, *damping;   /* [count][3] where the atom began; [count] */
  double                  sigma[3];
} Join;

/* Neighbours overlap; a step that all atoms take at once must be that much shorter. The sum of the overlaps of unit Gaussians bounds the
   coupling (the row sums of the normal matrix: steps divided by them cannot overshoot). */
static PetscErrorCode Dampings(Join *j)
{
  AetCells  cells;
  double    widest = fmax(j->sigma[0], fmax(j->sigma[1], j->sigma[2])), reach = 4 * widest;
  ptrdiff_t list[512];

  PetscFunctionBegin;
  PetscCheck(!AetCellsBuild(&cells, j->count, j->centre, reach), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the cells of %d peaks",
             (int)j->count);
  for (PetscInt i = 0; i < j->count; i++) {
    ptrdiff_t near = AetCellsNear(&cells, j->centre, j->centre + 3 * i, reach, 512, list);
    double    sum = 0; /* the atom itself gives 1 */
    for (ptrdiff_t k = 0; k < PetscMin(near, 512); k++) {
      double square = 0;
      for (int a = 0; a < 3; a++) square += pow((j->centre[3 * i + a] - j->centre[3 * list[k] + a]) / j->sigma[a], 2);
      sum += exp(-0.25 * square);
    }
    j->damping[i] = 1 / fmax(1, sum);
  }
  AetCellsFree(&cells);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Begin(AetVolume volume, const AetTraceSettings *settings, double background, const double sigma[3],
                            const AetCandidates *c, Join *j)
{
  double voxels = settings->min_distance_angstrom / settings->pixel_angstrom;
  float  weight[AET_FILTER_TAPS + 1];
  int    taps = AetFilterGaussian(settings->smoothing_angstrom / settings->pixel_angstrom, weight);

  PetscFunctionBegin;
  PetscCall(PetscMemzero(j, sizeof *j));
  j->volume = volume;
  j->settings = settings;
  j->background = background;
  j->radius = fmax(0.5 * voxels, 1.8);
  j->reach = 0.5 * voxels;
  for (int a = 0; a < 3; a++) j->sigma[a] = sigma[a];
  PetscCall(AetCandidatesKnown(c, &j->count, &j->centre, &j->height));
  for (PetscInt i = 0; i < c->start + c->count; i++) *(i < c->start ? &j->start : &j->own) += c->keep[i];
  PetscCall(PetscMalloc2(3 * (size_t)j->count + 1, &j->first, (size_t)j->count + 1, &j->damping));
  PetscCall(PetscArraycpy(j->first, j->centre, 3 * (size_t)j->count));
  PetscCall(Dampings(j));
  /* from the voxel that began a peak: its drift in the first fit, in this one, the sphere, and the neighbour's place that Noise looks at */
  PetscCall(AetFieldCreate(volume, AetPeaksReach(settings) + (ptrdiff_t)ceil(2 * j->reach + j->radius) + 2, &j->field));
  PetscCall(AetFieldFilter(&j->field, taps, weight));
  PetscCall(PetscMalloc1((size_t)(j->field.planes * j->field.n[1] * j->field.n[2]) + 1, &j->residual));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode End(Join *j)
{
  PetscFunctionBegin;
  PetscCall(AetFieldDestroy(&j->field));
  PetscCall(PetscFree(j->residual));
  PetscCall(PetscFree(j->centre));
  PetscCall(PetscFree(j->height));
  PetscCall(PetscFree2(j->first, j->damping));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static AetJointGrid Subtract(const Join *j)
{
  const AetField *field = &j->field;
  ptrdiff_t       plane = field->n[1] * field->n[2];

#pragma omp parallel for schedule(dynamic, 1) num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < field->planes; z++) {
    for (ptrdiff_t i = z * plane; i < (z + 1) * plane; i++) j->residual[i] = field->data[i] - (float)j->background;
    AetSubtractGaussians(j->residual + z * plane, field->first + z, field->n[1], field->n[2], j->count, j->centre, j->height, j->sigma);
  }
  return (AetJointGrid){j->residual, {field->planes, field->n[1], field->n[2]}, field->first};
}

static AetJointAtom Atom(const Join *j, PetscInt i)
{
  const double *x = j->centre + 3 * i;

  return (AetJointAtom){{x[0], x[1], x[2]}, j->height[i]};
}

typedef struct {
  AetJointAtom step;
  double       width[9];
} Step;

/* The Gauss-Newton step of the shared widths, at most a tenth of each; summed in the order of the atoms. */
static void Widen(Join *j, const Step *step)
{
  double sum[9] = {0}, move[3], c[6], determinant;

  for (PetscInt i = 0; i < j->count; i++)
    for (int k = 0; k < 9; k++) sum[k] += step[i].width[k];
  c[0] = sum[1] * sum[2] - sum[5] * sum[5], c[1] = sum[0] * sum[2] - sum[4] * sum[4], c[2] = sum[0] * sum[1] - sum[3] * sum[3];
  c[3] = sum[4] * sum[5] - sum[3] * sum[2], c[4] = sum[3] * sum[5] - sum[4] * sum[1], c[5] = sum[3] * sum[4] - sum[0] * sum[5];
  determinant = sum[0] * c[0] + sum[3] * c[3] + sum[4] * c[4];
  if (j->count < LEAST_ATOMS || !(determinant > 1e-6 * sum[0] * sum[1] * sum[2])) return;
  move[0] = c[0] * sum[6] + c[3] * sum[7] + c[4] * sum[8];
  move[1] = c[3] * sum[6] + c[1] * sum[7] + c[5] * sum[8];
  move[2] = c[4] * sum[6] + c[5] * sum[7] + c[2] * sum[8];
  for (int a = 0; a < 3; a++) j->sigma[a] *= exp(PetscMax(-0.1, PetscMin(0.1, 0.7 * move[a] / determinant)));
}

/* One round; *moved receives the r.m.s. step in voxels. */
static PetscErrorCode Round(Join *j, PetscBool widths, double *moved)
{
  AetJointGrid grid = Subtract(j);
  double       clip = 0.2 * j->reach;
  Step        *mine, *all;
  PetscInt     total;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)j->own + 1, &mine));
#pragma omp parallel for schedule(dynamic, 64) num_threads(AetThreads())
  for (PetscInt i = 0; i < j->own; i++) {
    AetJointAtom atom = Atom(j, j->start + i);
    AetJointStep(&grid, &atom, j->sigma, j->radius, &mine[i].step, widths ? mine[i].width : NULL);
  }
  PetscCall(AetRecordsGather(j->volume->comm, j->own, mine, sizeof *mine, &total, &all));
  *moved = 0;
  for (PetscInt i = 0; i < total; i++) {
    double *x = j->centre + 3 * i, next[3], away = 0;
    for (int a = 0; a < 3; a++) {
      next[a] = x[a] + PetscMax(-clip, PetscMin(clip, j->damping[i] * all[i].step.centre[a]));
      away += pow(next[a] - j->first[3 * i + a], 2);
    }
    j->height[i] = PetscMax(0, j->height[i] + j->damping[i] * all[i].step.height);
    if (away > j->reach * j->reach || j->height[i] == 0) { /* it runs to another top: back to its own, for good */
      for (int a = 0; a < 3; a++) next[a] = j->first[3 * i + a];
      j->damping[i] = 0;
    }
    for (int a = 0; a < 3; a++) {
      *moved += pow(next[a] - x[a], 2);
      x[a] = next[a];
    }
  }
  *moved = sqrt(*moved / PetscMax(1, total));
  if (widths) Widen(j, all);
  PetscCall(PetscFree(mine));
  PetscCall(PetscFree(all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What of the squares of gradients is noise, and not the misfit of the atoms, which grows with their height: the part that stays at height
   0 of a straight line through square against height², its slope lowered by two standard errors. */
static double NoisePart(PetscInt count, const double *height, const double *square)
{
  double mean[2] = {0, 0}, spread = 0, both = 0, rest = 0, slope;

  for (PetscInt i = 0; i < count; i++) mean[0] += height[i] * height[i] / count, mean[1] += square[i] / count;
  for (PetscInt i = 0; i < count; i++) {
    double x = height[i] * height[i] - mean[0];
    spread += x * x;
    both += x * (square[i] - mean[1]);
  }
  if (!(spread > 0) || !(mean[1] > 0) || count < LEAST_ATOMS) return 1;
  slope = both / spread;
  for (PetscInt i = 0; i < count; i++) rest += pow(square[i] - mean[1] - slope * (height[i] * height[i] - mean[0]), 2);
  slope -= 2 * sqrt(rest / ((count - 2) * spread));
  return PetscMax(0, PetscMin(1, 1 - slope * mean[0] / mean[1]));
}

/* Covariance of the gradients that the atoms do not explain, a little off every atom (at its top the fit has made them zero), and the
   curvature of each atom's top less its neighbours: how far the one moves the other. */
static PetscErrorCode Uncertainties(Join *j, double *uncertainty)
{
  static const int pair[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};
  AetJointGrid     grid = Subtract(j);
  double(*mine)[12], (*all)[12], noise[6] = {0}, scale = fmax(0.5 * j->reach, 0.9), *length, part;
  PetscInt total;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)j->own + 1, &mine));
#pragma omp parallel for schedule(dynamic, 64) num_threads(AetThreads())
  for (PetscInt i = 0; i < j->own; i++) {
    AetJointAtom atom = Atom(j, j->start + i);
    double       gradient[3], unused[6];
    double       at[3] = {atom.centre[0], atom.centre[1], atom.centre[2]};
    int          side = (j->start + i) % 6; /* one of its six sides: the others tell the same */
    at[side / 2] += (side % 2 ? 1 : -1) * j->radius;
    AetJointCurvature(&grid, at, NULL, NULL, scale, j->radius, gradient, unused);
    for (int k = 0; k < 6; k++) mine[i][6 + k] = gradient[pair[k][0]] * gradient[pair[k][1]];
    AetJointCurvature(&grid, atom.centre, &atom, j->sigma, scale, j->radius, gradient, mine[i]);
  }
  PetscCall(AetRecordsGather(j->volume->comm, j->own, mine, sizeof *mine, &total, &all));
  for (PetscInt i = 0; i < total; i++)
    for (int k = 0; k < 6; k++) noise[k] += all[i][6 + k] / total;
  PetscCall(PetscMalloc1((size_t)total + 1, &length));
  for (PetscInt i = 0; i < total; i++) length[i] = all[i][6] + all[i][7] + all[i][8];
  part = NoisePart(total, j->height, length);
  for (int k = 0; k < 6; k++) noise[k] *= part;
  PetscCall(PetscFree(length));
  for (PetscInt i = 0; i < total; i++) {
    double square = AetJointDisplacement(all[i], noise);
    uncertainty[i] = total < LEAST_ATOMS ? 0 : square < 0 ? INFINITY : sqrt(square) * j->settings->pixel_angstrom;
  }
  PetscCall(PetscFree(mine));
  PetscCall(PetscFree(all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCandidatesJoin(AetVolume volume, const AetTraceSettings *settings, double background, double sigma[3], AetCandidates *c,
                                 double *uncertainty)
{
  Join     j;
  double   moved = INFINITY, *kept;
  PetscInt at = 0;

  PetscFunctionBegin;
  PetscCall(Begin(volume, settings, background, sigma, c, &j));
  for (int round = 0; round < (uncertainty ? ROUNDS : FIRST_ROUNDS) && j.count && moved > 1e-3 * j.reach; round++)
    PetscCall(Round(&j, uncertainty ? PETSC_FALSE : PETSC_TRUE, &moved));
  PetscCall(PetscMalloc1((size_t)j.count + 1, &kept));
  if (uncertainty && j.count) PetscCall(Uncertainties(&j, kept));
  for (PetscInt i = 0; i < c->total; i++) {
    if (!c->keep[i]) continue;
    for (int a = 0; a < 3; a++) c->peak[i].centre[a] = j.centre[3 * at + a];
    c->peak[i].value = j.height[at];
    if (uncertainty) uncertainty[i] = kept[at];
    at++;
  }
  for (int a = 0; a < 3; a++) sigma[a] = j.sigma[a];
  PetscCall(PetscFree(kept));
  PetscCall(End(&j));
  PetscFunctionReturn(PETSC_SUCCESS);
}
