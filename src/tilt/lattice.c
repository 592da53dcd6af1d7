/* The distortion of a scan from an image of a crystal of known lattice: found among the peaks of its spectrum, then fitted to all pixels.
 */
#include "tilt/kernel/lattice_fit.h"
#include "tilt/kernel/lattice_peaks.h"
#include "tilt/tilt_private.h"
#include <fftw3.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PEAKS = 40, BLOCKS = 16, STEPS_MOST = 15 };
#define HIGHEST 0.45         /* cycles per pixel: beyond, little of a lattice is left */
#define ABOVE_NOISE 12       /* times the median of the power */
#define MOST_DISTORTED 0.1   /* root of the sum of squares of the linear terms less 1 */
#define LEAST_EXPLAINED 0.75 /* of the power of the peaks */
#define WORST_SD 0.005       /* of a linear term */

typedef struct {
  const char  *name;
  const float *image;
  ptrdiff_t    ny, nx, Ny, Nx, row; /* of the image, of its transform, of its power */
  float       *power;               /* [Ny][row] */
  double       median;              /* of it */
  double       lattice[2][2];       /* columns: known vectors, px */
  double       measured[2][2];
} Search;

/* ---------------------------------------------------------------- the spectrum */

static double Hann(ptrdiff_t i, ptrdiff_t n)
{
  return 0.5 - 0.5 * cos(2 * M_PI * ((double)i + 0.5) / (double)n);
}

static double MeanOf(const Search *search)
{
  double sum = 0;

  for (ptrdiff_t p = 0; p < search->ny * search->nx; p++) sum += (double)search->image[p];
  return sum / (double)(search->ny * search->nx);
}

static int Ascending(const void *a, const void *b)
{
  const float x = *(const float *)a, y = *(const float *)b;

  return (x > y) - (x < y);
}

/* The median of every seventh value. */
static PetscErrorCode FindMedian(Search *search)
{
  const ptrdiff_t count = search->Ny * search->row / 7;
  float          *values;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)count + 1, &values));
  for (ptrdiff_t i = 0; i < count; i++) values[i] = search->power[7 * i];
  qsort(values, (size_t)count, sizeof *values, Ascending);
  search->median = (double)values[count / 2];
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Power of the image less its mean, under a window that lets nothing leak, sampled twice as finely as it has pixels. */
static PetscErrorCode Spectrum(Search *search)
{
  const double mean = MeanOf(search);
  fftwf_plan   plan;
  float       *padded;

  PetscFunctionBegin;
  search->Ny = AetSmoothSize(2 * search->ny, PETSC_TRUE), search->Nx = AetSmoothSize(2 * search->nx, PETSC_TRUE);
  search->row = search->Nx / 2 + 1;
  PetscCall(PetscMalloc1((size_t)(search->Ny * search->row), &search->power));
  padded = fftwf_alloc_real((size_t)(2 * search->Ny * search->row));
  AetCheck(padded, AET_ERR_MEMORY, "%s: no memory for its spectrum", search->name);
  fftwf_plan_with_nthreads(1);
  plan = fftwf_plan_dft_r2c_2d((int)search->Ny, (int)search->Nx, padded, (fftwf_complex *)padded, FFTW_ESTIMATE);
  fftwf_plan_with_nthreads(AetThreads());
  memset(padded, 0, sizeof *padded * (size_t)(2 * search->Ny * search->row));
  for (ptrdiff_t y = 0; y < search->ny; y++)
    for (ptrdiff_t x = 0; x < search->nx; x++)
      padded[y * 2 * search->row + x] =
          (float)(((double)search->image[y * search->nx + x] - mean) * Hann(y, search->ny) * Hann(x, search->nx));
  if (plan) fftwf_execute(plan);
  for (ptrdiff_t p = 0; p < search->Ny * search->row; p++)
    search->power[p] = padded[2 * p] * padded[2 * p] + padded[2 * p + 1] * padded[2 * p + 1];
  if (plan) fftwf_destroy_plan(plan);
  fftwf_free(padded);
  AetCheckFFTW(plan);
  PetscCall(FindMedian(search));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- the lattice among the peaks */

/* Measured vectors of the lattice, roughly. */
static PetscErrorCode Index(Search *search, const double known[3])
{
  AetLatticePeak peak[PEAKS];
  const double   shortest =
      1 / fmax(hypot(search->lattice[0][0], search->lattice[1][0]), hypot(search->lattice[0][1], search->lattice[1][1]));
  double explained = 0;
  int    count, mirrored = 0;

  PetscFunctionBegin;
  count = AetLatticePeaks(search->Ny, search->Nx, search->row, search->power, 0.6 * shortest, HIGHEST, PEAKS, peak);
  while (count > 0 && !(peak[count - 1].power > ABOVE_NOISE * search->median)) count--;
  if (count >= 2)
    explained = AetLatticeIndex(count, peak, (const double(*)[2])search->lattice, MOST_DISTORTED, search->measured, &mirrored);
  AetCheck(
      explained > LEAST_EXPLAINED, AET_ERR_DATA,
      "%s: expected an image of a lattice of %g Å, %g Å, %g degrees, distorted by less than %g %%, found it in %.0f %% of the power of %d "
      "peaks",
      search->name, known[0], known[1], known[2], 100 * MOST_DISTORTED, 100 * explained, count);
  if (mirrored) search->lattice[1][0] *= -1, search->lattice[1][1] *= -1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The strongest power near a frequency. */
static double PowerNear(const Search *search, double gx, double gy)
{
  const ptrdiff_t x = (ptrdiff_t)lround((gx < 0 ? -gx : gx) * (double)search->Nx),
                  y = (ptrdiff_t)lround((gx < 0 ? -gy : gy) * (double)search->Ny);
  double most = 0;

  for (ptrdiff_t j = y - 1; j <= y + 1; j++)
    for (ptrdiff_t i = PetscMax(x - 1, 0); i <= PetscMin(x + 1, search->row - 1); i++)
      most = fmax(most, (double)search->power[(j + 2 * search->Ny) % search->Ny * search->row + i]);
  return most;
}

/* The Fourier components of the lattice that stand above the noise, strongest first. */
static void ChooseHarmonics(const Search *search, const double inverse[2][2], AetLatticeModel *model)
{
  double power[AET_LATTICE_HARMONICS];

  model->harmonics = 0;
  for (int h = 0; h <= AET_LATTICE_ORDER; h++)
    for (int k = h ? -AET_LATTICE_ORDER : 1; k <= AET_LATTICE_ORDER; k++) {
      const double gx = h * inverse[0][0] + k * inverse[1][0], gy = h * inverse[0][1] + k * inverse[1][1];
      double       here = hypot(gx, gy) < HIGHEST ? PowerNear(search, gx, gy) : 0;
      int          at = model->harmonics;

      if (!(here > ABOVE_NOISE * search->median)) continue;
      if (at == AET_LATTICE_HARMONICS && here <= power[--at]) continue;
      if (model->harmonics < AET_LATTICE_HARMONICS) model->harmonics++;
      for (; at > 0 && power[at - 1] < here; at--) {
        power[at] = power[at - 1];
        memcpy(model->index[at], model->index[at - 1], sizeof model->index[at]);
      }
      power[at] = here, model->index[at][0] = h, model->index[at][1] = k;
    }
}

/* ---------------------------------------------------------------- the fit to all pixels */

/* One set of equations for each of a fixed number of blocks of rows, added in order: the same bits with any number of threads. */
typedef struct {
  double normal[AET_LATTICE_UNKNOWNS * AET_LATTICE_UNKNOWNS], right[AET_LATTICE_UNKNOWNS], squares, pixels;
} Equations;

static void Gather(const AetLatticeModel *model, const float *image, double window, Equations *block)
{
  const int unknowns = AetLatticeUnknowns(model);

#pragma omp parallel for num_threads(AetThreads()) schedule(dynamic, 1)
  for (int b = 0; b < BLOCKS; b++) {
    memset(&block[b], 0, sizeof block[b]);
    for (ptrdiff_t y = b * model->ny / BLOCKS; y < (b + 1) * model->ny / BLOCKS; y++)
      AetLatticeRow(model, window, y, image + y * model->nx, block[b].normal, block[b].right, &block[b].squares, &block[b].pixels);
  }
  for (int b = 1; b < BLOCKS; b++) {
    for (int i = 0; i < unknowns * unknowns; i++) block[0].normal[i] += block[b].normal[i];
    for (int i = 0; i < unknowns; i++) block[0].right[i] += block[b].right[i];
    block[0].squares += block[b].squares, block[0].pixels += block[b].pixels;
  }
}

/* Takes the solution; a step of the phases is held within a quarter turn of the highest harmonic. Returns the largest change of phase. */
static double Update(AetLatticeModel *model, const double *solution)
{
  const int     linear = AET_LATTICE_BACKGROUND + 2 * model->harmonics;
  const double *change = solution + linear;
  double        phase = 0, scale;

  memcpy(model->linear, solution, sizeof *solution * (size_t)linear);
  for (int n = 0; n < model->harmonics; n++) {
    double sum = 0;

    for (int t = 0; t < model->moved; t++) sum += fabs(model->index[n][0] * change[t] + model->index[n][1] * change[model->moved + t]);
    phase = fmax(phase, sum);
  }
  scale = phase > 0.25 ? 0.25 / phase : 1;
  for (int i = 0; i < 2; i++)
    for (int t = 0; t < model->moved; t++) model->coordinate[i][t] += scale * change[i * model->moved + t];
  return phase;
}

/* Gauss-Newton within `window` of the half; the last equations stay factored in block[0]. */
static PetscErrorCode Fit(const char *name, AetLatticeModel *model, const float *image, double window, int moved, Equations *block)
{
  PetscFunctionBegin;
  for (int step = 0; step < STEPS_MOST; step++) {
    model->moved = step ? moved : 0; /* amplitudes first: without them the phases mean nothing */
    Gather(model, image, window, block);
    AetCheck(AetLatticeSolve(AetLatticeUnknowns(model), block->normal, block->right), AET_ERR_DATA,
             "%s: expected an image of a lattice, found one that does not determine its %d harmonics", name, model->harmonics);
    if (Update(model, block->right) < 1e-7 && step) break;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From the middle, where all is nearly even, outwards. */
static PetscErrorCode FitOutwards(const char *name, AetLatticeModel *model, const float *image, PetscBool cubic, Equations *block)
{
  static const double windows[] = {0.4, 0.6, 0.8, 1};

  PetscFunctionBegin;
  model->terms = 2;
  PetscCall(Fit(name, model, image, 0.4, 2, block));
  if (cubic) model->terms = AET_SCAN_TERMS;
  for (size_t w = 1; w < sizeof windows / sizeof windows[0]; w++) PetscCall(Fit(name, model, image, windows[w], model->terms, block));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- what it says */

/* The triangular M and the turn Q of M measured = Q' lattice, from the linear terms of the coordinates, rows per pixel. */
static void Linear(const double lattice[2][2], const double C[2][2], double Q[2][2], double U[2][2])
{
  double G[2][2];

  for (int a = 0; a < 2; a++)
    for (int b = 0; b < 2; b++) G[a][b] = lattice[a][0] * C[0][b] + lattice[a][1] * C[1][b];
  AetMatrixTriangular((const double(*)[2])G, Q, U);
}

/* Covariance of the four linear terms of the coordinates. What one row leaves counts as one observation, so that the jitter of lines and
   the noise of bright pixels are in it (cluster-robust: Liang and Zeger, Biometrika 73 (1986) 13). */
static void Covariance(const Search *search, const AetLatticeModel *model, const Equations *block, double covariance[4][4])
{
  const int unknowns = AetLatticeUnknowns(model), first = AET_LATTICE_BACKGROUND + 2 * model->harmonics;
  double    column[4][AET_LATTICE_UNKNOWNS], score[AET_LATTICE_UNKNOWNS];

  memset(covariance, 0, sizeof(double[4][4]));
  for (int c = 0; c < 4; c++) AetLatticeColumn(unknowns, block->normal, first + c / 2 * model->moved + c % 2, column[c]);
  for (ptrdiff_t y = 0; y < search->ny; y++) {
    double part[4] = {0};

    AetLatticeScore(model, 1, y, search->image + y * search->nx, score);
    for (int c = 0; c < 4; c++)
      for (int i = 0; i < unknowns; i++) part[c] += column[c][i] * score[i];
    for (int c = 0; c < 16; c++) covariance[c / 4][c % 4] += part[c / 4] * part[c % 4];
  }
}

/* Standard deviations of M by those of the coordinates, to first order. */
static void Deviations(const Search *search, const AetLatticeModel *model, const Equations *block, const double C[2][2], double sd[2][2])
{
  const double step = 1e-7;
  double       covariance[4][4], Q[2][2], U[2][2], slope[4][4];

  Covariance(search, model, block, covariance);
  Linear(search->lattice, C, Q, U);
  for (int c = 0; c < 4; c++) {
    double moved[2][2] = {{C[0][0], C[0][1]}, {C[1][0], C[1][1]}}, changed[2][2];

    moved[c / 2][c % 2] += step;
    Linear(search->lattice, (const double(*)[2])moved, Q, changed);
    for (int i = 0; i < 4; i++) slope[i][c] = (changed[i / 2][i % 2] - U[i / 2][i % 2]) / step / model->half;
  }
  for (int i = 0; i < 4; i++) {
    double sum = 0;

    for (int c = 0; c < 16; c++) sum += slope[i][c / 4] * slope[i][c % 4] * covariance[c / 4][c % 4];
    sd[i / 2][i % 2] = sqrt(fmax(sum, 0));
  }
}

static void Interpret(const Search *search, const AetLatticeModel *model, const Equations *block, AetDistortion *distortion)
{
  static const int degree[AET_SCAN_TERMS] = {1, 1, 2, 2, 2, 3, 3, 3, 3};
  double           C[2][2], Q[2][2], U[2][2], spread = 0;
  const double     mean = MeanOf(search);

  for (int i = 0; i < 4; i++) C[i / 2][i % 2] = model->coordinate[i / 2][i % 2] / model->half;
  Linear(search->lattice, (const double(*)[2])C, Q, U);
  for (int t = 0; t < model->terms; t++) {
    const double s0 = model->coordinate[0][t] / pow(model->half, degree[t]), s1 = model->coordinate[1][t] / pow(model->half, degree[t]);
    const double r0 = search->lattice[0][0] * s0 + search->lattice[0][1] * s1, r1 = search->lattice[1][0] * s0 + search->lattice[1][1] * s1;

    distortion->term[0][t] = Q[0][0] * r0 + Q[1][0] * r1;
    distortion->term[1][t] = Q[0][1] * r0 + Q[1][1] * r1;
  }
  distortion->term[1][0] = 0; /* by the choice of Q, but for rounding */
  Deviations(search, model, block, (const double(*)[2])C, distortion->sd);
  for (ptrdiff_t p = 0; p < search->ny * search->nx; p++) spread += pow((double)search->image[p] - mean, 2);
  distortion->residual = sqrt(block->squares / fmax(spread, 1e-300));
  distortion->cells = (ptrdiff_t)((double)(search->ny * search->nx) * fabs(C[0][0] * C[1][1] - C[0][1] * C[1][0]));
}

static PetscErrorCode CheckResult(const Search *search, const AetDistortion *distortion)
{
  PetscFunctionBegin;
  for (int i = 0; i < 4; i++) {
    const double term = distortion->term[i / 2][i % 2], sd = distortion->sd[i / 2][i % 2];

    AetCheck(fabs(term - (i == 0 || i == 3)) < MOST_DISTORTED && sd < WORST_SD, AET_ERR_DATA,
             "%s: expected a lattice that tells the distortion to %g %%, found a linear term of %g ± %g", search->name, 100 * WORST_SD,
             term, sd);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FitLattice(Search *search, const double known[3], PetscBool cubic, AetDistortion *distortion)
{
  AetLatticeModel model = {.ny = search->ny, .nx = search->nx, .half = (double)PetscMax(search->ny, search->nx) / 2};
  Equations      *block;
  double          inverse[2][2];
  PetscErrorCode  code;

  PetscFunctionBegin;
  PetscCall(Spectrum(search));
  PetscCall(Index(search, known));
  AetMatrixInverse((const double(*)[2])search->measured, inverse);
  ChooseHarmonics(search, (const double(*)[2])inverse, &model);
  AetCheck(model.harmonics >= 2, AET_ERR_DATA, "%s: expected Fourier components of the lattice above the noise, found %d", search->name,
           model.harmonics);
  for (int i = 0; i < 4; i++) model.coordinate[i / 2][i % 2] = inverse[i / 2][i % 2] * model.half;
  PetscCall(PetscMalloc1(BLOCKS, &block));
  code = FitOutwards(search->name, &model, search->image, cubic, block);
  if (!code) Interpret(search, &model, block, distortion);
  PetscCall(PetscFree(block));
  PetscCall(code);
  PetscCall(CheckResult(search, distortion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckInput(const Search *search, double pixel_angstrom, const double known[3])
{
  PetscFunctionBegin;
  AetCheck(pixel_angstrom > 0 && known[0] > 0 && known[1] > 0 && known[2] > 10 && known[2] < 170, AET_ERR_INPUT,
           "distortion_lattice_angstrom: expected a, b in Å and gamma from 10 to 170 degrees, found %g, %g, %g", known[0], known[1],
           known[2]);
  AetCheck(search->ny >= 32 && search->nx >= 32, AET_ERR_DATA, "%s: expected an image of at least 32×32 pixels, found %td×%td",
           search->name, search->ny, search->nx);
  for (ptrdiff_t p = 0; p < search->ny * search->nx; p++)
    AetCheck(isfinite(search->image[p]), AET_ERR_DATA, "%s: expected finite numbers, found %g in row %td, column %td (from 0)",
             search->name, (double)search->image[p], p / search->nx, p % search->nx);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDistortionFit(const char *name, ptrdiff_t ny, ptrdiff_t nx, const float *image, double pixel_angstrom,
                                const double lattice[3], PetscBool cubic, AetDistortion *distortion)
{
  const double   a = lattice[0] / pixel_angstrom, b = lattice[1] / pixel_angstrom, gamma = lattice[2] * AET_DEG;
  Search         search = {.name = name, .image = image, .ny = ny, .nx = nx, .lattice = {{a, b * cos(gamma)}, {0, b * sin(gamma)}}};
  PetscErrorCode code;

  PetscFunctionBegin;
  AetDistortionIdentity(pixel_angstrom, distortion);
  PetscCall(CheckInput(&search, pixel_angstrom, lattice));
  code = FitLattice(&search, lattice, cubic, distortion);
  PetscCall(PetscFree(search.power));
  PetscCall(code);
  distortion->given = PETSC_TRUE, distortion->cubic = cubic;
  memcpy(distortion->lattice, lattice, sizeof distortion->lattice);
  snprintf(distortion->source, sizeof distortion->source, "%s", name);
  distortion->created = AetCreated();
  PetscFunctionReturn(PETSC_SUCCESS);
}
