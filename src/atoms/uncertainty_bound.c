/* The Cramér–Rao bound of every coordinate (docs/theory/uncertainty.md): blocks of the Fisher matrix for atoms and their near neighbours,
   inverted around every atom. */
#include "atoms/kernel/cells.h"
#include "atoms/kernel/fisher.h"
#include "atoms/uncertainty_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REACH_ANGSTROM 5.0   /* atoms farther apart overlap only in the few views along their line; draws of the noise count those */
#define CLUSTER_ANGSTROM 4.2 /* the atoms around one that are free with it */
#define AROUND_MOST 64       /* neighbours of an atom that count: a metal has 42 within reach */
#define WEIGHT_AROUND 2      /* pixels to either side over which a weight is averaged */
#define UNITS 0x1p-40        /* of integer sums over the largest possible block of a view */
#define NEGLIGIBLE 1e-3      /* of the profiles' product */

/* Pairs i < j within reach, by i: of atom i, pair[first[i]] ... pair[first[i + 1] - 1] are the j. An atom's block with itself is the first
   of them. */
typedef struct {
  PetscInt *first, *pair;
  int64_t  *block; /* [pairs][6], whole multiples of `unit` */
  double    unit;
} Fisher;

typedef struct {
  const AetOptics *optics;
  int              s, t;
} Product;

static double ProductAt(double q, void *context)
{
  const Product *p = context;
  double         value = 1;

  for (int k = 0; k < 2; k++) {
    const int s = k ? p->t : p->s;
    value *= p->optics->height[s] * AetOpticsProfile(p->optics, s, 1, q);
  }
  return value;
}

static double LastFrequency(Product *p)
{
  const double first = fabs(ProductAt(0, p));
  double       q = 0.05;

  while (q < 20 && fabs(ProductAt(q, p)) > NEGLIGIBLE * first) q += 0.05;
  return q;
}

/* overlap [species][species]. */
static PetscErrorCode Overlaps(const AetOptics *optics, AetFisherTable *overlap)
{
  PetscFunctionBegin;
  for (int s = 0; s < optics->species_count; s++)
    for (int t = 0; t < optics->species_count; t++) {
      Product p = {optics, s, t};
      PetscCheck(!AetFisherTableCreate(&overlap[s * optics->species_count + t], ProductAt, &p, LastFrequency(&p), REACH_ANGSTROM),
                 PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for overlaps");
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FindPairs(const AetRefinery *r, Fisher *f)
{
  AetCells cells;
  PetscInt pairs = 0;

  PetscFunctionBegin;
  PetscCheck(!AetCellsBuild(&cells, r->atoms.count, r->position, REACH_ANGSTROM), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for cells");
  for (int pass = 0; pass < 2; pass++) { /* counts, then writes */
    if (pass) PetscCall(PetscMalloc1((size_t)pairs + 1, &f->pair));
    pairs = 0;
    for (PetscInt i = 0; i < r->atoms.count; i++) {
      ptrdiff_t near[AROUND_MOST], found = AetCellsNear(&cells, r->position, r->position + 3 * i, REACH_ANGSTROM, AROUND_MOST, near);
      f->first[i] = pairs;
      if (pass) f->pair[pairs] = i;
      pairs++;
      for (ptrdiff_t k = 0; k < PetscMin(found, AROUND_MOST); k++) {
        if (near[k] <= i) continue;
        if (pass) f->pair[pairs] = (PetscInt)near[k];
        pairs++;
      }
    }
    f->first[r->atoms.count] = pairs;
  }
  AetCellsFree(&cells);
  PetscCall(PetscCalloc1(6 * (size_t)pairs + 1, &f->block));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sums [ny + 1][nx + 1] of the weights above and left of a place. */
static void SumTable(const float *weight, ptrdiff_t ny, ptrdiff_t nx, double *sums)
{
  memset(sums, 0, sizeof *sums * (size_t)(nx + 1));
  for (ptrdiff_t y = 0; y < ny; y++) {
    double row = 0;
    sums[(y + 1) * (nx + 1)] = 0;
    for (ptrdiff_t x = 0; x < nx; x++) {
      row += (double)weight[y * nx + x];
      sums[(y + 1) * (nx + 1) + x + 1] = sums[y * (nx + 1) + x + 1] + row;
    }
  }
}

/* The mean weight around a place, 0 outside the image. */
static double WeightAround(const double *sums, ptrdiff_t ny, ptrdiff_t nx, double x, double y)
{
  const ptrdiff_t cx = (ptrdiff_t)lrint(x), cy = (ptrdiff_t)lrint(y), side = 2 * WEIGHT_AROUND + 1;
  const ptrdiff_t left = PetscMax(cx - WEIGHT_AROUND, 0), right = PetscMin(cx + WEIGHT_AROUND + 1, nx);
  const ptrdiff_t low = PetscMax(cy - WEIGHT_AROUND, 0), high = PetscMin(cy + WEIGHT_AROUND + 1, ny);

  if (left >= right || low >= high) return 0;
  return (sums[high * (nx + 1) + right] - sums[high * (nx + 1) + left] - sums[low * (nx + 1) + right] + sums[low * (nx + 1) + left]) /
         (double)(side * side);
}

/* Adds what view j tells: R_jT h R_j of every pair. */
static void AddView(const AetRefinery *r, ptrdiff_t j, const AetFisherTable *overlap, const double *sums, Fisher *f)
{
  const AetTiltSeries tilt = r->tilt;
  const double       *R = tilt->rotation[j], *shift = r->optics.shift[j], pixel = tilt->pixel_angstrom, scale = r->optics.scale[j];
  const double        area = pixel * pixel * scale * scale;

#pragma omp parallel for num_threads(AetThreads()) schedule(static, 64)
  for (PetscInt i = 0; i < r->atoms.count; i++) {
    double at[3];
    if (r->species[i] < 0) continue;
    AetRotate(R, r->position + 3 * i, at);
    for (PetscInt k = f->first[i]; k < f->first[i + 1]; k++) {
      const AetFisherTable *o = overlap + r->species[i] * r->optics.species_count + r->species[f->pair[k]];
      double                other[3], h[3], w;
      if (r->species[f->pair[k]] < 0) continue;
      AetRotate(R, r->position + 3 * f->pair[k], other);
      AetFisherTableAt(o, other[0] - at[0], other[1] - at[1], h);
      if (h[0] == 0 && h[2] == 0) continue;
      w = WeightAround(sums, tilt->ny, tilt->nx, (0.5 * (at[0] + other[0]) + shift[0]) / pixel + (double)AetOrigin(tilt->nx),
                       (0.5 * (at[1] + other[1]) + shift[1]) / pixel + (double)AetOrigin(tilt->ny));
      for (int a = 0, e = 0; a < 3; a++)
        for (int b = a; b < 3; b++, e++)
          f->block[6 * k + e] +=
              llrint(area * w * (R[a] * (h[0] * R[b] + h[1] * R[3 + b]) + R[3 + a] * (h[1] * R[b] + h[2] * R[3 + b])) / f->unit);
    }
  }
}

static PetscErrorCode ChooseUnit(const AetRefinery *r, const AetFisherTable *overlap, Fisher *f)
{
  const int S = r->optics.species_count;
  double    largest[2] = {0}, all[2], top = 0;
  int       exponent;

  PetscFunctionBegin;
  for (ptrdiff_t p = 0; p < r->tilt->v_count * r->pixels; p++) largest[0] = PetscMax(largest[0], (double)r->weight[p]);
  for (ptrdiff_t j = 0; j < r->tilt->views; j++) largest[1] = PetscMax(largest[1], fabs(r->optics.scale[j]));
  PetscCallMPI(MPI_Allreduce(largest, all, 2, MPI_DOUBLE, MPI_MAX, r->comm));
  for (int s = 0; s < S * S; s++) top = PetscMax(top, fabs(overlap[s].across[0]));
  (void)frexp(fmax(all[0] * all[1] * all[1] * top * r->tilt->pixel_angstrom * r->tilt->pixel_angstrom, 1e-280), &exponent);
  f->unit = ldexp(UNITS, exponent);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The blocks, summed over the views of all ranks. */
static PetscErrorCode Assemble(AetRefinery *r, const AetFisherTable *overlap, Fisher *f)
{
  double *sums;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)((r->tilt->ny + 1) * (r->tilt->nx + 1)), &sums));
  for (ptrdiff_t j = 0; j < r->tilt->v_count; j++) {
    SumTable(r->weight + j * r->pixels, r->tilt->ny, r->tilt->nx, sums);
    AddView(r, r->tilt->v_start + j, overlap, sums, f);
  }
  PetscCall(PetscFree(sums));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, f->block, (int)(6 * f->first[r->atoms.count]), MPI_INT64_T, MPI_SUM, r->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The block of a pair, or NULL. */
static const int64_t *PairBlock(const Fisher *f, PetscInt i, PetscInt j)
{
  const PetscInt low = PetscMin(i, j), high = PetscMax(i, j);

  for (PetscInt k = f->first[low]; k < f->first[low + 1]; k++)
    if (f->pair[k] == high) return f->block + 6 * k;
  return NULL;
}

/* matrix <- the Fisher matrix of the `count` atoms of `list`, of which the last is the one asked about. */
static void Cluster(const Fisher *f, ptrdiff_t count, const ptrdiff_t *list, double *matrix)
{
  static const int at[3][3] = {{0, 1, 2}, {1, 3, 4}, {2, 4, 5}};
  const ptrdiff_t  n = 3 * count;

  for (ptrdiff_t p = 0; p < count; p++)
    for (ptrdiff_t q = 0; q <= p; q++) {
      const int64_t *block = PairBlock(f, (PetscInt)list[p], (PetscInt)list[q]);
      for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) matrix[(3 * p + a) * n + 3 * q + b] = block ? (double)block[at[a][b]] * f->unit : 0;
    }
}

static void Alone(const Fisher *f, PetscInt i, double variance[3])
{
  double block[6], inverse[6];

  for (int e = 0; e < 6; e++) block[e] = (double)f->block[6 * f->first[i] + e] * f->unit;
  AetBlockInvert(block, inverse);
  variance[0] = inverse[0], variance[1] = inverse[3], variance[2] = inverse[5];
}

static PetscErrorCode Invert(const AetRefinery *r, const Fisher *f, double *variance)
{
  const size_t room = 9 * (size_t)(AROUND_MOST + 1) * (AROUND_MOST + 1);
  AetCells     cells;
  int          short_of = 0;

  PetscFunctionBegin;
  PetscCheck(!AetCellsBuild(&cells, r->atoms.count, r->position, REACH_ANGSTROM), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for cells");
#pragma omp parallel num_threads(AetThreads()) reduction(| : short_of)
  {
    double *matrix = malloc(room * sizeof *matrix);
    short_of |= !matrix;
#pragma omp for schedule(static, 64)
    for (PetscInt i = 0; i < r->atoms.count; i++) {
      ptrdiff_t near[AROUND_MOST], count = AetCellsNear(&cells, r->position, r->position + 3 * i, CLUSTER_ANGSTROM, AROUND_MOST, near),
                                   kept = 0;
      if (!matrix) continue;
      for (ptrdiff_t k = 0; k < PetscMin(count, AROUND_MOST); k++)
        if (near[k] != i) near[kept++] = near[k];
      near[PetscMin(kept, AROUND_MOST - 1)] = i;
      kept = PetscMin(kept, AROUND_MOST - 1) + 1;
      Cluster(f, kept, near, matrix);
      if (AetInverseCorner(3 * kept, matrix, variance + 3 * i)) Alone(f, i, variance + 3 * i);
    }
    free(matrix);
  }
  AetCellsFree(&cells);
  PetscCheck(!short_of, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the Fisher matrix of %d atoms", AROUND_MOST);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefineryFisher(AetRefinery *r, double *variance)
{
  const int      S = r->optics.species_count;
  AetFisherTable overlap[AET_SPECIES_MAX * AET_SPECIES_MAX] = {{0}};
  Fisher         f = {0};

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)r->atoms.count + 1, &f.first));
  PetscCall(AetAgree(r->comm, Overlaps(&r->optics, overlap)));
  PetscCall(AetAgree(r->comm, FindPairs(r, &f)));
  PetscCall(ChooseUnit(r, overlap, &f));
  PetscCall(Assemble(r, overlap, &f));
  PetscCall(AetAgree(r->comm, Invert(r, &f, variance)));
  for (int k = 0; k < S * S; k++) AetFisherTableFree(&overlap[k]);
  PetscCall(PetscFree(f.block));
  PetscCall(PetscFree(f.pair));
  PetscCall(PetscFree(f.first));
  PetscFunctionReturn(PETSC_SUCCESS);
}
