/* What a reconstruction needs, before it begins. */
#include "recon/estimate.h"
#include "recon/projector_private.h"
#include <string.h>

#define SMALL (2.0 * 1048576) /* what is not worth a name: plans, tables, lists, rounding to pages; measured */
#define LARGER 1.4            /* time of a unit of work on grids that fill no cache, over that of the small one that is timed; measured */

PetscErrorCode AetReconPlan(AetRecon recon)
{
  int wanted;

  PetscFunctionBegin;
  if (!recon->options_read) PetscCall(AetReconSetFromOptions(recon));
  AetReconChooseSizes(recon);
  if (!recon->method->chooses_operator) PetscFunctionReturn(PETSC_SUCCESS);
  if (!recon->tilt->head) {
    PetscCall(AetReconChooseOperator(recon));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(AetOptionGetEnum("recon_operator", &wanted));
  recon->isolated = wanted == AET_OPERATOR_PAIR || recon->extended ? PETSC_FALSE : PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

AetReconLayout AetReconLayoutOn(AetRecon recon, int ranks)
{
  AetReconLayout l = {.recon = recon, .ranks = ranks, .threads = AetThreads()};
  ptrdiff_t      start;

  AetBlock(recon->tilt->views, 0, ranks, &start, &l.views);
  AetBlock(recon->n[0], 0, ranks, &start, &l.planes);
  l.V = 4.0 * (double)l.planes * (double)recon->n[1] * (double)recon->n[2];
  l.P = 4.0 * (double)l.views * (double)recon->tilt->ny * (double)recon->tilt->nx;
  return l;
}

double AetR1Bytes(const AetReconLayout *l)
{
  return 1.25 * l->P;
}

/* The support rests beside everything, and an initial model is read beside the volume; *making: while it is made, before the method begins;
 *during: beside the method. */
static double SupportBytes(const AetReconLayout *l, double *making, double *during)
{
  const char *choice = l->recon->support_file;
  double      work;

  *making = *during = AetReconInitialGiven(l->recon) ? l->V : 0;
  if (!choice[0] || !strcmp(choice, "none")) return 0;
  if (!strcmp(choice, "auto")) {
    *making = AetProjectorBytes(l) + l->P;
  } else if (!strcmp(choice, "otsu")) {
    AetReconWbp.estimate(l, making, &work);
  } else if (!strcmp(choice, "shrinkwrap")) {
    *during = 3 * l->V; /* smoothed and softened with halos */
    *making = AetProjectorBytes(l) + l->P;
  } else {
    *making = l->V;
  }
  return l->V;
}

/* Of a method that says nothing about itself: the pair and what any of the others has beside it. */
static void Guess(const AetReconLayout *l, double *bytes, double *work)
{
  *bytes = AetProjectorBytes(l) + AetRampBytes(l, 0, 0) + 6 * l->V + 4 * l->P;
  *work = 2 * AetProjectorWork(l);
}

/* Whether AetReconLeaveOut runs the method once without some views. */
static PetscBool LeavesOut(const AetReconLayout *l)
{
  return (PetscBool)(!l->recon->method->own_rfree && l->recon->rfree_fraction > 0 && !l->recon->inner);
}

PetscErrorCode AetReconEstimateOn(AetRecon recon, int ranks, AetReconEstimate *estimate)
{
  const AetReconLayout l = AetReconLayoutOn(recon, ranks);
  double               bytes = 0, work = 0, support, making, during;

  PetscFunctionBegin;
  support = SupportBytes(&l, &making, &during);
  (recon->method->estimate ? recon->method->estimate : Guess)(&l, &bytes, &work);
  if (LeavesOut(&l)) bytes += l.P + support; /* the images of the other views, and a support of their own */
  *estimate = (AetReconEstimate){recon->method->name, {recon->n[0], recon->n[1], recon->n[2]}, recon->iterations, 0, LARGER * work};
  estimate->bytes = SMALL + support + PetscMax(bytes + during, making);
  PetscFunctionReturn(PETSC_SUCCESS);
}
