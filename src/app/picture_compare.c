/* Histograms of a comparison, drawn. */
#include "comparison.h"
#include "kernel/canvas.h"
#include "picture.h"
#include <math.h>

enum { FACTOR = 2, PANEL_X = 480, PANEL_Y = 300, LEFT = 30, RIGHT = 20, TOP = 44, BOTTOM = 40, TICKS = 4 };

static const float white[3] = {1, 1, 1}, ink[3] = {0.02f, 0.02f, 0.03f}, pale[3] = {0.75f, 0.77f, 0.8f};
static const float bar[4][3] = {{0.08f, 0.1f, 0.14f}, {0.6f, 0.05f, 0.05f}, {0.03f, 0.3f, 0.06f}, {0.03f, 0.12f, 0.6f}};

/* The bins that hold all but a thousandth of the pairs, on the wider side, and a few more. */
static int Shown(const AetCompareResult *r)
{
  PetscInt beyond = 0, total = 0;
  int      last = AET_COMPARE_BINS;

  for (int b = 0; b < AET_COMPARE_BINS; b++) total += r->distances[b];
  while (last > 6 && beyond + r->distances[last - 1] <= total / 1000) beyond += r->distances[--last];
  return (int)fmin(AET_COMPARE_BINS, last + 2);
}

/* One histogram with its ticks every so many bins; bins run from `from` (in units of bin_pm). */
static void Panel(AetCanvas *canvas, int column, int row, const char *title, const PetscInt *count, int bins, int from, double bin_pm,
                  const float colour[3])
{
  const ptrdiff_t x0 = FACTOR * (column * PANEL_X + LEFT), x1 = FACTOR * ((column + 1) * PANEL_X - RIGHT);
  const ptrdiff_t y0 = FACTOR * (row * PANEL_Y + TOP), y1 = FACTOR * ((row + 1) * PANEL_Y - BOTTOM);
  PetscInt        most = 1;
  char            text[48];

  for (int b = 0; b < bins; b++) most = PetscMax(most, count[b]);
  for (int t = 0; t <= TICKS; t++) {
    const ptrdiff_t x = x0 + (x1 - x0) * t / TICKS;
    ptrdiff_t       width;
    AetKernelCanvasBox(canvas, x - 1, y0, x + 1, y1, pale);
    snprintf(text, sizeof text, "%.4g", (from + (double)bins * t / TICKS) * bin_pm);
    width = AetKernelCanvasText(canvas, 0, -100, 2 * FACTOR, text, ink); /* outside the picture: to measure */
    AetKernelCanvasText(canvas, x - width / 2, y1 + 6 * FACTOR, 2 * FACTOR, text, ink);
  }
  for (int b = 0; b < bins; b++) {
    const ptrdiff_t left = x0 + (x1 - x0) * b / bins, right = x0 + (x1 - x0) * (b + 1) / bins;
    const ptrdiff_t height = (ptrdiff_t)((double)(y1 - y0) * (double)count[b] / (double)most);
    AetKernelCanvasBox(canvas, left + 1, y1 - height, PetscMax(right - 1, left + 2), y1, colour);
  }
  AetKernelCanvasBox(canvas, x0 - FACTOR, y1, x1 + FACTOR, y1 + FACTOR, ink);
  AetKernelCanvasText(canvas, x0, y0 - 26 * FACTOR, 2 * FACTOR, title, ink);
}

PetscErrorCode AetComparisonPicture(const AetCompareResult *r, const char *path)
{
  static const char *const title[3] = {"x difference pm", "y difference pm", "z difference pm"};
  AetCanvas                canvas = {FACTOR * 2 * PANEL_Y, FACTOR * 2 * PANEL_X, NULL};
  const int                shown = Shown(r);
  unsigned char           *bytes;
  char                     text[64];
  PetscErrorCode           code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)(3 * canvas.ny * canvas.nx), &canvas.rgb, (size_t)(3 * canvas.ny * canvas.nx), &bytes));
  AetKernelCanvasBox(&canvas, 0, 0, canvas.nx, canvas.ny, white);
  snprintf(text, sizeof text, "distance pm   %d pairs  rms %.1f pm", (int)r->paired, r->rmsd_pm);
  Panel(&canvas, 0, 0, text, r->distances, shown, 0, r->bin_pm, bar[0]);
  for (int a = 0; a < 3; a++) {
    snprintf(text, sizeof text, "%s  rms %.1f", title[a], r->rmsd_axis_pm[a]);
    Panel(&canvas, (a + 1) % 2, (a + 1) / 2, text, r->differences[a] + AET_COMPARE_BINS - shown, 2 * shown, -shown, r->bin_pm, bar[a + 1]);
  }
  AetKernelCanvasToBytes(&canvas, FACTOR, bytes);
  code = AetPngWrite(path, canvas.ny / FACTOR, canvas.nx / FACTOR, bytes);
  PetscCall(PetscFree2(canvas.rgb, bytes));
  PetscFunctionReturn(code);
}
