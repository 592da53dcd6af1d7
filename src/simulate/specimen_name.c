/* Which species sits where: order, domains, composition. */
#include "simulate/specimen_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES = 200, BEYOND = 1000 };

static double Dot(const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* ---------------------------------------------------------------- random composition */

void AetFractionsAt(const AetSpecimenPlan *plan, const double x[3], double extent, double *fractions)
{
  double second = 0;

  if (plan->field == AET_FIELD_CORE_SHELL) {
    const double beyond = sqrt(Dot(x, x)) - plan->core_radius;
    second = plan->core_width > 0 ? 0.5 * (1 - tanh(beyond / plan->core_width)) : beyond <= 0;
  }
  if (plan->field == AET_FIELD_GRADIENT)
    second = 0.5 * (1 + Dot(x, plan->direction) / (extent * sqrt(Dot(plan->direction, plan->direction))));
  for (int s = 0; s < plan->species_count; s++) fractions[s] = (1 - second) * plan->fractions[s] + second * plan->second[s];
}

static double ExtentOf(const AetSpecimenPlan *plan, const AetMaking *work)
{
  double extent = 1e-9;

  for (PetscInt i = 0; i < work->count; i++)
    extent = fmax(extent, fabs(Dot(work->atom[i].x, plan->direction)) / sqrt(Dot(plan->direction, plan->direction)));
  return extent;
}

typedef struct {
  double   rank;
  PetscInt atom;
} Ranked;

static int CompareRanked(const void *a, const void *b)
{
  const Ranked *x = a, *y = b;

  if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
  return (x->atom > y->atom) - (x->atom < y->atom);
}

/* How many atoms of each species, whole numbers that sum to all. */
static void Shares(const AetSpecimenPlan *plan, const AetMaking *work, const char *choose, double extent, long *share)
{
  double sum[AET_SPECIMEN_SPECIES] = {0}, fraction[AET_SPECIMEN_SPECIES], below = 0, count = 0;
  long   before = 0;

  for (PetscInt i = 0; i < work->count; i++) {
    if (choose && !choose[i]) continue;
    AetFractionsAt(plan, work->atom[i].x, extent, fraction);
    for (int s = 0; s < plan->species_count; s++) sum[s] += fraction[s];
    count++;
  }
  for (int s = 0; s < plan->species_count; s++) {
    below += plan->field == AET_FIELD_UNIFORM ? plan->fractions[s] * count : sum[s];
    share[s] = s == plan->species_count - 1 ? (long)count - before : lround(below) - before;
    before += share[s];
  }
}

/* Species by species: those of the unnamed atoms whose random number lies deepest below their probability. */
PetscErrorCode AetMakingNameRandom(const AetSpecimenPlan *plan, AetMaking *work, const char *choose)
{
  const double extent = ExtentOf(plan, work);
  double       fraction[AET_SPECIMEN_SPECIES];
  long         share[AET_SPECIMEN_SPECIES];
  Ranked      *ranked;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)work->count + 1, &ranked));
  Shares(plan, work, choose, extent, share);
  for (PetscInt i = 0; i < work->count; i++)
    if (!choose || choose[i]) work->atom[i].species = -1;
  for (int s = 0; s < plan->species_count; s++) {
    PetscInt left = 0;
    for (PetscInt i = 0; i < work->count; i++) {
      double rest = 0;
      if ((choose && !choose[i]) || work->atom[i].species >= 0) continue;
      AetFractionsAt(plan, work->atom[i].x, extent, fraction);
      for (int t = s; t < plan->species_count; t++) rest += fraction[t];
      ranked[left].atom = i;
      ranked[left++].rank =
          AetRandomUniform(plan->seed, (uint64_t)(STREAM_SPECIES + s), work->atom[i].key) - (rest > 0 ? fraction[s] / rest : 0);
    }
    qsort(ranked, (size_t)left, sizeof *ranked, CompareRanked);
    for (PetscInt r = 0; r < left && r < share[s]; r++) work->atom[ranked[r].atom].species = s;
  }
  PetscCall(PetscFree(ranked));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A sharp core keeps its own exact composition. */
static PetscErrorCode NameAlloy(const AetSpecimenPlan *plan, AetMaking *work)
{
  AetSpecimenPlan part = *plan;
  char           *choose;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)work->count + 1, &choose));
  for (int side = 0; side < 2; side++) {
    const PetscBool sharp = (PetscBool)(plan->field == AET_FIELD_CORE_SHELL && plan->core_width == 0);
    PetscInt        chosen = 0;

    if (side && !sharp) break;
    if (sharp) part.field = AET_FIELD_UNIFORM, memcpy(part.fractions, side ? plan->second : plan->fractions, sizeof part.fractions);
    for (PetscInt i = 0; i < work->count; i++) {
      const AetMakingAtom *atom = work->atom + i;
      const int            core = Dot(atom->x, atom->x) <= plan->core_radius * plan->core_radius;
      choose[i] = work->domain[atom->domain].order == AET_PHASE_A1 && (!sharp || core == side);
      chosen += choose[i];
    }
    if (chosen) PetscCall(AetMakingNameRandom(&part, work, choose));
  }
  PetscCall(PetscFree(choose));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- ordered domains */

/* Candidate c of domain d, in the body. */
static void Candidate(const AetSpecimenPlan *plan, int d, int c, const AetMaking *work, double x[3])
{
  const PetscInt atom = (PetscInt)((double)work->count * AetRandomUniform(plan->seed, STREAM_DOMAIN, (uint64_t)(CANDIDATES * d + c)));

  memcpy(x, work->atom[atom].x, 3 * sizeof *x);
}

static double NearestSeed(const AetMaking *work, int domains, const double x[3], int *nearest)
{
  double least = INFINITY;

  for (int d = 0; d < domains; d++) {
    const double *s = work->domain[d].position;
    const double  r = hypot(hypot(x[0] - s[0], x[1] - s[1]), x[2] - s[2]);
    if (r < least) least = r, *nearest = d;
  }
  return least;
}

/* Every seed is the candidate farthest from the seeds before it. Variants are drawn, never that of the domain before of the same order. */
static void MakeDomains(const AetSpecimenPlan *plan, AetMaking *work)
{
  int variant[AET_PHASE_B2 + 1], used[AET_PHASE_B2 + 1] = {0};

  work->domains = plan->domains;
  for (int d = 0; d < plan->domains; d++) {
    const AetPhase phase = (AetPhase)plan->phase[d % plan->phases];
    const int      variants = AetKernelVariants(phase);
    double         best = -1, x[3];
    int            nearest;

    for (int c = 0; c < CANDIDATES && d; c++) {
      Candidate(plan, d, c, work, x);
      if (NearestSeed(work, d, x, &nearest) > best) {
        best = NearestSeed(work, d, x, &nearest);
        memcpy(work->domain[d].position, x, sizeof x);
      }
    }
    if (!d && plan->domains > 1) Candidate(plan, 0, 0, work, work->domain[0].position);
    if (!used[phase])
      variant[phase] = d == 0 ? plan->variant % variants : (int)(variants * AetRandomUniform(plan->seed, STREAM_DOMAIN + 1, (uint64_t)d));
    else if (variants > 1)
      variant[phase] += 1 + (int)((variants - 1) * AetRandomUniform(plan->seed, STREAM_DOMAIN + 1, (uint64_t)d));
    used[phase] = 1;
    variant[phase] %= variants;
    work->domain[d].order = (int)phase;
    work->domain[d].variant = variant[phase];
  }
}

/* Beyond the plane the sites are named as those an antiphase translation away. */
static void NameSites(const AetSpecimenPlan *plan, AetMaking *work)
{
  const double size = sqrt(Dot(plan->antiphase_plane, plan->antiphase_plane));

  for (PetscInt i = 0; i < work->count; i++) {
    AetMakingAtom    *atom = work->atom + i;
    AetPlantedDomain *domain;
    int               shift[3] = {0, 0, 0};

    atom->domain = 0;
    if (work->domains > 1) NearestSeed(work, (int)work->domains, atom->x, &atom->domain);
    domain = work->domain + atom->domain;
    if (plan->antiphase && Dot(atom->x, plan->antiphase_plane) / size > plan->antiphase_plane[3]) {
      AetKernelAntiphase((AetPhase)domain->order, domain->variant, shift);
      atom->zone += BEYOND;
    }
    for (int a = 0; a < 3; a++) atom->name[a] += shift[a];
    atom->species = AetKernelOrdered((AetPhase)domain->order, domain->variant, atom->name);
  }
}

static PetscErrorCode RecordPlane(AetMaking *work, int kind, const double normal[3], double distance, const double vector[3])
{
  AetPlantedDefect defect = {.kind = kind};
  const double     size = sqrt(Dot(normal, normal));

  PetscFunctionBegin;
  for (int a = 0; a < 3; a++) {
    defect.direction[a] = normal[a] / size;
    defect.position[a] = distance * normal[a] / size;
    defect.vector[a] = vector[a];
  }
  PetscCall(AetMakingAddDefect(work, &defect));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RecordPlanes(const AetSpecimenPlan *plan, AetMaking *work)
{
  const double normal[3] = {1, 1, 1}, a = plan->cell.a, along = (plan->offset[0] + plan->offset[1] + plan->offset[2]) / sqrt(3);
  int          direction = 1, shift[3];
  double       vector[3];

  PetscFunctionBegin;
  for (int f = 0; f < plan->faults; f++) {
    const AetFault *fault = plan->fault + f;
    if (fault->twin) direction = -direction;
    for (int c = 0; c < 3; c++) vector[c] = fault->twin ? 0 : direction * a * (c < 2 ? 1.0 / 6 : -1.0 / 3);
    PetscCall(RecordPlane(work, fault->twin ? AET_DEFECT_TWIN : AET_DEFECT_STACKING_FAULT, normal,
                          (fault->layer + (fault->twin ? 0 : 0.5)) * a / sqrt(3) + along, vector));
  }
  if (!plan->antiphase) PetscFunctionReturn(PETSC_SUCCESS);
  AetKernelAntiphase((AetPhase)work->domain[0].order, work->domain[0].variant, shift);
  for (int c = 0; c < 3; c++) vector[c] = shift[c] * a / 2;
  PetscCall(RecordPlane(work, AET_DEFECT_ANTIPHASE_BOUNDARY, plan->antiphase_plane, plan->antiphase_plane[3], vector));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetMakingName(const AetSpecimenPlan *plan, AetMaking *work)
{
  int ordered = plan->domains > 1;

  PetscFunctionBegin;
  for (int p = 0; p < plan->phases; p++) ordered |= plan->phase[p] != AET_PHASE_A1;
  AetCheck(!plan->antiphase || ordered, AET_ERR_INPUT, "simulate_antiphase: expected an ordered particle, found simulate_order random");
  MakeDomains(plan, work);
  NameSites(plan, work);
  PetscCall(NameAlloy(plan, work));
  PetscCall(RecordPlanes(plan, work));
  for (PetscInt i = 0; i < work->count; i++) work->domain[work->atom[i].domain].atoms++;
  if (!ordered) work->domains = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
