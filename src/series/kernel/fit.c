#include "series/kernel/fit.h"
#include "atoms/kernel/rigid.h"
#include <math.h>
#include <string.h>

static const double identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};

void AetFitIdentity(AetFit *fit)
{
  memset(fit, 0, sizeof *fit);
  memcpy(fit->linear, identity, sizeof identity);
  memcpy(fit->rotation, identity, sizeof identity);
  memcpy(fit->stretch, identity, sizeof identity);
}

void AetFitMap(const double linear[9], const double shift[3], const double x[3], double y[3])
{
  for (int k = 0; k < 3; k++) y[k] = linear[3 * k] * x[0] + linear[3 * k + 1] * x[1] + linear[3 * k + 2] * x[2] + shift[k];
}

static void Transposed(const double m[9], double t[9])
{
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) t[3 * i + j] = m[3 * j + i];
}

/* The rotation R of largest trace(Rᵀ m): six points, whose moments are those of m, are handed to the fit of points. */
static void NearestRotation(const double m[9], double R[9])
{
  double a[18], b[18], shift[3];

  for (int p = 0; p < 3; p++)
    for (int k = 0; k < 3; k++) {
      a[3 * p + k] = p == k, b[3 * p + k] = m[3 * k + p];
      a[9 + 3 * p + k] = -a[3 * p + k], b[9 + 3 * p + k] = -b[3 * p + k];
    }
  AetRigidFit(6, a, b, R, shift);
}

/* The inverse of a 3 x 3 matrix; nonzero where its determinant is lost in rounding. */
static int Inverse(const double m[9], double inverse[9])
{
  double size = 0, determinant;

  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      const int r = (i + 1) % 3, s = (i + 2) % 3, u = (j + 1) % 3, v = (j + 2) % 3;
      inverse[3 * j + i] = m[3 * r + u] * m[3 * s + v] - m[3 * r + v] * m[3 * s + u];
      size = fmax(size, fabs(m[3 * i + j]));
    }
  determinant = m[0] * inverse[0] + m[1] * inverse[3] + m[2] * inverse[6];
  if (!(fabs(determinant) > 1e-9 * size * size * size)) return 1;
  for (int k = 0; k < 9; k++) inverse[k] /= determinant;
  return 0;
}

void AetSymmetricEigenvalues(const double m[9], double value[3])
{
  double s[9];

  memcpy(s, m, sizeof s);
  for (int sweep = 0; sweep < 40; sweep++)
    for (int p = 0; p < 2; p++)
      for (int q = p + 1; q < 3; q++) {
        double theta, t, c, r;
        if (s[3 * p + q] == 0) continue;
        theta = (s[4 * q] - s[4 * p]) / (2 * s[3 * p + q]);
        t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
        c = 1 / sqrt(t * t + 1), r = t * c;
        for (int k = 0; k < 3; k++) {
          const double x = s[3 * k + p], y = s[3 * k + q];
          s[3 * k + p] = c * x - r * y, s[3 * k + q] = r * x + c * y;
        }
        for (int k = 0; k < 3; k++) {
          const double x = s[3 * p + k], y = s[3 * q + k];
          s[3 * p + k] = c * x - r * y, s[3 * q + k] = r * x + c * y;
        }
      }
  for (int k = 0; k < 3; k++) value[k] = s[4 * k];
  for (int k = 0; k < 3; k++)
    for (int l = 0; l < 2; l++)
      if (value[l] > value[l + 1]) {
        const double swap = value[l];
        value[l] = value[l + 1], value[l + 1] = swap;
      }
}

double AetFitTurnAngle(const double A[9], const double B[9])
{
  double square = 0; /* |A - B|² = 8 sin²(angle/2): accurate for small angles, where the trace is not */

  for (int k = 0; k < 9; k++) square += (A[k] - B[k]) * (A[k] - B[k]);
  return 2 * asin(fmin(1, sqrt(square / 8)));
}

/* Rotation and symmetric stretch of a linear map. */
static void Polar(AetFit *fit)
{
  double transposed[9];

  NearestRotation(fit->linear, fit->rotation);
  Transposed(fit->rotation, transposed);
  AetRotationTimes(transposed, fit->linear, fit->stretch);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < i; j++) fit->stretch[3 * i + j] = fit->stretch[3 * j + i] = (fit->stretch[3 * i + j] + fit->stretch[3 * j + i]) / 2;
}

void AetFitCompose(const AetFit *outer, const AetFit *inner, AetFit *both)
{
  AetFit made;

  AetRotationTimes(outer->linear, inner->linear, made.linear);
  AetFitMap(outer->linear, outer->shift, inner->shift, made.shift);
  Polar(&made);
  *both = made;
}

/* Weighted moments about the centroids. */
typedef struct {
  double ca[3], cb[3], ba[9], aa[9], bb;
} Moments;

static int Gather(ptrdiff_t count, const double *a, const double *b, const double *weight, Moments *m)
{
  double sum = 0;

  memset(m, 0, sizeof *m);
  for (ptrdiff_t i = 0; i < count; i++) {
    const double w = weight ? weight[i] : 1;
    sum += w;
    for (int k = 0; k < 3; k++) m->ca[k] += w * a[3 * i + k], m->cb[k] += w * b[3 * i + k];
  }
  if (!(sum > 0)) return 1;
  for (int k = 0; k < 3; k++) m->ca[k] /= sum, m->cb[k] /= sum;
  for (ptrdiff_t i = 0; i < count; i++) {
    const double w = weight ? weight[i] : 1;
    double       x[3], y[3];
    for (int k = 0; k < 3; k++) x[k] = a[3 * i + k] - m->ca[k], y[k] = b[3 * i + k] - m->cb[k];
    for (int k = 0; k < 3; k++) {
      for (int l = 0; l < 3; l++) m->ba[3 * k + l] += w * y[k] * x[l], m->aa[3 * k + l] += w * x[k] * x[l];
      m->bb += w * y[k] * y[k];
    }
  }
  return 0;
}

int AetFitPairs(AetFitKind kind, ptrdiff_t count, const double *a, const double *b, const double *weight, AetFit *fit)
{
  Moments m;
  AetFit  made;
  double  inverse[9], value[3];

  if (count < (kind == AET_FIT_AFFINE ? 4 : 3) || Gather(count, a, b, weight, &m)) return 1;
  AetSymmetricEigenvalues(m.aa, value);
  if (!(value[1] > 1e-9 * value[2]) || (kind == AET_FIT_AFFINE && Inverse(m.aa, inverse))) return 1;
  memcpy(made.stretch, identity, sizeof identity);
  if (kind == AET_FIT_AFFINE) {
    AetRotationTimes(m.ba, inverse, made.linear);
    Polar(&made);
  } else {
    const double scale = kind == AET_FIT_SCALE ? sqrt(m.bb / (m.aa[0] + m.aa[4] + m.aa[8])) : 1;
    NearestRotation(m.ba, made.rotation);
    for (int k = 0; k < 9; k++) made.linear[k] = scale * made.rotation[k], made.stretch[k] *= scale;
  }
  for (int k = 0; k < 3; k++)
    made.shift[k] = m.cb[k] - made.linear[3 * k] * m.ca[0] - made.linear[3 * k + 1] * m.ca[1] - made.linear[3 * k + 2] * m.ca[2];
  *fit = made;
  return 0;
}
