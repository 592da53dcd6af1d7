/* Direct Fourier inversion: GENFIRE's gridded values, transformed back once; what no view measures is 0. docs/theory/wbp.md. */
#include "recon/estimate.h"
#include "recon/gridding.h"
#include "recon/recon_private.h"

typedef struct {
  AetTransform transform;
  AetMeasured  measured;
} Dfi;

static PetscErrorCode DfiSetUp(AetRecon recon)
{
  Dfi      *d;
  ptrdiff_t ky_start, ky_count;

  PetscFunctionBegin;
  AetCheck(!recon->extended, AET_ERR_INPUT,
           "recon_extended: expected false for recon_method dfi, which needs the whole object in every image; wbp does without");
  PetscCall(PetscNew(&d));
  recon->data = d;
  recon->isolated = PETSC_TRUE;
  PetscCall(AetTransformCreate(recon->comm, recon->n, recon->N, &d->transform));
  PetscCall(AetTransformGetLayout(d->transform, NULL, NULL, &ky_start, &ky_count, NULL));
  PetscCall(AetMeasuredCreate(recon->tilt, recon->N, ky_start, ky_count, recon->gridding_distance, 0, recon->seed, &d->measured));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DfiDestroy(AetRecon recon)
{
  Dfi *d = recon->data;

  PetscFunctionBegin;
  if (!d) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetTransformDestroy(&d->transform));
  PetscCall(AetMeasuredDestroy(&d->measured));
  PetscCall(PetscFree(recon->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void PutMeasured(void *context, int thread, ptrdiff_t ky, ptrdiff_t kx, ptrdiff_t count, ptrdiff_t Nz, float complex *columns)
{
  const AetMeasured *m = context;

  for (ptrdiff_t j = 0; j < count; j++, columns += Nz) {
    const ptrdiff_t c = (ky - m->ky_start) * (m->N[2] / 2 + 1) + kx + j;
    for (ptrdiff_t i = m->begin[c]; i < m->begin[c + 1]; i++) columns[m->kz[i]] = m->value[i];
  }
}

static PetscErrorCode DfiSolve(AetRecon recon)
{
  const ptrdiff_t voxels = recon->z_count * recon->n[1] * recon->n[2];
  Dfi            *d = recon->data;
  float          *volume = recon->volume->data; /* zero: so are all voxels that are not put */

  PetscFunctionBegin;
  PetscCall(AetTransformApply(d->transform, volume, PutMeasured, &d->measured, volume));
  for (ptrdiff_t i = 0; recon->support && i < voxels; i++) volume[i] *= recon->support->data[i];
  recon->error = -1; /* R1's projections tell it */
  recon->iterations_done = 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The transform and the measured points rest; beside them their making, or the volume, the pair and R1's images. */
static void Estimate(const AetReconLayout *l, double *bytes, double *work)
{
  double making, rest = AetTransformBytes(l->recon->n, l->recon->N, l->ranks, l->threads) + AetMeasuredBytes(l, &making);

  l->recon->isolated = PETSC_TRUE; /* as SetUp will have it */
  *bytes = rest + PetscMax(making, l->V + AetProjectorBytes(l) + AetR1Bytes(l));
  *work = 2 * AetTransformWork(l->recon->n, l->recon->N);
}

const AetReconMethod AetReconDfi = {"dfi", 1, DfiSetUp, DfiSolve, DfiDestroy, PETSC_FALSE, PETSC_FALSE, Estimate};
