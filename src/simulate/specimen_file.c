/* A specimen from a file of atoms. */
#include "simulate/specimen_private.h"
#include <math.h>
#include <string.h>

static PetscErrorCode NameAtoms(const char *file, PetscInt n, char (*symbols)[8], AetSpecimen *specimen)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) {
    int s = 0;

    while (s < specimen->species_count && strncmp(specimen->symbol[s], symbols[i], 7)) s++;
    AetCheck(s < AET_SPECIMEN_SPECIES, AET_ERR_DATA, "%s: expected at most %d species, found a further one, %.7s", file,
             AET_SPECIMEN_SPECIES, symbols[i]);
    if (s == specimen->species_count) {
      AetCheck(AetAtomicNumber(symbols[i]) > 0, AET_ERR_DATA, "%s: atom %d: expected an element symbol, found \"%.7s\"", file, (int)i + 1,
               symbols[i]);
      snprintf(specimen->symbol[specimen->species_count++], sizeof *specimen->symbol, "%.7s", symbols[i]);
    }
    specimen->species[i] = s;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The mean goes to the origin. What the user says of rotation, displacement and strain is done; their defaults are those of a particle. */
static PetscErrorCode MoveAtoms(AetSpecimenPlan *plan, const double *x, AetSpecimen *specimen)
{
  AetMaking work = {0};
  double    mean[3] = {0};
  PetscBool turned, displaced;

  PetscFunctionBegin;
  PetscCall(AetOptionIsSet("simulate_rotation_deg", &turned));
  PetscCall(AetOptionIsSet("simulate_displacement_angstrom", &displaced));
  for (int c = 0; c < 9 && !turned; c++) plan->R[c] = c % 4 == 0;
  if (!displaced) plan->displacement = 0;
  PetscCall(AetMakingAllocate(&work, specimen->count));
  for (PetscInt i = 0; i < specimen->count; i++)
    for (int a = 0; a < 3; a++) mean[a] += x[3 * i + a] / (double)specimen->count;
  for (PetscInt i = 0; i < specimen->count; i++) {
    work.atom[i].key = (uint64_t)i;
    for (int a = 0; a < 3; a++) work.atom[i].x[a] = x[3 * i + a] - mean[a];
  }
  PetscCall(AetMakingTurn(plan, &work));
  if (plan->strained) PetscCall(PetscMalloc1(6 * (size_t)specimen->count, &specimen->strain));
  for (PetscInt i = 0; i < specimen->count; i++) {
    memcpy(specimen->position + 3 * i, work.atom[i].x, sizeof work.atom[i].x);
    if (specimen->strain) AetStrainAt(plan, work.atom[i].x, specimen->strain + 6 * i);
  }
  PetscCall(AetMakingFree(&work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSpecimenFromFile(const char *file, AetSpecimen *specimen)
{
  AetSpecimenPlan plan;
  PetscInt        n;
  char(*symbols)[8];
  double        *x, cell[9];
  PetscBool      has_cell;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetSpecimenPlanFromOptions(&plan));
  AetCheck(!plan.vacancies && !plan.antisites && !plan.relaxed_layers && !plan.dislocated && !plan.faults && !plan.antiphase, AET_ERR_INPUT,
           "simulate_atoms: defects are planted in lattices only, found %s beside a file",
           plan.vacancies        ? "simulate_vacancies"
           : plan.antisites      ? "simulate_antisites"
           : plan.relaxed_layers ? "simulate_surface_relaxation_percent"
           : plan.dislocated     ? "simulate_dislocation_burgers"
           : plan.faults         ? "planes of faults"
                                 : "simulate_antiphase");
  PetscCall(AetStructureRead(PETSC_COMM_WORLD, file, &n, &symbols, &x, cell, &has_cell));
  code = n > 0 ? PETSC_SUCCESS : AetRaise(AET_ERR_DATA, "%s: expected atoms, found none", file);
  if (!code) code = AetSpecimenCreate(n, specimen);
  if (!code) code = NameAtoms(file, n, symbols, specimen);
  if (!code) code = MoveAtoms(&plan, x, specimen);
  PetscCall(PetscFree(symbols));
  PetscCall(PetscFree(x));
  if (code) AetSpecimenDestroy(specimen);
  PetscFunctionReturn(code);
}
