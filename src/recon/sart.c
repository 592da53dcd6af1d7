/* SIRT and SART: weighted steps along the back-projected misfit of all views (Gilbert, J. Theor. Biol. 36 (1972) 105; Gregor and Benson,
   IEEE Trans. Med. Imaging 27 (2008) 918), or of one ordered subset of views after the other (Andersen and Kak, Ultrason. Imaging 6 (1984)
   81):

     x ← x + λ C Aᵀ R (b - A x),    R = 1 / row sums of A,  C = 1 / column sums

   docs/theory/linear.md. */
#include "recon/course.h"
#include "recon/estimate.h"
#include "recon/kernel/resire_step.h"
#include "recon/projector_private.h"
#include "recon/recon_private.h"
#include <math.h>

#define LEAST_SUM 0.02 /* of the largest row or column sum: rays that graze a corner of the volume would weigh without bound */

typedef struct {
  AetProjector   projector; /* borrowed */
  PetscInt       subsets;
  double         step;
  PetscBool      positive;
  unsigned char *use, *selected;     /* [v_count][ny][nx]; [views] */
  float         *row, *images;       /* [v_count][ny][nx]: R; A x, then the weighted misfit */
  float         *column, *direction; /* [z_count][n1][n2]: λ C, of an average subset */
} Sart;

static ptrdiff_t Pixels(AetRecon recon)
{
  return recon->tilt->v_count * recon->tilt->ny * recon->tilt->nx;
}

static ptrdiff_t Voxels(AetRecon recon)
{
  return recon->z_count * recon->n[1] * recon->n[2];
}

/* sum <- factor / sum, sums held up to a least part of the largest. */
static PetscErrorCode Invert(MPI_Comm comm, ptrdiff_t count, double factor, float *sum)
{
  float largest = 0, all;

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < count; i++) largest = fmaxf(largest, sum[i]);
  PetscCallMPI(MPI_Allreduce(&largest, &all, 1, MPI_FLOAT, MPI_MAX, comm));
  if (!(all > 0)) all = 1; /* no ray meets the volume: any weight will do */
  for (ptrdiff_t i = 0; i < count; i++) sum[i] = (float)(factor / fmax(sum[i], LEAST_SUM * (double)all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Row sums over the support, column sums over used pixels. */
static PetscErrorCode Weights(AetRecon recon, Sart *s)
{
  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) s->direction[i] = recon->support ? recon->support->data[i] : 1;
  PetscCall(AetProjectorForward(s->projector, s->direction, s->row));
  PetscCall(Invert(recon->comm, Pixels(recon), 1, s->row));
  for (ptrdiff_t i = 0; i < Pixels(recon); i++) s->images[i] = s->use[i] == AET_PIXEL_USED;
  PetscCall(AetProjectorAdjoint(s->projector, s->images, s->column));
  PetscCall(Invert(recon->comm, Voxels(recon), s->step * (double)s->subsets, s->column));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Setup(AetRecon recon, PetscInt subsets)
{
  const size_t pixels = (size_t)Pixels(recon), voxels = (size_t)Voxels(recon);
  Sart        *s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  recon->data = s;
  s->subsets = PetscMin(subsets, (PetscInt)recon->tilt->views);
  PetscCall(AetOptionGetReal("recon_step", &s->step));
  PetscCall(AetOptionGetBool("recon_positive", &s->positive));
  PetscCall(AetReconProjector(recon, &s->projector));
  PetscCall(AetAgree(recon->comm, PetscMalloc6(pixels, &s->use, pixels, &s->row, pixels, &s->images, voxels, &s->column, voxels,
                                               &s->direction, (size_t)recon->tilt->views, &s->selected)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SirtSetup(AetRecon recon)
{
  PetscFunctionBegin;
  PetscCall(Setup(recon, 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SartSetup(AetRecon recon)
{
  PetscInt subsets;

  PetscFunctionBegin;
  PetscCall(AetOptionGetInt("recon_subsets", &subsets));
  PetscCall(Setup(recon, subsets));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Views j ≡ subset (mod subsets). Subsets follow each other about a golden section of the range apart: neighbours know much the same. */
static void Select(const Sart *s, ptrdiff_t views, PetscInt turn)
{
  PetscInt stride = PetscMax(1, (PetscInt)lround(0.382 * s->subsets));

  while (stride < s->subsets) {
    PetscInt a = s->subsets, b = stride;
    while (b) {
      PetscInt rest = a % b;
      a = b, b = rest;
    }
    if (a == 1) break;
    stride++;
  }
  for (ptrdiff_t j = 0; j < views; j++) s->selected[j] = j % s->subsets == turn * stride % s->subsets;
}

/* Σ of AetResireMisfit over the local views that are selected, added to rows [v_count][6]; images <- R (b - A x) there, 0 elsewhere. */
static void WeighMisfit(AetRecon recon, Sart *s, double *rows)
{
  const AetTiltSeries tilt = recon->tilt;
  const ptrdiff_t     pixels = tilt->ny * tilt->nx;

#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < tilt->v_count; j++) {
    const ptrdiff_t at = j * pixels;
    if (!s->selected[tilt->v_start + j]) continue;
    AetResireMisfit(pixels, s->images + at, tilt->image + at, s->use + at, rows + 6 * j);
    for (ptrdiff_t i = at; i < at + pixels; i++)
      s->images[i] = s->use[i] == AET_PIXEL_USED ? s->row[i] * (tilt->image[i] - s->images[i]) : 0;
  }
}

static PetscErrorCode SubStep(AetRecon recon, Sart *s, double *rows)
{
  float       *x = recon->volume->data;
  const float *support = recon->support ? recon->support->data : NULL;

  PetscFunctionBegin;
  PetscCall(AetProjectorForward(s->projector, x, s->images));
  WeighMisfit(recon, s, rows);
  PetscCall(AetProjectorAdjoint(s->projector, s->images, s->direction));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) {
    float next = x[i] + s->column[i] * s->direction[i];
    next = s->positive && !(next > 0) ? 0 : next;
    x[i] = support ? next * support[i] : next;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One pass over all subsets. sums: of AetResireMisfit, of every view as it was found. */
static PetscErrorCode Pass(AetRecon recon, Sart *s, double sums[6])
{
  const AetTiltSeries tilt = recon->tilt;
  double             *rows;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(6 * (size_t)tilt->v_count, &rows));
  for (PetscInt turn = 0; turn < s->subsets; turn++) {
    Select(s, tilt->views, turn);
    AetProjectorSelect(s->projector, s->selected);
    PetscCall(SubStep(recon, s, rows));
  }
  AetProjectorSelect(s->projector, NULL);
  PetscCall(AetSumOrdered(recon->comm, (PetscInt)tilt->v_start, (PetscInt)tilt->v_count, (PetscInt)tilt->views, 6, rows, sums));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Pixels are withheld in the first half only, as in RESIRE; from then on all are used. The weights must know: behind a withheld pixel the
   column sums are smaller, and steps along all rays would overshoot there. */
static PetscErrorCode Release(AetRecon recon, Sart *s, double *withheld)
{
  PetscFunctionBegin;
  *withheld = 0;
  AetReconPixels(recon, 0, s->use);
  PetscCall(Weights(recon, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Iterate(AetRecon recon, Sart *s)
{
  char      note[80];
  double    sums[6] = {0}, withheld = recon->rfree_fraction;
  PetscInt  k;
  PetscBool stop = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(AetCourseKeep(recon, AET_KEPT_NUMBERS, "withheld", &withheld, 1));
  PetscCall(AetCourseStart(recon, &k));
  if (!(withheld > 0) && recon->rfree_fraction > 0) PetscCall(Release(recon, s, &withheld)); /* restored after it */
  for (; k < recon->iterations && !stop; k++) {
    PetscCall(AetEventBegin(AET_EVENT_RECON_ITERATION));
    if (withheld > 0 && k >= recon->iterations / 2) PetscCall(Release(recon, s, &withheld));
    PetscCall(Pass(recon, s, sums));
    if (sums[4] > 0) recon->rfree = sums[3] / sums[4];
    recon->error = sums[5] > 0 ? sqrt(sums[2] / sums[5]) : 0;
    PetscCall(AetEventEnd(AET_EVENT_RECON_ITERATION));
    snprintf(note, sizeof note, "R1 %.4f", sums[1] + sums[4] > 0 ? (sums[0] + sums[3]) / (sums[1] + sums[4]) : 0);
    PetscCall(AetCourseIterated(recon, k + 1, recon->error, note, &stop));
    if (stop && withheld > 0) { /* at rest without the withheld pixels; now with them */
      PetscCall(Release(recon, s, &withheld));
      AetCourseRenew(recon);
      stop = PETSC_FALSE;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Solve(AetRecon recon)
{
  Sart          *s = recon->data;
  PetscErrorCode code;

  PetscFunctionBegin;
  AetReconPixels(recon, recon->rfree_fraction, s->use);
  PetscCall(Weights(recon, s));
  PetscCall(AetReconInitial(recon));
  PetscCall(AetCourseBegin(recon, recon->method->name));
  code = Iterate(recon, s);
  PetscCall(AetCourseEnd(recon));
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(AetRecon recon)
{
  Sart *s = recon->data;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree6(s->use, s->row, s->images, s->column, s->direction, s->selected));
  PetscCall(PetscFree(recon->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The pair, the volume and two more, the images twice and what each pixel is for; R1 at the end has images of its own. */
static void Estimate(const AetReconLayout *l, double *bytes, double *work)
{
  *bytes = AetProjectorBytes(l) + 3 * l->V + 2.25 * l->P + AetR1Bytes(l);
  *work = 2 * AetProjectorWork(l);
}

/* A and Aᵀ of some views transform all the same. */
static void SartEstimate(const AetReconLayout *l, double *bytes, double *work)
{
  PetscInt subsets = 1;

  Estimate(l, bytes, work);
  if (!AetOptionGetInt("recon_subsets", &subsets))
    *work += 2 * (PetscMin(subsets, (PetscInt)l->recon->tilt->views) - 1) * AetTransformWork(l->recon->n, l->recon->N);
}

const AetReconMethod AetReconSirt = {"sirt", 100, SirtSetup, Solve, Destroy, PETSC_TRUE, PETSC_FALSE, Estimate};
const AetReconMethod AetReconSart = {"sart", 10, SartSetup, Solve, Destroy, PETSC_TRUE, PETSC_FALSE, SartEstimate};
