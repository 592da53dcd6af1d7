/* What the stages of the chain read, make and leave behind. */
#include "pipeline_make.h"
#include "analysis.h"
#include "curve.h"
#include "prepare.h"
#include "stages.h"
#include <string.h>
#include <unistd.h>

PetscErrorCode AetRunTilt(AetRun *run, AetTiltSeries *tilt)
{
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  AetOutputPath(&run->output, AET_TILT_FILE, path);
  if (!run->tilt) PetscCall(AetTiltSeriesRead(run->comm, path, &run->tilt));
  *tilt = run->tilt;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRunVolume(AetRun *run, AetVolume *volume)
{
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  AetOutputPath(&run->output, AET_VOLUME_FILE, path);
  if (!run->volume) PetscCall(AetVolumeRead(run->comm, run->volume_file ? run->volume_file : path, &run->volume));
  *volume = run->volume;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRunAtoms(AetRun *run, AetAtoms *atoms)
{
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  AetOutputPath(&run->output, AET_ATOMS_FILE, path);
  if (!run->atoms) PetscCall(AetAtomsRead(run->comm, path, &run->atoms));
  *atoms = run->atoms;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* prepare.csv and prepare.png beside the series, where its images were changed; else those of an earlier run go. */
static PetscErrorCode KeepRecord(AetRun *run, AetPrepared *prepared)
{
  char      table[PETSC_MAX_PATH_LEN], picture[PETSC_MAX_PATH_LEN];
  PetscBool drawn;
  int       rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(run->comm, &rank));
  PetscCall(AetOptionGetBool("prepare_picture", &drawn));
  AetOutputPath(&run->output, "prepare.csv", table);
  AetOutputPath(&run->output, "prepare.png", picture);
  if (!rank) (void)unlink(table), (void)unlink(picture);
  if (!prepared->changed || run->tilt->views != prepared->views) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetAgree(run->comm, rank ? PETSC_SUCCESS : AetPreparationWriteCsv(prepared->record, table)));
  if (drawn) PetscCall(AetPicturePrepare(prepared, picture));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Orientations or angles against reconstructions, where they are asked for. */
static PetscErrorCode RefineTilt(AetRun *run, AetPrepared *prepared)
{
  PetscBool refine;
  int       unknown;

  PetscFunctionBegin;
  PetscCall(AetSummaryForget(run->output.summary, "tilt."));
  PetscCall(AetOptionGetBool("tilt_refine_angles", &refine));
  PetscCall(AetOptionGetEnum("tilt_orientations", &unknown));
  if (unknown)
    PetscCall(AetStageFindOrientations(run->tilt, run->output.summary));
  else if (refine || prepared->refine_angles)
    PetscCall(AetStageRefineAngles(run->tilt, run->output.summary, prepared));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRunMakeTilt(AetRun *run, const char *path)
{
  AetPrepared prepared;

  PetscFunctionBegin;
  PetscCall(AetPrepareRead(run->comm, run->output.summary, &prepared));
  run->tilt = prepared.tilt;
  PetscCall(AetReport(run->comm, "  %td images of %td x %td pixels of %.4g Å, tilts %.4g° to %.4g°\n", run->tilt->views, run->tilt->nx,
                      run->tilt->ny, run->tilt->pixel_angstrom, run->tilt->angles_deg[0][1],
                      run->tilt->angles_deg[run->tilt->views - 1][1]));
  PetscCall(AetSummarySetNumber(run->output.summary, "prepare.views", (double)run->tilt->views));
  PetscCall(AetSummarySetNumber(run->output.summary, "prepare.pixel_angstrom", run->tilt->pixel_angstrom));
  PetscCall(AetPrepareSeries(&prepared));
  PetscCall(RefineTilt(run, &prepared));
  PetscCall(AetTiltSeriesWriteWith(run->tilt, prepared.changed && run->tilt->views == prepared.views ? prepared.record : NULL, path));
  PetscCall(KeepRecord(run, &prepared));
  PetscCall(AetPreparedDestroy(&prepared));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The half-set curve of a new volume as fsc.csv, on its request; that of an earlier volume goes. */
static PetscErrorCode MeasureResolution(AetRun *run, AetTiltSeries tilt)
{
  char          path[PETSC_MAX_PATH_LEN];
  AetResolution resolution = {0};
  PetscBool     wanted;
  int           rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(run->comm, &rank));
  AetOutputPath(&run->output, "fsc.csv", path);
  PetscCall(AetOptionGetBool("recon_half_sets", &wanted));
  if (!wanted) {
    if (!rank) (void)unlink(path);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(AetStageHalfSets(tilt, run->output.summary, &resolution));
  PetscCall(AetAgree(run->comm, rank ? PETSC_SUCCESS : AetCurveWrite(&resolution, path)));
  PetscCall(AetResolutionFree(&resolution));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Removes a result that a run with other options left, and its twin. */
static PetscErrorCode RemoveStale(AetRun *run, const char *name, const char *twin)
{
  char path[PETSC_MAX_PATH_LEN];
  int  rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(run->comm, &rank));
  AetOutputPath(&run->output, name, path);
  if (!rank) (void)unlink(path);
  AetOutputPath(&run->output, twin, path);
  if (!rank) (void)unlink(path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The volume as it was reconstructed is kept beside the filtered one. */
static PetscErrorCode FilterVolume(AetRun *run)
{
  char      path[PETSC_MAX_PATH_LEN];
  PetscBool wanted;

  PetscFunctionBegin;
  PetscCall(AetStageIsFiltered(&wanted));
  if (!wanted) PetscFunctionReturn(RemoveStale(run, "volume_unfiltered.h5", "volume_unfiltered.xdmf"));
  AetOutputPath(&run->output, "volume_unfiltered.h5", path);
  PetscCall(AetVolumeWrite(run->volume, path));
  PetscCall(AetStageFilter(run->volume, run->output.summary));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRunMakeVolume(AetRun *run, const char *path)
{
  AetTiltSeries tilt = NULL;
  char          checkpoint[PETSC_MAX_PATH_LEN];
  AetScan       scan = {0};

  PetscFunctionBegin;
  AetOutputPath(&run->output, AET_CHECKPOINT_FILE, checkpoint);
  PetscCall(AetRunTilt(run, &tilt));
  PetscCall(AetRunScan(run, tilt, &scan));
  PetscCall(AetReconScanUse(&scan, PETSC_TRUE)); /* for all that follows, and for the options that the file names as its origin */
  PetscCall(AetStageReconstruct(tilt, run->output.summary, checkpoint, run->key, &run->volume));
  PetscCall(MeasureResolution(run, tilt));
  PetscCall(FilterVolume(run));
  PetscCall(AetVolumeWrite(run->volume, path));
  PetscCall(AetReconScanUse(&scan, PETSC_FALSE));
  PetscCall(AetReconScanFree(&scan));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The atoms that the volume has without the filter. */
static PetscErrorCode TraceUnfiltered(AetRun *run)
{
  char      path[PETSC_MAX_PATH_LEN];
  AetVolume volume;
  AetAtoms  atoms;
  PetscBool wanted;

  PetscFunctionBegin;
  PetscCall(AetStageIsFiltered(&wanted));
  if (!wanted || run->volume_file) PetscFunctionReturn(RemoveStale(run, "atoms_unfiltered.h5", "atoms_unfiltered.xyz"));
  AetOutputPath(&run->output, "volume_unfiltered.h5", path);
  PetscCall(AetVolumeRead(run->comm, path, &volume));
  PetscCall(AetStageTraceUnfiltered(volume, run->atoms, run->output.summary, &atoms));
  AetOutputPath(&run->output, "atoms_unfiltered.h5", path);
  PetscCall(AetAtomsWrite(atoms, path));
  PetscCall(AetAtomsDestroy(&atoms));
  PetscCall(AetVolumeDestroy(&volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRunMakeAtoms(AetRun *run, const char *path)
{
  AetVolume volume;

  PetscFunctionBegin;
  PetscCall(AetRunVolume(run, &volume));
  PetscCall(AetStageTrace(volume, run->output.summary, &run->atoms));
  PetscCall(AetAtomsWrite(run->atoms, path));
  PetscCall(TraceUnfiltered(run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The volume whose light away from the atoms is no business of theirs; NULL: none. Atoms of a file have none but a given one. The caller
   destroys it where *own says so. */
static PetscErrorCode VolumeOfRefinement(AetRun *run, AetVolume *volume, PetscBool *own)
{
  PetscBool extended;
  char      value[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  *volume = NULL;
  PetscCall(AetOptionNamesFile("refine_volume", own));
  PetscCall(AetOptionGetText("refine_volume", value, sizeof value));
  PetscCall(AetOptionGetBool("recon_extended", &extended));
  if (*own)
    PetscCall(AetVolumeRead(run->comm, value, volume));
  else if (extended && !run->atoms_file && !strcmp(value, "auto"))
    PetscCall(AetRunVolume(run, volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The refined angles as a file that tilt_angles takes (zyx), where they are refined; else that of an earlier run goes. */
static PetscErrorCode KeepAngles(AetRun *run, AetTiltSeries tilt)
{
  enum { LINE = 64 };
  char      path[PETSC_MAX_PATH_LEN], *text;
  size_t    used = 0;
  PetscBool refined;
  int       rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(run->comm, &rank));
  PetscCall(AetOptionGetBool("refine_angles", &refined));
  AetOutputPath(&run->output, "angles_refined.txt", path);
  if (!refined) {
    if (!rank) (void)unlink(path);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscMalloc1(LINE * (size_t)tilt->views + 1, &text));
  for (ptrdiff_t j = 0; j < tilt->views; j++)
    used += (size_t)snprintf(text + used, LINE, "%.6f %.6f %.6f\n", tilt->angles_deg[j][0], tilt->angles_deg[j][1], tilt->angles_deg[j][2]);
  PetscCall(AetAgree(run->comm, rank ? PETSC_SUCCESS : AetTextWrite(path, text, used)));
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The traced atoms, or those given, refined. */
PetscErrorCode AetRunMakeRefined(AetRun *run, const char *path)
{
  AetTiltSeries tilt = NULL;
  AetVolume     volume;
  PetscBool     own;
  char          traced[PETSC_MAX_PATH_LEN], edits[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(AetRunTilt(run, &tilt));
  AetOutputPath(&run->output, AET_TRACED_FILE, traced);
  if (!run->atoms) PetscCall(AetAtomsRead(run->comm, run->atoms_file ? run->atoms_file : traced, &run->atoms));
  AetOutputPath(&run->output, "edits.csv", edits);
  PetscCall(VolumeOfRefinement(run, &volume, &own));
  PetscCall(AetStageRefine(run->atoms, tilt, volume, edits, run->output.summary));
  if (own) PetscCall(AetVolumeDestroy(&volume));
  PetscCall(KeepAngles(run, tilt));
  PetscCall(AetAtomsWrite(run->atoms, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRunMakeAnalysis(AetRun *run, const char *path)
{
  AetAtoms atoms;

  PetscFunctionBegin;
  PetscCall(AetRunAtoms(run, &atoms));
  PetscCall(AetStageAnalyse(atoms, &run->output, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}
