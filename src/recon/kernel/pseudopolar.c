#include "recon/kernel/pseudopolar.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static ptrdiff_t Max(ptrdiff_t a, ptrdiff_t b)
{
  return a > b ? a : b;
}

/* Smallest 2^a 3^b 5^c ≥ n. */
static ptrdiff_t Smooth(ptrdiff_t n)
{
  for (;; n++) {
    ptrdiff_t rest = n;
    while (rest % 2 == 0) rest /= 2;
    while (rest % 3 == 0) rest /= 3;
    while (rest % 5 == 0) rest /= 5;
    if (rest == 1) return n;
  }
}

/* exp(πi α m²) = exp(2πi u m²/(N L)), the angle reduced before it is rounded. */
static void Chirp(const AetPseudopolar *pp, ptrdiff_t u, ptrdiff_t m, float *re, float *im)
{
  const int64_t turn = (int64_t)pp->N * pp->L, square = (int64_t)m * m % turn;
  const double  angle = 2 * M_PI * (double)((int64_t)u * square % turn) / (double)turn;

  *re = (float)cos(angle);
  *im = (float)sin(angle);
}

static void FillChirps(AetPseudopolar *pp)
{
  const ptrdiff_t row = 2 * pp->half + 1;

  for (ptrdiff_t u = 0; u <= pp->N / 2; u++)
    for (ptrdiff_t m = 0; m <= pp->half; m++) {
      float re, im;
      Chirp(pp, u, m, &re, &im);
      for (int side = -1; side <= 1; side += 2) {
        const ptrdiff_t at = 2 * (u * row + pp->half + side * m);
        pp->rise[at] = pp->fall[at] = re;
        pp->rise[at + 1] = im, pp->fall[at + 1] = -im;
      }
    }
}

/* The chirps' spectra, those of eight u at a time. `rows` and `out`: 2 length each; work: 4 length. */
static void FillSpectra(AetPseudopolar *pp, AetLane *rows, AetLane *out, AetLane *work)
{
  const ptrdiff_t   length = pp->length, n = Max(pp->n[0], pp->n[1]);
  const AetLaneEnds ends = {length, 0, length, NULL, rows, NULL};

  for (ptrdiff_t first = 0; first <= pp->N / 2; first += AET_LANES) {
    memset(rows, 0, sizeof *rows * 2 * (size_t)length);
    for (int i = 0; i < AET_LANES && first + i <= pp->N / 2; i++)
      for (ptrdiff_t m = -pp->L / 2 - (n - 1 - n / 2); m <= pp->L / 2 + n / 2; m++) {
        const ptrdiff_t at = m < 0 ? m + length : m;
        float           re, im;
        Chirp(pp, first + i, m, &re, &im);
        rows[2 * at][i] = re / (float)length, rows[2 * at + 1][i] = im / (float)length;
      }
    AetLaneForward(&pp->plan, &ends, out, 1, work);
    for (int i = 0; i < AET_LANES && first + i <= pp->N / 2; i++)
      for (ptrdiff_t k = 0; k < 2 * length; k++) pp->spectrum[2 * (first + i) * length + k] = out[k][i];
  }
}

int AetPseudopolarCreate(AetPseudopolar *pp, const ptrdiff_t n[2], ptrdiff_t N, ptrdiff_t L)
{
  const size_t rows = (size_t)(N / 2 + 1);
  AetLane     *work;

  memset(pp, 0, sizeof *pp);
  pp->n[0] = n[0], pp->n[1] = n[1], pp->N = N, pp->L = L;
  pp->half = Max(L, Max(n[0], n[1])) / 2;
  pp->length = Smooth(L + Max(n[0], n[1])); /* all l - r that occur in either sector */
  pp->spectrum = malloc(sizeof(float) * 2 * rows * (size_t)pp->length);
  pp->rise = malloc(sizeof(float) * 2 * rows * (size_t)(2 * pp->half + 1));
  pp->fall = malloc(sizeof(float) * 2 * rows * (size_t)(2 * pp->half + 1));
  work = aligned_alloc(sizeof(AetLane) * 2, sizeof(AetLane) * 8 * (size_t)pp->length);
  if (!pp->spectrum || !pp->rise || !pp->fall || !work || AetPaddedPlanCreate(&pp->along[0], n[1], N) ||
      AetPaddedPlanCreate(&pp->along[1], n[0], N) || AetLanePlanCreate(&pp->plan, pp->length)) {
    free(work);
    return 1;
  }
  FillChirps(pp);
  FillSpectra(pp, work, work + 2 * pp->length, work + 4 * pp->length);
  free(work);
  return 0;
}

void AetPseudopolarFree(AetPseudopolar *pp)
{
  free(pp->spectrum);
  free(pp->rise);
  free(pp->fall);
  AetPaddedPlanFree(&pp->along[0]);
  AetPaddedPlanFree(&pp->along[1]);
  AetLanePlanFree(&pp->plan);
  memset(pp, 0, sizeof *pp);
}

/* One thread's work. */
typedef struct {
  AetLane *pair, *line; /* [n], [N] complex: two real lines and their transform */
  AetLane *rows;        /* [u][n of the other axis] complex */
  AetLane *chirped;     /* [length] complex */
  AetLane *values;      /* [L] complex */
  AetLane *work;
} Work;

static Work Divide(const AetPseudopolar *pp, AetLane *base)
{
  const ptrdiff_t n = Max(pp->n[0], pp->n[1]);
  Work            w;

  w.pair = base;
  w.line = w.pair + 2 * n;
  w.rows = w.line + 2 * pp->N;
  w.chirped = w.rows + 2 * (pp->N / 2 + 1) * n;
  w.values = w.chirped + 2 * pp->length;
  w.work = w.values + 2 * pp->L;
  return w;
}

size_t AetPseudopolarWork(const AetPseudopolar *pp)
{
  const Work w = Divide(pp, NULL);

  return (size_t)(w.work - (AetLane *)NULL) + 4 * (size_t)Max(pp->length, pp->N);
}

/* Of a sector: its two sizes, and the steps between pixels along its main axis and across it. */
typedef struct {
  ptrdiff_t along, across, step_along, step_across;
} Sector;

static Sector SectorOf(const AetPseudopolar *pp, int sector)
{
  return sector ? (Sector){pp->n[0], pp->n[1], pp->n[1], 1} : (Sector){pp->n[1], pp->n[0], 1, pp->n[1]};
}

/* w.rows = padded transforms along the main axis, two real lines as the real and the imaginary part of one. */
static void AlongForward(const AetPseudopolar *pp, int sector, const AetLane *in, const Work *w)
{
  static const AetLane zero;
  const Sector         s = SectorOf(pp, sector);

  for (ptrdiff_t c = 0; c < s.across; c += 2) {
    const AetLane *line = in + c * s.step_across;
    const int      two = c + 1 < s.across;
    for (ptrdiff_t i = 0; i < s.along; i++) {
      w->pair[2 * i] = line[i * s.step_along];
      w->pair[2 * i + 1] = two ? line[i * s.step_along + s.step_across] : zero;
    }
    AetPaddedForward(&pp->along[sector], w->pair, w->line, 1, w->work);
    for (ptrdiff_t u = 0; u <= pp->N / 2; u++) {
      const AetLane *a = w->line + 2 * u, *b = w->line + 2 * (u ? pp->N - u : 0);
      AetLane       *to = w->rows + 2 * (u * s.across + c);
      to[0] = 0.5f * (a[0] + b[0]), to[1] = 0.5f * (a[1] - b[1]);
      if (two) to[2] = 0.5f * (a[1] + b[1]), to[3] = 0.5f * (b[0] - a[0]);
    }
  }
}

/* out += the adjoint of AlongForward. */
static void AlongAdjoint(const AetPseudopolar *pp, int sector, const Work *w, AetLane *out)
{
  static const AetLane zero[2];
  const Sector         s = SectorOf(pp, sector);

  for (ptrdiff_t c = 0; c < s.across; c += 2) {
    AetLane  *line = out + c * s.step_across;
    const int two = c + 1 < s.across;
    for (ptrdiff_t u = 0; u <= pp->N / 2; u++) {
      const AetLane *a = w->rows + 2 * (u * s.across + c), *b = two ? a + 2 : zero;
      AetLane       *to = w->line + 2 * u, *mirror = w->line + 2 * (pp->N - u);
      if (u == 0 || 2 * u == pp->N) {
        to[0] = a[0], to[1] = b[0];
        continue;
      }
      to[0] = 0.5f * (a[0] - b[1]), to[1] = 0.5f * (a[1] + b[0]);
      mirror[0] = 0.5f * (a[0] + b[1]), mirror[1] = 0.5f * (b[0] - a[1]);
    }
    AetPaddedBackward(&pp->along[sector], w->line, 1, w->pair, w->work);
    for (ptrdiff_t i = 0; i < s.along; i++) {
      line[i * s.step_along] += w->pair[2 * i];
      if (two) line[i * s.step_along + s.step_across] += w->pair[2 * i + 1];
    }
  }
}

/* rows *= spectrum of the chirp, or its conjugate. */
static void Convolve(const AetPseudopolar *pp, ptrdiff_t u, float sign, AetLane *rows)
{
  const float *spectrum = pp->spectrum + 2 * u * pp->length;

  for (ptrdiff_t k = 0; k < pp->length; k++) {
    const AetLane re = rows[2 * k], im = rows[2 * k + 1];
    const float   c = spectrum[2 * k], s = sign * spectrum[2 * k + 1];
    rows[2 * k] = re * c - im * s;
    rows[2 * k + 1] = re * s + im * c;
  }
}

static const float *From(const AetPseudopolar *pp, const float *chirps, ptrdiff_t u, ptrdiff_t low)
{
  return chirps + 2 * (u * (2 * pp->half + 1) + pp->half - low);
}

/* Σ_r h(r) exp(-2πi r (u/N)(2l/L)) = fall(l) Σ_r rise(l - r) fall(r) h(r): both sides of r l = (r² + l² - (l - r)²)/2 (Bluestein, IEEE
   Trans. Audio Electroacoust. 18 (1970) 451). */
static void AcrossForward(const AetPseudopolar *pp, int sector, ptrdiff_t u, const Work *w)
{
  const ptrdiff_t   n = SectorOf(pp, sector).across, low = pp->L / 2 - sector;
  const AetLaneEnds in = {n, n / 2, pp->length, From(pp, pp->fall, u, n / 2), w->rows + 2 * u * n, NULL};
  const AetLaneEnds out = {pp->L, low, pp->length, From(pp, pp->rise, u, low), NULL, w->values};

  AetLaneForward(&pp->plan, &in, w->chirped, 1, w->work);
  Convolve(pp, u, 1, w->chirped);
  AetLaneBackward(&pp->plan, w->chirped, 1, &out, w->work);
}

static void AcrossAdjoint(const AetPseudopolar *pp, int sector, ptrdiff_t u, const Work *w)
{
  const ptrdiff_t   n = SectorOf(pp, sector).across, low = pp->L / 2 - sector;
  const AetLaneEnds in = {pp->L, low, pp->length, From(pp, pp->rise, u, low), w->values, NULL};
  const AetLaneEnds out = {n, n / 2, pp->length, From(pp, pp->fall, u, n / 2), NULL, w->rows + 2 * u * n};

  AetLaneForward(&pp->plan, &in, w->chirped, 1, w->work);
  Convolve(pp, u, -1, w->chirped);
  memset(w->rows + 2 * u * n, 0, sizeof(AetLane) * 2 * (size_t)n); /* a side with a turn is added to what is there */
  AetLaneBackward(&pp->plan, w->chirped, 1, &out, w->work);
}

void AetPseudopolarApply(const AetPseudopolar *pp, const AetLane *in, AetPseudopolarVisitor visitor, void *context, AetLane *out,
                         AetLane *work)
{
  const Work w = Divide(pp, work);

  if (out) memset(out, 0, sizeof *out * (size_t)(pp->n[0] * pp->n[1]));
  for (int sector = 0; sector < 2; sector++) {
    if (in) AlongForward(pp, sector, in, &w);
    for (ptrdiff_t u = 0; u <= pp->N / 2; u++) {
      memset(w.values, 0, sizeof *w.values * 2 * (size_t)pp->L);
      if (in) AcrossForward(pp, sector, u, &w);
      visitor(context, sector, u, w.values);
      if (out) AcrossAdjoint(pp, sector, u, &w);
    }
    if (out) AlongAdjoint(pp, sector, &w, out);
  }
}

double AetPseudopolarWeight(const AetPseudopolar *pp, ptrdiff_t u)
{
  const double step = 1 / (double)pp->N, lines = (double)pp->L;

  if (u == 0) return step * step / (2 * lines);                      /* one cell, shared by all lines */
  return (2 * u == pp->N ? 2 : 4) * (double)u * step * step / lines; /* the last cell ends at its point */
}
