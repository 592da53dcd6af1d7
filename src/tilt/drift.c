/* Frames to a tilt series: views over ranks and threads, a record of what was done. */
#include "tilt/drift_private.h"
#include "tilt/kernel/pair_shifts.h"
#include "tilt/tilt_private.h"
#include <math.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

static PetscErrorCode CheckFrames(AetFrames frames, AetDriftMethod method)
{
  PetscFunctionBegin;
  AetCheck(frames->frames <= AET_PAIR_FRAMES, AET_ERR_INPUT, "frames of a view: expected at most %d, found %td", AET_PAIR_FRAMES,
           frames->frames);
  for (ptrdiff_t f = 0; f < frames->frames && method != AET_DRIFT_RIGID; f++) {
    const double quarters = frames->scan_deg[f] / 90;
    AetCheck(fabs(quarters - nearbyint(quarters)) < 1e-6, AET_ERR_INPUT,
             "direction of the scan: expected multiples of 90° (or drift_method rigid), found %g° for frame %td (from 0)",
             frames->scan_deg[f], f);
    AetCheck(fmod(fabs(nearbyint(quarters)), 4) == 0 || frames->ny == frames->nx, AET_ERR_INPUT,
             "frames scanned along other directions than x: expected square images, found %td×%td", frames->ny, frames->nx);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The part of record, frames and series that is one local view. */
static AetDriftView ViewOf(AetFrames frames, AetDriftRecord record, AetTiltSeries tilt, const double *scan_deg, ptrdiff_t local)
{
  const ptrdiff_t size = frames->ny * frames->nx, view = record->v_start + local, first = view * record->frames;

  return (AetDriftView){.image = frames->image + local * frames->frames * size,
                        .scan_deg = scan_deg,
                        .path = record->path + local * frames->frames * frames->ny,
                        .shift = record->shift + first,
                        .rate = record->rate + first,
                        .state = record->state + first,
                        .misfit = record->misfit + first,
                        .drift = record->drift[view],
                        .walk_px = record->walk_px + view,
                        .jitter_px = record->jitter_px + view,
                        .residual_px = record->residual_px + view,
                        .pairs_rejected = record->pairs_rejected + view,
                        .mean = tilt->image + local * size};
}

static PetscErrorCode RoomsCreate(AetFrames frames, int threads, AetDriftRoom *room)
{
  PetscFunctionBegin;
  for (int t = 0; t < threads; t++) PetscCall(AetDriftRoomCreate(frames->frames, frames->ny, frames->nx, &room[t]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every local view by some thread; with settings NULL the record is applied as it is. */
static PetscErrorCode EachView(AetFrames frames, const AetDriftSettings *settings, const double *scan_deg, AetDriftRecord record,
                               AetTiltSeries tilt)
{
  const int      threads = (int)PetscMax(1, PetscMin(frames->v_count, AetThreads()));
  AetDriftRoom  *room;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetAgree(frames->comm, PetscCalloc1((size_t)threads, &room)));
  code = AetAgree(frames->comm, RoomsCreate(frames, threads, room));
  if (!code) {
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (ptrdiff_t v = 0; v < frames->v_count; v++) {
#ifdef _OPENMP
      const int thread = omp_get_thread_num();
#else
      const int thread = 0;
#endif
      AetDriftView view = ViewOf(frames, record, tilt, scan_deg, v);
      if (settings)
        AetDriftOfView(&room[thread], settings, &view);
      else
        AetDriftMean(&room[thread], &view);
    }
  }
  for (int t = 0; t < threads; t++) PetscCall(AetDriftRoomDestroy(&room[t]));
  PetscCall(PetscFree(room));
  PetscFunctionReturn(code);
}

static PetscErrorCode CheckUsed(AetDriftRecord record)
{
  PetscFunctionBegin;
  for (ptrdiff_t v = 0; v < record->views; v++) {
    int used = 0;
    for (ptrdiff_t f = 0; f < record->frames; f++) used += record->state[v * record->frames + f] == AET_FRAME_USED;
    AetCheck(used > 0, AET_ERR_DATA, "frames: expected at least one that is not empty in each view, found none in view %td (from 0)", v);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A rigid correction has no lines, so any direction of the scan will do. */
static PetscErrorCode ScanOf(AetFrames frames, AetDriftMethod method, double **scan_deg)
{
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)frames->frames, scan_deg));
  for (ptrdiff_t f = 0; f < frames->frames && method != AET_DRIFT_RIGID; f++) (*scan_deg)[f] = frames->scan_deg[f];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The series is made, and filled view by view. */
static PetscErrorCode Correct(AetFrames frames, const AetDriftSettings *settings, AetDriftRecord record, AetTiltSeries *tilt)
{
  double        *scan_deg = NULL;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetTiltSeriesCreate(frames->comm, frames->views, frames->ny, frames->nx, frames->pixel_angstrom, AET_ANGLES_ZYX,
                                (const double(*)[3])frames->angles_deg, tilt));
  code = AetAgree(frames->comm, ScanOf(frames, record->method, &scan_deg));
  if (!code) code = EachView(frames, settings, scan_deg, record, *tilt);
  PetscCall(PetscFree(scan_deg));
  if (code) PetscCall(AetTiltSeriesDestroy(tilt));
  PetscFunctionReturn(code);
}

PetscErrorCode AetFramesAverage(AetFrames frames, AetDriftRecord *out, AetTiltSeries *tilt)
{
  AetDriftSettings settings;
  AetDriftRecord   record;
  PetscErrorCode   code;

  PetscFunctionBegin;
  *tilt = NULL;
  if (out) *out = NULL;
  PetscCall(AetDriftSettingsFromOptions(&settings));
  PetscCall(CheckFrames(frames, settings.method));
  PetscCall(AetDriftRecordCreate(frames->comm, frames->views, frames->frames, frames->ny, frames->nx, frames->scan_deg, &record));
  record->method = settings.method;
  record->flyback_lines = settings.flyback_lines;
  record->pixel_angstrom = frames->pixel_angstrom;
  code = Correct(frames, &settings, record, tilt);
  if (!code) code = AetDriftRecordGather(record);
  if (!code) code = CheckUsed(record);
  if (code) PetscCall(AetTiltSeriesDestroy(tilt));
  if (!code && out)
    *out = record;
  else
    PetscCall(AetDriftRecordDestroy(&record));
  PetscFunctionReturn(code);
}

PetscErrorCode AetFramesApply(AetDriftRecord record, AetFrames frames, AetTiltSeries *tilt)
{
  PetscFunctionBegin;
  *tilt = NULL;
  AetCheck(frames->views == record->views && frames->frames == record->frames && frames->ny == record->ny && frames->nx == record->nx,
           AET_ERR_DATA, "record of the drift: expected %td views of %td frames of %td×%td, found %td of %td of %td×%td", record->views,
           record->frames, record->ny, record->nx, frames->views, frames->frames, frames->ny, frames->nx);
  PetscCall(Correct(frames, NULL, record, tilt));
  PetscFunctionReturn(PETSC_SUCCESS);
}
