/* Size, shape, place and profile of every nucleus. Each nucleus is described on one rank. */
#include "atoms/kernel/cells.h"
#include "structure/kernel/order_field.h"
#include "structure/kernel/quaternion.h"
#include "structure/kernel/radial_profile.h"
#include "structure/structure_private.h"
#include <math.h>
#include <string.h>

enum { NEAR_MAX = 4096 };
#define FIELD_CUT 3.0 /* standard deviations */

typedef struct {
  MPI_Comm                      comm;
  AetNuclei                     nuclei;
  AetSurface                    surface;
  const AetNucleiShapeSettings *settings;
  double                       *position;
  AetCells                      cells;
} Work;

void AetNucleiShapeDefaults(AetNucleiShapeSettings *s)
{
  *s = (AetNucleiShapeSettings){.field_sigma_angstrom = 2, .grid_angstrom = 1, .order_limit = 1};
}

static PetscErrorCode CheckSettings(const AetNucleiShapeSettings *s)
{
  PetscFunctionBegin;
  AetCheck(s->field_sigma_angstrom > 0 && s->grid_angstrom > 0, AET_ERR_INPUT,
           "nuclei: expected a grid and a Gaussian of more than 0 Å, found %g and %g", s->grid_angstrom, s->field_sigma_angstrom);
  AetCheck(s->smoothing_angstrom >= 0 && s->atom_volume_angstrom3 > 0 && s->order_limit > 0, AET_ERR_INPUT,
           "nuclei: expected a smoothing of 0 or more, volumes and orders of more than 0, found %g Å, %g Å³ and %g", s->smoothing_angstrom,
           s->atom_volume_angstrom3, s->order_limit);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The middle of the order: the atoms of the nucleus, weighted by the square of what they exceed the least of them by. Less drawn to one
   side than the mean where the nucleus is cut by the surface. */
static void Core(const Work *w, PetscInt k, const double *order, AetNucleusShape *s)
{
  double least = INFINITY, sum = 0;

  for (PetscInt i = 0; i < w->nuclei->total; i++)
    if (w->nuclei->label[i] == k && order[i] < least) least = order[i];
  for (PetscInt i = 0; i < w->nuclei->total; i++) {
    const double over = order[i] - least;
    if (w->nuclei->label[i] != k || !(over >= 0)) continue;
    sum += over * over;
    for (int a = 0; a < 3; a++) s->core[a] += over * over * w->position[3 * (ptrdiff_t)i + a];
  }
  for (int a = 0; a < 3; a++) s->core[a] = sum > 0 ? s->core[a] / sum : w->nuclei->centre[3 * (ptrdiff_t)k + a];
}

/* Eigenvalues of the mean of dx dx over the atoms, about their mean: largest first, and the direction of the largest. */
static void Gyration(const Work *w, PetscInt k, AetNucleusShape *s)
{
  const double *centre = w->nuclei->centre + 3 * (ptrdiff_t)k;
  double        m[9] = {0}, copy[9], other[3], trace;

  for (PetscInt i = 0; i < w->nuclei->total; i++) {
    const double *x = w->position + 3 * (ptrdiff_t)i;
    if (w->nuclei->label[i] != k) continue;
    for (int a = 0; a < 9; a++) m[a] += (x[a / 3] - centre[a / 3]) * (x[a % 3] - centre[a % 3]) / w->nuclei->sites[k];
  }
  trace = m[0] + m[4] + m[8];
  memcpy(copy, m, sizeof copy);
  s->gyration[0] = AetEigenLargest(3, copy, s->axis);
  for (int a = 0; a < 9; a++) copy[a] = -m[a];
  s->gyration[2] = fmax(0, -AetEigenLargest(3, copy, other));
  s->gyration[1] = fmax(0, trace - s->gyration[0] - s->gyration[2]);
  s->elongation = s->gyration[2] > 0 ? sqrt(s->gyration[0] / s->gyration[2]) : 0;
  for (int a = 0; a < 3; a++) /* of the two directions along a line, the one whose last number that is not 0 is positive */
    if (fabs(s->axis[2 - a]) > 1e-9) {
      for (int b = 0; b < 3 && s->axis[2 - a] < 0; b++) other[b] = -s->axis[b];
      if (s->axis[2 - a] < 0) memcpy(s->axis, other, sizeof s->axis);
      break;
    }
}

/* Means over shells about the core, of atoms that are in no other nucleus. */
static void Profile(const Work *w, PetscInt k, const double *order, AetNucleusShape *s)
{
  const double reach = fmin(AET_NUCLEUS_BINS, 1.5 * s->radius_angstrom + 2 * w->settings->smoothing_angstrom + 2);
  double       r[AET_NUCLEUS_BINS], weight[AET_NUCLEUS_BINS];
  AetRadialFit fit;

  s->bins = (int)ceil(reach / AET_NUCLEUS_BIN_ANGSTROM);
  s->bins = s->bins > AET_NUCLEUS_BINS ? AET_NUCLEUS_BINS : s->bins;
  for (PetscInt i = 0; i < w->nuclei->total; i++) {
    const double *x = w->position + 3 * (ptrdiff_t)i, d[3] = {x[0] - s->core[0], x[1] - s->core[1], x[2] - s->core[2]};
    const int     bin = (int)(sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) / AET_NUCLEUS_BIN_ANGSTROM);
    if (bin >= s->bins || !isfinite(order[i]) || (w->nuclei->label[i] >= 0 && w->nuclei->label[i] != k)) continue;
    s->profile[bin] += order[i];
    s->profile_atoms[bin]++;
  }
  for (int b = 0; b < s->bins; b++) {
    r[b] = (b + 0.5) * AET_NUCLEUS_BIN_ANGSTROM;
    weight[b] = s->profile_atoms[b];
    if (weight[b] > 0) s->profile[b] /= weight[b];
  }
  s->fitted = !AetRadialFitProfile(s->bins, r, s->profile, weight, w->settings->smoothing_angstrom, w->settings->baseline,
                                   w->settings->order_limit, &fit);
  if (!s->fitted) return;
  s->order_core = fit.order, s->interface_radius = fit.radius, s->interface_width = fit.width, s->baseline = fit.baseline;
  memcpy(s->sigma_fit, fit.sigma, sizeof s->sigma_fit);
  s->fit_rms = fit.rms;
  AetRadialIntegrals(&fit, &s->order_volume, &s->order_area);
}

/* The nearest atom of a list to x. */
static ptrdiff_t Nearest(const Work *w, ptrdiff_t count, const ptrdiff_t *index, const double x[3])
{
  double    best = INFINITY;
  ptrdiff_t nearest = -1;

  for (ptrdiff_t n = 0; n < count; n++) {
    const double *r = w->position + 3 * index[n];
    const double  d = (x[0] - r[0]) * (x[0] - r[0]) + (x[1] - r[1]) * (x[1] - r[1]) + (x[2] - r[2]) * (x[2] - r[2]);
    if (d < best) best = d, nearest = index[n];
  }
  return nearest;
}

/* The gradient at the points of a grid whose nearest atom is one of the nucleus. */
static PetscErrorCode Gradient(const Work *w, PetscInt k, const double *order, AetNucleusShape *s)
{
  const double reach = FIELD_CUT * w->settings->field_sigma_angstrom, h = w->settings->grid_angstrom;
  double       low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {-INFINITY, -INFINITY, -INFINITY}, sum = 0, angle = 0, x[3], g[3], field;
  ptrdiff_t   *index;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(NEAR_MAX, &index));
  for (PetscInt i = 0; i < w->nuclei->total; i++)
    for (int a = 0; a < 3 && w->nuclei->label[i] == k; a++) {
      low[a] = fmin(low[a], floor(w->position[3 * (ptrdiff_t)i + a] / h) * h);
      high[a] = fmax(high[a], w->position[3 * (ptrdiff_t)i + a] + h);
    }
  for (x[2] = low[2]; x[2] <= high[2]; x[2] += h)
    for (x[1] = low[1]; x[1] <= high[1]; x[1] += h)
      for (x[0] = low[0]; x[0] <= high[0]; x[0] += h) {
        const ptrdiff_t count = PetscMin(NEAR_MAX, AetCellsNear(&w->cells, w->position, x, reach, NEAR_MAX, index));
        const ptrdiff_t nearest = Nearest(w, count, index, x);
        const double    to[3] = {s->core[0] - x[0], s->core[1] - x[1], s->core[2] - x[2]};
        const double    away = sqrt(to[0] * to[0] + to[1] * to[1] + to[2] * to[2]);
        double          slope, cosine;
        if (nearest < 0 || w->nuclei->label[nearest] != k) continue;
        (void)AetOrderField(count, index, w->position, order, w->settings->field_sigma_angstrom, x, &field, g);
        slope = sqrt(g[0] * g[0] + g[1] * g[1] + g[2] * g[2]);
        s->grid_points++;
        sum += slope;
        s->gradient_max = fmax(s->gradient_max, slope);
        if (!(slope > 0) || away < h) continue;
        cosine = (g[0] * to[0] + g[1] * to[1] + g[2] * to[2]) / (slope * away);
        angle += slope * acos(fmax(-1, fmin(1, cosine)));
        s->gradient_weight += slope;
      }
  s->gradient_mean = s->grid_points ? sum / s->grid_points : 0;
  s->gradient_angle_deg = s->gradient_weight > 0 ? angle / s->gradient_weight / AET_DEG : 0;
  PetscCall(PetscFree(index));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DescribeOne(const Work *w, PetscInt k, const double *order, AetNucleusShape *s)
{
  PetscFunctionBegin;
  s->radius_angstrom = cbrt(3 * w->nuclei->sites[k] * w->settings->atom_volume_angstrom3 / (4 * M_PI));
  Core(w, k, order, s);
  Gyration(w, k, s);
  s->depth_angstrom = w->surface ? AetSurfaceDistance(w->surface, s->core) : -1;
  Profile(w, k, order, s);
  PetscCall(Gradient(w, k, order, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* This rank's nuclei: every size-th. */
static PetscErrorCode DescribeMine(Work *w, const double *const *order, AetNucleusShape *shape)
{
  int rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(w->comm, &rank));
  PetscCallMPI(MPI_Comm_size(w->comm, &size));
  AetCheck(!AetCellsBuild(&w->cells, w->nuclei->total, w->position, FIELD_CUT * w->settings->field_sigma_angstrom), AET_ERR_MEMORY,
           "nuclei: no memory for the cells of %d atoms", (int)w->nuclei->total);
  for (PetscInt k = rank; k < w->nuclei->count; k += size) PetscCall(DescribeOne(w, k, order[k], &shape[k]));
  AetCellsFree(&w->cells);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNucleiDescribe(AetAtoms atoms, AetNuclei nuclei, const double *const *order, AetSurface surface,
                                 const AetNucleiShapeSettings *settings, AetNucleusShape **shape)
{
  Work           w = {.comm = atoms->comm, .nuclei = nuclei, .surface = surface, .settings = settings};
  int            size;
  PetscErrorCode code;

  PetscFunctionBegin;
  *shape = NULL;
  PetscCall(CheckSettings(settings));
  PetscCall(AetPositionsGather(atoms, &w.position));
  PetscCall(PetscCalloc1((size_t)nuclei->count + 1, shape));
  code = AetAgree(w.comm, DescribeMine(&w, order, *shape));
  PetscCallMPI(MPI_Comm_size(w.comm, &size));
  for (PetscInt k = 0; k < nuclei->count && !code; k++)
    PetscCallMPI(MPI_Bcast(&(*shape)[k], sizeof **shape, MPI_BYTE, (int)(k % size), w.comm));
  PetscCall(PetscFree(w.position));
  if (code) PetscCall(PetscFree(*shape));
  PetscFunctionReturn(code);
}

double AetNucleusEnergy(double order, double interface_radius, double interface_width, double driving, double tension)
{
  const AetRadialFit fit = {.order = order, .radius = interface_radius, .width = interface_width};
  double             volume, area;

  AetRadialIntegrals(&fit, &volume, &area);
  return driving * volume + tension * area;
}
