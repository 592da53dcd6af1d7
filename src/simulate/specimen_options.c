/* The plan of a specimen from its options. */
#include "simulate/specimen_private.h"
#include <math.h>
#include <string.h>

/* A list of exactly `expected` numbers, or, where it is not given, none. */
static PetscErrorCode ReadNumbers(const char *key, int expected, double *values, int *given)
{
  double *found;
  int     count;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReals(key, &count, &found));
  for (int i = 0; i < count && i < expected; i++) values[i] = found[i];
  PetscCall(PetscFree(found));
  if (given) *given = count > 0;
  AetCheck(count == expected || (given && !count), AET_ERR_INPUT, "%s: expected %d numbers, found %d", key, expected, count);
  for (int i = 0; i < count; i++) AetCheck(isfinite(values[i]), AET_ERR_INPUT, "%s: expected finite numbers, found %g", key, values[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* At most `room` numbers. */
static PetscErrorCode ReadList(const char *key, int room, double *values, int *count)
{
  double *found;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReals(key, count, &found));
  for (int i = 0; i < *count && i < room; i++) values[i] = found[i];
  PetscCall(PetscFree(found));
  AetCheck(*count <= room, AET_ERR_INPUT, "%s: expected at most %d numbers, found %d", key, room, *count);
  for (int i = 0; i < *count; i++) AetCheck(isfinite(values[i]), AET_ERR_INPUT, "%s: expected finite numbers, found %g", key, values[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSpecimenPlanSpecies(AetSpecimenPlan *plan)
{
  int    count;
  char **words;

  PetscFunctionBegin;
  PetscCall(AetOptionGetTexts("simulate_species", &count, &words));
  plan->species_count = count;
  for (int s = 0; s < count && s < AET_SPECIMEN_SPECIES; s++) snprintf(plan->symbol[s], sizeof plan->symbol[s], "%s", words[s]);
  AetTextsFree(&count, &words);
  AetCheck(plan->species_count >= 1 && plan->species_count <= AET_SPECIMEN_SPECIES, AET_ERR_INPUT,
           "simulate_species: expected one to eight elements, found %d", plan->species_count);
  for (int s = 0; s < plan->species_count; s++)
    AetCheck(AetAtomicNumber(plan->symbol[s]) > 0, AET_ERR_INPUT, "simulate_species: \"%s\" is no element symbol", plan->symbol[s]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckFractions(const char *key, int count, const double *fractions)
{
  double sum = 0;

  PetscFunctionBegin;
  for (int s = 0; s < count; s++) sum += fractions[s];
  AetCheck(fabs(sum - 1) < 1e-6, AET_ERR_INPUT, "%s: expected fractions that sum to 1, found a sum of %g", key, sum);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadComposition(AetSpecimenPlan *plan)
{
  const int n = plan->species_count;
  double    first, diameter;
  int       given;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("simulate_composition", &first));
  PetscCall(AetOptionGetEnum("simulate_composition_field", &plan->field));
  PetscCall(ReadNumbers("simulate_fractions", n, plan->fractions, &given));
  for (int s = 0; s < n && !given; s++) plan->fractions[s] = n == 1 ? 1 : n == 2 ? (s ? 1 - first : first) : 1.0 / n;
  if (given) PetscCall(CheckFractions("simulate_fractions", n, plan->fractions));
  PetscCall(ReadNumbers("simulate_fractions_second", n, plan->second, &given));
  for (int s = 0; s < n && !given; s++) plan->second[s] = plan->fractions[n - 1 - s];
  if (given) PetscCall(CheckFractions("simulate_fractions_second", n, plan->second));
  PetscCall(AetOptionGetReal("simulate_core_diameter_angstrom", &diameter));
  plan->core_radius = diameter > 0 ? diameter / 2 : plan->diameter / 4;
  PetscCall(AetOptionGetReal("simulate_core_width_angstrom", &plan->core_width));
  PetscCall(ReadNumbers("simulate_gradient_direction", 3, plan->direction, NULL));
  AetCheck(plan->direction[0] != 0 || plan->direction[1] != 0 || plan->direction[2] != 0, AET_ERR_INPUT,
           "simulate_gradient_direction: expected a direction, found 0, 0, 0");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckPhase(const AetSpecimenPlan *plan, const char *key, int phase)
{
  const AetLattice wanted = phase == AET_PHASE_B2 ? AET_LATTICE_BCC : AET_LATTICE_FCC;

  PetscFunctionBegin;
  if (phase == AET_PHASE_A1) PetscFunctionReturn(PETSC_SUCCESS);
  AetCheck(plan->species_count == 2, AET_ERR_INPUT, "%s: an ordered particle needs two species", key);
  AetCheck(plan->cell.kind == wanted && plan->body.shape < AET_SHAPE_ICOSAHEDRON, AET_ERR_INPUT,
           "%s: expected %s sites for this order, found another simulate_structure or a shape of fivefold symmetry", key,
           wanted == AET_LATTICE_BCC ? "bcc" : "fcc");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int PhaseOf(const char *word)
{
  static const char *const words[] = {"random", "l10", "l12", "l12_ab3", "b2"};

  for (int p = 0; p < 5; p++)
    if (!strcmp(word, words[p])) return p;
  return !strcmp(word, "a1") ? AET_PHASE_A1 : -1;
}

static PetscErrorCode ReadOrder(AetSpecimenPlan *plan)
{
  PetscInt number;
  int      count, wrong = -1;
  char   **words, word[64] = "";

  PetscFunctionBegin;
  PetscCall(AetOptionGetEnum("simulate_order", &plan->order));
  PetscCall(CheckPhase(plan, "simulate_order", plan->order));
  PetscCall(AetOptionGetInt("simulate_variant", &number));
  plan->variant = (int)number;
  PetscCall(AetOptionGetInt("simulate_domains", &number));
  plan->domains = (int)number;
  PetscCall(AetOptionGetTexts("simulate_domain_orders", &count, &words));
  plan->phases = PetscMin(count, AET_LIST_MAX);
  for (int p = 0; p < plan->phases; p++) {
    plan->phase[p] = PhaseOf(words[p]);
    if (plan->phase[p] < 0 && wrong < 0) wrong = p, snprintf(word, sizeof word, "%.60s", words[p]);
  }
  AetTextsFree(&count, &words);
  AetCheck(wrong < 0, AET_ERR_INPUT, "simulate_domain_orders: expected words of simulate_order, found \"%s\"", word);
  for (int p = 0; p < plan->phases; p++) PetscCall(CheckPhase(plan, "simulate_domain_orders", plan->phase[p]));
  if (!plan->phases) plan->phase[plan->phases++] = plan->order;
  AetCheck(plan->variant < AetKernelVariants((AetPhase)plan->phase[0]) || plan->phase[0] == AET_PHASE_A1, AET_ERR_INPUT,
           "simulate_variant: expected 0 to %d of this order, found %d", AetKernelVariants((AetPhase)plan->phase[0]) - 1, plan->variant);
  PetscCall(ReadNumbers("simulate_antiphase", 4, plan->antiphase_plane, &plan->antiphase));
  AetCheck(!plan->antiphase || hypot(hypot(plan->antiphase_plane[0], plan->antiphase_plane[1]), plan->antiphase_plane[2]) > 0,
           AET_ERR_INPUT, "simulate_antiphase: expected a normal, found 0, 0, 0");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The faults as layers of the lattice, ascending. */
static PetscErrorCode ReadFaults(AetSpecimenPlan *plan)
{
  const double spacing = plan->cell.a / sqrt(3), along = (plan->offset[0] + plan->offset[1] + plan->offset[2]) / sqrt(3);
  double       twins[AET_FAULTS_MAX], faults[AET_FAULTS_MAX];
  int          twin_count, fault_count;

  PetscFunctionBegin;
  PetscCall(ReadList("simulate_twins", AET_FAULTS_MAX, twins, &twin_count));
  PetscCall(ReadList("simulate_stacking_faults", AET_FAULTS_MAX, faults, &fault_count));
  plan->faults = twin_count + fault_count;
  if (!plan->faults) PetscFunctionReturn(PETSC_SUCCESS);
  AetCheck(plan->faults <= AET_FAULTS_MAX, AET_ERR_INPUT, "simulate_twins: expected at most %d planes, found %d", AET_FAULTS_MAX,
           plan->faults);
  AetCheck(plan->cell.kind == AET_LATTICE_FCC && plan->body.shape < AET_SHAPE_ICOSAHEDRON, AET_ERR_INPUT,
           "simulate_twins, simulate_stacking_faults: expected simulate_structure fcc and a shape cut from it");
  for (int f = 0; f < plan->faults; f++) {
    const double distance = f < twin_count ? twins[f] : faults[f - twin_count];
    AetFault     fault = {(int)lround((distance - along) / spacing), f < twin_count};
    int          at = f;

    for (; at > 0 && plan->fault[at - 1].layer > fault.layer; at--) plan->fault[at] = plan->fault[at - 1];
    plan->fault[at] = fault;
    AetCheck((at == 0 || plan->fault[at - 1].layer < fault.layer), AET_ERR_INPUT,
             "simulate_twins, simulate_stacking_faults: expected planes a layer (%.3g Å) apart, found two at %g Å", spacing, distance);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadDislocation(AetSpecimenPlan *plan)
{
  AetDislocation *d = &plan->dislocation;
  int             given = 0;

  PetscFunctionBegin;
  PetscCall(ReadNumbers("simulate_dislocation_burgers", 3, d->burgers, &given));
  PetscCall(ReadNumbers("simulate_dislocation_line", 3, d->line, NULL));
  PetscCall(ReadNumbers("simulate_dislocation_point", 3, d->point, NULL));
  PetscCall(AetOptionGetReal("simulate_poisson_ratio", &d->poisson));
  for (int a = 0; a < 3; a++) d->burgers[a] *= plan->cell.a;
  plan->dislocated = (PetscBool)(given && hypot(hypot(d->burgers[0], d->burgers[1]), d->burgers[2]) > 0);
  AetCheck(!plan->dislocated || hypot(hypot(d->line[0], d->line[1]), d->line[2]) > 0, AET_ERR_INPUT,
           "simulate_dislocation_line: expected a direction, found 0, 0, 0");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadDefects(AetSpecimenPlan *plan)
{
  int given = 0, graded = 0;

  PetscFunctionBegin;
  PetscCall(ReadFaults(plan));
  PetscCall(ReadDislocation(plan));
  PetscCall(AetOptionGetInt("simulate_vacancies", &plan->vacancies));
  PetscCall(AetOptionGetInt("simulate_antisites", &plan->antisites));
  PetscCall(ReadList("simulate_surface_relaxation_percent", AET_LIST_MAX, plan->relaxation, &plan->relaxed_layers));
  for (int l = 0; l < plan->relaxed_layers; l++) plan->relaxation[l] /= 100;
  PetscCall(ReadNumbers("simulate_strain_percent", 6, plan->strain, &given));
  PetscCall(ReadNumbers("simulate_strain_gradient_percent_per_nm", 3, plan->strain_gradient, &graded));
  for (int c = 0; c < 6; c++) plan->strain[c] /= 100;
  for (int c = 0; c < 3; c++) plan->strain_gradient[c] /= 1000;
  plan->strained = (PetscBool)(given || graded);
  PetscCall(AetOptionGetReal("simulate_displacement_angstrom", &plan->displacement));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadLattice(AetSpecimenPlan *plan)
{
  int      structure, shape;
  PetscInt shells;
  double   angles[3];

  PetscFunctionBegin;
  PetscCall(AetSimulateSeed(&plan->seed));
  PetscCall(AetOptionGetEnum("simulate_structure", &structure));
  PetscCall(AetOptionGetEnum("simulate_shape", &shape));
  PetscCall(AetOptionGetReal("simulate_diameter_angstrom", &plan->diameter));
  PetscCall(AetOptionGetInt("simulate_shells", &shells));
  PetscCall(AetOptionGetReal("simulate_lattice_angstrom", &plan->cell.a));
  PetscCall(AetOptionGetReal("simulate_c_over_a", &plan->cell.c_over_a));
  PetscCall(AetOptionGetReal("simulate_density_per_nm3", &plan->density));
  plan->density /= 1000;
  PetscCall(AetOptionGetReal("simulate_min_distance_angstrom", &plan->min_distance));
  PetscCall(ReadNumbers("simulate_rotation_deg", 3, angles, NULL));
  AetRotationFromAngles(AET_ANGLES_ZYX, angles, plan->R);
  plan->cell.kind = (AetLattice)structure;
  plan->body.shape = (AetShape)shape;
  plan->shells = (int)shells;
  plan->in_laboratory = (PetscBool)(shape == AET_SHAPE_FILM || shape == AET_SHAPE_NEEDLE);
  PetscCall(AetSpecimenPlanBody(plan));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSpecimenPlanFromOptions(AetSpecimenPlan *plan)
{
  PetscFunctionBegin;
  memset(plan, 0, sizeof *plan);
  PetscCall(AetSpecimenPlanSpecies(plan));
  PetscCall(ReadLattice(plan));
  PetscCall(ReadComposition(plan));
  PetscCall(ReadOrder(plan));
  PetscCall(ReadDefects(plan));
  PetscFunctionReturn(PETSC_SUCCESS);
}
