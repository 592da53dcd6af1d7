/* Lists of atoms: create, order, gather. An atom is 168 bytes where a volume has thousands of voxels for it, so lists are ordered by
   gathering them: the order is then independent of the number of ranks without a parallel sort. */
#include "atoms/atoms_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static PetscErrorCode Allocate(AetAtoms atoms, PetscInt count)
{
  PetscFunctionBegin;
  atoms->count = count;
  PetscCall(PetscCalloc2((size_t)count * 3 + 1, &atoms->sigma_total, (size_t)count + 1, &atoms->p_found));
  PetscCall(PetscCalloc6((size_t)count * 3 + 1, &atoms->position, (size_t)count + 1, &atoms->species, (size_t)count + 1, &atoms->intensity,
                         (size_t)count + 1, &atoms->confidence, (size_t)count * 3 + 1, &atoms->sigma,
                         (size_t)count * (size_t)atoms->species_count + 1, &atoms->probability));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Release(AetAtoms atoms)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(atoms->sigma_total, atoms->p_found));
  PetscCall(PetscFree6(atoms->position, atoms->species, atoms->intensity, atoms->confidence, atoms->sigma, atoms->probability));
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

PetscErrorCode AetAtomsAgree(AetAtoms atoms)
{
  const int count = atoms->species_count;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < atoms->count; i++) {
    double   *p = atoms->probability + (ptrdiff_t)i * count, sum = 0;
    const int named = atoms->species[i];
    for (int s = 0; s < count; s++) sum += p[s];
    if (named < 0 || named >= count) continue;
    if (sum > 0)
      atoms->confidence[i] = p[named];
    else if (atoms->confidence[i] > 0)
      for (int s = 0; s < count; s++) p[s] = s == named ? atoms->confidence[i] : (1 - atoms->confidence[i]) / (count - 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The local atom i as it travels. */
static AetAtomRecord RecordOf(AetAtoms atoms, PetscInt i)
{
  AetAtomRecord r = {
      .intensity = atoms->intensity[i], .confidence = atoms->confidence[i], .species = atoms->species[i], .p_found = atoms->p_found[i]};

  for (int a = 0; a < 3; a++) r.position[a] = atoms->position[3 * i + a], r.sigma[a] = atoms->sigma[3 * i + a];
  for (int a = 0; a < 3; a++) r.sigma_total[a] = atoms->sigma_total[3 * i + a];
  for (int s = 0; s < atoms->species_count; s++) r.probability[s] = atoms->probability[(ptrdiff_t)i * atoms->species_count + s];
  return r;
}

static void PutRecord(AetAtoms atoms, ptrdiff_t i, const AetAtomRecord *r)
{
  for (int a = 0; a < 3; a++) atoms->position[3 * i + a] = r->position[a], atoms->sigma[3 * i + a] = r->sigma[a];
  for (int a = 0; a < 3; a++) atoms->sigma_total[3 * i + a] = r->sigma_total[a];
  atoms->p_found[i] = r->p_found;
  for (int s = 0; s < atoms->species_count; s++) atoms->probability[i * atoms->species_count + s] = r->probability[s];
  atoms->species[i] = r->species;
  atoms->intensity[i] = r->intensity;
  atoms->confidence[i] = r->confidence;
}

/* Those of the local atoms that `keep` names (NULL: all), of every rank, on every rank. */
static PetscErrorCode GatherSome(AetAtoms atoms, const char *keep, PetscInt *total, AetAtomRecord **records)
{
  AetAtomRecord *mine;
  PetscInt       count = 0;

  PetscFunctionBegin;
  PetscCall(AetAtomsAgree(atoms));
  PetscCall(PetscCalloc1((size_t)atoms->count + 1, &mine));
  for (PetscInt i = 0; i < atoms->count; i++)
    if (!keep || keep[i]) mine[count++] = RecordOf(atoms, i);
  PetscCall(AetRecordsGather(atoms->comm, count, mine, sizeof *mine, total, records));
  PetscCall(PetscFree(mine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsGatherRecords(AetAtoms atoms, AetAtomRecord **records)
{
  PetscInt total;

  PetscFunctionBegin;
  PetscCall(GatherSome(atoms, NULL, &total, records));
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

/* Fills `atoms` (its arrays released) with this rank's block of the records, which every rank holds completely. */
static PetscErrorCode TakeBlock(AetAtoms atoms, PetscInt total, AetAtomRecord *records, PetscBool sort)
{
  int       rank, size;
  ptrdiff_t start, count;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(atoms->comm, &rank));
  PetscCallMPI(MPI_Comm_size(atoms->comm, &size));
  if (total && sort) qsort(records, (size_t)total, sizeof *records, EarlierRecord);
  AetBlock(total, rank, size, &start, &count);
  PetscCall(Allocate(atoms, (PetscInt)count));
  for (ptrdiff_t i = 0; i < count; i++) PutRecord(atoms, i, records + start + i);
  PetscCall(Number(atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsFromRecords(MPI_Comm comm, PetscInt total, AetAtomRecord *records, int species_count, const char *const *symbols,
                                   AetAtoms *atoms)
{
  PetscFunctionBegin;
  PetscCall(AetAtomsCreate(comm, 0, species_count, symbols, atoms));
  PetscCall(Release(*atoms));
  PetscCall(TakeBlock(*atoms, total, records, PETSC_TRUE));
  PetscCall(AetAtomsAgree(*atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsSort(AetAtoms atoms)
{
  AetAtomRecord *records;

  PetscFunctionBegin;
  PetscCall(AetAtomsGatherRecords(atoms, &records));
  PetscCall(Release(atoms));
  PetscCall(TakeBlock(atoms, atoms->total, records, PETSC_TRUE));
  PetscCall(PetscFree(records));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsSelect(AetAtoms atoms, const char *keep)
{
  AetAtomRecord *records;
  PetscInt       total;

  PetscFunctionBegin;
  PetscCall(GatherSome(atoms, keep, &total, &records));
  PetscCall(Release(atoms));
  PetscCall(TakeBlock(atoms, total, records, PETSC_FALSE));
  PetscCall(PetscFree(records));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsCopy(AetAtoms from, AetAtoms *to)
{
  const char *symbols[AET_SPECIES_MAX];

  PetscFunctionBegin;
  for (int s = 0; s < from->species_count; s++) symbols[s] = from->symbol[s];
  PetscCall(AetAtomsCreate(from->comm, from->count, from->species_count, symbols, to));
  for (PetscInt i = 0; i < from->count; i++) {
    const AetAtomRecord r = RecordOf(from, i);
    PutRecord(*to, i, &r);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* place[s]: the number in `atoms` of species s of `more`; symbols that are new are added. */
static PetscErrorCode MatchSpecies(AetAtoms atoms, AetAtoms more, int place[])
{
  int known = atoms->species_count;

  PetscFunctionBegin;
  for (int s = 0; s < more->species_count; s++) {
    for (place[s] = 0; place[s] < known && strcmp(atoms->symbol[place[s]], more->symbol[s]) != 0;) place[s]++;
    if (place[s] < known) continue;
    AetCheck(known < AET_SPECIES_MAX, AET_ERR_INPUT, "species: expected at most %d in one list of atoms, found a further one, %s",
             AET_SPECIES_MAX, more->symbol[s]);
    PetscCall(PetscStrncpy(atoms->symbol[known++], more->symbol[s], sizeof atoms->symbol[0]));
  }
  atoms->species_count = known;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsAppend(AetAtoms atoms, AetAtoms more)
{
  AetAtomRecord *records, *added, *both;
  int            place[AET_SPECIES_MAX];
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetAtomsGatherRecords(atoms, &records));
  PetscCall(AetAtomsGatherRecords(more, &added));
  code = MatchSpecies(atoms, more, place);
  if (code) {
    PetscCall(PetscFree(records));
    PetscCall(PetscFree(added));
    PetscFunctionReturn(code);
  }
  PetscCall(Release(atoms));
  PetscCall(PetscMalloc1((size_t)(atoms->total + more->total) + 1, &both));
  PetscCall(PetscArraycpy(both, records, (size_t)atoms->total));
  for (PetscInt i = 0; i < more->total; i++) {
    AetAtomRecord *r = both + atoms->total + i;
    *r = added[i];
    if (r->species >= 0) r->species = place[r->species];
    PetscCall(PetscArrayzero(r->probability, AET_SPECIES_MAX));
    for (int s = 0; s < more->species_count; s++) r->probability[place[s]] = added[i].probability[s];
  }
  PetscCall(TakeBlock(atoms, atoms->total + more->total, both, PETSC_TRUE));
  PetscCall(PetscFree(records));
  PetscCall(PetscFree(added));
  PetscCall(PetscFree(both));
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
