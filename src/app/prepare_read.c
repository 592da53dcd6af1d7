/* The measurement that `prepare` begins with. */
#include "prepare.h"
#include <math.h>
#include <string.h>

enum { TAG = 542 };

PetscErrorCode AetPrepareShow(MPI_Comm comm, ptrdiff_t views, ptrdiff_t v_start, const float *images, ptrdiff_t stride, ptrdiff_t pixels,
                              const ptrdiff_t shown[AET_PREPARE_SHOWN], float *whole)
{
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  for (int i = 0; i < AET_PREPARE_SHOWN; i++) {
    const int    owner = AetBlockOwner(views, size, shown[i]);
    const float *image = rank == owner ? images + (shown[i] - v_start) * stride : NULL;
    if (!rank && !owner) memcpy(whole + i * pixels, image, sizeof *whole * (size_t)pixels);
    if (rank && rank == owner) PetscCallMPI(MPI_Send(image, (int)pixels, MPI_FLOAT, 0, TAG, comm));
    if (!rank && owner) PetscCallMPI(MPI_Recv(whole + i * pixels, (int)pixels, MPI_FLOAT, owner, TAG, comm, MPI_STATUS_IGNORE));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first view, the least tilted, the last. */
static void ChooseShown(ptrdiff_t views, const double (*angles_deg)[3], ptrdiff_t shown[AET_PREPARE_SHOWN])
{
  shown[0] = shown[1] = 0, shown[2] = views - 1;
  for (ptrdiff_t v = 1; v < views; v++)
    if (fabs(angles_deg[v][1]) < fabs(angles_deg[shown[1]][1])) shown[1] = v;
}

/* Keeps the views of the picture as they were measured: the first frame of each. */
static PetscErrorCode KeepBefore(AetPrepared *prepared, ptrdiff_t v_start, const float *images, ptrdiff_t stride, ptrdiff_t ny,
                                 ptrdiff_t nx)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(prepared->comm, &rank));
  prepared->before_ny = ny, prepared->before_nx = nx;
  PetscCall(AetAgree(prepared->comm, rank ? PETSC_SUCCESS : PetscMalloc1((size_t)(AET_PREPARE_SHOWN * ny * nx), &prepared->before)));
  PetscCall(AetPrepareShow(prepared->comm, prepared->views, v_start, images, stride, ny * nx, prepared->shown, prepared->before));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- steps before there is one clean image per view */

/* The noise of one image as it was measured; none to be seen is no error. */
static PetscErrorCode Noise(AetPrepared *prepared, AetFrames frames)
{
  const double   begin = MPI_Wtime();
  PetscErrorCode code;

  PetscFunctionBegin;
  code = AetNoiseFromFrames(frames, &prepared->noise);
  if (code == AET_ERR_DATA) {
    AetErrorClear();
    PetscCall(AetPrepareStep(prepared, "noise", begin, "none seen"));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(code);
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.noise_alpha", prepared->noise.alpha));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.noise_mu", prepared->noise.mu));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.noise_sigma", prepared->noise.sigma));
  PetscCall(AetPrepareStep(prepared, "noise", begin, "variance %.4g (z - %.4g) + %.4g² of a frame", prepared->noise.alpha,
                           prepared->noise.mu, prepared->noise.sigma));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What became of the frames of every view, into its row. */
static void RecordDrift(const AetDriftRecord drift, AetPreparation record)
{
  for (ptrdiff_t v = 0; v < drift->views; v++) {
    AetPreparedView *view = &record->view[v];
    double           square = 0;
    view->frames_used = 0;
    for (ptrdiff_t f = v * drift->frames; f < (v + 1) * drift->frames; f++) {
      if (drift->state[f] != AET_FRAME_USED) continue;
      square += drift->shift[f][0] * drift->shift[f][0] + drift->shift[f][1] * drift->shift[f][1];
      view->frames_used += 1;
    }
    view->drift_px = view->frames_used > 0 ? sqrt(square / view->frames_used) : 0;
    view->drift_residual_px = drift->residual_px[v];
    for (int a = 0; a < 2; a++) view->drift_rate[a] = drift->drift[v][a];
  }
}

static PetscErrorCode ReportDrift(AetPrepared *prepared, double begin)
{
  double residual = 0, square = 0;
  int    rejected = 0, registered = 0;

  PetscFunctionBegin;
  PetscCall(AetDriftRecordSummary(prepared->record->drift, &residual, &rejected, &registered));
  for (ptrdiff_t v = 0; v < prepared->views; v++)
    square += prepared->record->view[v].drift_px * prepared->record->view[v].drift_px / (double)prepared->views;
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.drift_rms_px", sqrt(square)));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.drift_residual_pm", residual));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.frames_rejected", rejected));
  PetscCall(AetPrepareStep(prepared, "drift", begin,
                           "%d views registered, frames moved by %.3g pixels r.m.s., %.3g pm uncertain, %d left out", registered,
                           sqrt(square), residual, rejected));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Frames to one image per view: by another signal's record, or registered and corrected for drift. */
static PetscErrorCode Average(AetPrepared *prepared, AetFrames frames)
{
  const double   begin = MPI_Wtime();
  AetDriftRecord drift = NULL;

  PetscFunctionBegin;
  if (prepared->transforms)
    PetscCall(AetPreparationAverage(prepared->transforms, frames, &prepared->tilt));
  else
    PetscCall(AetFramesAverage(frames, &drift, &prepared->tilt));
  PetscCall(AetPreparationCreate(prepared->tilt, &prepared->record));
  prepared->record->drift = drift;
  for (ptrdiff_t v = 0; v < frames->views; v++)
    prepared->record->view[v].frames = prepared->record->view[v].frames_used = (double)frames->frames;
  if (prepared->transforms) {
    PetscCall(AetPrepareStep(prepared, "drift", begin, "as that of another signal"));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  RecordDrift(drift, prepared->record);
  PetscCall(ReportDrift(prepared, begin));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The distortion that the options or another signal's record say. */
static PetscErrorCode Undistort(AetPrepared *prepared)
{
  const double   begin = MPI_Wtime();
  AetDistortion *distortion = &prepared->record->distortion;

  PetscFunctionBegin;
  if (prepared->transforms)
    *distortion = prepared->transforms->distortion;
  else
    PetscCall(AetDistortionFromOptions(prepared->comm, prepared->tilt->pixel_angstrom, distortion));
  if (!distortion->given) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetTiltUndistort(distortion, prepared->tilt));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.distortion_scale_x", distortion->term[0][0]));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.distortion_shear", distortion->term[0][1]));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.distortion_scale_y", distortion->term[1][1]));
  PetscCall(AetPrepareStep(prepared, "distortion", begin, "scales %.5f and %.5f, shear %.5f%s, corrected", distortion->term[0][0],
                           distortion->term[1][1], distortion->term[0][1], distortion->cubic ? ", terms to third order" : ""));
  prepared->changed = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Root mean square change of every image, and what the report says of all of them. */
static PetscErrorCode ReportDenoising(AetPrepared *prepared, const AetDenoiseReport *report, double begin)
{
  double residual = 0, difference = 0, ring = 0;

  PetscFunctionBegin;
  for (ptrdiff_t v = 0; v < report->views; v++) {
    const AetDenoisedView *from = &report->view[v];
    AetPreparedView       *to = &prepared->record->view[v];
    to->denoised = from->change, to->two_ways = from->difference, to->two_ways_ring = from->ring, to->denoise_flagged = from->flagged;
    residual += from->residual / (double)report->views;
    difference += from->difference / (double)report->views, ring += from->ring / (double)report->views;
  }
  if (difference > 0) {
    PetscCall(AetSummarySetNumber(prepared->summary, "prepare.denoise_two_ways", difference));
    PetscCall(AetSummarySetNumber(prepared->summary, "prepare.denoise_two_ways_ring", ring));
  }
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.denoise_residual", residual));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.denoise_flagged", (double)report->flagged));
  PetscCall(AetPrepareStep(prepared, "denoise", begin, "took %.3g of the noise's deviation from the objects; %td images flagged", residual,
                           report->flagged));
  prepared->changed = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Only where it is asked for: the refinement of atoms weighs raw noise as it is. */
static PetscErrorCode Denoise(AetPrepared *prepared)
{
  const double       begin = MPI_Wtime();
  AetDenoiseSettings settings;
  AetDenoiseReport   report;
  AetNoise           noise = prepared->noise;
  PetscErrorCode     code;

  PetscFunctionBegin;
  PetscCall(AetDenoiseSettingsFromOptions(PETSC_FALSE, &settings));
  if (!settings.enabled) PetscFunctionReturn(PETSC_SUCCESS);
  if (settings.noise_given)
    noise = settings.noise;
  else if (prepared->from_frames)
    noise = AetNoiseOfMean(noise, prepared->record->view[0].frames_used);
  else
    PetscCall(AetNoiseFromTilt(prepared->tilt, &noise));
  PetscCall(AetTiltDenoise(prepared->tilt, noise, &settings, &report));
  code = ReportDenoising(prepared, &report, begin);
  PetscCall(AetDenoiseReportFree(&report));
  PetscFunctionReturn(code);
}

static PetscErrorCode ReadImages(AetPrepared *prepared)
{
  AetTiltSeries tilt;

  PetscFunctionBegin;
  PetscCall(AetTiltSeriesReadFromOptions(prepared->comm, &prepared->tilt));
  tilt = prepared->tilt;
  prepared->views = tilt->views;
  ChooseShown(tilt->views, (const double(*)[3])tilt->angles_deg, prepared->shown);
  PetscCall(KeepBefore(prepared, tilt->v_start, tilt->image, tilt->ny * tilt->nx, tilt->ny, tilt->nx));
  PetscCall(AetPreparationCreate(tilt, &prepared->record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FromFrames(AetPrepared *prepared, AetFrames frames)
{
  const ptrdiff_t pixels = frames->ny * frames->nx;

  PetscFunctionBegin;
  prepared->views = frames->views;
  ChooseShown(frames->views, (const double(*)[3])frames->angles_deg, prepared->shown);
  PetscCall(KeepBefore(prepared, frames->v_start, frames->image, frames->frames * pixels, frames->ny, frames->nx));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.frames", (double)frames->frames));
  PetscCall(
      AetReport(prepared->comm, "  %td views of %td frames of %td x %td pixels\n", frames->views, frames->frames, frames->nx, frames->ny));
  PetscCall(Noise(prepared, frames));
  PetscCall(Average(prepared, frames));
  prepared->changed = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadFrames(AetPrepared *prepared)
{
  AetFrames      frames;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetFramesReadFromOptions(prepared->comm, &frames));
  code = FromFrames(prepared, frames);
  PetscCall(AetFramesDestroy(&frames));
  PetscCall(code);
  for (int i = 0; i < 3; i++) prepared->record->noise[i] = (&prepared->noise.alpha)[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPrepareRead(MPI_Comm comm, AetSummary summary, AetPrepared *prepared)
{
  char      path[PETSC_MAX_PATH_LEN];
  PetscBool other;

  PetscFunctionBegin;
  memset(prepared, 0, sizeof *prepared);
  prepared->comm = comm, prepared->summary = summary;
  PetscCall(AetOptionNamesFile("prepare_transforms", &other));
  PetscCall(AetOptionGetText("prepare_transforms", path, sizeof path));
  if (other) PetscCall(AetPreparationRead(comm, path, &prepared->transforms));
  PetscCall(AetFramesAreGiven(&prepared->from_frames));
  if (prepared->from_frames)
    PetscCall(ReadFrames(prepared));
  else
    PetscCall(ReadImages(prepared));
  PetscCall(Undistort(prepared));
  PetscCall(Denoise(prepared));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPreparedDestroy(AetPrepared *prepared)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(prepared->before));
  PetscCall(AetPreparationDestroy(&prepared->record));
  PetscCall(AetPreparationDestroy(&prepared->transforms));
  PetscFunctionReturn(PETSC_SUCCESS);
}
