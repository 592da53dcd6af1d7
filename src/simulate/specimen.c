/* A specimen from the options. */
#include "simulate/specimen_private.h"
#include <math.h>
#include <string.h>

PetscErrorCode AetSpecimenCreate(PetscInt count, AetSpecimen *specimen)
{
  PetscFunctionBegin;
  memset(specimen, 0, sizeof *specimen);
  specimen->count = count;
  PetscCall(PetscMalloc2(3 * (size_t)count, &specimen->position, (size_t)count, &specimen->species));
  PetscCall(PetscMalloc1((size_t)count, &specimen->id));
  for (PetscInt i = 0; i < count; i++) specimen->id[i] = (int)i + 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetSpecimenDestroy(AetSpecimen *specimen)
{
  (void)PetscFree2(specimen->position, specimen->species);
  (void)PetscFree(specimen->id);
  (void)PetscFree(specimen->domain);
  (void)PetscFree(specimen->strain);
  (void)PetscFree(specimen->site);
  (void)PetscFree(specimen->core);
  (void)PetscFree(specimen->nucleus);
  (void)PetscFree(specimen->order);
  (void)PetscFree(specimen->defect);
  (void)PetscFree(specimen->domain_list);
  specimen->count = specimen->defects = specimen->domains = 0;
}

void AetStrainAt(const AetSpecimenPlan *plan, const double x[3], double strain[6])
{
  for (int c = 0; c < 6; c++) strain[c] = plan->strain[c] + (c < 3 ? plan->strain_gradient[c] * x[c] : 0);
}

/* u = E x, and half the gradient times the square of the coordinate: xx grows along x, yy along y, zz along z, and nothing else. */
static void Strain(const AetSpecimenPlan *plan, double x[3])
{
  const double *e = plan->strain, E[9] = {e[0], e[5], e[4], e[5], e[1], e[3], e[4], e[3], e[2]};
  double        u[3];

  AetRotate(E, x, u);
  for (int a = 0; a < 3; a++) x[a] += u[a] + plan->strain_gradient[a] * x[a] * x[a] / 2;
}

static void TurnDefect(const AetSpecimenPlan *plan, AetPlantedDefect *defect)
{
  double position[3], vector[3], direction[3];

  AetRotate(plan->R, defect->position, position);
  AetRotate(plan->R, defect->vector, vector);
  AetRotate(plan->R, defect->direction, direction);
  if (plan->strained) Strain(plan, position);
  memcpy(defect->position, position, sizeof position);
  memcpy(defect->vector, vector, sizeof vector);
  memcpy(defect->direction, direction, sizeof direction);
}

PetscErrorCode AetMakingTurn(const AetSpecimenPlan *plan, AetMaking *work)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < work->count; i++) {
    AetMakingAtom *atom = work->atom + i;
    double         position[3];

    AetRotate(plan->R, atom->x, position);
    if (plan->strained) Strain(plan, position);
    for (int a = 0; a < 3; a++)
      atom->x[a] = position[a] + plan->displacement / sqrt(3) * AetRandomNormal(plan->seed, (uint64_t)(STREAM_DISPLACEMENT + a), atom->key);
  }
  for (PetscInt d = 0; d < work->defects; d++) TurnDefect(plan, work->defect + d);
  for (PetscInt d = 0; d < work->domains; d++) {
    double position[3];
    AetRotate(plan->R, work->domain[d].position, position);
    memcpy(work->domain[d].position, position, sizeof position);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The atoms that are left; their ids count all that were placed. */
static PetscErrorCode Finish(const AetSpecimenPlan *plan, AetMaking *work, AetSpecimen *specimen)
{
  PetscInt count = 0, at = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < work->count; i++) count += !work->atom[i].gone;
  PetscCall(AetSpecimenCreate(count, specimen));
  specimen->species_count = plan->species_count;
  memcpy(specimen->symbol, plan->symbol, sizeof specimen->symbol);
  if (work->domains) PetscCall(PetscMalloc1((size_t)count, &specimen->domain));
  if (plan->strained) PetscCall(PetscMalloc1(6 * (size_t)count, &specimen->strain));
  for (PetscInt i = 0; i < work->count; i++) {
    if (work->atom[i].gone) continue;
    memcpy(specimen->position + 3 * at, work->atom[i].x, sizeof work->atom[i].x);
    specimen->species[at] = work->atom[i].species;
    specimen->id[at] = (int)i + 1;
    if (specimen->domain) specimen->domain[at] = work->atom[i].domain;
    if (specimen->strain) AetStrainAt(plan, work->atom[i].x, specimen->strain + 6 * at);
    at++;
  }
  specimen->defects = work->defects;
  specimen->domains = work->domains;
  PetscCall(PetscMalloc1((size_t)work->defects + 1, &specimen->defect));
  PetscCall(PetscMalloc1((size_t)work->domains + 1, &specimen->domain_list));
  if (work->defects) memcpy(specimen->defect, work->defect, (size_t)work->defects * sizeof *work->defect);
  memcpy(specimen->domain_list, work->domain, (size_t)work->domains * sizeof *work->domain);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSpecimenFromOptions(AetSpecimen *specimen)
{
  AetSpecimenPlan plan;
  AetMaking       work = {0};
  PetscBool       from_file;
  PetscErrorCode  code;
  char            file[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  memset(specimen, 0, sizeof *specimen);
  PetscCall(AetOptionNamesFile("simulate_atoms", &from_file));
  if (from_file) {
    PetscCall(AetOptionGetText("simulate_atoms", file, sizeof file));
    PetscCall(AetSpecimenFromFile(file, specimen));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(AetSpecimenPlanFromOptions(&plan));
  code = AetMakingPlace(&plan, &work);
  if (!code) code = AetMakingName(&plan, &work);
  if (!code) code = AetMakingDefects(&plan, &work);
  if (!code) code = AetMakingTurn(&plan, &work);
  if (!code) code = Finish(&plan, &work, specimen);
  PetscCall(AetMakingFree(&work));
  PetscFunctionReturn(code);
}
