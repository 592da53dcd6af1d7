/* An fcc particle from the options. */
#include "simulate/kernel/particle.h"
#include "simulate/seed.h"
#include <aet4d/simulate.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Streams of random numbers (AetRandom*) of this room. */
enum { STREAM_OFFSET = 0x5100, STREAM_SPECIES = 0x5110, STREAM_DISPLACEMENT = 0x5120 };
enum { ORDER_RANDOM, ORDER_L10, ORDER_L12 };

typedef struct {
  int      shape, order, species_count;
  double   diameter, lattice, composition, displacement, R[9];
  uint64_t seed;
} Plan;

static PetscErrorCode ReadSpecies(AetSpecimen *specimen)
{
  int    count;
  char **words;

  PetscFunctionBegin;
  PetscCall(AetOptionGetTexts("simulate_species", &count, &words));
  specimen->species_count = count;
  for (int s = 0; s < count && s < 2; s++) snprintf(specimen->symbol[s], sizeof specimen->symbol[s], "%s", words[s]);
  AetTextsFree(&count, &words);
  AetCheck(specimen->species_count == 1 || specimen->species_count == 2, AET_ERR_INPUT,
           "simulate_species: expected one or two elements, found %d", specimen->species_count);
  for (int s = 0; s < specimen->species_count; s++)
    AetCheck(AetAtomicNumber(specimen->symbol[s]) > 0, AET_ERR_INPUT, "simulate_species: \"%s\" is no element symbol", specimen->symbol[s]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadPlan(Plan *plan)
{
  int     count;
  double *angles;

  PetscFunctionBegin;
  PetscCall(AetOptionGetEnum("simulate_shape", &plan->shape));
  PetscCall(AetOptionGetEnum("simulate_order", &plan->order));
  PetscCall(AetOptionGetReal("simulate_diameter_angstrom", &plan->diameter));
  PetscCall(AetOptionGetReal("simulate_lattice_angstrom", &plan->lattice));
  PetscCall(AetOptionGetReal("simulate_composition", &plan->composition));
  PetscCall(AetOptionGetReal("simulate_displacement_angstrom", &plan->displacement));
  PetscCall(AetSimulateSeed(&plan->seed));
  PetscCall(AetOptionGetReals("simulate_rotation_deg", &count, &angles));
  AetCheck(count == 3, AET_ERR_INPUT, "simulate_rotation_deg: expected phi, theta, psi, found %d numbers", count);
  AetRotationFromAngles(AET_ANGLES_ZYX, angles, plan->R);
  PetscCall(PetscFree(angles));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int CompareDouble(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

/* The first species goes to the round(fraction · count) sites with the smallest random number: an exact composition. */
static PetscErrorCode NameRandom(const Plan *plan, const AetSite *sites, AetSpecimen *specimen)
{
  PetscInt first = (PetscInt)lround(plan->composition * (double)specimen->count);
  double  *sorted;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(specimen->count, &sorted));
  for (PetscInt i = 0; i < specimen->count; i++) sorted[i] = AetRandomUniform(plan->seed, STREAM_SPECIES, AetKernelSiteKey(sites[i]));
  qsort(sorted, (size_t)specimen->count, sizeof *sorted, CompareDouble);
  for (PetscInt i = 0; i < specimen->count; i++) {
    double x = AetRandomUniform(plan->seed, STREAM_SPECIES, AetKernelSiteKey(sites[i]));

    specimen->species[i] = specimen->species_count == 1 || (first > 0 && x <= sorted[first - 1]) ? 0 : 1;
  }
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* L1_0: planes of z alternate. L1_2: the second species on the corners of the cubic cell, the first on the faces. */
static int NameOrdered(int order, AetSite site)
{
  if (order == ORDER_L10) return site.k & 1;
  return !(site.i & 1) && !(site.j & 1) && !(site.k & 1);
}

static void Place(const Plan *plan, const double offset[3], AetSite site, double position[3])
{
  double x[3] = {site.i * plan->lattice / 2 + offset[0], site.j * plan->lattice / 2 + offset[1], site.k * plan->lattice / 2 + offset[2]};

  AetRotate(plan->R, x, position);
  for (int a = 0; a < 3; a++)
    position[a] += plan->displacement / sqrt(3) * AetRandomNormal(plan->seed, (uint64_t)(STREAM_DISPLACEMENT + a), AetKernelSiteKey(site));
}

PetscErrorCode AetSpecimenFromOptions(AetSpecimen *specimen)
{
  Plan     plan;
  AetSite *sites;
  double   offset[3];
  size_t   count;

  PetscFunctionBegin;
  memset(specimen, 0, sizeof *specimen);
  PetscCall(ReadSpecies(specimen));
  PetscCall(ReadPlan(&plan));
  AetCheck(plan.order == ORDER_RANDOM || specimen->species_count == 2, AET_ERR_INPUT,
           "simulate_order: an ordered particle needs two species");
  /* the lattice is not centred in the shape, as it is not in a real particle */
  for (int a = 0; a < 3; a++) offset[a] = plan.lattice * (AetRandomUniform(plan.seed, STREAM_OFFSET, (uint64_t)a) - 0.5);
  count = AetKernelFccSites((AetShape)plan.shape, plan.diameter, plan.lattice, offset, NULL, 0);
  AetCheck(count > 0, AET_ERR_INPUT, "simulate_diameter_angstrom: no atom lies in a particle of %g Å", plan.diameter);
  specimen->count = (PetscInt)count;
  PetscCall(PetscMalloc1(count, &sites));
  PetscCall(PetscMalloc2(3 * count, &specimen->position, count, &specimen->species));
  AetKernelFccSites((AetShape)plan.shape, plan.diameter, plan.lattice, offset, sites, count);
  if (plan.order == ORDER_RANDOM) PetscCall(NameRandom(&plan, sites, specimen));
  for (size_t i = 0; i < count; i++) {
    if (plan.order != ORDER_RANDOM) specimen->species[i] = NameOrdered(plan.order, sites[i]);
    Place(&plan, offset, sites[i], &specimen->position[3 * i]);
  }
  PetscCall(PetscFree(sites));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetSpecimenDestroy(AetSpecimen *specimen)
{
  (void)PetscFree2(specimen->position, specimen->species);
  specimen->count = 0;
}
