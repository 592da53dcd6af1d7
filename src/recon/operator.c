/* Which operator a least-squares method works with: the convolution, or the projector pair. */
#include "recon/projector_private.h"
#include "recon/recon_private.h"
#include <math.h>

#define BORDER_LIGHT 0.1 /* of the mean of the images, in the mean of their borders: more, and the object may run past them */
#define VIEWS_FOR_ONE 20 /* least number of views of which one may be spared */
#define STREAM_VIEWS 0x7265736972650002ull /* of the random numbers that choose withheld views */

/* Σ b over the borders that rays may cross and over everything, and how many pixels that was. */
static void BorderLight(AetTiltSeries tilt, ptrdiff_t view, int axial, double sums[4])
{
  const ptrdiff_t ny = tilt->ny, nx = tilt->nx;
  const float    *b = tilt->image + view * ny * nx;

  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      int border = x == 0 || x == nx - 1 || (!axial && (y == 0 || y == ny - 1));
      if (border) sums[0] += b[y * nx + x], sums[1]++;
      sums[2] += b[y * nx + x], sums[3]++;
    }
}

/* Whether the images are as dark at their borders as an object that ends inside them would leave them. */
static PetscErrorCode BordersAreDark(AetTiltSeries tilt, PetscBool *dark)
{
  double *rows, sums[4];

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(4 * (size_t)tilt->v_count, &rows));
  for (ptrdiff_t j = 0; j < tilt->v_count; j++) BorderLight(tilt, j, AetSeriesIsAxial(tilt), rows + 4 * j);
  PetscCall(AetSumOrdered(tilt->comm, (PetscInt)tilt->v_start, (PetscInt)tilt->v_count, (PetscInt)tilt->views, 4, rows, sums));
  PetscCall(PetscFree(rows));
  *dark = fabs(sums[0] / sums[1]) <= BORDER_LIGHT * fabs(sums[2] / sums[3]) ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconChooseOperator(AetRecon recon)
{
  int wanted;

  PetscFunctionBegin;
  PetscCall(AetOptionGetEnum("recon_operator", &wanted));
  AetCheck(wanted != AET_OPERATOR_CONVOLUTION || !recon->extended, AET_ERR_INPUT,
           "recon_operator: convolution expects an object inside the images, found recon_extended true");
  recon->isolated = wanted == AET_OPERATOR_CONVOLUTION ? PETSC_TRUE : PETSC_FALSE;
  if (wanted == AET_OPERATOR_AUTO && !recon->extended) PetscCall(BordersAreDark(recon->tilt, &recon->isolated));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconWithholdViews(AetRecon recon)
{
  const ptrdiff_t views = recon->tilt->views;
  ptrdiff_t       count = (ptrdiff_t)floor(recon->rfree_fraction * (double)views);

  PetscFunctionBegin;
  PetscCall(PetscFree(recon->view_used));
  PetscCall(PetscMalloc1((size_t)views, &recon->view_used));
  for (ptrdiff_t j = 0; j < views; j++) recon->view_used[j] = 1;
  if (recon->rfree_fraction > 0 && count < 1 && views >= VIEWS_FOR_ONE) count = 1;
  for (; count > 0; count--) {
    ptrdiff_t least = -1;
    double    lowest = 2;
    for (ptrdiff_t j = 0; j < views; j++) {
      double dice = AetRandomUniform(recon->seed, STREAM_VIEWS, (uint64_t)j);
      if (recon->view_used[j] && dice < lowest) lowest = dice, least = j;
    }
    if (least >= 0) recon->view_used[least] = 0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool AetReconViewsWithheld(AetRecon recon)
{
  for (ptrdiff_t j = 0; recon->view_used && j < recon->tilt->views; j++)
    if (!recon->view_used[j]) return PETSC_TRUE;
  return PETSC_FALSE;
}
