/* simulate, of an annealing series: the particle at every time, its measurements, the truth about what happens between them. */
#include "app.h"
#include "output.h"
#include "simulate_measure.h"
#include <string.h>
#include <unistd.h>

/* One size of image for all times. */
static PetscErrorCode CommonSize(const AetSpecimenSeries *series, double pixel, ptrdiff_t *size)
{
  PetscFunctionBegin;
  *size = 0;
  for (int t = 0; t < series->times; t++) {
    ptrdiff_t here;
    PetscCall(AetSimulateImageSize(&series->specimen[t], pixel, &here));
    *size = PetscMax(*size, here);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MeasureTimes(MPI_Comm comm, const AetOutput *output, const AetSpecimenSeries *series, PetscInt views,
                                   const double (*angles_deg)[3], ptrdiff_t size, double pixel)
{
  AetProgress progress;
  char        name[128], path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(AetProgressCreate(comm, "simulate", series->times, &progress));
  for (int t = 0; t < series->times; t++) {
    AetVolume stack;

    PetscCall(AetSimulateMeasure(comm, &series->specimen[t], t, views, angles_deg, size, pixel, &stack));
    snprintf(name, sizeof name, "simulated/%s/angles.txt", series->label[t]);
    AetOutputPath(output, name, path);
    PetscCall(AetSimulateWriteAngles(comm, path, views, angles_deg));
    snprintf(name, sizeof name, "simulated/%s/projections.mrc", series->label[t]);
    AetOutputPath(output, name, path);
    PetscCall(AetVolumeWrite(stack, path));
    PetscCall(AetVolumeDestroy(&stack));
    PetscCall(AetProgressStep(progress, t + 1, series->label[t]));
  }
  PetscCall(AetProgressDestroy(&progress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Describe(MPI_Comm comm, AetOutput *output, const AetSpecimenSeries *series, PetscInt views, ptrdiff_t size,
                               double pixel, double begin)
{
  int  nuclei = 0, kinds[AET_SCRIPTED_KINDS] = {0};
  char text[256] = "", key[128];

  PetscFunctionBegin;
  PetscCall(AetSummaryForget(output->summary, "simulate."));
  for (PetscInt n = 0; n < series->nuclei; n++) nuclei = PetscMax(nuclei, series->nucleus[n].nucleus);
  for (PetscInt e = 0; e < series->events; e++) kinds[series->event[e].kind]++;
  for (int k = 0; k < AET_SCRIPTED_KINDS; k++) {
    const size_t length = strlen(text);
    snprintf(key, sizeof key, "simulate.events.%s", AetScriptedEventName(k));
    PetscCall(AetSummarySetNumber(output->summary, key, kinds[k]));
    snprintf(text + length, sizeof text - length, "%s%d %s", k ? ", " : "", kinds[k], AetScriptedEventName(k));
  }
  for (int t = 0; t < series->times; t++) {
    snprintf(key, sizeof key, "simulate.count.%s", series->label[t]);
    PetscCall(AetSummarySetNumber(output->summary, key, series->specimen[t].count));
  }
  PetscCall(AetSummarySetNumber(output->summary, "simulate.times", series->times));
  PetscCall(AetSummarySetNumber(output->summary, "simulate.nuclei", nuclei));
  PetscCall(AetSummarySetNumber(output->summary, "simulate.views", (double)views));
  PetscCall(AetSummarySetNumber(output->summary, "simulate.image_size", (double)size));
  PetscCall(AetSummarySetNumber(output->summary, "simulate.pixel_angstrom", pixel));
  PetscCall(AetOutputCost(comm, output, "simulate", begin));
  PetscCall(AetReport(comm,
                      "simulate: %d times of %d atoms, %d nuclei (%s); %d images of %td x %td pixels of %.4g Å each; in %s/simulated\n",
                      series->times, (int)series->specimen[0].count, nuclei, text, (int)views, size, size, pixel, output->folder));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a single simulation in the same folder left would be taken for a measurement of this series. */
static PetscErrorCode RemoveStale(MPI_Comm comm, const AetOutput *output)
{
  static const char *const names[] = {"projections.mrc", "angles.txt", "truth.h5", "truth.xyz", "defects.csv"};
  char                     name[64], path[PETSC_MAX_PATH_LEN];
  int                      rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (size_t i = 0; i < sizeof names / sizeof names[0] && !rank; i++) {
    snprintf(name, sizeof name, "simulated/%s", names[i]);
    AetOutputPath(output, name, path);
    (void)unlink(path);
  }
  PetscCallMPI(MPI_Barrier(comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCommandSimulateSeries(void)
{
  MPI_Comm          comm = MPI_COMM_WORLD;
  AetOutput         output;
  AetSpecimenSeries series;
  PetscInt          views, frames;
  ptrdiff_t         size;
  double(*angles_deg)[3], pixel, begin = MPI_Wtime();
  char name[128], path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("simulate_pixel_angstrom", &pixel));
  PetscCall(AetSimulateFramesCount(&frames));
  AetCheck(!frames, AET_ERR_INPUT,
           "simulate_frames: expected 0 with simulate_series_labels (raw frames are made of one specimen), found %d", (int)frames);
  PetscCall(AetAgree(comm, AetSpecimenSeriesFromOptions(&series)));
  PetscCall(CommonSize(&series, pixel, &size));
  PetscCall(AetSimulateAngles(&views, &angles_deg));
  PetscCall(AetOutputOpen(comm, &output));
  PetscCall(AetOutputFolder(comm, &output, "simulated"));
  PetscCall(RemoveStale(comm, &output));
  for (int t = 0; t < series.times; t++) {
    snprintf(name, sizeof name, "simulated/%s", series.label[t]);
    PetscCall(AetOutputFolder(comm, &output, name));
  }
  PetscCall(MeasureTimes(comm, &output, &series, views, (const double(*)[3])angles_deg, size, pixel));
  AetOutputPath(&output, "simulated", path);
  PetscCall(AetSpecimenSeriesWrite(comm, &series, path));
  PetscCall(Describe(comm, &output, &series, views, size, pixel, begin));
  PetscCall(AetOutputSummarise(comm, &output));
  PetscCall(AetOutputClose(comm, &output));
  PetscCall(PetscFree(angles_deg));
  AetSpecimenSeriesDestroy(&series);
  PetscFunctionReturn(PETSC_SUCCESS);
}
