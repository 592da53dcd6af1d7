/* One candidate of a scan: its course, judged on the way. */
#include "recon/scan_private.h"

#define JUDGE_OVERSAMPLING 1.5 /* with all taps as exact as the pair of 2, in half the memory */
#define JUDGE_WIDTH 8
#define GAIN 0.002 /* of R_free: a step of the ladder that lowers it by a smaller part gains nothing */
#define IDLE 2     /* steps without a gain that end a course: at rest, or noise is being fitted */

typedef struct {
  AetScanSeries    *series;
  AetScanCandidate *candidate;
  int               steps, next;
  const PetscInt   *ladder;
  double            begin;
} Trial;

PetscErrorCode AetScanOptions(const AetScanCandidate *c, PetscBool use)
{
  char name[80];

  PetscFunctionBegin;
  for (int k = 0; k < c->keys; k++) {
    snprintf(name, sizeof name, "-%s", c->key[k]);
    if (use)
      PetscCall(PetscOptionsSetValue(NULL, name, c->value[k]));
    else
      PetscCall(PetscOptionsClearValue(NULL, name)); /* keys that the user has set are never scanned */
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The projector of all views is the same for all candidates: so is their score. */
static PetscErrorCode Judge(Trial *t, const ptrdiff_t n[3], PetscInt done, const float *volume)
{
  AetScanSeries *s = t->series;
  AetScanPoint  *point = &t->candidate->point[t->candidate->points];

  PetscFunctionBegin;
  if (!s->projector) PetscCall(AetProjectorCreate(s->all, n, JUDGE_OVERSAMPLING, JUDGE_WIDTH, &s->projector));
  PetscCall(AetReconMisfits(s->judge, s->projector, volume, s->view_used, &point->r1, &point->rfree));
  point->iterations = (double)done;
  point->seconds = MPI_Wtime() - t->begin;
  t->candidate->points++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool Idle(const AetScanCandidate *c)
{
  int idle = 0;

  for (int i = 1; i < c->points; i++) idle = c->point[i].rfree > (1 - GAIN) * c->point[i - 1].rfree ? idle + 1 : 0;
  return idle >= IDLE ? PETSC_TRUE : PETSC_FALSE;
}

static PetscErrorCode Watch(AetRecon recon, PetscInt done, void *context, PetscBool *stop)
{
  Trial *t = context;

  PetscFunctionBegin;
  if (t->next >= t->steps || done < t->ladder[t->next]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Judge(t, recon->n, done, recon->volume->data));
  t->next++;
  *stop = Idle(t->candidate);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(Trial *t, AetRecon recon)
{
  AetVolume volume;

  PetscFunctionBegin;
  PetscCall(AetReconSetFromOptions(recon));
  recon->rfree_fraction = 0;
  recon->inner = PETSC_TRUE;
  recon->iterations = t->ladder[t->steps - 1];
  recon->watch = Watch;
  recon->watch_context = t;
  PetscCall(AetReconSolve(recon, &volume));
  if (!t->candidate->points) PetscCall(Judge(t, volume->n, recon->iterations_done, volume->data)); /* a method without a course */
  PetscCall(AetVolumeDestroy(&volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetScanTry(AetScanSeries *series, AetScanCandidate *candidate, int steps, const PetscInt *ladder)
{
  Trial          t = {series, candidate, steps, 0, ladder, MPI_Wtime()};
  AetRecon       recon;
  PetscErrorCode code;

  PetscFunctionBegin;
  candidate->points = 0;
  PetscCall(AetReconCreate(series->used, &recon));
  PetscCall(AetScanOptions(candidate, PETSC_TRUE));
  code = Run(&t, recon);
  PetscCall(AetScanOptions(candidate, PETSC_FALSE));
  PetscCall(code);
  PetscCall(AetReconDestroy(&recon));
  PetscFunctionReturn(PETSC_SUCCESS);
}
