/* What is true about raw frames: drawn from the options, keyed by seed, view and frame. */
#include "simulate/frames_private.h"
#include "simulate/seed.h"
#include <math.h>
#include <string.h>

PetscErrorCode AetSimulateFramesCount(PetscInt *frames)
{
  int images;

  PetscFunctionBegin;
  PetscCall(AetOptionGetInt("simulate_frames", frames));
  PetscCall(AetOptionGetEnum("simulate_images", &images));
  AetCheck(!*frames || images == 0, AET_ERR_INPUT,
           "simulate_frames: expected 0 with simulate_images multislice (raw frames are made by the linear model), found %d", (int)*frames);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Allocate(AetFramesTruth *truth)
{
  const size_t views = (size_t)truth->views, frames = (size_t)truth->frames;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(views, &truth->nominal_deg));
  PetscCall(PetscCalloc1(views, &truth->angles_deg));
  PetscCall(PetscCalloc1(views, &truth->rotation));
  PetscCall(PetscCalloc1(views, &truth->shift));
  PetscCall(PetscCalloc1(views, &truth->rate));
  PetscCall(PetscCalloc1(views, &truth->gradient));
  PetscCall(PetscCalloc1(views * frames, &truth->drift));
  PetscCall(PetscCalloc1(frames, &truth->scan_deg));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetFramesTruthFree(AetFramesTruth *truth)
{
  (void)PetscFree(truth->nominal_deg);
  (void)PetscFree(truth->angles_deg);
  (void)PetscFree(truth->rotation);
  (void)PetscFree(truth->shift);
  (void)PetscFree(truth->rate);
  (void)PetscFree(truth->gradient);
  (void)PetscFree(truth->drift);
  (void)PetscFree(truth->scan_deg);
}

static PetscErrorCode ReadDetector(AetFramesTruth *truth)
{
  double dose, section;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("simulate_line_jitter_px", &truth->jitter));
  PetscCall(AetOptionGetReal("simulate_background", &truth->background));
  PetscCall(AetOptionGetReal("simulate_background_film", &truth->film));
  PetscCall(AetOptionGetReal("simulate_background_film_angstrom", &truth->film_angstrom));
  PetscCall(AetOptionGetReal("simulate_gain", &truth->gain));
  PetscCall(AetOptionGetReal("simulate_offset", &truth->offset));
  PetscCall(AetOptionGetReal("simulate_read_noise", &truth->read_noise));
  PetscCall(AetOptionGetReal("simulate_dose", &dose));
  PetscCall(AetOptionGetReal("simulate_cross_section_angstrom2", &section));
  truth->counts = dose * section / (double)truth->frames;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadScan(AetFramesTruth *truth)
{
  int     count;
  double *values;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReals("simulate_scan_deg", &count, &values));
  for (ptrdiff_t f = 0; f < truth->frames && count > 0; f++) truth->scan_deg[f] = fmod(values[f % count] + 720, 360);
  PetscCall(PetscFree(values));
  for (ptrdiff_t f = 0; f < truth->frames; f++)
    AetCheck(fmod(truth->scan_deg[f], 90) == 0, AET_ERR_INPUT, "simulate_scan_deg: expected multiples of 90 degrees, found %g",
             truth->scan_deg[f]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A vector from a box of ±most, or of normal parts. */
static void Draw(const AetFramesTruth *truth, int stream, ptrdiff_t index, PetscBool normal, double most, double vector[2])
{
  for (int a = 0; a < 2; a++)
    vector[a] = most * (normal ? AetRandomNormal(truth->seed, (uint64_t)(stream + a), (uint64_t)index)
                               : 2 * AetRandomUniform(truth->seed, (uint64_t)(stream + a), (uint64_t)index) - 1);
}

/* Steady drift and random walk of one view, of mean 0 over its frames. */
static void DrawDrift(AetFramesTruth *truth, ptrdiff_t view, double most, double walk, double *velocity)
{
  const double speed = most * AetRandomUniform(truth->seed, AET_STREAM_DRIFT, (uint64_t)view),
               angle = 2 * M_PI * AetRandomUniform(truth->seed, AET_STREAM_DRIFT + 1, (uint64_t)view);
  double(*drift)[2] = truth->drift + view * truth->frames, mean[2] = {0};

  velocity[0] = speed * cos(angle), velocity[1] = speed * sin(angle);
  for (ptrdiff_t f = 1; f < truth->frames; f++) {
    double step[2];

    Draw(truth, AET_STREAM_WALK, view * truth->frames + f, PETSC_TRUE, walk, step);
    for (int a = 0; a < 2; a++) drift[f][a] = drift[f - 1][a] + velocity[a] + step[a];
  }
  for (ptrdiff_t f = 0; f < truth->frames; f++)
    for (int a = 0; a < 2; a++) mean[a] += drift[f][a] / (double)truth->frames;
  for (ptrdiff_t f = 0; f < truth->frames; f++)
    for (int a = 0; a < 2; a++) drift[f][a] -= mean[a];
}

/* True rotations: the error of the tilt, then the turn of the axis in the image. */
static PetscErrorCode DrawAngles(AetFramesTruth *truth)
{
  double error, turn;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("simulate_angle_error_deg", &error));
  PetscCall(AetOptionGetReal("simulate_axis_tilt_deg", &turn));
  for (ptrdiff_t v = 0; v < truth->views; v++) {
    const double *nominal = truth->nominal_deg[v], c = cos(turn * AET_DEG), s = sin(turn * AET_DEG);
    const double  angles[3] = {nominal[0], nominal[1] + error * AetRandomNormal(truth->seed, AET_STREAM_ANGLE, (uint64_t)v), nominal[2]};
    double        R[9], *turned = truth->rotation[v];

    AetRotationFromAngles(AET_ANGLES_ZYX, angles, R);
    for (int i = 0; i < 3; i++) {
      turned[i] = c * R[i] - s * R[3 + i];
      turned[3 + i] = s * R[i] + c * R[3 + i];
      turned[6 + i] = R[6 + i];
    }
    if (turn == 0)
      memcpy(truth->angles_deg[v], angles, sizeof angles);
    else
      AetAnglesFromRotation(turned, truth->angles_deg[v]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DrawStage(AetFramesTruth *truth)
{
  double    drift, walk, shift, flyback, slope;
  PetscBool inside;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("simulate_drift_px_per_frame", &drift));
  PetscCall(AetOptionGetReal("simulate_drift_walk_px", &walk));
  PetscCall(AetOptionGetBool("simulate_drift_in_frame", &inside));
  PetscCall(AetOptionGetReal("simulate_flyback_lines", &flyback));
  PetscCall(AetOptionGetReal("simulate_shift_px", &shift));
  PetscCall(AetOptionGetReal("simulate_background_gradient", &slope));
  for (ptrdiff_t v = 0; v < truth->views; v++) {
    const double angle = 2 * M_PI * AetRandomUniform(truth->seed, AET_STREAM_GRADIENT, (uint64_t)v);
    double       velocity[2];

    DrawDrift(truth, v, drift, walk, velocity);
    for (int a = 0; a < 2 && inside; a++) truth->rate[v][a] = velocity[a] / ((double)truth->ny + flyback);
    Draw(truth, AET_STREAM_SHIFT, v, PETSC_FALSE, shift, truth->shift[v]);
    truth->gradient[v][0] = slope * cos(angle), truth->gradient[v][1] = slope * sin(angle);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Shear and scales as told; terms of higher order are random. */
static PetscErrorCode DrawDistortion(AetFramesTruth *truth)
{
  static const int degree[AET_SCAN_TERMS] = {1, 1, 2, 2, 2, 3, 3, 3, 3};
  const double     half = (double)truth->nx / 2;
  int              count;
  double          *given, cubic;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReals("simulate_distortion", &count, &given));
  truth->distortion[0][0] = 1 + (count == 3 ? given[1] : 0);
  truth->distortion[0][1] = count == 3 ? given[0] : 0;
  truth->distortion[1][1] = 1 + (count == 3 ? given[2] : 0);
  PetscCall(PetscFree(given));
  AetCheck(count == 3, AET_ERR_INPUT, "simulate_distortion: expected shear, scale along x, scale along y, found %d numbers", count);
  PetscCall(AetOptionGetReal("simulate_distortion_cubic_px", &cubic));
  for (int t = 2; t < AET_SCAN_TERMS && cubic > 0; t++)
    for (int a = 0; a < 2; a++) /* in a corner all seven monomials are ±1 */
      truth->distortion[a][t] =
          cubic / sqrt(14) / pow(half, degree[t]) * AetRandomNormal(truth->seed, AET_STREAM_DISTORTION, (uint64_t)(2 * t + a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Edge of the images: as told, or what holds the object wherever it is displaced to. */
static PetscErrorCode ChooseSize(AetFramesTruth *truth, ptrdiff_t size)
{
  PetscInt given;
  double   room = 0;

  PetscFunctionBegin;
  PetscCall(AetOptionGetInt("simulate_image_size", &given));
  for (ptrdiff_t v = 0; v < truth->views; v++)
    for (ptrdiff_t f = 0; f < truth->frames; f++)
      for (int a = 0; a < 2; a++)
        room = fmax(room, fabs(truth->shift[v][a]) + fabs(truth->drift[v * truth->frames + f][a]) +
                              fabs(truth->rate[v][a]) * (double)size / 2 + 4 * truth->jitter);
  for (int i = 0; i < 4; i++) room += fabs(truth->distortion[i / 2][i % 2] - (i == 0 || i == 3)) * (double)size / 2;
  if (!given && room > 0) size = AetSmoothSize(size + 2 * (ptrdiff_t)ceil(room), PETSC_TRUE);
  truth->ny = truth->nx = size;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFramesTruthCreate(ptrdiff_t views, const double (*nominal_deg)[3], ptrdiff_t size, double pixel_angstrom,
                                    AetFramesTruth *truth)
{
  PetscInt frames;

  PetscFunctionBegin;
  memset(truth, 0, sizeof *truth);
  PetscCall(AetSimulateFramesCount(&frames));
  AetCheck(frames >= 1, AET_ERR_INPUT, "simulate_frames: expected at least 1, found %d", (int)frames);
  truth->views = views, truth->frames = frames, truth->ny = truth->nx = size;
  truth->pixel_angstrom = pixel_angstrom;
  PetscCall(AetSimulateSeed(&truth->seed));
  PetscCall(Allocate(truth));
  memcpy(truth->nominal_deg, nominal_deg, sizeof *nominal_deg * (size_t)views);
  PetscCall(ReadDetector(truth));
  PetscCall(ReadScan(truth));
  PetscCall(DrawAngles(truth));
  PetscCall(DrawDistortion(truth));
  PetscCall(DrawStage(truth));
  PetscCall(ChooseSize(truth, size));
  memset(truth->drift, 0, sizeof *truth->drift * (size_t)(views * frames));
  PetscCall(DrawStage(truth)); /* once more: rates are by the lines that a frame has */
  PetscCall(DrawDistortion(truth));
  PetscFunctionReturn(PETSC_SUCCESS);
}
