/* Images moved and matched to a fraction of a pixel: plans and room around the kernels. */
#include "tilt/kernel/correlate.h"
#include "tilt/kernel/extend.h"
#include "tilt/kernel/line_positions.h"
#include "tilt/kernel/template_filter.h"
#include "tilt/kernel/upsampled.h"
#include "tilt/register_private.h"
#include <aet4d/tilt.h>
#include <fftw3.h>
#include <math.h>
#include <string.h>

#define LINE_MARGIN 64 /* samples in which the end of a line fades into its beginning, at least */
#define MATCH_PADDING 1.5

struct _p_AetRegister {
  ptrdiff_t      n[2];    /* y, x */
  ptrdiff_t      line[2]; /* lengths of the periodic lines along y, x */
  ptrdiff_t      N[2];    /* of the padded images */
  fftwf_plan     line_forward[2], line_backward[2], forward, backward, periodic_forward, periodic_backward;
  float         *samples;                     /* one line */
  float complex *frequencies;                 /* of it */
  float         *image;                       /* [ny][nx] */
  float complex *padded, *cross, *matched[2]; /* [Ny][Nx/2+1] */
  float complex *periodic;                    /* two of [line y][line x/2+1] */
  float         *upsampled, *weight;
  double        *power, *position;
};

static PetscErrorCode PlanLines(AetRegister room)
{
  PetscFunctionBegin;
  for (int a = 0; a < 2; a++) {
    const int N = (int)room->line[a];
    room->line_forward[a] = fftwf_plan_dft_r2c_1d(N, room->samples, (fftwf_complex *)room->frequencies, FFTW_ESTIMATE);
    AetCheckFFTW(room->line_forward[a]);
    room->line_backward[a] = fftwf_plan_dft_c2r_1d(N, (fftwf_complex *)room->frequencies, room->samples, FFTW_ESTIMATE);
    AetCheckFFTW(room->line_backward[a]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In place, for any array of that size. */
static PetscErrorCode PlanImages(const ptrdiff_t N[2], float complex *room, fftwf_plan *forward, fftwf_plan *backward)
{
  const unsigned flags = FFTW_ESTIMATE | FFTW_UNALIGNED;

  PetscFunctionBegin;
  *forward = fftwf_plan_dft_r2c_2d((int)N[0], (int)N[1], (float *)room, (fftwf_complex *)room, flags);
  AetCheckFFTW(*forward);
  *backward = fftwf_plan_dft_c2r_2d((int)N[0], (int)N[1], (fftwf_complex *)room, (float *)room, flags);
  AetCheckFFTW(*backward);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AllocateRoom(AetRegister room)
{
  const size_t   longest = (size_t)PetscMax(room->line[0], room->line[1]), spectrum = (size_t)(room->N[0] * (room->N[1] / 2 + 1));
  const AetCross cross = {.Ny = room->N[0], .Nx = room->N[1], .my = (room->N[0] - 1) / 2, .mx = room->N[1] / 2, .cross = NULL};
  const size_t   rings = (size_t)PetscMax(AetRings(room->N[0], room->N[1]), AetRings(room->line[0], room->line[1]));

  PetscFunctionBegin;
  room->samples = fftwf_alloc_real(longest);
  room->frequencies = (float complex *)fftwf_alloc_complex(longest / 2 + 1);
  AetCheck(room->samples && room->frequencies, AET_ERR_MEMORY, "no memory to register images of %td×%td", room->n[0], room->n[1]);
  PetscCall(PetscMalloc1((size_t)(room->n[0] * room->n[1]), &room->image));
  PetscCall(PetscMalloc1(spectrum, &room->padded));
  PetscCall(PetscMalloc1(2 * (size_t)(room->line[0] * (room->line[1] / 2 + 1)), &room->periodic));
  PetscCall(PetscMalloc1(spectrum, &room->cross));
  for (int i = 0; i < 2; i++) PetscCall(PetscMalloc1(spectrum, &room->matched[i]));
  PetscCall(PetscMalloc1(AetUpsampledWork(&cross), &room->upsampled));
  PetscCall(PetscMalloc2(rings, &room->weight, 2 * rings, &room->power));
  PetscCall(PetscMalloc1((size_t)room->n[0], &room->position));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Plans are for one thread: images are spread over threads, not their rows. */
static PetscErrorCode SetUp(AetRegister room)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AllocateRoom(room));
  fftwf_plan_with_nthreads(1);
  code = PlanLines(room);
  if (!code) code = PlanImages(room->N, room->padded, &room->forward, &room->backward);
  if (!code) code = PlanImages(room->line, room->periodic, &room->periodic_forward, &room->periodic_backward);
  fftwf_plan_with_nthreads(AetThreads());
  PetscFunctionReturn(code);
}

PetscErrorCode AetRegisterCreate(ptrdiff_t ny, ptrdiff_t nx, AetRegister *out)
{
  AetRegister    room;
  PetscErrorCode code;

  PetscFunctionBegin;
  *out = NULL;
  AetCheck(ny >= 2 && nx >= 2, AET_ERR_INPUT, "images to register: expected at least 2×2 pixels, found %td×%td", ny, nx);
  PetscCall(PetscNew(&room));
  room->n[0] = ny, room->n[1] = nx;
  for (int a = 0; a < 2; a++) {
    room->line[a] = AetSmoothSize(room->n[a] + PetscMin(LINE_MARGIN, 2 * room->n[a]), PETSC_TRUE);
    room->N[a] = AetSmoothSize((ptrdiff_t)ceil(MATCH_PADDING * (double)room->n[a]), PETSC_TRUE);
  }
  code = SetUp(room);
  if (code) PetscCall(AetRegisterDestroy(&room));
  *out = room;
  PetscFunctionReturn(code);
}

PetscErrorCode AetRegisterDestroy(AetRegister *out)
{
  AetRegister room = *out;

  PetscFunctionBegin;
  if (!room) PetscFunctionReturn(PETSC_SUCCESS);
  for (int a = 0; a < 2; a++) {
    if (room->line_forward[a]) fftwf_destroy_plan(room->line_forward[a]);
    if (room->line_backward[a]) fftwf_destroy_plan(room->line_backward[a]);
    PetscCall(PetscFree(room->matched[a]));
  }
  if (room->forward) fftwf_destroy_plan(room->forward);
  if (room->backward) fftwf_destroy_plan(room->backward);
  if (room->periodic_forward) fftwf_destroy_plan(room->periodic_forward);
  if (room->periodic_backward) fftwf_destroy_plan(room->periodic_backward);
  fftwf_free(room->samples);
  fftwf_free(room->frequencies);
  PetscCall(PetscFree(room->image));
  PetscCall(PetscFree(room->padded));
  PetscCall(PetscFree(room->periodic));
  PetscCall(PetscFree(room->cross));
  PetscCall(PetscFree(room->upsampled));
  PetscCall(PetscFree2(room->weight, room->power));
  PetscCall(PetscFree(room->position));
  PetscCall(PetscFree(*out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One line along `axis` by d px: the whole pixels by indices, the rest by a phase. */
static void MoveLine(AetRegister room, int axis, double d, const float *line, float *moved)
{
  const ptrdiff_t n = room->n[axis], N = room->line[axis];
  const double    whole = nearbyint(d);

  AetLineExtend(n, N, line, room->samples);
  if (fabs(d - whole) > 1e-9) {
    fftwf_execute(room->line_forward[axis]);
    AetLineRamp(N, d - whole, 1 / (double)N, room->frequencies);
    fftwf_execute(room->line_backward[axis]);
  }
  AetLineTake(n, (ptrdiff_t)whole, room->samples, moved);
}

static void Transpose(ptrdiff_t rows, ptrdiff_t columns, const float *from, float *to)
{
  for (ptrdiff_t r = 0; r < rows; r += 16)
    for (ptrdiff_t c = 0; c < columns; c++)
      for (ptrdiff_t i = r; i < PetscMin(rows, r + 16); i++) to[c * rows + i] = from[i * columns + c];
}

PetscErrorCode AetRegisterShift(AetRegister room, double dx, double dy, const float *image, float *moved)
{
  const ptrdiff_t ny = room->n[0], nx = room->n[1];

  PetscFunctionBegin;
  AetCheck(isfinite(dx) && isfinite(dy), AET_ERR_INPUT, "shift of an image: expected finite numbers, found (%g, %g)", dx, dy);
  for (ptrdiff_t y = 0; y < ny; y++) MoveLine(room, 1, dx, image + y * nx, moved + y * nx);
  if (dy == 0) PetscFunctionReturn(PETSC_SUCCESS);
  Transpose(ny, nx, moved, room->image);
  for (ptrdiff_t x = 0; x < nx; x++) MoveLine(room, 0, dy, room->image + x * ny, room->image + x * ny);
  Transpose(nx, ny, room->image, moved);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* How much of a pixel at `place` lies between the outer edges of 0 … n-1. */
static double Inside(double place, ptrdiff_t n)
{
  const double edge = fmin(place + 0.5, (double)n - 0.5 - place);

  return edge <= 0 ? 0 : edge >= 1 ? 1 : edge;
}

void AetMoveLines(AetRegister room, const double (*path)[2], const float *frame, float *even, float *covered)
{
  const ptrdiff_t ny = room->n[0], nx = room->n[1];
  int             still = 1;

  for (ptrdiff_t l = 0; l < ny; l++) {
    MoveLine(room, 1, -path[l][0], frame + l * nx, room->image + l * nx);
    if (path[l][1] != 0) still = 0;
  }
  AetLinePositions(ny, path, room->position);
  if (still)
    memcpy(even, room->image, sizeof(float) * (size_t)(ny * nx));
  else
    AetLinesResample(ny, nx, room->position, room->image, even);
  for (ptrdiff_t y = 0; y < ny && covered; y++) {
    const double inside = Inside(room->position[y], ny);
    double       at[2];
    AetLinePath(ny, path, room->position[y], at);
    for (ptrdiff_t x = 0; x < nx; x++) covered[y * nx + x] = (float)(inside * Inside((double)x + at[0], nx));
  }
}

PetscErrorCode AetRegisterLines(AetRegister room, const double (*path)[2], const float *frame, float *even, float *covered)
{
  PetscFunctionBegin;
  for (ptrdiff_t l = 0; l < room->n[0]; l++)
    AetCheck(isfinite(path[l][0]) && isfinite(path[l][1]), AET_ERR_INPUT, "drift of line %td: expected finite numbers, found (%g, %g)", l,
             path[l][0], path[l][1]);
  AetMoveLines(room, path, frame, even, covered);
  PetscFunctionReturn(PETSC_SUCCESS);
}

size_t AetRegisterSpectrumSize(AetRegister room)
{
  return (size_t)(room->N[0] * (room->N[1] / 2 + 1));
}

void AetMatchSpectrum(AetRegister room, double taper, const float *image, float complex *spectrum)
{
  AetCorrelatePad(room->n, room->N, 2 * (room->N[1] / 2 + 1), taper, image, (float *)spectrum);
  fftwf_execute_dft_r2c(room->forward, (float *)spectrum, (fftwf_complex *)spectrum);
}

PetscErrorCode AetRegisterSpectrum(AetRegister room, const AetMatchOptions *options, const float *image, float complex *spectrum)
{
  PetscFunctionBegin;
  AetMatchSpectrum(room, options->taper, image, spectrum);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rows and columns of frequencies that a cutoff leaves. */
static AetCross Window(AetRegister room, double cutoff)
{
  const ptrdiff_t Ny = room->N[0], Nx = room->N[1];
  AetCross        cross = {.Ny = Ny, .Nx = Nx, .my = (Ny - 1) / 2, .mx = Nx / 2, .cross = room->cross};

  cross.my = PetscMin(cross.my, (ptrdiff_t)(cutoff * (double)Ny) + 1);
  cross.mx = PetscMin(cross.mx, (ptrdiff_t)(cutoff * (double)Nx) + 1);
  return cross;
}

/* The highest whole-pixel point of the correlation, as {dy, dx}. */
static void CoarsePeak(AetRegister room, double range_px, double d[2])
{
  const ptrdiff_t row = 2 * (room->N[1] / 2 + 1);

  memcpy(room->padded, room->cross, sizeof(float complex) * AetRegisterSpectrumSize(room));
  fftwf_execute_dft_c2r(room->backward, (fftwf_complex *)room->padded, (float *)room->padded);
  AetCorrelatePeak(room->N, row, range_px > 0 ? range_px : (double)PetscMax(room->n[0], room->n[1]) / 2, (float *)room->padded, d);
}

void AetMatchSpectra(AetRegister room, const AetMatchOptions *options, const float complex *reference, const float complex *image,
                     AetMatch *match)
{
  const double cutoff = options->cutoff > 0 ? options->cutoff : 1;
  AetCross     cross = Window(room, PetscMin(cutoff, 0.5));
  double       scale, d[2], hessian[3] = {0}, value;

  if (options->wiener) AetCorrelateWiener(room->N[0], room->N[1], reference, image, room->weight, room->power);
  scale = AetCorrelateCross(room->N[0], room->N[1], cutoff, options->whiten, options->wiener ? room->weight : NULL, reference, image,
                            room->cross);
  memset(match, 0, sizeof *match);
  if (!(scale > 0) || !isfinite(scale)) return;
  CoarsePeak(room, options->range_px, d);
  AetUpsampledPeak(&cross, 0.1, d, room->upsampled);
  AetUpsampledPeak(&cross, 0.01, d, room->upsampled);
  value = AetUpsampledNewton(&cross, 0.05, d, hessian);
  *match = (AetMatch){d[1], d[0], scale * value, {-scale * hessian[2], -scale * hessian[1], -scale * hessian[0]}};
}

PetscErrorCode AetRegisterMatchSpectra(AetRegister room, const AetMatchOptions *options, const float complex *reference,
                                       const float complex *image, AetMatch *match)
{
  PetscFunctionBegin;
  AetMatchSpectra(room, options, reference, image, match);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRegisterMatch(AetRegister room, const AetMatchOptions *options, const float *reference, const float *image,
                                AetMatch *match)
{
  PetscFunctionBegin;
  PetscCall(AetRegisterSpectrum(room, options, reference, room->matched[0]));
  PetscCall(AetRegisterSpectrum(room, options, image, room->matched[1]));
  PetscCall(AetRegisterMatchSpectra(room, options, room->matched[0], room->matched[1], match));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The part [ny][nx] of a periodic image that is the image. */
static void Crop(AetRegister room, const float *periodic, float *image)
{
  for (ptrdiff_t y = 0; y < room->n[0]; y++)
    memcpy(image + y * room->n[1], periodic + y * 2 * (room->line[1] / 2 + 1), sizeof(float) * (size_t)room->n[1]);
}

void AetMatchTemplate(AetRegister room, double variance, const float *image, float *filtered, float *along_x, float *along_y)
{
  const ptrdiff_t Ny = room->line[0], Nx = room->line[1];
  const double    size = (double)(Ny * Nx);
  float complex  *work = room->periodic, *spectrum = room->periodic + Ny * (Nx / 2 + 1);
  float *const    out[3] = {along_y, along_x, filtered};

  AetImageExtend(room->n[0], room->n[1], Ny, Nx, 2 * (Nx / 2 + 1), image, (float *)spectrum);
  fftwf_execute_dft_r2c(room->periodic_forward, (float *)spectrum, (fftwf_complex *)spectrum);
  AetTemplateFilter(Ny, Nx, variance * size, 1 / size, spectrum, room->power);
  for (int a = 0; a < 3; a++) {
    if (a < 2)
      AetTemplateDerivative(Ny, Nx, a, spectrum, work);
    else
      memcpy(work, spectrum, sizeof(float complex) * (size_t)(Ny * (Nx / 2 + 1)));
    fftwf_execute_dft_c2r(room->periodic_backward, (fftwf_complex *)work, (float *)work);
    Crop(room, (const float *)work, out[a]);
  }
}
