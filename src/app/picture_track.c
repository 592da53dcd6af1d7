/* Nuclei through time: the particle at every time, and the sites of its nuclei against time. */
#include "kernel/canvas.h"
#include "picture.h"
#include "picture_spheres.h"
#include "track.h"
#include <math.h>
#include <string.h>

enum { FACTOR = 2, PANEL = 520, PLOT_Y = 420, PANELS_MOST = 6, LEFT = 90, RIGHT = 60, TOP = 56, BOTTOM = 60, LINES = 5 };

static const float white[3] = {1, 1, 1}, ink[3] = {0.02f, 0.02f, 0.03f}, pale[3] = {0.78f, 0.8f, 0.83f}, grey[3] = {0.05f, 0.055f, 0.065f},
                   light[3] = {0.8f, 0.8f, 0.8f};

/* Neighbouring numbers far apart in hue (steps of the golden ratio), in linear light. */
static void NucleusColour(PetscInt id, float colour[3])
{
  const double hue = fmod(0.02 + 0.61803398875 * (double)id, 1), dim = id % 2 ? 1 : 0.55;

  for (int c = 0; c < 3; c++) {
    const double at = fabs(fmod(6 * hue + 4 - 2 * c, 6) - 3) - 1;
    colour[c] = (float)(0.03 + dim * 0.75 * fmax(0, fmin(1, at)));
  }
}

/* The atoms of the nuclei of a time, before those of the surface of the half that is behind. */
static PetscErrorCode Particle(const AetTracked *t, int time, const double R[9], double scale, double radius, int column,
                               AetCanvas *picture)
{
  AetRegistration reg = t->registration;
  const size_t    n = (size_t)reg->total[time] + 1;
  AetCanvas       panel = {FACTOR * PANEL, FACTOR * PANEL, NULL};
  ptrdiff_t       count = 0;
  double         *seen, half[2];
  float(*colour)[3];

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(3 * n, &seen, n, &colour, (size_t)(3 * panel.nx * panel.ny), &panel.rgb));
  AetSpheresFrame(reg->total[time], reg->position[time], R, seen, half);
  for (PetscInt i = 0; i < reg->total[time]; i++) {
    const PetscInt id = t->history->label[time][i];
    if (!id && (seen[3 * i + 2] > -2 * radius || reg->depth[reg->site[time][i]] > 3 * radius)) continue;
    memcpy(colour[count], grey, sizeof grey);
    if (id) NucleusColour(id, colour[count]);
    memmove(seen + 3 * count++, seen + 3 * i, 3 * sizeof *seen);
  }
  PetscCall(AetDrawSpheres(&panel, count, seen, (const float(*)[3])colour, radius, scale));
  AetKernelCanvasText(&panel, 30, 24, 2 * FACTOR, t->labels[time], light);
  AetKernelCanvasBox(&panel, 30, panel.ny - 44, 30 + (ptrdiff_t)(10 * scale), panel.ny - 34, light);
  AetKernelCanvasText(&panel, 46 + (ptrdiff_t)(10 * scale), panel.ny - 50, 2 * FACTOR, "1 nm", light);
  for (ptrdiff_t y = 0; y < panel.ny; y++)
    memcpy(picture->rgb + 3 * (y * picture->nx + column * panel.nx), panel.rgb + 3 * y * panel.nx, (size_t)(3 * panel.nx) * sizeof(float));
  PetscCall(PetscFree3(seen, colour, panel.rgb));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- the plot */

typedef struct {
  double x0, x1, y0, y1, first, last, most; /* rectangle in pixels, y0 on top; range of time and of sites */
} Plot;

static double AtX(const Plot *p, double minutes)
{
  return p->x0 + (p->x1 - p->x0) * (minutes - p->first) / (p->last - p->first);
}

static double AtY(const Plot *p, double sites)
{
  return p->y1 - (p->y1 - p->y0) * sites / p->most;
}

static void Line(AetCanvas *canvas, double x0, double y0, double x1, double y1, double half, const float colour[3])
{
  const int steps = (int)fmax(1, ceil(hypot(x1 - x0, y1 - y0)));

  for (int s = 0; s <= steps; s++) {
    const double x = x0 + (x1 - x0) * s / steps, y = y0 + (y1 - y0) * s / steps;
    AetKernelCanvasBox(canvas, (ptrdiff_t)lround(x - half), (ptrdiff_t)lround(y - half), (ptrdiff_t)lround(x + half),
                       (ptrdiff_t)lround(y + half), colour);
  }
}

static Plot Axes(const AetTracked *t, AetCanvas *canvas)
{
  Plot      p = {FACTOR * LEFT,
                 (double)(canvas->nx - FACTOR * RIGHT),
                 FACTOR * (PANEL + TOP),
                 FACTOR * (PANEL + PLOT_Y - BOTTOM),
                 t->minutes[0],
                 t->minutes[t->times - 1],
                 10};
  double    step = 1;
  ptrdiff_t width;
  char      text[300];

  for (PetscInt n = 0; n < t->history->count; n++)
    p.most = fmax(p.most, 1.05 * ((double)t->history->nucleus[n].sites + t->history->nucleus[n].sigma_sites));
  while (p.most / step > 5 * LINES) step *= 10;
  step *= p.most / step > 2.5 * LINES ? 5 : p.most / step > LINES ? 2 : 1;
  for (double sites = 0; sites <= p.most; sites += step) {
    Line(canvas, p.x0, AtY(&p, sites), p.x1, AtY(&p, sites), sites > 0 ? 1 : 2, sites > 0 ? pale : ink);
    snprintf(text, sizeof text, "%g", sites);
    width = AetKernelCanvasText(canvas, 0, -100, 2 * FACTOR, text, ink); /* outside the picture: to measure */
    AetKernelCanvasText(canvas, (ptrdiff_t)p.x0 - width - 8 * FACTOR, (ptrdiff_t)AtY(&p, sites) - 7 * FACTOR, 2 * FACTOR, text, ink);
  }
  for (int i = 0; i < t->times; i++) {
    Line(canvas, AtX(&p, t->minutes[i]), p.y0, AtX(&p, t->minutes[i]), p.y1, 1, pale);
    snprintf(text, sizeof text, "%.250s", t->labels[i]);
    width = AetKernelCanvasText(canvas, 0, -100, 2 * FACTOR, text, ink);
    AetKernelCanvasText(canvas, (ptrdiff_t)AtX(&p, t->minutes[i]) - width / 2, (ptrdiff_t)p.y1 + 12 * FACTOR, 2 * FACTOR, text, ink);
  }
  AetKernelCanvasText(canvas, (ptrdiff_t)p.x0, (ptrdiff_t)p.y0 - 30 * FACTOR, 2 * FACTOR, "sites of the nuclei", ink);
  return p;
}

static const AetHistoryNucleus *Find(AetHistory h, int time, PetscInt id)
{
  for (PetscInt n = 0; n < h->count; n++)
    if (h->nucleus[n].time == time && h->nucleus[n].id == id) return &h->nucleus[n];
  return NULL;
}

/* From every nucleus before to every one after, thin where it becomes another; birth from and dissolution to nothing. */
static void Events(const AetTracked *t, const Plot *p, AetCanvas *canvas)
{
  for (PetscInt e = 0; e < t->history->events; e++) {
    const AetHistoryEvent *v = &t->history->event[e];
    const double           x[2] = {AtX(p, t->minutes[v->from_time]), AtX(p, t->minutes[v->to_time])};
    float                  colour[3];

    for (int a = 0; a < PetscMax(1, v->from_count); a++)
      for (int b = 0; b < PetscMax(1, v->to_count); b++) {
        const AetHistoryNucleus *from = v->from_count ? Find(t->history, v->from_time, v->from[a]) : NULL,
                                *to = v->to_count ? Find(t->history, v->to_time, v->to[b]) : NULL;
        const PetscBool same = (PetscBool)(from && to && from->id == to->id);
        NucleusColour(to ? to->id : from->id, colour);
        Line(canvas, x[0], AtY(p, from ? (double)from->sites : 0), x[1], AtY(p, to ? (double)to->sites : 0), same ? 3 : 1.2, colour);
      }
  }
}

static void Sizes(const AetTracked *t, const Plot *p, AetCanvas *canvas)
{
  char text[32];

  for (PetscInt n = 0; n < t->history->count; n++) {
    const AetHistoryNucleus *u = &t->history->nucleus[n];
    const double             x = AtX(p, t->minutes[u->time]), y = AtY(p, (double)u->sites);
    float                    colour[3];

    NucleusColour(u->id, colour);
    Line(canvas, x, AtY(p, fmax(0, (double)u->sites - u->sigma_sites)), x, AtY(p, (double)u->sites + u->sigma_sites), 1.5, colour);
    AetKernelCanvasRing(canvas, x, y, 4 * FACTOR, 8 * FACTOR, colour, 1);
    snprintf(text, sizeof text, "%d", (int)u->id);
    AetKernelCanvasText(canvas, (ptrdiff_t)x + 9 * FACTOR, (ptrdiff_t)y - 16 * FACTOR, 2 * FACTOR, text, colour);
  }
}

/* ---------------------------------------------------------------- the picture */

static PetscErrorCode Fill(const AetTracked *t, const double angles_deg[3], int panels, AetCanvas *canvas)
{
  AetRegistration reg = t->registration;
  double          R[9], half[2], radius, scale, *seen;
  Plot            plot;

  PetscFunctionBegin;
  AetRotationFromAngles(AET_ANGLES_ZYX, angles_deg, R);
  AetKernelCanvasBox(canvas, 0, 0, canvas->nx, canvas->ny, white);
  PetscCall(PetscMalloc1(3 * (size_t)reg->total[0] + 1, &seen));
  AetSpheresFrame(reg->total[0], reg->position[0], R, seen, half);
  PetscCall(PetscFree(seen));
  radius = AetTouchingRadius(reg->total[0], reg->position[0]);
  scale = FACTOR * PANEL / (2 * fmax(half[0], half[1]) + 7 * radius);
  for (int c = 0; c < panels; c++) /* evenly chosen, the first and the last among them */
    PetscCall(Particle(t, panels > 1 ? c * (t->times - 1) / (panels - 1) : 0, R, scale, radius, c, canvas));
  plot = Axes(t, canvas);
  Events(t, &plot, canvas);
  Sizes(t, &plot, canvas);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On one rank. */
static PetscErrorCode Draw(const AetTracked *t, const double angles_deg[3], const char *path)
{
  const int      panels = PetscMin(t->times, PANELS_MOST);
  AetCanvas      canvas = {FACTOR * (PANEL + PLOT_Y), FACTOR * PANEL * panels, NULL};
  const size_t   size = (size_t)(3 * canvas.ny * canvas.nx);
  unsigned char *bytes;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(size, &canvas.rgb, size, &bytes));
  code = Fill(t, angles_deg, panels, &canvas);
  AetKernelCanvasToBytes(&canvas, FACTOR, bytes);
  if (!code) code = AetPngWrite(path, canvas.ny / FACTOR, canvas.nx / FACTOR, bytes);
  PetscCall(PetscFree2(canvas.rgb, bytes));
  PetscFunctionReturn(code);
}

PetscErrorCode AetPictureSeries(const AetTracked *t, const char *path)
{
  int     rank, count;
  double *given, angles[3] = {0};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(t->comm, &rank));
  PetscCall(AetOptionGetReals("picture_view_deg", &count, &given));
  for (int i = 0; i < count && i < 3; i++) angles[i] = given[i];
  PetscCall(PetscFree(given));
  PetscCall(AetAgree(t->comm, rank ? PETSC_SUCCESS : Draw(t, angles, path)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
