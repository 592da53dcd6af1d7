/* Scans of different directions on one canvas, and lines moved where they fit best. Plain C.
   After Ophus, Ciston, Nelson, Ultramicroscopy 162 (2016) 1: every line has an origin of its own; a scan is rendered by kernel density
   estimation; lines move by trial steps towards the rendering of the other scans. */
#ifndef AET_TILT_KERNEL_SCAN_CANVAS_H
#define AET_TILT_KERNEL_SCAN_CANVAS_H

#include <stddef.h>

/* A canvas [size][size] of which the image [n][n] lies in the middle. */
typedef struct {
  ptrdiff_t n, size;
} AetScanCanvas;

/* 1.25 times the image. */
AetScanCanvas AetScanCanvasFor(ptrdiff_t n);
/* A scan (lines as rows, `quarters` turns on the image, line l displaced by path[l] = {dx, dy} on the image) splatted bilinearly and
   smoothed by a Gaussian of 0.5 px, and its density: weighted by sin² towards the scan's own border. value, density, work: [size][size]. */
void AetScanRender(const AetScanCanvas *canvas, int quarters, const double (*path)[2], const float *scan, float *value, float *density,
                   float *work);
/* cost[l]: mean over the line's pixels of |scan - reference| where the reference's density is above 1/2, with all lines displaced by `step`
   {dx, dy} beside their path; pixels without reference cost nothing. Returns the sum over the lines. */
double AetScanCost(const AetScanCanvas *canvas, int quarters, const double (*path)[2], const double step[2], const float *scan,
                   const float *reference, const float *density, double *cost);
/* One sweep: each line tries to stay or to go by ± step[l] along x or y, and takes what costs its neighbours within `radius` lines least; a
   line that stays halves its step. Lines never move more than 1/4 px against the line before them. Returns the mean move. cost: [6][n], to
   work in. */
double AetScanSweep(const AetScanCanvas *canvas, int quarters, double (*path)[2], double *step, ptrdiff_t radius, const float *scan,
                    const float *reference, const float *density, double *cost);

#endif
