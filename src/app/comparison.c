/* A comparison of two models as text and numbers. */
#include "comparison.h"
#include <math.h>
#include <string.h>

static const char axis_name[] = "xyz";

static double TurnedDegrees(const double R[9])
{
  const double determinant = R[0] * (R[4] * R[8] - R[5] * R[7]) - R[1] * (R[3] * R[8] - R[5] * R[6]) + R[2] * (R[3] * R[7] - R[4] * R[6]);
  const double cosine = ((determinant < 0 ? -1 : 1) * (R[0] + R[4] + R[8]) - 1) / 2;

  return acos(fmax(-1, fmin(1, cosine))) * 180 / M_PI;
}

static PetscBool Mirrored(const double R[9])
{
  return (PetscBool)(R[0] * (R[4] * R[8] - R[5] * R[7]) - R[1] * (R[3] * R[8] - R[5] * R[6]) + R[2] * (R[3] * R[7] - R[4] * R[6]) < 0);
}

static PetscBool Turned(const AetCompareResult *r)
{
  PetscBool turned = PETSC_FALSE;

  for (int k = 0; k < 9; k++) turned = (PetscBool)(turned || r->rotation[k] != (k % 4 == 0));
  return turned;
}

static void PrintNumber(const char *format, double value, int width)
{
  if (value < 0)
    printf("%*s", width, "-");
  else
    printf(format, width, value);
}

static void PrintSpecies(const AetCompareResult *r)
{
  const int K = r->species_count;

  printf("\n%-12s %8s %10s %13s   reference as:", "species", "recall", "precision", "r.m.s.d. pm");
  for (int f = 0; f < K; f++) printf(" %8s", r->symbol[f]);
  printf(" %8s\n", "missed");
  for (int s = 0; s < K; s++) {
    printf("%-12s ", r->symbol[s]);
    PrintNumber("%*.4f", r->recall_species[s], 8);
    PrintNumber(" %*.4f", r->precision_species[s], 10);
    PrintNumber(" %*.1f", r->rmsd_species_pm[s], 13);
    printf("                ");
    for (int f = 0; f <= K; f++) printf(" %8d", (int)r->confusion[s][f]);
    printf("\n");
  }
  printf("%-47s             ", "no reference");
  for (int f = 0; f < K; f++) printf(" %8d", (int)r->confusion[K][f]);
  printf("\n");
}

static void PrintSigma(const AetCompareResult *r)
{
  printf("\n%-24s %8s %8s %8s   (of a normal distribution: 0.683 0.954 0.997)\n", "within", "1 sigma", "2 sigma", "3 sigma");
  for (int a = 0; a < 3; a++) printf("%c %21s %8.3f %8.3f %8.3f\n", axis_name[a], "", r->within[a][0], r->within[a][1], r->within[a][2]);
}

void AetComparisonPrint(const AetCompareResult *r)
{
  printf("recall              %.4f  (%d of %d)\n", r->recall, (int)r->paired, (int)r->truth);
  printf("precision           %.4f  (%d found)\n", r->precision, (int)r->found);
  printf("r.m.s.d.            %.1f pm  (x %.1f, y %.1f, z %.1f)\n", r->rmsd_pm, r->rmsd_axis_pm[0], r->rmsd_axis_pm[1], r->rmsd_axis_pm[2]);
  printf("95th percentile     %.1f pm\n", r->percentile95_pm);
  printf("species agreement   %.4f", r->species_agreement);
  if (r->expected_agreement >= 0) printf("  (expected from the confidences: %.4f)", r->expected_agreement);
  printf("\nmean shift removed  %.4f %.4f %.4f Å\n", r->shift_angstrom[0], r->shift_angstrom[1], r->shift_angstrom[2]);
  if (Turned(r)) {
    printf("turned first by     %.3f degrees%s, then moved by %.4f %.4f %.4f Å\n", TurnedDegrees(r->rotation),
           Mirrored(r->rotation) ? " and mirrored" : "", r->moved_angstrom[0], r->moved_angstrom[1], r->moved_angstrom[2]);
    for (int k = 0; k < 3; k++)
      printf("  rotation          %9.6f %9.6f %9.6f\n", r->rotation[3 * k], r->rotation[3 * k + 1], r->rotation[3 * k + 2]);
  }
  if (r->species_count) PrintSpecies(r);
  if (r->with_sigma) PrintSigma(r);
}

/* prefix.suffix and perhaps .more */
static PetscErrorCode Set(AetSummary summary, double value, const char *format, const char *a, const char *b)
{
  char key[96];

  PetscFunctionBegin;
  snprintf(key, sizeof key, format, a, b);
  PetscCall(AetSummarySetNumber(summary, key, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SummariseSpecies(const AetCompareResult *r, AetSummary summary)
{
  const int K = r->species_count;

  PetscFunctionBegin;
  for (int s = 0; s < K; s++) {
    if (r->recall_species[s] >= 0) PetscCall(Set(summary, r->recall_species[s], "compare.recall_by_species.%s%s", r->symbol[s], ""));
    if (r->precision_species[s] >= 0)
      PetscCall(Set(summary, r->precision_species[s], "compare.precision_by_species.%s%s", r->symbol[s], ""));
    if (r->rmsd_species_pm[s] >= 0) PetscCall(Set(summary, r->rmsd_species_pm[s], "compare.rmsd_pm_by_species.%s%s", r->symbol[s], ""));
    for (int f = 0; f < K; f++) PetscCall(Set(summary, r->confusion[s][f], "compare.confusion.%s.%s", r->symbol[s], r->symbol[f]));
    PetscCall(Set(summary, r->confusion[s][K], "compare.confusion.%s.%s", r->symbol[s], "missed"));
    PetscCall(Set(summary, r->confusion[K][s], "compare.confusion.%s.%s", "no_reference", r->symbol[s]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetComparisonSummarise(const AetCompareResult *r, AetSummary summary)
{
  PetscFunctionBegin;
  PetscCall(AetSummaryForget(summary, "compare."));
  PetscCall(AetSummarySetNumber(summary, "compare.found", r->found));
  PetscCall(AetSummarySetNumber(summary, "compare.truth", r->truth));
  PetscCall(AetSummarySetNumber(summary, "compare.paired", r->paired));
  PetscCall(AetSummarySetNumber(summary, "compare.recall", r->recall));
  PetscCall(AetSummarySetNumber(summary, "compare.precision", r->precision));
  PetscCall(AetSummarySetNumber(summary, "compare.rmsd_pm", r->rmsd_pm));
  PetscCall(AetSummarySetNumber(summary, "compare.percentile95_pm", r->percentile95_pm));
  PetscCall(AetSummarySetNumber(summary, "compare.species_agreement", r->species_agreement));
  if (r->expected_agreement >= 0) PetscCall(AetSummarySetNumber(summary, "compare.expected_species_agreement", r->expected_agreement));
  PetscCall(SummariseSpecies(r, summary));
  for (int a = 0; a < 3; a++) {
    const char axis[2] = {axis_name[a], 0};
    PetscCall(Set(summary, r->rmsd_axis_pm[a], "compare.rmsd_%s_pm%s", axis, ""));
    PetscCall(Set(summary, r->shift_angstrom[a], "compare.shift_%s_angstrom%s", axis, ""));
    for (int k = 0; k < 3 && r->with_sigma; k++) {
      const char number[2] = {(char)('1' + k), 0};
      PetscCall(Set(summary, r->within[a][k], "compare.within_%s_sigma_%s", number, axis));
    }
  }
  PetscCall(AetSummarySetNumber(summary, "compare.with_sigma", r->with_sigma));
  if (!Turned(r)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetSummarySetNumber(summary, "compare.rotation_deg", TurnedDegrees(r->rotation)));
  PetscCall(AetSummarySetNumber(summary, "compare.mirrored", Mirrored(r->rotation)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetComparisonTable(const AetCompareResult *r, const char *path)
{
  enum { LINE = 96 };
  char           text[(2 * AET_COMPARE_BINS + 1) * LINE];
  size_t         used = (size_t)snprintf(text, sizeof text, "from_pm,to_pm,distance,x,y,z\n");
  PetscErrorCode code;

  PetscFunctionBegin;
  for (int b = 0; b < 2 * AET_COMPARE_BINS; b++) {
    const int from = b - AET_COMPARE_BINS;
    used += (size_t)snprintf(text + used, sizeof text - used, "%.6g,%.6g,%d,%d,%d,%d\n", from * r->bin_pm, (from + 1) * r->bin_pm,
                             from < 0 ? 0 : (int)r->distances[from], (int)r->differences[0][b], (int)r->differences[1][b],
                             (int)r->differences[2][b]);
  }
  code = AetTextWrite(path, text, used);
  PetscFunctionReturn(code);
}
