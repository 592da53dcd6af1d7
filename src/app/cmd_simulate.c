/* simulate: a described particle to measurements (projections.mrc, angles.txt) and the truth about them (truth.h5, truth.xyz). */
#include "app.h"
#include "output.h"
#include "simulate_frames.h"
#include "simulate_measure.h"
#include <string.h>
#include <unistd.h>

/* Images [view][y][x] as the planes of a volume: both are split by AetBlock over their slowest axis. */
PetscErrorCode AetSimulateMeasure(MPI_Comm comm, const AetSpecimen *specimen, int measurement, PetscInt views,
                                  const double (*angles_deg)[3], ptrdiff_t size, double pixel, AetVolume *stack)
{
  const ptrdiff_t n[3] = {views, size, size};
  double(*rotation)[9];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(views, &rotation));
  for (PetscInt v = 0; v < views; v++) AetRotationFromAngles(AET_ANGLES_ZYX, angles_deg[v], rotation[v]);
  PetscCall(AetVolumeCreate(comm, n, pixel, stack));
  PetscCall(AetSimulateProjections(comm, specimen, views, (const double(*)[9])rotation, n[1], n[2], pixel, (*stack)->data));
  PetscCall(AetSimulateNoiseAgain(comm, measurement, views, n[1], n[2], (*stack)->data));
  PetscCall(PetscFree(rotation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSimulateWriteAngles(MPI_Comm comm, const char *path, PetscInt views, const double (*angles_deg)[3])
{
  int            rank;
  char          *text;
  size_t         length = 0, size = 96 * ((size_t)views + 1);
  PetscErrorCode local = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) {
    PetscCall(PetscMalloc1(size, &text));
    length += (size_t)snprintf(text, size, "# phi theta psi in degrees, R = (Rz Ry Rx) transposed\n");
    for (PetscInt v = 0; v < views; v++)
      length += (size_t)snprintf(text + length, size - length, "%.10g %.10g %.10g\n", angles_deg[v][0], angles_deg[v][1], angles_deg[v][2]);
    local = AetTextWrite(path, text, length);
    PetscCall(PetscFree(text));
  }
  PetscCall(AetAgree(comm, local));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Describe(MPI_Comm comm, AetOutput *output, const AetSpecimen *specimen, AetVolume stack, double begin)
{
  PetscInt by_species[AET_SPECIES_MAX] = {0};
  char     key[64], text[256] = "";

  PetscFunctionBegin;
  PetscCall(AetSummaryForget(output->summary, "simulate."));
  for (PetscInt i = 0; i < specimen->count; i++) by_species[specimen->species[i]]++;
  PetscCall(AetSummarySetNumber(output->summary, "simulate.count", specimen->count));
  for (int s = 0; s < specimen->species_count; s++) {
    size_t length = strlen(text);

    snprintf(key, sizeof key, "simulate.count_by_species.%s", specimen->symbol[s]);
    PetscCall(AetSummarySetNumber(output->summary, key, by_species[s]));
    snprintf(text + length, sizeof text - length, "%s%d %s", s ? ", " : "", (int)by_species[s], specimen->symbol[s]);
  }
  PetscCall(AetSummarySetNumber(output->summary, "simulate.views", (double)stack->n[0]));
  PetscCall(AetSummarySetNumber(output->summary, "simulate.image_size", (double)stack->n[1]));
  PetscCall(AetSummarySetNumber(output->summary, "simulate.pixel_angstrom", stack->pixel_angstrom));
  PetscCall(AetOutputCost(comm, output, "simulate", begin));
  PetscCall(AetReport(comm, "simulate: %d atoms (%s); %td images of %td x %td pixels of %.4g Å; in %s/simulated\n", (int)specimen->count,
                      text, stack->n[0], stack->n[2], stack->n[1], stack->pixel_angstrom, output->folder));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a series in the same folder left says nothing about this specimen. */
static PetscErrorCode ForgetSeries(MPI_Comm comm, const AetOutput *output)
{
  static const char *const names[] = {"simulated/nuclei.csv", "simulated/events.csv", "simulated/series_truth.h5"};
  char                     path[PETSC_MAX_PATH_LEN];
  int                      rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (size_t i = 0; i < sizeof names / sizeof names[0] && !rank; i++) {
    AetOutputPath(output, names[i], path);
    (void)unlink(path);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCommandSimulate(int count, char **files)
{
  MPI_Comm    comm = MPI_COMM_WORLD;
  AetOutput   output;
  AetSpecimen specimen;
  AetVolume   stack;
  PetscInt    views, frames;
  PetscBool   series;
  ptrdiff_t   size;
  double(*angles_deg)[3], pixel, begin = MPI_Wtime();
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(AetOptionIsSet("simulate_series_labels", &series));
  if (series) {
    PetscCall(AetCommandSimulateSeries());
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(AetSimulateFramesCount(&frames)); /* refused before the work where they cannot be made */
  PetscCall(AetOptionGetReal("simulate_pixel_angstrom", &pixel));
  PetscCall(AetAgree(comm, AetSpecimenFromOptions(&specimen)));
  PetscCall(AetSimulateAngles(&views, &angles_deg));
  PetscCall(AetSimulateImageSize(&specimen, pixel, &size));
  PetscCall(AetSimulateMeasure(comm, &specimen, 0, views, (const double(*)[3])angles_deg, size, pixel, &stack));
  PetscCall(AetOutputOpen(comm, &output));
  PetscCall(AetOutputFolder(comm, &output, "simulated"));
  PetscCall(ForgetSeries(comm, &output));
  AetOutputPath(&output, "simulated/truth.h5", path);
  PetscCall(AetSpecimenWrite(comm, &specimen, path));
  AetOutputPath(&output, "simulated/angles.txt", path);
  PetscCall(AetSimulateWriteAngles(comm, path, views, (const double(*)[3])angles_deg));
  AetOutputPath(&output, "simulated/projections.mrc", path);
  PetscCall(AetVolumeWrite(stack, path));
  PetscCall(Describe(comm, &output, &specimen, stack, begin));
  PetscCall(AetCommandSimulateFrames(comm, &output, &specimen, views, (const double(*)[3])angles_deg, stack->n[1], pixel));
  PetscCall(AetOutputSummarise(comm, &output));
  PetscCall(AetOutputClose(comm, &output));
  PetscCall(AetVolumeDestroy(&stack));
  PetscCall(PetscFree(angles_deg));
  AetSpecimenDestroy(&specimen);
  PetscFunctionReturn(PETSC_SUCCESS);
}
