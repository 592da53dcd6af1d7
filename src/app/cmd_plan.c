/* plan: what a described measurement can show, before it is made (docs/theory/planning.md). */
#include "app.h"
#include "output.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The specimen as distributed atoms. */
static PetscErrorCode SpecimenAtoms(MPI_Comm comm, const AetSpecimen *specimen, AetAtoms *atoms)
{
  const char *symbols[AET_SPECIES_MAX];
  int         rank, size;
  ptrdiff_t   start, count;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(specimen->count, rank, size, &start, &count);
  for (int s = 0; s < specimen->species_count; s++) symbols[s] = specimen->symbol[s];
  PetscCall(AetAtomsCreate(comm, (PetscInt)count, specimen->species_count, symbols, atoms));
  for (ptrdiff_t i = 0; i < count; i++) {
    memcpy((*atoms)->position + 3 * i, specimen->position + 3 * (start + i), 3 * sizeof(double));
    (*atoms)->species[i] = specimen->species[start + i];
    (*atoms)->intensity[i] = (*atoms)->confidence[i] = 1;
  }
  PetscCall(AetAtomsSort(*atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Measure(MPI_Comm comm, const AetSpecimen *specimen, PetscInt views, const double (*angles_deg)[3],
                              AetTiltSeries *tilt)
{
  ptrdiff_t n;
  double    pixel;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("simulate_pixel_angstrom", &pixel));
  PetscCall(AetSimulateImageSize(specimen, pixel, &n));
  PetscCall(AetTiltSeriesCreate(comm, views, n, n, pixel, AET_ANGLES_ZYX, angles_deg, tilt));
  PetscCall(AetSimulateProjections(comm, specimen, views, (const double(*)[9])(*tilt)->rotation, n, n, pixel, (*tilt)->image));
  PetscCall(AetSimulateNoise(comm, views, n, n, (*tilt)->image));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The Fisher matrix of one measurement at the true atoms, the noise as that measurement shows it: sigma and species of all atoms on every
   rank. */
static PetscErrorCode Precision(AetAtoms atoms, AetTiltSeries tilt, double **sigma, int **species)
{
  AetRefineSettings settings;
  AetRefineReport   report;

  PetscFunctionBegin;
  PetscCall(AetRefineSettingsFromOptions(&settings));
  settings.positions_iterations = 0;
  settings.uncertainty = AET_UNCERTAINTY_BOUND;
  PetscCall(AetRefine(atoms, tilt, &settings, &report));
  PetscCall(PetscCalloc2(3 * (size_t)atoms->total + 1, sigma, (size_t)atoms->total + 1, species));
  memcpy(*sigma + 3 * atoms->start, atoms->sigma, 3 * sizeof **sigma * (size_t)atoms->count);
  memcpy(*species + atoms->start, atoms->species, sizeof **species * (size_t)atoms->count);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, *sigma, (int)(3 * atoms->total), MPI_DOUBLE, MPI_SUM, atoms->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, *species, (int)atoms->total, MPI_INT, MPI_SUM, atoms->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int CompareDouble(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

/* Median in pm of one axis over the atoms of a species (-1: all); 0: there are none. */
static double MedianPm(PetscInt atoms, const double *sigma, const int *species, int which, int axis, double *work)
{
  PetscInt count = 0;

  for (PetscInt i = 0; i < atoms; i++)
    if (which < 0 || species[i] == which) work[count++] = sigma[3 * i + axis];
  if (!count) return 0;
  qsort(work, (size_t)count, sizeof *work, CompareDouble);
  return AET_PM_PER_ANGSTROM * 0.5 * (work[(count - 1) / 2] + work[count / 2]);
}

static PetscErrorCode SummarisePrecision(MPI_Comm comm, AetAtoms atoms, const double *sigma, const int *species, AetSummary summary)
{
  double *work, sum = 0, median[3];
  char    key[64];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)atoms->total + 1, &work));
  for (PetscInt i = 0; i < 3 * atoms->total; i++) sum += sigma[i] * sigma[i];
  PetscCall(AetSummarySetNumber(summary, "plan.rmsd_pm", AET_PM_PER_ANGSTROM * sqrt(sum / (double)atoms->total)));
  for (int s = -1; s < atoms->species_count; s++) {
    for (int a = 0; a < 3; a++) {
      median[a] = MedianPm(atoms->total, sigma, species, s, a, work);
      snprintf(key, sizeof key, "plan.sigma_%c_median_pm%s%s", 'x' + a, s < 0 ? "" : ".", s < 0 ? "" : atoms->symbol[s]);
      PetscCall(AetSummarySetNumber(summary, key, median[a]));
    }
    PetscCall(AetReport(comm, "  standard deviations (median), %s: x %.1f, y %.1f, z %.1f pm\n", s < 0 ? "all atoms" : atoms->symbol[s],
                        median[0], median[1], median[2]));
  }
  PetscCall(
      AetReport(comm, "  expected r.m.s. distance from the truth: %.1f pm\n", AET_PM_PER_ANGSTROM * sqrt(sum / (double)atoms->total)));
  PetscCall(PetscFree(work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SummarisePlan(MPI_Comm comm, const AetTiltPlan *plan, AetSummary summary)
{
  PetscFunctionBegin;
  PetscCall(AetSummaryForget(summary, "plan."));
  PetscCall(AetSummarySetNumber(summary, "plan.views", plan->views));
  PetscCall(AetSummarySetNumber(summary, "plan.diameter_angstrom", plan->diameter_angstrom));
  PetscCall(AetSummarySetNumber(summary, "plan.dose_total", plan->dose_total));
  PetscCall(AetSummarySetNumber(summary, "plan.dose_tolerance", plan->dose_tolerance));
  PetscCall(AetSummarySetNumber(summary, "plan.valid", plan->within_dose));
  PetscCall(AetReport(comm, "plan: %d views of a specimen of %.4g Å across\n", (int)plan->views, plan->diameter_angstrom));
  if (plan->crowther_angstrom > 0) {
    PetscCall(AetSummarySetNumber(summary, "plan.crowther_angstrom", plan->crowther_angstrom));
    PetscCall(AetReport(comm, "  steps of %.4g degrees: Crowther limit %.3g Å\n", plan->step_deg, plan->crowther_angstrom));
  }
  if (plan->elongation > 0) {
    PetscCall(AetSummarySetNumber(summary, "plan.elongation", plan->elongation));
    PetscCall(AetReport(comm, "  range of %.4g degrees: elongation along the beam %.3f\n", plan->range_deg, plan->elongation));
  }
  if (plan->dose_tolerance > 0)
    PetscCall(AetReport(comm, "  total dose %.4g e/Å², tolerance %.4g e/Å²\n", plan->dose_total, plan->dose_tolerance));
  else
    PetscCall(AetReport(comm, "  total dose %.4g e/Å², no tolerance declared\n", plan->dose_total));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Predict(MPI_Comm comm, AetOutput *output, const AetSpecimen *specimen, PetscInt views, const double (*angles_deg)[3])
{
  AetTiltSeries tilt;
  AetAtoms      atoms;
  double       *sigma;
  int          *species;
  char          path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(Measure(comm, specimen, views, angles_deg, &tilt));
  PetscCall(SpecimenAtoms(comm, specimen, &atoms));
  PetscCall(Precision(atoms, tilt, &sigma, &species));
  PetscCall(SummarisePrecision(comm, atoms, sigma, species, output->summary));
  AetOutputPath(output, "plan.h5", path);
  PetscCall(AetAtomsWrite(atoms, path));
  PetscCall(PetscFree2(sigma, species));
  PetscCall(AetAtomsDestroy(&atoms));
  PetscCall(AetTiltSeriesDestroy(&tilt));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Forget(MPI_Comm comm, const char *path)
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) (void)unlink(path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCommandPlan(int count, char **files)
{
  MPI_Comm    comm = MPI_COMM_WORLD;
  AetOutput   output;
  AetSpecimen specimen;
  AetTiltPlan plan;
  PetscInt    views;
  double(*angles_deg)[3], begin = MPI_Wtime();
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(AetSpecimenFromOptions(&specimen));
  PetscCall(AetSimulateAngles(&views, &angles_deg));
  PetscCall(AetTiltPlanAssess(&specimen, views, (const double(*)[3])angles_deg, &plan));
  PetscCall(AetOutputOpen(comm, &output));
  PetscCall(SummarisePlan(comm, &plan, output.summary));
  /* nothing is computed for a plan that asks for too much dose, and what an earlier one left does not stand for it */
  AetOutputPath(&output, "plan.h5", path);
  PetscCall(Forget(comm, path));
  if (plan.within_dose && plan.dose_total > 0) PetscCall(Predict(comm, &output, &specimen, views, (const double(*)[3])angles_deg));
  PetscCall(AetOutputCost(comm, &output, "plan", begin));
  PetscCall(AetOutputSummarise(comm, &output));
  PetscCall(AetOutputClose(comm, &output));
  PetscCall(PetscFree(angles_deg));
  AetSpecimenDestroy(&specimen);
  AetCheck(plan.within_dose, AET_ERR_INPUT, "plan: the total dose: expected at most simulate_dose_tolerance, %g e/Å², found %g",
           plan.dose_tolerance, plan.dose_total);
  PetscFunctionReturn(PETSC_SUCCESS);
}
