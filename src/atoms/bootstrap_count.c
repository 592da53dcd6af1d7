/* What the replicas of a parametric bootstrap say about the model: how far each atom came out from where it was put, how often it was found
   and named right, and by what its standard deviations have to be multiplied. docs/theory/uncertainty.md. */
#include "atoms/atoms_private.h"
#include "atoms/kernel/calibrate.h"
#include "atoms/kernel/cells.h"
#include "atoms/kernel/pair.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_ANGSTROM 6.0 /* a factor is that of the atoms this near */
#define NEAR_MOST 128
#define LEAST_ERRORS 60 /* of which a factor is made; where fewer are near, all atoms together */
#define SHIFT_ROUNDS 20
#define SHIFT_REST 1e-4 /* Å */

struct _p_AetBootstrap {
  MPI_Comm       comm; /* borrowed from `model` */
  AetAtoms       model;
  AetAtomRecord *record; /* [total] of the model, on every rank */
  double         cutoff;
  PetscInt       replicas, room, found, paired;
  float         *error, *sigma; /* [replicas][total][3] Å; an error of NAN: not found */
  PetscInt      *seen, *named;  /* [total] replicas in which the atom was found, and named as in the model */
  double         recall, recall2, precision, precision2, square; /* sums over the replicas */
};

PetscErrorCode AetBootstrapCreate(AetAtoms model, double cutoff_angstrom, PetscInt replicas, AetBootstrap *bootstrap)
{
  const size_t size = 3 * (size_t)model->total * (size_t)replicas;
  AetBootstrap b;

  PetscFunctionBegin;
  PetscCall(PetscNew(&b));
  b->comm = model->comm, b->model = model, b->cutoff = cutoff_angstrom, b->room = replicas;
  PetscCall(AetAtomsGatherRecords(model, &b->record));
  PetscCall(AetAgree(b->comm, PetscMalloc2(size + 1, &b->error, size + 1, &b->sigma)));
  PetscCall(PetscCalloc2((size_t)model->total + 1, &b->seen, (size_t)model->total + 1, &b->named));
  *bootstrap = b;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetBootstrapDestroy(AetBootstrap *bootstrap)
{
  AetBootstrap b = *bootstrap;

  PetscFunctionBegin;
  if (!b) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree(b->record));
  PetscCall(PetscFree2(b->error, b->sigma));
  PetscCall(PetscFree2(b->seen, b->named));
  PetscCall(PetscFree(*bootstrap));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* partner [found] <- the model's atom of every found one, or -1; shift <- the mean of found - model, which pairs are made without. */
static PetscErrorCode Pair(AetBootstrap b, PetscInt found, const double *position, ptrdiff_t *partner, double shift[3])
{
  double *model, moved = INFINITY;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(3 * (size_t)b->model->total + 1, &model));
  for (PetscInt i = 0; i < b->model->total; i++) PetscCall(PetscArraycpy(model + 3 * i, b->record[i].position, 3));
  shift[0] = shift[1] = shift[2] = 0;
  for (int round = 0; round < SHIFT_ROUNDS && moved > SHIFT_REST; round++) {
    double   mean[3] = {0};
    PetscInt pairs = 0;
    PetscCheck(!AetPairPoints(found, position, shift, b->model->total, model, b->cutoff, partner), PETSC_COMM_SELF, PETSC_ERR_MEM,
               "no memory to pair %d atoms", (int)found);
    for (PetscInt i = 0; i < found; i++) {
      if (partner[i] < 0) continue;
      pairs++;
      for (int a = 0; a < 3; a++) mean[a] += position[3 * i + a] - model[3 * partner[i] + a];
    }
    moved = 0;
    for (int a = 0; a < 3; a++) {
      mean[a] = pairs ? mean[a] / (double)pairs : 0;
      moved = fmax(moved, fabs(mean[a] - shift[a])), shift[a] = mean[a];
    }
  }
  PetscCall(PetscFree(model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Takes down what became of every atom of the model. */
static PetscErrorCode Note(AetBootstrap b, AetAtoms replica, const AetAtomRecord *record)
{
  const size_t at = 3 * (size_t)b->model->total * (size_t)b->replicas;
  double      *position, shift[3];
  ptrdiff_t   *partner;
  PetscInt     pairs = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(3 * (size_t)replica->total + 1, &position, (size_t)replica->total + 1, &partner));
  for (PetscInt i = 0; i < replica->total; i++) PetscCall(PetscArraycpy(position + 3 * i, record[i].position, 3));
  PetscCall(Pair(b, replica->total, position, partner, shift));
  for (PetscInt i = 0; i < 3 * b->model->total; i++) b->error[at + (size_t)i] = NAN, b->sigma[at + (size_t)i] = 0;
  for (PetscInt i = 0; i < replica->total; i++) {
    const ptrdiff_t      k = partner[i];
    const AetAtomRecord *m = k < 0 ? NULL : b->record + k;
    if (!m) continue;
    pairs++, b->seen[k]++;
    if (m->species >= 0 && record[i].species >= 0) b->named[k] += !strcmp(b->model->symbol[m->species], replica->symbol[record[i].species]);
    for (int a = 0; a < 3; a++) {
      const double error = position[3 * i + a] - m->position[a] - shift[a];
      b->error[at + 3 * (size_t)k + (size_t)a] = (float)error;
      b->sigma[at + 3 * (size_t)k + (size_t)a] = (float)record[i].sigma[a];
      b->square += error * error;
    }
  }
  b->found += replica->total, b->paired += pairs;
  if (b->model->total) b->recall += (double)pairs / b->model->total, b->recall2 += pow((double)pairs / b->model->total, 2);
  if (replica->total) b->precision += (double)pairs / replica->total, b->precision2 += pow((double)pairs / replica->total, 2);
  b->replicas++;
  PetscCall(PetscFree2(position, partner));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetBootstrapAdd(AetBootstrap b, AetAtoms replica)
{
  AetAtomRecord *record;

  PetscFunctionBegin;
  PetscCheck(b->replicas < b->room, PETSC_COMM_SELF, PETSC_ERR_PLIB, "more replicas than were announced: %d", (int)b->room);
  PetscCall(AetAtomsGatherRecords(replica, &record));
  PetscCall(AetAgree(b->comm, Note(b, replica, record)));
  PetscCall(PetscFree(record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The errors along axis `a` of some atoms in all replicas, in standard deviations of the replica (Å where it has none), added to list. */
static ptrdiff_t Collect(const AetBootstrap b, ptrdiff_t count, const ptrdiff_t *atom, int a, double *list)
{
  ptrdiff_t n = 0;

  for (PetscInt k = 0; k < b->replicas; k++)
    for (ptrdiff_t i = 0; i < count; i++) {
      const size_t at = 3 * ((size_t)k * (size_t)b->model->total + (size_t)(atom ? atom[i] : i)) + (size_t)a;
      if (!isnan(b->error[at])) list[n++] = (double)b->error[at] / (b->sigma[at] > 0 ? (double)b->sigma[at] : 1);
    }
  return n;
}

/* factor [total][3]. */
static PetscErrorCode Factors(const AetBootstrap b, double *factor)
{
  const PetscInt total = b->model->total;
  double         all[3], *position, *list;
  AetCells       cells;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(3 * (size_t)total + 1, &position, (size_t)b->replicas * (size_t)PetscMax(total, NEAR_MOST) + 1, &list));
  for (PetscInt i = 0; i < total; i++) PetscCall(PetscArraycpy(position + 3 * i, b->record[i].position, 3));
  for (int a = 0; a < 3; a++) all[a] = AetCalibrate(Collect(b, total, NULL, a, list), list);
  PetscCheck(!AetCellsBuild(&cells, total, position, NEAR_ANGSTROM), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for cells");
  for (PetscInt i = 0; i < total; i++) {
    ptrdiff_t near[NEAR_MOST], found = AetCellsNear(&cells, position, position + 3 * i, NEAR_ANGSTROM, NEAR_MOST, near);
    for (int a = 0; a < 3; a++) {
      const ptrdiff_t n = Collect(b, PetscMin(found, NEAR_MOST), near, a, list);
      factor[3 * i + a] = n >= LEAST_ERRORS ? AetCalibrate(n, list) : all[a];
    }
  }
  AetCellsFree(&cells);
  PetscCall(PetscFree2(position, list));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Ascending(const void *left, const void *right)
{
  const double a = *(const double *)left, b = *(const double *)right;

  return (a > b) - (a < b);
}

/* The median of every third number, `a` the first; `scratch` [count]. */
static double AxisMedian(PetscInt count, const double *values, int a, double *scratch)
{
  for (PetscInt i = 0; i < count; i++) scratch[i] = values[3 * i + a];
  qsort(scratch, (size_t)count, sizeof *scratch, Ascending);
  return count ? scratch[count / 2] : 0;
}

/* The mean error of every atom, r.m.s. over atoms less what the scatter alone would give. */
static void Biases(const AetBootstrap b, AetBootstrapReport *report)
{
  double square[3] = {0}, atoms = 0;

  for (PetscInt i = 0; i < b->model->total; i++) {
    if (b->seen[i] < 2) continue;
    atoms++;
    for (int a = 0; a < 3; a++) {
      double sum = 0, sum2 = 0, n = b->seen[i];
      for (PetscInt k = 0; k < b->replicas; k++) {
        const double e = (double)b->error[3 * ((size_t)k * (size_t)b->model->total + (size_t)i) + (size_t)a];
        if (!isnan(e)) sum += e, sum2 += e * e;
      }
      square[a] += sum * sum / (n * n) - (sum2 - sum * sum / n) / (n * (n - 1));
    }
  }
  for (int a = 0; a < 3; a++) report->bias_pm[a] = atoms > 0 ? AET_PM_PER_ANGSTROM * sqrt(fmax(square[a] / atoms, 0)) : 0;
}

static double Spread(double sum, double sum2, PetscInt n)
{
  return n > 1 ? sqrt(fmax((sum2 - sum * sum / n) / (n - 1), 0)) : 0;
}

static void Fractions(const AetBootstrap b, AetBootstrapReport *report)
{
  const PetscInt n = b->replicas;
  PetscInt       named = 0, atoms[AET_SPECIES_MAX] = {0}, seen[AET_SPECIES_MAX] = {0}, right[AET_SPECIES_MAX] = {0};

  for (PetscInt i = 0; i < b->model->total; i++) {
    const int s = b->record[i].species;
    named += b->named[i];
    if (s >= 0) atoms[s]++, seen[s] += b->seen[i], right[s] += b->named[i];
  }
  report->replicas = n;
  report->recall = n ? b->recall / n : 0, report->recall_spread = Spread(b->recall, b->recall2, n);
  report->precision = n ? b->precision / n : 0, report->precision_spread = Spread(b->precision, b->precision2, n);
  report->species = b->paired ? (double)named / b->paired : 0;
  report->rmsd_pm = b->paired ? AET_PM_PER_ANGSTROM * sqrt(b->square / b->paired) : 0;
  for (int s = 0; s < b->model->species_count; s++) {
    report->recall_species[s] = atoms[s] && n ? (double)seen[s] / ((double)atoms[s] * n) : -1;
    report->named_species[s] = seen[s] ? (double)right[s] / seen[s] : -1;
  }
}

PetscErrorCode AetBootstrapFinish(AetBootstrap b, AetBootstrapReport *report)
{
  const PetscInt total = b->model->total, start = b->model->start;
  double        *factor, *scratch, *sigma;

  PetscFunctionBegin;
  memset(report, 0, sizeof *report);
  Fractions(b, report);
  Biases(b, report);
  PetscCall(PetscMalloc3(3 * (size_t)total + 1, &factor, (size_t)total + 1, &scratch, 3 * (size_t)total + 1, &sigma));
  PetscCall(AetAgree(b->comm, Factors(b, factor)));
  for (PetscInt i = 0; i < 3 * total; i++) {
    const double own = b->record[i / 3].sigma[i % 3];
    sigma[i] = factor[i] * (own > 0 ? own : 1);
  }
  for (PetscInt i = 0; i < b->model->count; i++) {
    for (int a = 0; a < 3; a++) b->model->sigma_total[3 * i + a] = b->replicas ? sigma[3 * (start + i) + a] : 0;
    b->model->p_found[i] = b->replicas ? (double)b->seen[start + i] / b->replicas : 0;
  }
  for (int a = 0; a < 3; a++) {
    report->factor_median[a] = AxisMedian(total, factor, a, scratch);
    report->sigma_total_median_pm[a] = AET_PM_PER_ANGSTROM * AxisMedian(total, sigma, a, scratch);
  }
  PetscCall(PetscFree3(factor, scratch, sigma));
  PetscFunctionReturn(PETSC_SUCCESS);
}
