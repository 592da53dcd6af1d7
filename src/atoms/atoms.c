/* Lists of atoms: create, order, gather. An atom is 72 bytes where a volume has thousands of voxels for it, so lists are ordered by
   gathering them: the order is then independent of the number of ranks without a parallel sort. */
#include "atoms/atoms_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static PetscErrorCode Allocate(AetAtoms atoms, PetscInt count)
{
  PetscFunctionBegin;
  atoms->count = count;
  PetscCall(PetscCalloc5((size_t)count * 3 + 1, &atoms->position, (size_t)count + 1, &atoms->species, (size_t)count + 1, &atoms->intensity,
                         (size_t)count + 1, &atoms->confidence, (size_t)count * 3 + 1, &atoms->sigma));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Release(AetAtoms atoms)
{
  PetscFunctionBegin;
  PetscCall(PetscFree5(atoms->position, atoms->species, atoms->intensity, atoms->confidence, atoms->sigma));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Number(AetAtoms atoms)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(&atoms->count, &atoms->total, 1, MPIU_INT, MPI_SUM, atoms->comm));
  PetscCallMPI(MPI_Scan(&atoms->count, &atoms->start, 1, MPIU_INT, MPI_SUM, atoms->comm));
  atoms->start -= atoms->count;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsCreate(MPI_Comm comm, PetscInt count, int species_count, const char *const *symbols, AetAtoms *atoms)
{
  AetAtoms a;

  PetscFunctionBegin;
  *atoms = NULL;
  AetCheck(species_count >= 1 && species_count <= AET_SPECIES_MAX, AET_ERR_INPUT, "species: expected 1 to %d, found %d", AET_SPECIES_MAX,
           species_count);
  PetscCall(PetscNew(&a));
  PetscCallMPI(MPI_Comm_dup(comm, &a->comm));
  a->species_count = species_count;
  for (int s = 0; s < species_count; s++) PetscCall(PetscStrncpy(a->symbol[s], symbols[s], sizeof a->symbol[s]));
  PetscCall(Allocate(a, count));
  PetscCall(Number(a));
  *atoms = a;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsDestroy(AetAtoms *atoms)
{
  PetscFunctionBegin;
  if (!*atoms) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Release(*atoms));
  PetscCallMPI(MPI_Comm_free(&(*atoms)->comm));
  PetscCall(PetscFree(*atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRecordsGather(MPI_Comm comm, PetscInt count, const void *records, size_t bytes, PetscInt *total, void *all)
{
  int          size, mine = (int)count, *counts, *offsets;
  void        *gathered;
  MPI_Datatype type;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc2(size, &counts, size, &offsets));
  PetscCallMPI(MPI_Allgather(&mine, 1, MPI_INT, counts, 1, MPI_INT, comm));
  offsets[0] = 0;
  for (int r = 1; r < size; r++) offsets[r] = offsets[r - 1] + counts[r - 1];
  *total = offsets[size - 1] + counts[size - 1];
  PetscCall(PetscMalloc((size_t)(*total + 1) * bytes, &gathered));
  PetscCallMPI(MPI_Type_contiguous((int)bytes, MPI_BYTE, &type));
  PetscCallMPI(MPI_Type_commit(&type));
  PetscCallMPI(MPI_Allgatherv(records, mine, type, gathered, counts, offsets, type, comm));
  PetscCallMPI(MPI_Type_free(&type));
  PetscCall(PetscFree2(counts, offsets));
  *(void **)all = gathered;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsGatherRecords(AetAtoms atoms, AetAtomRecord **records)
{
  AetAtomRecord *mine;
  PetscInt       total;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)atoms->count + 1, &mine));
  for (PetscInt i = 0; i < atoms->count; i++) {
    for (int a = 0; a < 3; a++) mine[i].position[a] = atoms->position[3 * i + a], mine[i].sigma[a] = atoms->sigma[3 * i + a];
    mine[i].intensity = atoms->intensity[i];
    mine[i].confidence = atoms->confidence[i];
    mine[i].species = atoms->species[i];
  }
  PetscCall(AetRecordsGather(atoms->comm, atoms->count, mine, sizeof *mine, &total, records));
  PetscCall(PetscFree(mine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The documented order; what follows the rounded position only makes it complete. */
static int EarlierRecord(const void *left, const void *right)
{
  const AetAtomRecord *l = left, *r = right;

  for (int a = 2; a >= 0; a--) {
    double x = round(l->position[a] * 1e4), y = round(r->position[a] * 1e4);
    if (x != y) return x < y ? -1 : 1;
  }
  for (int a = 2; a >= 0; a--)
    if (l->position[a] != r->position[a]) return l->position[a] < r->position[a] ? -1 : 1;
  if (l->species != r->species) return l->species < r->species ? -1 : 1;
  if (l->intensity != r->intensity) return l->intensity < r->intensity ? -1 : 1;
  return (l->confidence > r->confidence) - (l->confidence < r->confidence);
}

/* Fills `atoms` (its arrays released) with this rank's block of the sorted records. */
static PetscErrorCode TakeBlock(AetAtoms atoms, PetscInt total, AetAtomRecord *records)
{
  int       rank, size;
  ptrdiff_t start, count;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(atoms->comm, &rank));
  PetscCallMPI(MPI_Comm_size(atoms->comm, &size));
  if (total) qsort(records, (size_t)total, sizeof *records, EarlierRecord);
  AetBlock(total, rank, size, &start, &count);
  PetscCall(Allocate(atoms, (PetscInt)count));
  for (ptrdiff_t i = 0; i < count; i++) {
    const AetAtomRecord *r = records + start + i;
    for (int a = 0; a < 3; a++) atoms->position[3 * i + a] = r->position[a], atoms->sigma[3 * i + a] = r->sigma[a];
    atoms->species[i] = r->species;
    atoms->intensity[i] = r->intensity;
    atoms->confidence[i] = r->confidence;
  }
  PetscCall(Number(atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsFromRecords(MPI_Comm comm, PetscInt total, AetAtomRecord *records, int species_count, const char *const *symbols,
                                   AetAtoms *atoms)
{
  PetscFunctionBegin;
  PetscCall(AetAtomsCreate(comm, 0, species_count, symbols, atoms));
  PetscCall(Release(*atoms));
  PetscCall(TakeBlock(*atoms, total, records));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsSort(AetAtoms atoms)
{
  AetAtomRecord *records;

  PetscFunctionBegin;
  PetscCall(AetAtomsGatherRecords(atoms, &records));
  PetscCall(Release(atoms));
  PetscCall(TakeBlock(atoms, atoms->total, records));
  PetscCall(PetscFree(records));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsGather(AetAtoms atoms, double **position, int **species)
{
  AetAtomRecord *records;

  PetscFunctionBegin;
  PetscCall(AetAtomsGatherRecords(atoms, &records));
  PetscCall(PetscMalloc1((size_t)atoms->total * 3 + 1, position));
  PetscCall(PetscMalloc1((size_t)atoms->total + 1, species));
  for (PetscInt i = 0; i < atoms->total; i++) {
    for (int a = 0; a < 3; a++) (*position)[3 * i + a] = records[i].position[a];
    (*species)[i] = records[i].species;
  }
  PetscCall(PetscFree(records));
  PetscFunctionReturn(PETSC_SUCCESS);
}
