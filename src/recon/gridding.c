/* Gridding of GENFIRE (Pryor et al., Sci. Rep. 7 (2017) 10409) with exact values: a voxel within the threshold distance of a view's plane
   takes the image's transform at its foot point, averaged over the views by 1/distance. No voxel is stored that no view measures. */
#include "recon/gridding.h"
#include "recon/estimate.h"
#include "recon/image_spectra.h"
#include "recon/kernel/plane.h"
#include <omp.h>

#define SHORTEST 1e-5 /* voxels: a point on the plane itself does not silence all other views */
#define SAMPLES 4000  /* of an estimate of the points */
#define RFREE_STREAM 0x52667265u

typedef struct {
  AetMeasured *measured;
  AetPlane    *planes; /* [views] */
  PetscBool   *lit;    /* [views] */
  ptrdiff_t    views;
  double       distance;
  float       *weight; /* [points] sum of weights */
} Gridding;

/* Visits the voxels of one column near plane `view`; NULL-free and the same in both passes. */
#define FOR_EACH_POINT(g, view, ky, kx, body) \
  do { \
    ptrdiff_t first_, last_, Nz_ = (g)->measured->N[0]; \
    double    v, u, d; \
    if (!AetPlaneColumn(&(g)->planes[view], (g)->distance, Nz_, ky, kx, &first_, &last_)) break; \
    for (ptrdiff_t k_ = first_; k_ <= last_; k_++) { \
      ptrdiff_t index = k_ < 0 ? k_ + Nz_ : k_; \
      if (!AetPlaneFoot(&(g)->planes[view], k_, ky, kx, &v, &u, &d) || d > (g)->distance) continue; \
      body \
    } \
  } while (0)

/* The Nyquist planes of even sizes hold +k and -k at once: nothing measured is put there. */
static PetscBool IsNyquist(ptrdiff_t k, ptrdiff_t N)
{
  return 2 * k == N || 2 * k == -N ? PETSC_TRUE : PETSC_FALSE;
}

/* Marks in mask[Nz] the voxels of a column that any view measures; returns how many. */
static ptrdiff_t MarkColumn(const Gridding *g, ptrdiff_t ky, ptrdiff_t kx, unsigned char *mask)
{
  const AetMeasured *m = g->measured;
  ptrdiff_t          count = 0;

  if (IsNyquist(ky, m->N[1]) || IsNyquist(kx, m->N[2])) return 0;
  for (ptrdiff_t view = 0; view < g->views; view++) {
    if (!g->lit[view]) continue;
    FOR_EACH_POINT(g, view, ky, kx, {
      count += !mask[index];
      mask[index] = 1;
    });
  }
  return count;
}

/* First pass: the number of points of each column, then their kz. */
static PetscErrorCode FindPoints(Gridding *g)
{
  AetMeasured    *m = g->measured;
  const ptrdiff_t Nz = m->N[0], row = m->N[2] / 2 + 1;
  unsigned char  *masks;
  const int       threads = AetThreads();

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)threads * (size_t)Nz, &masks));
  for (int pass = 0; pass < 2; pass++) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (ptrdiff_t j = 0; j < m->ky_count; j++) {
      unsigned char *mask = masks + (ptrdiff_t)omp_get_thread_num() * Nz;
      for (ptrdiff_t kx = 0; kx < row; kx++) {
        ptrdiff_t c = j * row + kx, count = MarkColumn(g, AetSignedFrequency(m->ky_start + j, m->N[1]), kx, mask),
                  at = pass ? m->begin[c] : 0;
        if (!pass) m->begin[c + 1] = count;
        if (!count) continue;
        for (ptrdiff_t k = 0; k < Nz; k++) {
          if (pass && mask[k]) m->kz[at++] = (uint16_t)k;
          mask[k] = 0;
        }
      }
    }
    if (pass) break;
    for (ptrdiff_t c = 0; c < m->columns; c++) m->begin[c + 1] += m->begin[c];
    m->points = m->begin[m->columns];
    PetscCall(PetscMalloc1(m->points, &m->kz));
    PetscCall(PetscCalloc1(m->points, &m->value));
    PetscCall(PetscCalloc1(m->points, &g->weight));
  }
  PetscCall(PetscFree(masks));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds the views of a batch to one column; slot[kz] is a work array of Nz. */
static void AddToColumn(Gridding *g, const AetImageSpectra *spectra, ptrdiff_t first, int count, ptrdiff_t c, ptrdiff_t ky, ptrdiff_t kx,
                        ptrdiff_t *slot)
{
  AetMeasured *m = g->measured;

  if (m->begin[c] == m->begin[c + 1]) return;
  for (ptrdiff_t i = m->begin[c]; i < m->begin[c + 1]; i++) slot[m->kz[i]] = i;
  for (int b = 0; b < count; b++) {
    if (!g->lit[first + b]) continue;
    FOR_EACH_POINT(g, first + b, ky, kx, {
      float weight = (float)(1 / PetscMax(d, SHORTEST));
      m->value[slot[index]] += weight * AetImageEvaluate(&spectra->kernel, spectra->M, spectra->expanded[b], v, u);
      g->weight[slot[index]] += weight;
    });
  }
}

/* Second pass: the values. */
static PetscErrorCode FillPoints(Gridding *g, AetImageSpectra *spectra)
{
  AetMeasured    *m = g->measured;
  const ptrdiff_t Nz = m->N[0], row = m->N[2] / 2 + 1;
  const int       threads = AetThreads();
  ptrdiff_t      *slots;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)threads * (size_t)Nz, &slots));
  for (ptrdiff_t first = 0; first < g->views; first += spectra->batch) {
    int count = (int)PetscMin(spectra->batch, g->views - first);
    PetscCall(AetImageSpectraLoad(spectra, first, count));
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (ptrdiff_t j = 0; j < m->ky_count; j++)
      for (ptrdiff_t kx = 0; kx < row; kx++)
        AddToColumn(g, spectra, first, count, j * row + kx, AetSignedFrequency(m->ky_start + j, m->N[1]), kx,
                    slots + (ptrdiff_t)omp_get_thread_num() * Nz);
  }
  for (ptrdiff_t i = 0; i < m->points; i++) m->value[i] /= g->weight[i];
  PetscCall(PetscFree(slots));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One number of a voxel and its Hermitian partner, which are both stored only where kx = 0. */
static uint64_t VoxelKey(const ptrdiff_t N[3], ptrdiff_t kz, ptrdiff_t ky, ptrdiff_t kx)
{
  uint64_t key = (uint64_t)((ky * (N[2] / 2 + 1) + kx) * N[0] + kz), partner;

  if (kx) return key;
  partner = (uint64_t)(((N[1] - ky) % N[1] * (N[2] / 2 + 1)) * N[0] + (N[0] - kz) % N[0]);
  return PetscMin(key, partner);
}

/* Puts the withheld points of every column behind the enforced ones. */
static PetscErrorCode Withhold(AetMeasured *m, double fraction, uint64_t seed)
{
  const ptrdiff_t row = m->N[2] / 2 + 1;
  uint16_t       *kz;
  float complex  *value;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(m->N[0], &kz, m->N[0], &value));
  for (ptrdiff_t c = 0; c < m->columns; c++) {
    ptrdiff_t kept = m->begin[c], held = 0;
    for (ptrdiff_t i = m->begin[c]; i < m->begin[c + 1]; i++) {
      uint64_t key = VoxelKey(m->N, m->kz[i], m->ky_start + c / row, c % row);
      if (key && AetRandomUniform(seed, RFREE_STREAM, key) < fraction) { /* key 0, the total intensity, is always enforced */
        kz[held] = m->kz[i];
        value[held++] = m->value[i];
      } else {
        m->kz[kept] = m->kz[i];
        m->value[kept++] = m->value[i];
      }
    }
    m->enforced[c] = (uint16_t)(kept - m->begin[c]);
    PetscCall(PetscArraycpy(m->kz + kept, kz, held));
    PetscCall(PetscArraycpy(m->value + kept, value, held));
  }
  PetscCall(PetscFree2(kz, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Which views have any light; known everywhere before the points are found. */
static PetscErrorCode FindLit(AetTiltSeries tilt, PetscBool *lit)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  int            *flag;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(tilt->views, &flag));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++)
    for (ptrdiff_t p = 0; p < pixels && !flag[tilt->v_start + v]; p++) flag[tilt->v_start + v] = tilt->image[v * pixels + p] != 0;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, flag, (int)tilt->views, MPI_INT, MPI_MAX, tilt->comm));
  for (ptrdiff_t v = 0; v < tilt->views; v++) lit[v] = flag[v] ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(PetscFree(flag));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetMeasuredCreate(AetTiltSeries tilt, const ptrdiff_t N[3], ptrdiff_t ky_start, ptrdiff_t ky_count, double distance,
                                 double withheld, uint64_t seed, AetMeasured *m)
{
  Gridding        g = {.measured = m, .views = tilt->views, .distance = distance};
  AetImageSpectra spectra;

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_GRIDDING));
  *m = (AetMeasured){.N = {N[0], N[1], N[2]}, .ky_start = ky_start, .ky_count = ky_count, .columns = ky_count * (N[2] / 2 + 1)};
  AetCheck(N[0] < 65536, AET_ERR_INPUT, "padded grid: expected fewer than 65536 voxels along the beam, found %td", N[0]);
  PetscCall(PetscMalloc2(tilt->views, &g.planes, tilt->views, &g.lit));
  PetscCall(FindLit(tilt, g.lit));
  for (ptrdiff_t v = 0; v < tilt->views; v++) AetPlaneInit(tilt->rotation[v], N, &g.planes[v]);
  PetscCall(PetscCalloc2(m->columns + 1, &m->begin, m->columns, &m->enforced));
  PetscCall(AetAgree(tilt->comm, FindPoints(&g)));
  PetscCall(AetImageSpectraCreate(tilt, &spectra));
  PetscCall(FillPoints(&g, &spectra));
  PetscCall(AetImageSpectraDestroy(&spectra));
  PetscCall(PetscFree(g.weight));
  PetscCall(Withhold(m, withheld, seed));
  PetscCall(PetscFree2(g.planes, g.lit));
  PetscCall(AetEventEnd(AET_EVENT_GRIDDING));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The part of the stored grid within `distance` of a plane of the views: a sample of its points, the same everywhere. */
static double MeasuredFraction(const AetReconLayout *l)
{
  const AetTiltSeries tilt = l->recon->tilt;
  const ptrdiff_t    *N = l->recon->N;
  const double        distance = l->recon->gridding_distance;
  int                 near = 0;

  if (l->recon->measured_fraction > 0) return l->recon->measured_fraction;
  for (int i = 0; i < SAMPLES; i++) {
    const double f[3] = {0.5 * AetRandomUniform(0, RFREE_STREAM + 1, (uint64_t)i), AetRandomUniform(0, RFREE_STREAM + 2, (uint64_t)i) - 0.5,
                         AetRandomUniform(0, RFREE_STREAM + 3, (uint64_t)i) - 0.5};
    int          found = 0;
    for (ptrdiff_t j = 0; j < tilt->views && !found; j++) {
      AetPlane        plane;
      ptrdiff_t       first, last;
      double          v, u, d;
      const ptrdiff_t k[3] = {(ptrdiff_t)floor(f[2] * (double)N[0]), (ptrdiff_t)floor(f[1] * (double)N[1]),
                              (ptrdiff_t)floor(f[0] * (double)N[2])};
      AetPlaneInit(tilt->rotation[j], N, &plane);
      found = AetPlaneColumn(&plane, distance, N[0], k[1], k[2], &first, &last) && k[0] >= first && k[0] <= last &&
              AetPlaneFoot(&plane, k[0], k[1], k[2], &v, &u, &d) && d <= distance;
    }
    near += found;
  }
  return l->recon->measured_fraction = (near + 0.5) / SAMPLES;
}

double AetMeasuredBytes(const AetReconLayout *l, double *making)
{
  const ptrdiff_t *N = l->recon->N;
  ptrdiff_t        start, rows;
  double           points, columns;

  AetBlock(N[1], 0, l->ranks, &start, &rows);
  columns = (double)rows * (double)(N[2] / 2 + 1);
  points = MeasuredFraction(l) * columns * (double)N[0];
  *making = 4 * points + AetImageSpectraBytes(l->recon->tilt);
  return 10 * points + 10 * columns;
}

PetscErrorCode AetMeasuredDestroy(AetMeasured *m)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(m->begin, m->enforced));
  PetscCall(PetscFree(m->kz));
  PetscCall(PetscFree(m->value));
  PetscFunctionReturn(PETSC_SUCCESS);
}
