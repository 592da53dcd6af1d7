/* A particle cut in half and coloured by what the analysis found, over the curves of the analysis. */
#include "analysis.h"
#include "picture.h"
#include "picture_spheres.h"
#include <math.h>
#include <string.h>

enum { FACTOR = 2, PANEL_X = 600, PANEL_Y = 600, PLOT_Y = 300, LEFT = 40, RIGHT = 24, TOP = 50, BOTTOM = 44, BINS = 60, PLOTS = 3 };

static const float white[3] = {1, 1, 1}, ink[3] = {0.02f, 0.02f, 0.03f}, pale[3] = {0.75f, 0.77f, 0.8f}, light[3] = {0.8f, 0.8f, 0.8f};

/* Dark blue at 0 over green to yellow at 1, in linear light. */
static void OrderColour(double order, float colour[3])
{
  static const float stop[5][3] = {
      {0.06f, 0.02f, 0.12f}, {0.05f, 0.08f, 0.26f}, {0.02f, 0.22f, 0.26f}, {0.1f, 0.5f, 0.14f}, {0.95f, 0.8f, 0.03f}};
  const double x = 4 * fmax(0, fmin(1, isfinite(order) ? order : 0));
  const int    k = (int)fmin(3, floor(x));

  for (int c = 0; c < 3; c++) colour[c] = (float)((k + 1 - x) * stop[k][c] + (x - k) * stop[k + 1][c]);
}

/* Neighbouring numbers far apart in hue (steps of the golden ratio); grey for those of no group. */
static void GroupColour(PetscInt group, float colour[3])
{
  const double hue = fmod(0.15 + 0.61803398875 * group, 1);

  for (int c = 0; c < 3; c++) {
    const double at = fabs(fmod(6 * hue + 4 - 2 * c, 6) - 3) - 1; /* 6 hue, +4, +2 for red, green, blue */
    colour[c] = group < 0 ? 0.3f : (float)(0.08 + 0.6 * fmax(0, fmin(1, at)));
  }
}

/* The half of the particle that is behind its middle, in a square of the picture. */
static PetscErrorCode Cut(AetCanvas *picture, int column, PetscInt total, const double *seen, const float (*colour)[3],
                          const double half[2], double radius, const char *title)
{
  AetCanvas panel = {FACTOR * PANEL_Y, FACTOR * PANEL_X, NULL};
  double   *kept, scale = FACTOR * PetscMin(PANEL_X, PANEL_Y) / (2 * fmax(half[0], half[1]) + 7 * radius);
  float(*paint)[3];
  ptrdiff_t count = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(3 * (size_t)total + 1, &kept, (size_t)total + 1, &paint, (size_t)(3 * panel.ny * panel.nx), &panel.rgb));
  for (PetscInt i = 0; i < total; i++) {
    if (seen[3 * i + 2] > 0.3 * radius) continue;
    memcpy(kept + 3 * count, seen + 3 * i, 3 * sizeof *kept);
    memcpy(paint[count++], colour[i], sizeof *paint);
  }
  PetscCall(AetDrawSpheres(&panel, count, kept, (const float(*)[3])paint, radius, scale));
  AetKernelCanvasBox(&panel, 36, panel.ny - 52, 36 + (ptrdiff_t)(10 * scale), panel.ny - 40, light);
  AetKernelCanvasText(&panel, 56 + (ptrdiff_t)(10 * scale), panel.ny - 60, 4, "1 nm", light);
  AetKernelCanvasText(&panel, 36, 28, 4, title, light);
  for (ptrdiff_t y = 0; y < panel.ny; y++)
    memcpy(picture->rgb + 3 * (y * picture->nx + column * panel.nx), panel.rgb + 3 * y * panel.nx, (size_t)(3 * panel.nx) * sizeof(float));
  PetscCall(PetscFree3(kept, paint, panel.rgb));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A plot's rectangle and the range of its axis across. */
typedef struct {
  ptrdiff_t x0, x1, y0, y1;
  double    low, high;
} Plot;

static Plot Axes(AetCanvas *canvas, int column, const char *title, double low, double high, int ticks)
{
  const int wide = 2 * PANEL_X / PLOTS;
  Plot      p = {.x0 = FACTOR * (column * wide + LEFT), .x1 = FACTOR * ((column + 1) * wide - RIGHT), .low = low, .high = high};
  char      text[32];

  p.y0 = FACTOR * (PANEL_Y + TOP);
  p.y1 = FACTOR * (PANEL_Y + PLOT_Y - BOTTOM);
  for (int t = 0; t <= ticks && ticks; t++) {
    const ptrdiff_t x = p.x0 + (p.x1 - p.x0) * t / ticks;
    ptrdiff_t       width;
    AetKernelCanvasBox(canvas, x - 1, p.y0, x + 1, p.y1, pale);
    snprintf(text, sizeof text, "%.4g", low + (high - low) * t / ticks);
    width = AetKernelCanvasText(canvas, 0, -100, 2 * FACTOR, text, ink); /* outside the picture: to measure */
    AetKernelCanvasText(canvas, x - width / 2, p.y1 + 6 * FACTOR, 2 * FACTOR, text, ink);
  }
  AetKernelCanvasBox(canvas, p.x0 - FACTOR, p.y1, p.x1 + FACTOR, p.y1 + FACTOR, ink);
  AetKernelCanvasText(canvas, p.x0, p.y0 - 26 * FACTOR, 2 * FACTOR, title, ink);
  return p;
}

/* How many atoms have which order; bars in the colours of the cut. */
static void Histogram(AetCanvas *canvas, int column, PetscInt total, const double *order)
{
  const Plot p = Axes(canvas, column, "atoms by order parameter", 0, 1.2, 6);
  PetscInt   count[BINS] = {0}, most = 1;
  float      colour[3];

  for (PetscInt i = 0; i < total; i++) count[(int)fmax(0, fmin(BINS - 1, floor(BINS * order[i] / p.high)))]++;
  for (int b = 0; b < BINS; b++) most = PetscMax(most, count[b]);
  for (int b = 0; b < BINS; b++) {
    const ptrdiff_t left = p.x0 + (p.x1 - p.x0) * b / BINS, right = p.x0 + (p.x1 - p.x0) * (b + 1) / BINS;
    OrderColour((b + 0.5) * p.high / BINS, colour);
    AetKernelCanvasBox(canvas, left + 1, p.y1 - (ptrdiff_t)((double)(p.y1 - p.y0) * (double)count[b] / (double)most), right - 1, p.y1,
                       colour);
  }
}

/* The nuclei, largest first, as bars of their numbers of atoms. */
static PetscErrorCode Sizes(AetCanvas *canvas, int column, AetNuclei nuclei)
{
  PetscInt *place;
  float     colour[3];
  char      title[48] = "no nuclei";
  Plot      p;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)nuclei->count + 1, &place));
  for (PetscInt k = 0; k < nuclei->count; k++) {
    PetscInt at = k;
    for (; at > 0 && nuclei->sites[place[at - 1]] < nuclei->sites[k]; at--) place[at] = place[at - 1];
    place[at] = k;
  }
  if (nuclei->count)
    snprintf(title, sizeof title, "nuclei of %d to %d atoms", (int)nuclei->sites[place[nuclei->count - 1]], (int)nuclei->sites[place[0]]);
  p = Axes(canvas, column, title, 0, PetscMax(nuclei->count, 6), 0);
  for (PetscInt b = 0; b < nuclei->count; b++) {
    const double    width = (double)(p.x1 - p.x0) / p.high;
    const double    height = (double)(p.y1 - p.y0) * nuclei->sites[place[b]] / nuclei->sites[place[0]];
    const ptrdiff_t left = p.x0 + (ptrdiff_t)(width * b), right = p.x0 + (ptrdiff_t)(width * (b + 1));
    GroupColour(place[b], colour);
    AetKernelCanvasBox(canvas, left + 1, p.y1 - (ptrdiff_t)height, PetscMax(right - 1, left + 2), p.y1, colour);
  }
  PetscCall(PetscFree(place));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The pair distribution as a line, and its value 1 far away. */
static void Distribution(AetCanvas *canvas, int column, const AetPairs pairs)
{
  const Plot p = Axes(canvas, column, "pair distribution by angstrom", 0, AET_PAIRS_REACH_ANGSTROM, 5);
  const int  steps = (int)(p.x1 - p.x0);
  double     most = 1, before = 0;

  for (PetscInt b = 0; b < pairs->bins; b++) most = fmax(most, pairs->g[b]);
  AetKernelCanvasBox(canvas, p.x0, p.y1 - (ptrdiff_t)((double)(p.y1 - p.y0) / most), p.x1,
                     p.y1 - (ptrdiff_t)((double)(p.y1 - p.y0) / most) + 2, pale);
  for (int s = 0; s < steps; s++) { /* between the middles of the bins */
    const double   at = fmax(0, fmin(pairs->bins - 1.001, (s + 0.5) * pairs->bins / steps - 0.5));
    const PetscInt b = (PetscInt)at;
    const double   g = pairs->bins > 1 ? (1 - (at - b)) * pairs->g[b] + (at - b) * pairs->g[b + 1] : 0;
    const double   high = fmax(g, before), low = fmin(g, before), scale = (double)(p.y1 - p.y0) / most;
    AetKernelCanvasBox(canvas, p.x0 + s, p.y1 - (ptrdiff_t)(scale * high) - 3, p.x0 + s + 3, p.y1 - (ptrdiff_t)(scale * low) + 1, ink);
    before = g;
  }
}

static PetscErrorCode Fill(const AetAnalysis *a, const double angles_deg[3], AetCanvas *canvas)
{
  const size_t total = (size_t)a->atoms->total;
  double       R[9], half[2], radius, *seen;
  float(*colour)[3];
  char title[64];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(3 * total, &seen, total, &colour));
  AetRotationFromAngles(AET_ANGLES_ZYX, angles_deg, R);
  AetSpheresFrame(a->atoms->total, a->position, R, seen, half);
  radius = AetTouchingRadius(a->atoms->total, a->position);
  AetKernelCanvasBox(canvas, 0, 0, canvas->nx, canvas->ny, white);
  for (size_t i = 0; i < total; i++) OrderColour(a->order[i], colour[i]);
  PetscCall(Cut(canvas, 0, a->atoms->total, seen, (const float(*)[3])colour, half, radius, "order parameter"));
  for (size_t i = 0; i < total; i++) GroupColour(a->nuclei->label[i], colour[i]);
  snprintf(title, sizeof title, "%d nuclei", (int)a->nuclei->count);
  PetscCall(Cut(canvas, 1, a->atoms->total, seen, (const float(*)[3])colour, half, radius, title));
  Histogram(canvas, 0, a->atoms->total, a->order);
  PetscCall(Sizes(canvas, 1, a->nuclei));
  if (a->pairs) Distribution(canvas, 2, a->pairs);
  PetscCall(PetscFree2(seen, colour));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On one rank. */
static PetscErrorCode Draw(const AetAnalysis *a, const double angles_deg[3], const char *path)
{
  AetCanvas      canvas = {FACTOR * (PANEL_Y + PLOT_Y), FACTOR * 2 * PANEL_X, NULL};
  unsigned char *bytes;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)(3 * canvas.ny * canvas.nx), &canvas.rgb, (size_t)(3 * canvas.ny * canvas.nx), &bytes));
  code = Fill(a, angles_deg, &canvas);
  AetKernelCanvasToBytes(&canvas, FACTOR, bytes);
  if (!code) code = AetPngWrite(path, canvas.ny / FACTOR, canvas.nx / FACTOR, bytes);
  PetscCall(PetscFree2(canvas.rgb, bytes));
  PetscFunctionReturn(code);
}

PetscErrorCode AetPictureStructure(const AetAnalysis *a, const char *path)
{
  int     rank, count;
  double *given, angles[3] = {0};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(a->atoms->comm, &rank));
  PetscCall(AetOptionGetReals("picture_view_deg", &count, &given));
  for (int i = 0; i < count && i < 3; i++) angles[i] = given[i];
  PetscCall(PetscFree(given));
  PetscCall(AetAgree(a->atoms->comm, rank ? PETSC_SUCCESS : Draw(a, angles, path)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
