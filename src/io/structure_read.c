/* Atoms of an XYZ, CIF, POSCAR or LAMMPS data file, whichever it is. */
#include "io/structure_private.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

PetscErrorCode AetStructureFree(AetStructure *structure)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(structure->symbols));
  PetscCall(PetscFree(structure->position));
  structure->n = structure->room = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetStructureAdd(AetStructure *structure, const char *symbol, const double position[3])
{
  PetscFunctionBegin;
  if (structure->n == structure->room) {
    const size_t room = 2 * (size_t)structure->room + 64;
    PetscCall(PetscRealloc(room * sizeof *structure->symbols, &structure->symbols));
    PetscCall(PetscRealloc(3 * room * sizeof *structure->position, &structure->position));
    structure->room = (PetscInt)room;
  }
  memset(structure->symbols[structure->n], 0, sizeof *structure->symbols);
  PetscCall(PetscStrncpy(structure->symbols[structure->n], symbol, sizeof *structure->symbols));
  memcpy(structure->position + 3 * (size_t)structure->n++, position, 3 * sizeof *position);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetElementOfLabel(const char *label, char symbol[8])
{
  memset(symbol, 0, 8);
  if (!isalpha((unsigned char)label[0])) return;
  symbol[0] = (char)toupper((unsigned char)label[0]);
  if (isalpha((unsigned char)label[1])) {
    symbol[1] = (char)tolower((unsigned char)label[1]);
    if (AetAtomicNumber(symbol) > 0) return;
    symbol[1] = 0;
  }
  if (!AetAtomicNumber(symbol)) symbol[0] = 0;
}

PetscBool AetParseNumber(const char *word, double *value)
{
  char *end;

  *value = strtod(word, &end);
  if (end == word || !isfinite(*value)) return PETSC_FALSE;
  if (*end == '(') {
    end++;
    while (isdigit((unsigned char)*end)) end++;
    if (*end++ != ')') return PETSC_FALSE;
  }
  return (PetscBool)(*end == 0);
}

void AetCellPosition(const double cell[9], const double fractional[3], double x[3])
{
  for (int a = 0; a < 3; a++) x[a] = fractional[0] * cell[a] + fractional[1] * cell[3 + a] + fractional[2] * cell[6 + a];
}

PetscBool AetCellIsSound(const double c[9])
{
  const double volume = c[0] * (c[4] * c[8] - c[5] * c[7]) - c[1] * (c[3] * c[8] - c[5] * c[6]) + c[2] * (c[3] * c[7] - c[4] * c[6]);

  return (PetscBool)(isfinite(volume) && fabs(volume) > 1e-3);
}

/* On one rank. `other`: neither CIF nor POSCAR. */
static PetscErrorCode ParseFile(const char *path, AetStructure *structure, int *other)
{
  char          *text;
  ptrdiff_t      bytes;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(AetFileSlurp(path, &bytes, &text));
  *other = 0;
  if (memchr(text, 0, (size_t)bytes))
    code = AetRaise(AET_ERR_DATA, "%s: expected XYZ, CIF, POSCAR or LAMMPS text, found a zero byte", path);
  else if (AetCifRecognise(text))
    code = AetCifParse(path, text, structure);
  else if (AetPoscarRecognise(text))
    code = AetPoscarParse(path, text, structure);
  else if (AetLammpsRecognise(text))
    code = AetLammpsParse(path, text, structure);
  else
    *other = 1;
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

static PetscErrorCode Share(MPI_Comm comm, AetStructure *structure)
{
  PetscMPIInt    rank;
  int            has_cell = structure->has_cell;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Bcast(&structure->n, 1, MPIU_INT, 0, comm));
  PetscCallMPI(MPI_Bcast(structure->cell, 9, MPI_DOUBLE, 0, comm));
  PetscCallMPI(MPI_Bcast(&has_cell, 1, MPI_INT, 0, comm));
  structure->has_cell = (PetscBool)has_cell;
  if (rank) {
    code = PetscCalloc1((size_t)structure->n + 1, &structure->symbols);
    if (!code) code = PetscCalloc1(3 * (size_t)structure->n + 1, &structure->position);
  }
  PetscCall(AetAgree(comm, code));
  for (PetscInt done = 0, here; done < structure->n; done += here) {
    here = PetscMin(structure->n - done, 1 << 24);
    PetscCallMPI(MPI_Bcast(structure->symbols + done, (int)(8 * here), MPI_CHAR, 0, comm));
    PetscCallMPI(MPI_Bcast(structure->position + 3 * (size_t)done, (int)(3 * here), MPI_DOUBLE, 0, comm));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetStructureRead(MPI_Comm comm, const char *path, PetscInt *n, char (**symbols)[8], double **position, double cell[9],
                                PetscBool *has_cell)
{
  AetStructure   structure = {0};
  PetscMPIInt    rank;
  int            other = 0;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  *n = 0, *symbols = NULL, *position = NULL;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) {
    code = ParseFile(path, &structure, &other);
    if (code) PetscCall(AetStructureFree(&structure));
  }
  PetscCall(AetAgree(comm, code));
  PetscCallMPI(MPI_Bcast(&other, 1, MPI_INT, 0, comm));
  if (other)
    PetscCall(AetXyzRead(comm, path, &structure.n, &structure.symbols, &structure.position));
  else
    PetscCall(Share(comm, &structure));
  *n = structure.n, *symbols = structure.symbols, *position = structure.position;
  *has_cell = structure.has_cell;
  memcpy(cell, structure.cell, sizeof structure.cell);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On one rank: whether the beginning of the file is that of a CIF, a POSCAR or a LAMMPS data file. */
static PetscErrorCode Recognise(const char *path, int *is)
{
  enum { HEAD = 4096 };
  char   text[HEAD + 1];
  FILE  *file = fopen(path, "rb");
  size_t length;

  PetscFunctionBegin;
  *is = 0;
  if (!file) PetscFunctionReturn(PETSC_SUCCESS); /* whoever reads it will say so */
  length = fread(text, 1, HEAD, file);
  fclose(file);
  text[length] = 0;
  if (!memchr(text, 0, length)) *is = AetCifRecognise(text) || AetPoscarRecognise(text) || AetLammpsRecognise(text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetStructureIs(MPI_Comm comm, const char *path, PetscBool *is)
{
  PetscMPIInt rank;
  int         found = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(AetAgree(comm, rank ? PETSC_SUCCESS : Recognise(path, &found)));
  PetscCallMPI(MPI_Bcast(&found, 1, MPI_INT, 0, comm));
  *is = (PetscBool)found;
  PetscFunctionReturn(PETSC_SUCCESS);
}
