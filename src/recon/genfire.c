/* GENFIRE (Pryor et al., Sci. Rep. 7 (2017) 10409): alternate between what the object may be (not negative, inside the support, inside the
   volume of the padded grid) and what the views measured (the gridded Fourier voxels). docs/theory/genfire.md. */
#include "recon/course.h"
#include "recon/estimate.h"
#include "recon/gridding.h"
#include "recon/kernel/enforce.h"
#include "recon/morphology.h"
#include "recon/support.h"
#include <float.h>
#include <math.h>

typedef struct {
  AetTransform transform;
  AetMeasured  measured;
  ptrdiff_t    row;           /* columns of a row of k_y */
  double      *error, *rfree; /* [columns] Σ ||K| - |F|| over enforced, and over withheld points */
  double       norm[2];       /* Σ |F| over enforced, over withheld points */
  double       radius;        /* points with |f| below it, in cycles per voxel, are put in; negative: none */
  float       *residual;      /* [points] ||K| - |F||, of the withheld ones; NULL but at the end */
} Genfire;

/* Σ over columns of two arrays, the same bits on any number of ranks. */
static PetscErrorCode SumColumns(const Genfire *g, MPI_Comm comm, const double *first, const double *second, double sums[2])
{
  const AetMeasured *m = &g->measured;
  double            *rows;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(2 * m->ky_count, &rows));
  for (ptrdiff_t c = 0; c < m->columns; c++) {
    rows[2 * (c / g->row)] += first[c];
    rows[2 * (c / g->row) + 1] += second[c];
  }
  PetscCall(AetSumOrdered(comm, (PetscInt)m->ky_start, (PetscInt)m->ky_count, (PetscInt)m->N[1], 2, rows, sums));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GenfireNorms(Genfire *g, MPI_Comm comm)
{
  const AetMeasured *m = &g->measured;

  PetscFunctionBegin;
  for (ptrdiff_t c = 0; c < m->columns; c++) {
    g->error[c] = g->rfree[c] = 0;
    for (ptrdiff_t i = m->begin[c]; i < m->begin[c + 1]; i++)
      *(i < m->begin[c] + m->enforced[c] ? &g->error[c] : &g->rfree[c]) += cabsf(m->value[i]);
  }
  PetscCall(SumColumns(g, comm, g->error, g->rfree, g->norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GenfireSetUp(AetRecon recon)
{
  Genfire  *g;
  ptrdiff_t ky_start, ky_count;
  int       rank, size;

  PetscFunctionBegin;
  AetCheck(!recon->extended, AET_ERR_INPUT,
           "recon_extended: expected false for recon_method genfire, which needs the whole object in every image; resire does without");
  PetscCall(PetscNew(&g));
  recon->data = g;
  recon->isolated = PETSC_TRUE;
  PetscCallMPI(MPI_Comm_rank(recon->comm, &rank));
  PetscCallMPI(MPI_Comm_size(recon->comm, &size));
  AetBlock(recon->N[1], rank, size, &ky_start, &ky_count); /* as the transform will have them */
  PetscCall(AetMeasuredCreate(recon->tilt, recon->N, ky_start, ky_count, recon->gridding_distance, recon->rfree_fraction, recon->seed,
                              &g->measured));
  g->row = recon->N[2] / 2 + 1;
  PetscCall(AetAgree(recon->comm, PetscCalloc2(g->measured.columns, &g->error, g->measured.columns, &g->rfree)));
  PetscCall(GenfireNorms(g, recon->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GenfireDestroy(AetRecon recon)
{
  Genfire *g = recon->data;

  PetscFunctionBegin;
  if (!g) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetTransformDestroy(&g->transform));
  PetscCall(AetMeasuredDestroy(&g->measured));
  PetscCall(PetscFree2(g->error, g->rfree));
  PetscCall(PetscFree(recon->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Largest |kz| of a column inside the radius; negative if there is none. */
static double ColumnLimit(const Genfire *g, ptrdiff_t ky, ptrdiff_t kx)
{
  const ptrdiff_t *N = g->measured.N;
  double           fy = (double)AetSignedFrequency(ky, N[1]) / (double)N[1], fx = (double)kx / (double)N[2];
  double           rest = g->radius * g->radius - fy * fy - fx * fx;

  return g->radius < 0 || rest < 0 ? -1 : sqrt(rest) * (double)N[0];
}

static void VisitColumns(void *context, int thread, ptrdiff_t ky, ptrdiff_t kx, ptrdiff_t count, ptrdiff_t Nz, float complex *columns)
{
  Genfire           *g = context;
  const AetMeasured *m = &g->measured;

  for (ptrdiff_t j = 0; j < count; j++, columns += Nz) {
    ptrdiff_t c = (ky - m->ky_start) * g->row + kx + j, begin = m->begin[c], kept = m->enforced[c], held = begin + kept;
    float    *residual = g->residual ? g->residual + held : NULL;
    g->error[c] = AetColumnResidual(kept, m->kz + begin, m->value + begin, columns, NULL);
    g->rfree[c] = AetColumnResidual(m->begin[c + 1] - held, m->kz + held, m->value + held, columns, residual);
    AetColumnEnforce(kept, m->kz + begin, m->value + begin, Nz, ColumnLimit(g, ky, kx + j), columns);
  }
}

static void Limit(const AetRecon recon, float *object)
{
  const ptrdiff_t count = recon->z_count * recon->n[1] * recon->n[2];
  const float    *support = recon->support ? recon->support->data : NULL;

#pragma omp parallel for simd num_threads(AetThreads())
  for (ptrdiff_t i = 0; i < count; i++) object[i] = (object[i] > 0 ? object[i] : 0) * (support ? support[i] : 1);
}

/* Not negative, inside the support, smooth where that is asked. */
static PetscErrorCode Constrain(AetRecon recon, float *object)
{
  PetscFunctionBegin;
  Limit(recon, object);
  if (recon->smooth > 0) {
    PetscCall(AetReconSmooth(recon, recon->smooth, object));
    Limit(recon, object);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One step: errK and R_free of the object, and the object with the measured points put in. */
static PetscErrorCode Step(AetRecon recon, const float *object, float *next, double *error, double *rfree)
{
  Genfire *g = recon->data;
  double   sums[2];

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_RECON_ITERATION));
  PetscCall(AetTransformApply(g->transform, object, VisitColumns, g, next));
  PetscCall(SumColumns(g, recon->comm, g->error, g->rfree, sums));
  *error = g->norm[0] > 0 ? sums[0] / g->norm[0] : 0;
  *rfree = g->norm[1] > 0 ? sums[1] / g->norm[1] : -1;
  PetscCall(AetEventEnd(AET_EVENT_RECON_ITERATION));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The cut-off, as a fraction of Nyquist's frequency, below which measured points are put in at iteration `it` of `count`. */
static double Extension(AetResolutionExtension extension, PetscInt it, PetscInt count)
{
  const int up = 8, down = 11; /* stages of 0.15 outwards and of 0.1 back */
  double    progress = (double)it / (double)count;
  int       stage;

  if (extension == AET_EXTENSION_NONE || (extension == AET_EXTENSION_ON && progress >= 0.5)) return 1.1;
  if (extension == AET_EXTENSION_ON) return 0.05 + 0.15 * floor(2 * progress * up);
  stage = (int)(progress * (up + down));
  return stage < up ? 0.05 + 0.15 * stage : 1.05 - 0.1 * (stage - up);
}

static void Swap(float **a, float **b)
{
  float *c = *a;

  *a = *b;
  *b = c;
}

typedef struct {
  float *object, *next, *limited; /* limited: the relaxed iteration's; NULL in the plain one */
  double relaxation;
  double stage; /* of resolution extension; negative before the first */
} Course;

/* The best volume of a stage is kept in recon->volume, and a new stage begins anew. */
static void KeepBest(AetRecon recon, const Course *course, double extension, double error, double rfree, float **object)
{
  if (extension == course->stage && error >= recon->error) return;
  Swap(object, &recon->volume->data);
  recon->error = error;
  recon->rfree = rfree;
}

/* The relaxed step: O + β (P_F(2 P_S O - O) - P_S O). What is judged and kept is P_S O: O itself need be neither positive nor inside the
   support. */
static PetscErrorCode Relaxed(AetRecon recon, Course *course, double extension, double *error)
{
  const ptrdiff_t count = recon->z_count * recon->n[1] * recon->n[2];
  const float     relaxation = (float)course->relaxation;
  Genfire        *g = recon->data;
  float          *object = course->object, *next = course->next, *limited = course->limited;
  double          rfree, ignored[2];

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(limited, object, count));
  PetscCall(Constrain(recon, limited));
  g->radius = -1;
  PetscCall(Step(recon, limited, next, error, &rfree));
#pragma omp parallel for simd num_threads(AetThreads())
  for (ptrdiff_t i = 0; i < count; i++) next[i] = 2 * limited[i] - object[i];
  g->radius = 0.5 * extension;
  PetscCall(Step(recon, next, next, &ignored[0], &ignored[1]));
#pragma omp parallel for simd num_threads(AetThreads())
  for (ptrdiff_t i = 0; i < count; i++) object[i] += relaxation * (next[i] - limited[i]);
  KeepBest(recon, course, extension, *error, rfree, &course->limited);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Plain(AetRecon recon, Course *course, double extension, double *error)
{
  Genfire *g = recon->data;
  double   rfree;

  PetscFunctionBegin;
  PetscCall(Constrain(recon, course->object));
  g->radius = 0.5 * extension;
  PetscCall(Step(recon, course->object, course->next, error, &rfree));
  KeepBest(recon, course, extension, *error, rfree, &course->object);
  Swap(&course->object, &course->next);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One iteration. A new support is a new stage: what was best in the old one is not inside it. */
static PetscErrorCode Advance(AetRecon recon, PetscInt it, Course *course, double *error)
{
  const double extension = Extension(recon->extension, it, recon->iterations);
  PetscBool    wrapped;

  PetscFunctionBegin;
  PetscCall(AetWrapSupport(recon, it, recon->volume->data, &wrapped));
  if (wrapped) {
    course->stage = -1;
    AetCourseRenew(recon);
  }
  PetscCall((course->relaxation > 0 ? Relaxed : Plain)(recon, course, extension, error));
  course->stage = extension;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Iterate(AetRecon recon, Course *course)
{
  double    error;
  PetscInt  it;
  PetscBool stop = PETSC_FALSE;
  char      note[64];

  PetscFunctionBegin;
  PetscCall(AetCourseKeep(recon, AET_KEPT_VOLUME, "object", &course->object, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_NUMBERS, "stage", &course->stage, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_NUMBERS, "error", &recon->error, 1));
  PetscCall(AetWrapKeep(recon));
  PetscCall(AetCourseStart(recon, &it));
  for (; it < recon->iterations && !stop; it++) {
    PetscCall(Advance(recon, it, course, &error));
    snprintf(note, sizeof note, "errK %.4f", error);
    if (recon->extension != AET_EXTENSION_NONE) AetCourseRenew(recon); /* a schedule is followed to its end */
    PetscCall(AetCourseIterated(recon, it + 1, error, note, &stop));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* R_free by shell of the final volume, by one more transform of it. */
static PetscErrorCode ShellRfree(AetRecon recon, float *scratch)
{
  Genfire           *g = recon->data;
  const AetMeasured *m = &g->measured;
  const ptrdiff_t    size = PetscMax(m->N[0], PetscMax(m->N[1], m->N[2]));
  double             error, rfree, *rows, *sums;

  PetscFunctionBegin;
  recon->shells = (int)(size / 2 + 1);
  PetscCall(PetscCalloc2(2 * recon->shells * m->ky_count, &rows, 2 * recon->shells, &sums));
  PetscCall(PetscMalloc1(m->points, &g->residual));
  g->radius = -1;
  PetscCall(Step(recon, recon->volume->data, scratch, &error, &rfree));
  for (ptrdiff_t c = 0; c < m->columns; c++) {
    double fy = (double)AetSignedFrequency(m->ky_start + c / g->row, m->N[1]) / (double)m->N[1],
           fx = (double)(c % g->row) / (double)m->N[2];
    for (ptrdiff_t i = m->begin[c] + m->enforced[c]; i < m->begin[c + 1]; i++) {
      double  fz = (double)AetSignedFrequency(m->kz[i], m->N[0]) / (double)m->N[0];
      int     shell = (int)(sqrt(fz * fz + fy * fy + fx * fx) * (double)size + 0.5);
      double *sum = rows + 2 * (recon->shells * (c / g->row) + PetscMin(shell, recon->shells - 1));
      sum[0] += g->residual[i];
      sum[1] += cabsf(m->value[i]);
    }
  }
  PetscCall(AetSumOrdered(recon->comm, (PetscInt)m->ky_start, (PetscInt)m->ky_count, (PetscInt)m->N[1], 2 * recon->shells, rows, sums));
  PetscCall(PetscMalloc1(recon->shells, &recon->rfree_shell));
  for (int s = 0; s < recon->shells; s++) recon->rfree_shell[s] = sums[2 * s + 1] > 0 ? sums[2 * s] / sums[2 * s + 1] : -1;
  PetscCall(PetscFree(g->residual));
  PetscCall(PetscFree2(rows, sums));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GenfireSolve(AetRecon recon)
{
  const ptrdiff_t count = recon->z_count * recon->n[1] * recon->n[2];
  Genfire        *g = recon->data;
  Course          course = {NULL, NULL, NULL, 0, -1};
  PetscErrorCode  code;

  PetscFunctionBegin;
  recon->error = DBL_MAX;
  PetscCall(AetOptionGetReal("recon_relaxation", &course.relaxation));
  PetscCall(AetTransformCreate(recon->comm, recon->n, recon->N, &g->transform));
  code = PetscCalloc1(count, &course.object);
  if (!code) code = PetscCalloc1(count, &course.next);
  if (!code && course.relaxation > 0) code = PetscCalloc1(count, &course.limited);
  PetscCall(AetAgree(recon->comm, code));
  PetscCall(AetReconInitial(recon));
  PetscCall(PetscArraycpy(course.object, recon->volume->data, count));
  PetscCall(AetCourseBegin(recon, "GENFIRE"));
  code = Iterate(recon, &course);
  PetscCall(AetCourseEnd(recon));
  if (!code && recon->rfree >= 0) code = ShellRfree(recon, course.next);
  PetscCall(AetTransformDestroy(&g->transform)); /* R1 needs the room for the pair */
  PetscCall(PetscFree(course.object));
  PetscCall(PetscFree(course.next));
  PetscCall(PetscFree(course.limited));
  PetscFunctionReturn(code);
}

/* The measured points and their sums by column rest; beside them the making of the points, the transform and the iterates, or the pair
   and R1's images. */
static void Estimate(const AetReconLayout *l, double *bytes, double *work)
{
  const ptrdiff_t *N = l->recon->N;
  const double     columns = (double)N[1] / l->ranks * (double)(N[2] / 2 + 1);
  double           making, rest = AetMeasuredBytes(l, &making), transform = AetTransformBytes(l->recon->n, N, l->ranks, l->threads);
  const double     residual = 0.4 * PetscMax(rest - 10 * columns, 0); /* of ShellRfree, 4 bytes for the 10 of a point */

  l->recon->isolated = PETSC_TRUE; /* as SetUp will have it */
  rest += 16.0 * columns;
  *bytes = rest + PetscMax(making, l->V + PetscMax(2 * l->V + transform + residual, AetProjectorBytes(l) + AetR1Bytes(l)));
  *work = 2 * AetTransformWork(l->recon->n, N);
}

const AetReconMethod AetReconGenfire = {"genfire", 100, GenfireSetUp, GenfireSolve, GenfireDestroy, PETSC_TRUE, PETSC_FALSE, Estimate};
