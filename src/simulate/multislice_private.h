/* Inside the multislice images (docs/theory/multislice.md). */
#ifndef AET_MULTISLICE_PRIVATE_H
#define AET_MULTISLICE_PRIVATE_H

#include <aet4d/simulate.h>
#include <complex.h>
#include <fftw3.h>

/* The microscope on two grids of the same step: the window around a probe, n × n, and the grid of all windows of an image. Pixel (j, i) is
   the place (j · per_pixel + n/2, i · per_pixel + n/2) of the grid, the middle of the window that begins at (j · per_pixel, i · per_pixel).
 */
typedef struct {
  const AetSpecimen           *specimen;
  const AetMultisliceSettings *settings;
  double                       wavelength, pixel, step;
  double                       keep_wave, keep_slice;               /* frequencies that a wave and a slice keep, 1/Å (ChooseGrids) */
  ptrdiff_t                    ny, nx, per_pixel, n, grid[2], half; /* grid y, x; half: places of a row of a real transform */
  int                          Z[8];
  float                       *factor[8];  /* [grid y][half] per species: the phase that an atom gives a wave, in Fourier space */
  ptrdiff_t                   *reach;      /* [n] rows of the circle that the window keeps */
  float complex               *propagator; /* [n][n] of one slice */
  float                       *detector;   /* [n][n] part of a frequency that the detector sees */
  ptrdiff_t                    room;       /* places from one wave to the next in memory: all are aligned alike */
  fftwf_plan                   rows[2], columns[2][2]; /* of a window, forward and back: only the columns that are kept, in two parts */
  fftwf_plan                   to_phase, grid_forward, grid_backward;
} AetMicroscope;

/* One orientation and configuration: atoms by slices, and what the slices do to a wave. */
typedef struct {
  int            count;
  double         first_plane;  /* z of the first slice's middle, Å */
  PetscInt      *first;        /* [count + 1] atoms of slice s: first[s] … first[s + 1] - 1 */
  double        *at;           /* [atoms][2] x, y as places of the grid, by slices */
  int           *species;      /* [atoms] */
  float complex *transmission; /* [count][grid y][grid x], divided by n² for the transforms between */
  float complex *probe;        /* [count][n][n] the wave that reaches slice s through vacuum, times n² */
  double         vacuum;       /* signal without atoms */
} AetSlices;

/* Z ranges over the views decide the window. Not collective. */
PetscErrorCode AetMicroscopeCreate(const AetSpecimen *specimen, const AetMultisliceSettings *settings, ptrdiff_t views,
                                   const double (*rotation)[9], ptrdiff_t ny, ptrdiff_t nx, double pixel, AetMicroscope *m);
void           AetMicroscopeDestroy(AetMicroscope *m);
/* configuration: counted over all views, so that no displacement comes twice. Not collective. */
PetscErrorCode AetSlicesCreate(const AetMicroscope *m, const double R[9], uint64_t configuration, AetSlices *slices);
void           AetSlicesDestroy(AetSlices *slices);
/* The transforms of a window; frequencies that are not kept hold no meaning after the first and must be 0 before the second. Plain. */
void AetToSpectrum(const AetMicroscope *m, float complex *wave);
void AetToWave(const AetMicroscope *m, float complex *wave);
/* The signal of the probe at pixel (j, i); wave [n][n] to work in. Plain. */
double AetProbeSignal(const AetMicroscope *m, const AetSlices *slices, ptrdiff_t j, ptrdiff_t i, float complex *wave);
/* Blurs image [ny][nx] by a Gaussian of standard deviation sigma (pixels), the image mirrored at its edges. Not collective. */
PetscErrorCode AetImageBlur(ptrdiff_t ny, ptrdiff_t nx, double sigma, float *image);
/* NULL: no memory; aligned for the transforms, fftwf_free. */
float complex *AetWaves(ptrdiff_t count);

#endif
