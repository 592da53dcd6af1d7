/* Images before and after their preparation. */
#include "kernel/canvas.h"
#include "picture.h"
#include "prepare.h"
#include <string.h>

enum { GAP = 12, PANEL = 320, TEXT = 20 };

static int Ascending(const void *a, const void *b)
{
  const float left = *(const float *)a, right = *(const float *)b;

  return (left > right) - (left < right);
}

/* Black and white: the 1st and the 99.7th of a hundred parts of the values. */
static PetscErrorCode Range(const float *image, ptrdiff_t count, float *low, float *high)
{
  float *sorted;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)count, &sorted));
  memcpy(sorted, image, sizeof *sorted * (size_t)count);
  qsort(sorted, (size_t)count, sizeof *sorted, Ascending);
  *low = sorted[count / 100], *high = sorted[PetscMin(count - 1, count * 997 / 1000)];
  if (!(*high > *low)) *high = *low + 1;
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Row(AetCanvas *canvas, ptrdiff_t y, int zoom, const float *images, ptrdiff_t ny, ptrdiff_t nx)
{
  PetscFunctionBegin;
  for (int i = 0; i < AET_PREPARE_SHOWN; i++) {
    float low = 0, high = 1;
    PetscCall(Range(images + i * ny * nx, ny * nx, &low, &high));
    AetKernelCanvasImage(canvas, GAP + i * (zoom * nx + GAP), y, zoom, images + i * ny * nx, ny, nx, low, high);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Draw(const AetPrepared *prepared, const float *after, const char *path)
{
  static const float dark[3] = {0.02f, 0.03f, 0.06f}, white[3] = {1, 1, 1};
  const ptrdiff_t    ny[2] = {prepared->before_ny, prepared->tilt->ny}, nx[2] = {prepared->before_nx, prepared->tilt->nx};
  const int          zoom = (int)PetscMax(1, PANEL / PetscMax(nx[0], nx[1]));
  AetCanvas          canvas;
  unsigned char     *bytes;
  char               text[64];
  ptrdiff_t          y[2];

  PetscFunctionBegin;
  y[0] = GAP + TEXT, y[1] = y[0] + zoom * ny[0] + GAP + TEXT;
  canvas.nx = GAP + AET_PREPARE_SHOWN * (zoom * PetscMax(nx[0], nx[1]) + GAP);
  canvas.ny = y[1] + zoom * ny[1] + GAP;
  PetscCall(PetscMalloc2((size_t)(3 * canvas.nx * canvas.ny), &canvas.rgb, (size_t)(3 * canvas.nx * canvas.ny), &bytes));
  AetKernelCanvasBox(&canvas, 0, 0, canvas.nx, canvas.ny, dark);
  PetscCall(Row(&canvas, y[0], zoom, prepared->before, ny[0], nx[0]));
  PetscCall(Row(&canvas, y[1], zoom, after, ny[1], nx[1]));
  for (int i = 0; i < AET_PREPARE_SHOWN; i++) {
    snprintf(text, sizeof text, "%s %td", i ? "view" : "before   view", prepared->shown[i]);
    AetKernelCanvasText(&canvas, GAP + i * (zoom * nx[0] + GAP), GAP, 2, text, white);
  }
  AetKernelCanvasText(&canvas, GAP, y[1] - TEXT, 2, "after", white);
  AetKernelCanvasToBytes(&canvas, 1, bytes);
  PetscCall(AetPngWrite(path, canvas.ny, canvas.nx, bytes));
  PetscCall(PetscFree2(canvas.rgb, bytes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPicturePrepare(AetPrepared *prepared, const char *path)
{
  AetTiltSeries   tilt = prepared->tilt;
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  float          *after = NULL;
  PetscMPIInt     rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(prepared->comm, &rank));
  PetscCall(AetAgree(prepared->comm, rank ? PETSC_SUCCESS : PetscMalloc1((size_t)(AET_PREPARE_SHOWN * pixels), &after)));
  PetscCall(AetPrepareShow(prepared->comm, tilt->views, tilt->v_start, tilt->image, pixels, pixels, prepared->shown, after));
  PetscCall(AetAgree(prepared->comm, rank ? PETSC_SUCCESS : Draw(prepared, after, path)));
  PetscCall(PetscFree(after));
  PetscFunctionReturn(PETSC_SUCCESS);
}
