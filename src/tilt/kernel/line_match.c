#include "tilt/kernel/line_match.h"
#include <math.h>
#include <string.h>

static double Variance(const AetLineNoise *noise, double template)
{
  return noise->floor + noise->slope * (template > 0 ? template : 0);
}

static void FitGain(ptrdiff_t size, const float *frame, const float *template, const float *mask, AetLineNoise *noise)
{
  double s = 0, t = 0, tt = 0, f = 0, ft = 0, d;

  for (ptrdiff_t i = 0; i < size; i++) {
    const double w = noise->floor > 0 ? mask[i] / Variance(noise, template[i]) : mask[i];
    s += w, t += w * template[i], tt += w * template[i] * template[i], f += w * frame[i], ft += w * frame[i] * template[i];
  }
  d = s * tt - t * t;
  noise->gain = d > 1e-12 * s * tt ? (s * ft - t * f) / d : 1;
  noise->offset = s > 0 ? (f - noise->gain * t) / s : 0;
}

static double Difference(const AetLineNoise *noise, float frame, float template)
{
  return frame - noise->gain * template - noise->offset;
}

void AetLineNoiseFit(ptrdiff_t size, const float *frame, const float *template, const float *mask, AetLineNoise *noise)
{
  double s = 0, t = 0, tt = 0, r = 0, rt = 0, d, mean;

  FitGain(size, frame, template, mask, noise);
  for (ptrdiff_t i = 0; i < size; i++) {
    const double square = pow(Difference(noise, frame[i], template[i]), 2), level = template[i] > 0 ? template[i] : 0;
    s += mask[i], t += mask[i] * level, tt += mask[i] * level * level, r += mask[i] * square, rt += mask[i] * square * level;
  }
  mean = s > 0 ? r / s : 0;
  d = s * tt - t * t;
  noise->slope = d > 1e-12 * s * tt ? fmax(0, (s * rt - t * r) / d) : 0;
  noise->floor = mean - (s > 0 ? noise->slope * t / s : 0);
  if (noise->floor < mean / 20) noise->floor = fmax(mean / 20, 1e-30), noise->slope = t > 0 ? mean * 0.95 * s / t : 0;
  noise->misfit = 0;
  for (ptrdiff_t i = 0; i < size && s > 0; i++)
    noise->misfit += mask[i] / s * pow(Difference(noise, frame[i], template[i]), 2) / Variance(noise, template[i]);
}

void AetLineSums(ptrdiff_t ny, ptrdiff_t nx, const float *frame, const float *template, const float *template_x, const float *template_y,
                 const float *mask, const AetLineNoise *noise, double (*information)[3], double (*gradient)[2])
{
  for (ptrdiff_t y = 0; y < ny; y++) {
    double sum[5] = {0};
    for (ptrdiff_t i = y * nx; i < (y + 1) * nx; i++) {
      const double w = mask[i] / Variance(noise, template[i]), r = -w * noise->gain * Difference(noise, frame[i], template[i]);
      const double gx = template_x[i], gy = template_y[i], v = w * noise->gain * noise->gain;
      sum[0] += v * gx * gx, sum[1] += v * gx * gy, sum[2] += v * gy * gy, sum[3] += r * gx, sum[4] += r * gy;
    }
    memcpy(information[y], sum, 3 * sizeof *sum);
    memcpy(gradient[y], sum + 3, 2 * sizeof *sum);
  }
}
