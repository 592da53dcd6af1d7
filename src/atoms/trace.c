/* AetTrace: from a volume to named atoms. */
#include "atoms/kernel/filter.h"
#include "atoms/trace_private.h"
#include <math.h>
#include <string.h>

#define MOST_FALSE 0.01 /* of the candidates; more noise than that is smoothed, if it can be */

static const AetOption trace_options[] = {
    {"trace_species", AET_OPTION_TEXTS, "", "X", 0, 0, NULL, "element symbols; intensities are named in the order of atomic number"},
    {"trace_min_distance_angstrom", AET_OPTION_REAL, "angstrom", "2.0", 0.1, 20, NULL,
     "of two peaks closer than this only the brighter stays"},
    {"trace_threshold", AET_OPTION_REAL, "", "0", 0, 1e300, NULL,
     "least mean of a peak over 3x3x3 voxels above the background (0: the valley of the histogram between noise and atoms)"},
    {"trace_smoothing_angstrom", AET_OPTION_REAL, "angstrom", "-1", -1, 10, NULL,
     "sigma of a Gaussian filter before the search (-1: a tenth of the minimum distance, up to a fifth where noise makes atoms)"},
    {"trace_min_intensity_ratio", AET_OPTION_REAL, "", "0.25", 0, 1, NULL,
     "least intensity of an atom relative to the mean of its 16 neighbours (bright ones count as the lightest species)"},
    {"trace_hidden", AET_OPTION_BOOL, "", "true", 0, 0, NULL, "look for atoms on the flanks of brighter ones, once these are taken out"},
    {"trace_joint", AET_OPTION_BOOL, "", "true", 0, 0, NULL,
     "fit all atoms together at the end, each against the volume less its neighbours"},
    {"trace_fit", AET_OPTION_ENUM, "", "quartic", 0, 0, "quartic|gaussian",
     "how a peak is fitted: by a polynomial of the fourth degree, or by a Gaussian of any widths and directions on a background"},
    {"trace_support", AET_OPTION_ENUM, "", "tight", 0, 0, "tight|none",
     "where atoms are looked for: where candidates are dense (everywhere if they are few or fill the volume), or everywhere"},
    {"trace_max_uncertainty_angstrom", AET_OPTION_REAL, "angstrom", "0", -1, 100, NULL,
     "an atom that noise is expected to have moved farther is not claimed (-1: half of the minimum distance; 0: all are)"},
    {"trace_classify", AET_OPTION_ENUM, "", "probabilistic", 0, 0, "probabilistic|local|unbiased|kmeans",
     "how atoms are named: a mixture of intensities with a smooth field; mean boxes of the neighbours; mean boxes of all; intensity alone"},
    {"trace_classify_radius_angstrom", AET_OPTION_REAL, "angstrom", "15", 3, 1000, NULL,
     "neighbours within this radius name an atom (trace_classify local)"},
    {"trace_pixel_angstrom", AET_OPTION_REAL, "angstrom", "0", 0, 100, NULL, "voxel size (0: that of the volume)"},
};
AET_OPTION_TABLE(AetTraceOptions, "trace", "Atoms from a volume", trace_options);

/* Symbols in the order of atomic number (those without one keep the user's order, first), and how dim the lightest may be. */
static void OrderSymbols(AetTraceSettings *s)
{
  int number[AET_SPECIES_MAX], last = s->species_count - 1;

  for (int i = 0; i < s->species_count; i++) number[i] = AetAtomicNumber(s->symbol[i]);
  for (int i = 0; i < s->species_count; i++) {
    int place = 0;
    for (int j = 0; j < s->species_count; j++) place += number[j] < number[i] || (number[j] == number[i] && j < i);
    s->by_number[place] = i;
  }
  /* intensities grow with a power of Z that is at most 2; half of that leaves room for thin and blurred atoms */
  s->modes = s->species_count;
  s->widest = INFINITY;
  s->least_ratio = 0.02;
  if (number[s->by_number[0]] > 0)
    s->least_ratio = 0.5 * pow((double)number[s->by_number[0]] / number[s->by_number[last]], 2);
  else if (s->species_count == 1)
    s->modes = AET_SPECIES_MAX, s->widest = 0.6, s->least_ratio = 0.1; /* "X": any number of species */
}

PetscErrorCode AetTraceSettingsGet(AetVolume volume, AetTraceSettings *s)
{
  int    count, given, too_long = -1, choice;
  char **symbols;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(s, sizeof *s));
  PetscCall(AetOptionGetTexts("trace_species", &count, &symbols));
  given = count;
  for (int i = 0; i < count && i < AET_SPECIES_MAX; i++) {
    if (strlen(symbols[i]) >= sizeof s->symbol[i]) too_long = i;
    PetscCall(PetscStrncpy(s->symbol[i], symbols[i], sizeof s->symbol[i]));
  }
  AetTextsFree(&count, &symbols);
  AetCheck(too_long < 0, AET_ERR_INPUT, "trace_species: expected symbols of at most %d letters, found %s...", (int)sizeof s->symbol[0] - 1,
           s->symbol[too_long]);
  for (int i = 1; i < given && i < AET_SPECIES_MAX; i++)
    for (int j = 0; j < i; j++)
      AetCheck(strcmp(s->symbol[i], s->symbol[j]) != 0, AET_ERR_INPUT, "trace_species: expected different symbols, found %s twice",
               s->symbol[i]);
  AetCheck(given >= 1 && given <= AET_SPECIES_MAX, AET_ERR_INPUT, "trace_species: expected 1 to %d symbols, found %d", AET_SPECIES_MAX,
           given);
  s->species_count = given;
  OrderSymbols(s);
  PetscCall(AetOptionGetReal("trace_min_distance_angstrom", &s->min_distance_angstrom));
  PetscCall(AetOptionGetReal("trace_threshold", &s->threshold));
  PetscCall(AetOptionGetReal("trace_smoothing_angstrom", &s->smoothing_angstrom));
  PetscCall(AetOptionGetReal("trace_min_intensity_ratio", &s->min_intensity_ratio));
  PetscCall(AetOptionGetBool("trace_hidden", &s->hidden));
  PetscCall(AetOptionGetBool("trace_joint", &s->joint));
  PetscCall(AetOptionGetEnum("trace_fit", &choice));
  s->gaussian = choice == 1;
  PetscCall(AetOptionGetEnum("trace_support", &choice));
  s->support = choice == 0;
  PetscCall(AetOptionGetReal("trace_max_uncertainty_angstrom", &s->max_uncertainty_angstrom));
  if (s->max_uncertainty_angstrom < 0) s->max_uncertainty_angstrom = s->min_distance_angstrom / 2;
  PetscCall(AetOptionGetEnum("trace_classify", &s->classify));
  PetscCall(AetOptionGetReal("trace_classify_radius_angstrom", &s->classify_radius_angstrom));
  PetscCall(AetOptionGetReal("trace_pixel_angstrom", &s->pixel_angstrom));
  s->smoothing_most_angstrom = s->smoothing_angstrom < 0 ? s->min_distance_angstrom / 5 : s->smoothing_angstrom;
  if (s->smoothing_angstrom < 0) s->smoothing_angstrom = s->min_distance_angstrom / 10;
  if (s->pixel_angstrom == 0) s->pixel_angstrom = volume->pixel_angstrom;
  AetCheck(s->pixel_angstrom > 0, AET_ERR_INPUT, "trace_pixel_angstrom: expected a voxel size, which the volume does not tell; found none");
  /* a third of a voxel at the usual 0.35 Å; finer voxels are sampled at the same distances in Å */
  s->fit_step = PetscMin(1.5, PetscMax(1.0 / 3, 0.0536 * s->min_distance_angstrom / s->pixel_angstrom));
  s->box_step = PetscMin(4, PetscMax(1, 3 * s->fit_step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Most maxima of a large noisy volume are noise that need not be fitted: those below 0.3 of the threshold of the unfitted heights. */
static PetscErrorCode DropNoise(const AetField *field, const AetTraceSettings *settings, double background, PetscInt *count, int64_t *index)
{
  const int64_t many = 50000;
  const float  *origin = field->data;
  ptrdiff_t     plane = field->n[1] * field->n[2];
  int64_t       total = *count;
  double       *height, threshold;
  PetscInt      kept = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_INT64_T, MPI_SUM, field->comm));
  if (total < many) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)*count + 1, &height));
  for (PetscInt i = 0; i < *count; i++) height[i] = origin[index[i] - (int64_t)field->first * plane] - background;
  PetscCall(AetIntensityThreshold(field->comm, settings, *count, height, 1, &threshold));
  for (PetscInt i = 0; i < *count; i++)
    if (height[i] >= 0.3 * threshold) index[kept++] = index[i];
  *count = kept;
  PetscCall(PetscFree(height));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From the volume to fitted peaks; the slab and its halo live only here. */
static PetscErrorCode FindPeaks(AetVolume volume, const AetTraceSettings *settings, AetCandidates *candidates, double *background,
                                AetTraceReport *report)
{
  AetField       field;
  double         largest;
  float          weight[AET_FILTER_TAPS + 1];
  PetscInt       count;
  int64_t       *index;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_PEAKS));
  PetscCall(AetFieldCreate(volume, AetPeaksReach(settings), &field));
  PetscCall(AetFieldFilter(&field, AetFilterGaussian(settings->smoothing_angstrom / settings->pixel_angstrom, weight), weight));
  code = AetFieldMedian(&field, background, &largest);
  if (code) PetscCall(AetFieldDestroy(&field));
  PetscCall(code);
  PetscCall(AetMaximaFind(&field, *background, &count, &index));
  PetscCallMPI(MPI_Allreduce(&count, &report->maxima, 1, MPIU_INT, MPI_SUM, volume->comm));
  PetscCall(DropNoise(&field, settings, *background, &count, index));
  PetscCall(AetEventEnd(AET_EVENT_PEAKS));
  PetscCall(AetEventBegin(AET_EVENT_FIT));
  PetscCallMPI(MPI_Allreduce(&count, &report->fitted, 1, MPIU_INT, MPI_SUM, volume->comm));
  PetscCall(AetPeaksFit(&field, settings, *background, count, index, candidates));
  report->rejected_fit = report->fitted - candidates->total;
  PetscCall(PetscFree(index));
  PetscCall(AetFieldDestroy(&field));
  PetscCall(AetEventEnd(AET_EVENT_FIT));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The kept candidates as atoms. */
static PetscErrorCode MakeAtoms(AetVolume volume, const AetCandidates *c, const AetTraceSettings *s, const int *label,
                                const double *probability, AetAtoms *atoms, AetTraceReport *report)
{
  AetAtomRecord *record;
  PetscInt       kept = 0;
  const char    *symbols[AET_SPECIES_MAX];

  PetscFunctionBegin;
  for (int k = 0; k < s->species_count; k++) symbols[k] = s->symbol[k];
  PetscCall(PetscCalloc1((size_t)c->total + 1, &record));
  for (PetscInt i = 0; i < c->total; i++) {
    AetAtomRecord *r = record + kept;
    if (!c->keep[i]) continue;
    for (int a = 0; a < 3; a++) r->position[a] = (c->peak[i].centre[a] - (double)(volume->n[2 - a] / 2)) * s->pixel_angstrom;
    r->intensity = c->peak[i].sum5;
    for (int k = 0; k < s->species_count; k++) r->probability[s->by_number[k]] = probability[(ptrdiff_t)i * s->species_count + k];
    r->species = s->by_number[label[i]];
    report->by_species[r->species]++;
    kept++;
  }
  PetscCall(AetAtomsFromRecords(volume->comm, kept, record, s->species_count, symbols, atoms));
  PetscCall(PetscFree(record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Looks at the flanks once; what lies outside the support is none. */
static PetscErrorCode Flanks(AetVolume volume, const AetTraceSettings *settings, double widen, double background, const double sigma[3],
                             const AetSupport *support, AetCandidates *c, AetTraceReport *report, PetscInt *found)
{
  PetscInt outside = 0;

  PetscFunctionBegin;
  PetscCall(AetHiddenFind(volume, settings, widen, background, report->threshold, sigma, c, found));
  if (*found) PetscCall(AetSupportApply(support, c, &outside));
  *found -= outside;
  report->recovered += *found;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Peaks that noise may have moved too far to be claimed. */
static void DropDoubtful(AetCandidates *c, const AetTraceSettings *settings, const double *uncertainty, AetTraceReport *report)
{
  for (PetscInt i = 0; i < c->total && settings->max_uncertainty_angstrom > 0; i++) {
    if (!c->keep[i] || uncertainty[i] <= settings->max_uncertainty_angstrom) continue;
    c->keep[i] = 0;
    report->doubtful++;
  }
}

/* Atoms on the flanks of others, and then all of them fitted together: with their neighbours' tails gone, a flank may show one more, and
   and atoms are where they belong. */
static PetscErrorCode Complete(AetVolume volume, const AetTraceSettings *settings, double background, const AetSupport *support,
                               AetCandidates *c, AetTraceReport *report)
{
  double   sigma[3], *uncertainty;
  PetscInt found = settings->hidden;

  PetscFunctionBegin;
  for (PetscInt round = 0; round < 3 && found; round++) {
    PetscCall(AetAtomWidths(c, settings, sigma));
    PetscCall(Flanks(volume, settings, 1, background, sigma, support, c, report, &found));
  }
  if (!settings->joint) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetAtomWidths(c, settings, sigma));
  if (settings->hidden) {
    PetscCall(AetCandidatesJoin(volume, settings, background, sigma, c, NULL));
    PetscCall(Flanks(volume, settings, 1, background, sigma, support, c, report, &found));
    /* noise may have broken a dim top into several, each too dim and too far from where the atom is */
    for (double widen = M_SQRT2; widen * settings->smoothing_angstrom < 1.01 * settings->smoothing_most_angstrom; widen *= M_SQRT2)
      PetscCall(Flanks(volume, settings, widen, background, sigma, support, c, report, &found));
  }
  PetscCall(PetscMalloc1((size_t)c->total + 1, &uncertainty));
  PetscCall(AetCandidatesJoin(volume, settings, background, sigma, c, uncertainty));
  PetscCall(AetAgree(volume->comm, AetCandidatesThin(c, settings, AET_LOOSE, &report->rejected_distance)));
  DropDoubtful(c, settings, uncertainty, report);
  if (settings->noisy) PetscCall(AetAgree(volume->comm, AetCandidatesCore(c, settings, volume->n, &report->rejected_support)));
  PetscCall(PetscFree(uncertainty));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From the volume to candidates inside the support; *expected receives how many of them noise made. */
static PetscErrorCode Select(AetVolume volume, const AetTraceSettings *settings, AetCandidates *c, AetSupport *support, double *background,
                             double *expected, AetTraceReport *report)
{
  PetscInt below;

  PetscFunctionBegin;
  *expected = 0;
  PetscCall(PetscMemzero(report, sizeof *report));
  PetscCall(FindPeaks(volume, settings, c, background, report));
  PetscCall(AetEventBegin(AET_EVENT_CLASSIFY));
  PetscCall(AetAgree(volume->comm, AetCandidatesThin(c, settings, 1, &report->rejected_distance)));
  PetscCall(AetCandidatesThreshold(c, settings, &report->threshold, &below));
  PetscCall(AetCandidatesCheck(c, settings, &report->rejected_checks));
  report->rejected_checks += below;
  if (settings->support) {
    PetscCall(AetSupportFind(volume, settings, c, support));
    PetscCall(AetSupportApply(support, c, &report->rejected_support));
    PetscCall(AetSupportExpectedFalse(support, settings, c, report->rejected_support, expected));
  }
  PetscCall(AetEventEnd(AET_EVENT_CLASSIFY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Smooths no more than noise asks for: until it is expected to have made one candidate in a hundred. */
static PetscErrorCode SelectSmoothed(AetVolume volume, AetTraceSettings *settings, AetCandidates *c, AetSupport *support,
                                     double *background, AetTraceReport *report)
{
  PetscFunctionBegin;
  for (;;) {
    double   expected;
    PetscInt kept = 0;
    PetscCall(Select(volume, settings, c, support, background, &expected, report));
    for (PetscInt i = 0; i < c->total; i++) kept += c->keep[i];
    report->smoothing_angstrom = settings->smoothing_angstrom;
    report->expected_false = expected;
    if (expected <= MOST_FALSE * kept) break;
    if (settings->smoothing_angstrom > 0.99 * settings->smoothing_most_angstrom) {
      settings->noisy = PETSC_TRUE;
      PetscCall(AetAgree(volume->comm, AetCandidatesCore(c, settings, volume->n, &report->rejected_support)));
      break;
    }
    settings->smoothing_angstrom = PetscMin(settings->smoothing_most_angstrom, M_SQRT2 * settings->smoothing_angstrom);
    PetscCall(AetCandidatesDestroy(c));
    PetscCall(AetSupportDestroy(support));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTrace(AetVolume volume, AetAtoms *atoms, AetTraceReport *report)
{
  AetTraceSettings settings;
  AetCandidates    candidates;
  AetSupport       support = {NULL, 1};
  int             *label;
  double          *probability, background;

  PetscFunctionBegin;
  *atoms = NULL;
  PetscCall(PetscMemzero(report, sizeof *report));
  PetscCall(AetAgree(volume->comm, AetTraceSettingsGet(volume, &settings)));
  PetscCall(SelectSmoothed(volume, &settings, &candidates, &support, &background, report));
  PetscCall(AetEventBegin(AET_EVENT_CLASSIFY));
  PetscCall(Complete(volume, &settings, background, &support, &candidates, report));
  PetscCall(AetSupportDestroy(&support));
  PetscCall(PetscMalloc2((size_t)candidates.total + 1, &label, (size_t)(candidates.total * settings.species_count) + 1, &probability));
  PetscCall(AetClassify(&candidates, &settings, label, probability, report));
  PetscCall(MakeAtoms(volume, &candidates, &settings, label, probability, atoms, report));
  PetscCall(PetscFree2(label, probability));
  PetscCall(AetCandidatesDestroy(&candidates));
  PetscCall(AetEventEnd(AET_EVENT_CLASSIFY));
  PetscFunctionReturn(PETSC_SUCCESS);
}
