/* Spheres: visibility, shadows, crevices, light. */
#include "kernel/spheres.h"
#include <math.h>

enum { CREVICE_SAMPLES = 40, SHADOW_SAMPLES = 24 };
static const float nothing = -1e30f;

void AetKernelSpheresSee(ptrdiff_t count, const double *centre, double radius, ptrdiff_t ny, ptrdiff_t nx, double scale, float *depth,
                         int *who)
{
  for (ptrdiff_t p = 0; p < ny * nx; p++) depth[p] = nothing, who[p] = -1;
  for (ptrdiff_t i = 0; i < count; i++) {
    double    u = (double)nx / 2 + centre[3 * i] * scale, v = (double)ny / 2 - centre[3 * i + 1] * scale, r = radius * scale;
    ptrdiff_t x0 = (ptrdiff_t)fmax(0, floor(u - r)), x1 = (ptrdiff_t)fmin((double)nx - 1, ceil(u + r));
    ptrdiff_t y0 = (ptrdiff_t)fmax(0, floor(v - r)), y1 = (ptrdiff_t)fmin((double)ny - 1, ceil(v + r));

    for (ptrdiff_t y = y0; y <= y1; y++)
      for (ptrdiff_t x = x0; x <= x1; x++) {
        double dx = (double)x + 0.5 - u, dy = (double)y + 0.5 - v, left = r * r - dx * dx - dy * dy;
        float  z;

        if (left < 0) continue;
        z = (float)(centre[3 * i + 2] + sqrt(left) / scale);
        if (z > depth[y * nx + x]) depth[y * nx + x] = z, who[y * nx + x] = (int)i;
      }
  }
}

/* A number 0 ... 1 of a pixel: turns the sample pattern from pixel to pixel, so that banding becomes grain that averaging removes. */
static double Grain(ptrdiff_t x, ptrdiff_t y)
{
  double value = 52.9829189 * fmod(0.06711056 * (double)x + 0.00583715 * (double)y, 1);

  return value - floor(value);
}

/* Offset of sample s of n in a disc of radius 1: the sunflower spiral. */
static void Spiral(int s, int n, double turn, double offset[2])
{
  double radius = sqrt((s + 0.5) / n), angle = 2.39996323 * s + 6.28318531 * turn;

  offset[0] = radius * cos(angle);
  offset[1] = radius * sin(angle);
}

/* Fraction of the key light that reaches a point: what the light sees around it is not nearer to the light. */
static double Lit(const AetSpheres *s, const double point[3], double turn)
{
  double l[3] = {0}, soft = 0.35 * s->radius * s->light_scale;
  int    lit = 0;

  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++) l[a] += s->to_light[3 * a + b] * point[b];
  for (int k = 0; k < SHADOW_SAMPLES; k++) {
    double    o[2];
    ptrdiff_t x, y;

    Spiral(k, SHADOW_SAMPLES, turn, o);
    x = (ptrdiff_t)floor((double)s->light_n / 2 + l[0] * s->light_scale + soft * o[0]);
    y = (ptrdiff_t)floor((double)s->light_n / 2 - l[1] * s->light_scale + soft * o[1]);
    if (x < 0 || y < 0 || x >= s->light_n || y >= s->light_n)
      lit++;
    else
      lit += s->light_depth[y * s->light_n + x] < l[2] + 0.45 * s->radius;
  }
  return (double)lit / SHADOW_SAMPLES;
}

/* Fraction of the sky seen from a pixel: neighbours that stand in front of it hide some. */
static double Open(const AetSpheres *s, ptrdiff_t x, ptrdiff_t y, double turn)
{
  double reach = 2.6 * s->radius, hidden = 0;
  float  z = s->depth[y * s->nx + x];

  for (int k = 0; k < CREVICE_SAMPLES; k++) {
    double    o[2], rise;
    ptrdiff_t px, py;

    Spiral(k, CREVICE_SAMPLES, turn, o);
    px = x + (ptrdiff_t)lround(o[0] * reach * s->scale);
    py = y + (ptrdiff_t)lround(o[1] * reach * s->scale);
    if (px < 0 || py < 0 || px >= s->nx || py >= s->ny || s->who[py * s->nx + px] < 0) continue;
    rise = (s->depth[py * s->nx + px] - z) / (reach * hypot(o[0], o[1]) + 0.2 * s->radius);
    if (rise > 0) hidden += fmin(rise, 1) * fmax(0, 1 - (s->depth[py * s->nx + px] - z) / (3 * reach));
  }
  return fmax(0, 1 - 1.7 * hidden / CREVICE_SAMPLES);
}

static void Background(const AetSpheres *s, ptrdiff_t x, ptrdiff_t y, float *rgb)
{
  static const float centre[3] = {0.060f, 0.085f, 0.140f}, edge[3] = {0.006f, 0.009f, 0.018f};
  double             dx = ((double)x + 0.5) / (double)s->nx - 0.5, dy = ((double)y + 0.5) / (double)s->ny - 0.46;
  double             t = fmin(1, 1.7 * hypot(dx, dy));

  for (int c = 0; c < 3; c++) rgb[c] = (float)(centre[c] + (edge[c] - centre[c]) * t * t * (3 - 2 * t));
}

static void Shade(const AetSpheres *s, ptrdiff_t x, ptrdiff_t y, double near, double far, float *rgb)
{
  ptrdiff_t     p = y * s->nx + x;
  const double *c = &s->centre[3 * s->who[p]], *light = &s->to_light[6];
  double point[3] = {((double)x + 0.5 - (double)s->nx / 2) / s->scale, ((double)s->ny / 2 - (double)y - 0.5) / s->scale, s->depth[p]};
  static const double fill[3] = {0.62, -0.55, 0.56}; /* a weak light from the other side shapes what lies in shadow */
  double normal[3], glow = 0, half[3] = {light[0], light[1], light[2] + 1}, length, diffuse = 0, shine = 0, turn = Grain(x, y), lit, open,
                    haze;
  float behind[3];

  length = sqrt(half[0] * half[0] + half[1] * half[1] + half[2] * half[2]);
  for (int a = 0; a < 3; a++) {
    normal[a] = (point[a] - c[a]) / s->radius;
    diffuse += normal[a] * light[a];
    glow += normal[a] * fill[a];
    shine += normal[a] * half[a] / length;
  }
  lit = diffuse > 0 ? Lit(s, point, turn) : 0;
  open = Open(s, x, y, turn);
  haze = 0.55 * (near - s->depth[p]) / fmax(far, 1e-9);
  diffuse = fmax(0, diffuse) * lit;
  shine = 0.35 * pow(fmax(0, shine), 60) * lit;
  Background(s, x, y, behind);
  for (int a = 0; a < 3; a++) {
    double sky = open * (0.22 + 0.10 * normal[1] + 0.08 * normal[2] + 0.30 * fmax(0, glow) * fmax(0, glow));
    double colour = s->colour[s->who[p]][a] * (sky + 0.95 * diffuse * (0.35 + 0.65 * open)) + shine;

    rgb[a] = (float)(colour + (behind[a] - colour) * haze);
  }
}

void AetKernelSpheresShade(const AetSpheres *s, int threads, float *rgb)
{
  double near = nothing, far = 1e30;

  for (ptrdiff_t i = 0; i < s->count; i++) {
    near = fmax(near, s->centre[3 * i + 2] + s->radius);
    far = fmin(far, s->centre[3 * i + 2]);
  }
#pragma omp parallel for num_threads(threads) schedule(dynamic, 16)
  for (ptrdiff_t y = 0; y < s->ny; y++)
    for (ptrdiff_t x = 0; x < s->nx; x++) {
      if (s->who[y * s->nx + x] < 0)
        Background(s, x, y, &rgb[3 * (y * s->nx + x)]);
      else
        Shade(s, x, y, near, near - far, &rgb[3 * (y * s->nx + x)]);
    }
}
