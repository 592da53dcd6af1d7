/* An image of a crystal of known lattice, seen as the frames are. */
#include "simulate/frames_private.h"
#include <math.h>
#include <string.h>

PetscErrorCode AetReferenceTruthFromOptions(AetReferenceTruth *reference)
{
  int      lattice, weights;
  double  *value;
  PetscInt size;

  PetscFunctionBegin;
  memset(reference, 0, sizeof *reference);
  PetscCall(AetOptionGetReals("simulate_reference_lattice", &lattice, &value));
  if (lattice == 3) reference->a = value[0], reference->b = value[1], reference->gamma_deg = value[2];
  PetscCall(PetscFree(value));
  AetCheck(lattice == 3 && reference->gamma_deg > 10 && reference->gamma_deg < 170, AET_ERR_INPUT,
           "simulate_reference_lattice: expected a, b in Å and gamma from 10 to 170 degrees, found %d numbers, gamma %g", lattice,
           reference->gamma_deg);
  PetscCall(AetOptionGetReals("simulate_reference_weights", &weights, &value));
  for (int i = 0; i < 2 && i < weights; i++) reference->weight[i] = value[i];
  PetscCall(PetscFree(value));
  AetCheck(weights == 1 || weights == 2, AET_ERR_INPUT, "simulate_reference_weights: expected one or two numbers, found %d", weights);
  PetscCall(AetOptionGetReal("simulate_reference_rotation_deg", &reference->rotation_deg));
  PetscCall(AetOptionGetInt("simulate_reference_size", &size));
  reference->size = size;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Lattice vectors in pixels of the object. */
static void Vectors(const AetFramesTruth *truth, const AetReferenceTruth *reference, double a[2], double b[2])
{
  const double turn = reference->rotation_deg * AET_DEG, open = turn + reference->gamma_deg * AET_DEG;

  a[0] = reference->a * cos(turn) / truth->pixel_angstrom, a[1] = reference->a * sin(turn) / truth->pixel_angstrom;
  b[0] = reference->b * cos(open) / truth->pixel_angstrom, b[1] = reference->b * sin(open) / truth->pixel_angstrom;
}

/* All columns that may touch the image. */
static void Columns(const AetFramesTruth *truth, const AetReferenceTruth *reference, const AetScanMap *map, const AetScan *scan,
                    const AetProfile *profile, double *image)
{
  const double half = (double)reference->size / 2, reach = 1.2 * half * sqrt(2) + profile->reach + 10;
  double       a[2], b[2], cell, origin[2];
  int          most_a, most_b;

  Vectors(truth, reference, a, b);
  cell = fabs(a[0] * b[1] - a[1] * b[0]);
  most_a = (int)ceil(reach * hypot(b[0], b[1]) / cell) + 1;
  most_b = (int)ceil(reach * hypot(a[0], a[1]) / cell) + 1;
  for (int i = 0; i < 2; i++) /* the crystal lies anywhere */
    origin[i] = a[i] * AetRandomUniform(truth->seed, AET_STREAM_ORIGIN, 0) + b[i] * AetRandomUniform(truth->seed, AET_STREAM_ORIGIN, 1);
  for (int h = -most_a; h <= most_a; h++)
    for (int k = -most_b; k <= most_b; k++)
      for (int site = 0; site < 2; site++) {
        const double u = h + 0.5 * site, v = k + 0.5 * site;
        const double at[2] = {origin[0] + u * a[0] + v * b[0], origin[1] + u * a[1] + v * b[1]};
        double       seen[2];

        if (reference->weight[site] == 0 || hypot(at[0], at[1]) > reach || !AetScanMapInverse(map, at, seen)) continue;
        seen[0] += (double)AetOrigin(scan->nx), seen[1] += (double)AetOrigin(scan->ny);
        AetScanSplat(scan, profile, at, seen, reference->weight[site], image);
      }
}

/* Jitter of the lines, and the scan itself. move [size][2]. */
static void SetScan(const AetFramesTruth *truth, const AetScanMap *map, double (*move)[2], AetScan *scan)
{
  const double rest[2] = {0};

  AetFramesMoves(truth, rest, 0, AET_STREAM_JITTER + AET_STREAM_REFERENCE, 0, scan->ny, move);
  for (ptrdiff_t l = 0; l < scan->ny; l++) {
    const double jitter = move[l][0];

    scan->least[0] = fmin(scan->least[0], jitter - 1), scan->most[0] = fmax(scan->most[0], jitter + 1);
    for (int a = 0; a < 2; a++) move[l][a] = map->term[a][0] * jitter;
  }
  scan->move = move[0];
}

PetscErrorCode AetSimulateReference(const AetFramesTruth *truth, const AetReferenceTruth *reference, float *image)
{
  const ptrdiff_t n = reference->size;
  AetScan         scan = {.ny = n, .nx = n};
  AetScanMap      map;
  AetProfile      profile;
  double          sigma, *place, *work, *table;
  double(*move)[2];

  PetscFunctionBegin;
  PetscCall(AetSimulateAtomWidth(&sigma));
  sigma /= truth->pixel_angstrom;
  memcpy(map.term, truth->distortion, sizeof map.term);
  PetscCall(PetscMalloc4(2 * (size_t)(n * n), &place, (size_t)(n * n), &work, AetProfileSize(sigma), &table, (size_t)n, &move));
  memset(work, 0, sizeof *work * (size_t)(n * n));
  AetFramesPlaces(truth, n, n, place);
  AetProfileFill(sigma, table, &profile);
  scan.place = place;
  SetScan(truth, &map, move, &scan);
  Columns(truth, reference, &map, &scan, &profile, work);
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t p = 0; p < n * n; p++)
    image[p] = (float)AetFramesDetect(truth, AET_STREAM_REFERENCE, (uint64_t)p, truth->counts * (double)truth->frames, work[p]);
  PetscCall(PetscFree4(place, work, table, move));
  PetscFunctionReturn(PETSC_SUCCESS);
}
