/* Atoms on their way from file to file: species renamed, a part cut out. */
#include "convert_atoms.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 64 };

static const AetOption options[] = {
    {"convert_vacuum_angstrom", AET_OPTION_REAL, "Å", "12", 0.1, 1000, NULL,
     "empty space between the atoms and their periodic images in POSCAR, CIF and LAMMPS files"},
    {"convert_species", AET_OPTION_TEXTS, "", "[]", 0, 0, NULL, "new names of species, as [X1:Fe, X2:Pt]"},
    {"convert_cut", AET_OPTION_TEXTS, "", "[]", 0, 0, NULL,
     "keep the atoms inside [sphere, x, y, z, radius] or [box, xmin, xmax, ymin, ymax, zmin, zmax] in Å, or those of [grain, n] or "
     "[nucleus, n] in the file of an analysis"},
    {"convert_atoms_max", AET_OPTION_INT, "", "0", 0, 1e9, NULL, "keep at most so many atoms, those nearest to the middle; 0: all"},
};
AET_OPTION_TABLE(AetConvertOptions, "convert", "Conversion of atoms", options);

/* ---------------------------------------------------------------- species */

/* The number of a name among `count`, added where it is new. */
static int Place(char symbol[AET_SPECIES_MAX][8], int *count, const char *name)
{
  int s = 0;

  while (s < *count && strcmp(symbol[s], name)) s++;
  if (s == *count) snprintf(symbol[(*count)++], 8, "%s", name);
  return s;
}

static PetscErrorCode Rename(AetAtoms *atoms, const int to[AET_SPECIES_MAX], int count, char symbol[AET_SPECIES_MAX][8])
{
  const AetAtoms old = *atoms;
  const char    *names[AET_SPECIES_MAX];
  AetAtoms       now;

  PetscFunctionBegin;
  for (int s = 0; s < count; s++) names[s] = symbol[s];
  PetscCall(AetAtomsCreate(old->comm, old->count, count, names, &now));
  PetscCall(PetscArraycpy(now->position, old->position, 3 * (ptrdiff_t)old->count));
  PetscCall(PetscArraycpy(now->intensity, old->intensity, old->count));
  PetscCall(PetscArraycpy(now->sigma, old->sigma, 3 * (ptrdiff_t)old->count));
  PetscCall(PetscArraycpy(now->sigma_total, old->sigma_total, 3 * (ptrdiff_t)old->count));
  PetscCall(PetscArraycpy(now->p_found, old->p_found, old->count));
  for (PetscInt i = 0; i < old->count; i++) {
    now->species[i] = old->species[i] < 0 ? old->species[i] : to[old->species[i]];
    for (int s = 0; s < old->species_count; s++) now->probability[i * count + to[s]] += old->probability[i * old->species_count + s];
    now->confidence[i] = old->confidence[i];
    if (now->species[i] >= 0 && now->probability[i * count + now->species[i]] > 0)
      now->confidence[i] = now->probability[i * count + now->species[i]];
  }
  PetscCall(AetAtomsDestroy(atoms));
  *atoms = now;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MapSpecies(AetAtoms *atoms, int count, char **words)
{
  char symbol[AET_SPECIES_MAX][8];
  int  to[AET_SPECIES_MAX], species = 0;
  char found[AET_SPECIES_MAX * 9] = "";

  PetscFunctionBegin;
  for (int s = 0; s < (*atoms)->species_count; s++) {
    if (s) strcat(found, ", ");
    strcat(found, (*atoms)->symbol[s]);
  }
  for (int w = 0; w < count; w++) {
    const char *colon = strchr(words[w], ':');
    int         known = 0;
    AetCheck(colon && colon > words[w] && colon[1] && strlen(colon + 1) < 8, AET_ERR_INPUT,
             "convert_species: expected OLD:NEW, as X1:Fe, found %s", words[w]);
    for (int s = 0; s < (*atoms)->species_count; s++)
      known |=
          strlen((*atoms)->symbol[s]) == (size_t)(colon - words[w]) && !strncmp((*atoms)->symbol[s], words[w], (size_t)(colon - words[w]));
    AetCheck(known, AET_ERR_INPUT, "convert_species: %s: the atoms have no such species, they are %s", words[w], found);
  }
  for (int s = 0; s < (*atoms)->species_count; s++) {
    const char  *name = (*atoms)->symbol[s];
    const size_t length = strlen(name);
    for (int w = 0; w < count; w++)
      if (!strncmp(words[w], (*atoms)->symbol[s], length) && words[w][length] == ':') name = words[w] + length + 1;
    to[s] = Place(symbol, &species, name);
  }
  PetscCall(Rename(atoms, to, species, symbol));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- what is cut out */

typedef struct {
  enum { SPHERE, BOX, GROUP } kind;
  double number[6];
  char   column[16]; /* of a group */
} Cut;

static PetscErrorCode ParseCut(int count, char **words, Cut *cut)
{
  static const char *const names[] = {"sphere", "box", "grain", "nucleus"};
  static const int         wanted[] = {4, 6, 1, 1};
  int                      kind = 0;
  char                    *end;

  PetscFunctionBegin;
  while (kind < 4 && strcmp(words[0], names[kind])) kind++;
  AetCheck(kind < 4, AET_ERR_INPUT, "convert_cut: expected sphere, box, grain or nucleus, found %s", words[0]);
  AetCheck(count - 1 == wanted[kind], AET_ERR_INPUT, "convert_cut: expected %d numbers behind %s, found %d", wanted[kind], words[0],
           count - 1);
  for (int w = 1; w < count; w++) {
    cut->number[w - 1] = strtod(words[w], &end);
    AetCheck(end != words[w] && !*end && isfinite(cut->number[w - 1]), AET_ERR_INPUT, "convert_cut: expected a number, found %s", words[w]);
  }
  cut->kind = kind > 1 ? GROUP : kind ? BOX : SPHERE;
  snprintf(cut->column, sizeof cut->column, "%s", names[kind]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool Inside(const Cut *cut, const double x[3])
{
  const double *n = cut->number;

  if (cut->kind == SPHERE) return (PetscBool)(hypot(hypot(x[0] - n[0], x[1] - n[1]), x[2] - n[2]) <= n[3]);
  for (int a = 0; a < 3; a++)
    if (x[a] < n[2 * a] || x[a] > n[2 * a + 1]) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* Positions and a column of whole numbers as the file has them, on every rank. */
static PetscErrorCode ReadColumn(MPI_Comm comm, const char *file, const char *name, PetscInt *total, double **position, double **number)
{
  AetColumn column = {name, "", "", AET_COLUMN_DOUBLE, 1, NULL};
  char(*symbols)[8] = NULL, path[PETSC_MAX_PATH_LEN], array[256], whole[PETSC_MAX_PATH_LEN + 64];
  AetFormat     format;
  AetArrayInfo *arrays;
  int           count, there = 0;
  ptrdiff_t     rows, columns;

  PetscFunctionBegin;
  PetscCall(AetFileSplitName(file, path, sizeof path, array, sizeof array));
  PetscCall(AetFileInspect(comm, path, &format, &count, &arrays));
  snprintf(whole, sizeof whole, "atoms/%s", name);
  for (int i = 0; i < count; i++) there |= !strcmp(arrays[i].name, whole);
  PetscCall(PetscFree(arrays));
  if (format == AET_FORMAT_XYZ) {
    PetscCall(AetXyzReadColumns(comm, path, total, &symbols, position, NULL, 0, 1, &column));
    PetscCall(PetscFree(symbols));
    *number = column.data;
    there = *number != NULL;
  } else if (there) {
    snprintf(whole, sizeof whole, "%s:atoms/position", path);
    PetscCall(AetTableRead(comm, whole, &rows, &columns, position));
    *total = (PetscInt)rows;
    snprintf(whole, sizeof whole, "%s:atoms/%s", path, name);
    PetscCall(AetTableRead(comm, whole, &rows, &columns, number));
  }
  AetCheck(there, AET_ERR_INPUT, "convert_cut: %s: expected a column %s, as `aet4d analyse` writes it, found none", path, name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The row of the file that is atom `place` of the sorted list: near that place, unless positions were rounded over many neighbours. */
static ptrdiff_t RowOf(const double *x, PetscInt total, const double *position, ptrdiff_t place)
{
  for (int round = 0; round < 2; round++) {
    const ptrdiff_t low = round ? 0 : PetscMax(0, place - WINDOW), high = round ? total : PetscMin(total, place + WINDOW + 1);
    for (ptrdiff_t r = low; r < high; r++) {
      const double *y = position + 3 * r;
      if (fabs(x[0] - y[0]) < 1e-4 && fabs(x[1] - y[1]) < 1e-4 && fabs(x[2] - y[2]) < 1e-4) return r;
    }
  }
  return -1;
}

static PetscErrorCode ChooseGroup(AetAtoms atoms, const char *file, const Cut *cut, char *keep)
{
  PetscInt total;
  double  *position = NULL, *number = NULL;

  PetscFunctionBegin;
  PetscCall(ReadColumn(atoms->comm, file, cut->column, &total, &position, &number));
  for (PetscInt i = 0; i < atoms->count; i++) {
    const ptrdiff_t row = RowOf(atoms->position + 3 * (ptrdiff_t)i, total, position, atoms->start + i);
    keep[i] = row >= 0 && number[row] == cut->number[0];
  }
  PetscCall(PetscFree(position));
  PetscCall(PetscFree(number));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CutOut(AetAtoms atoms, const char *file, int count, char **words)
{
  Cut   cut = {0};
  char *keep;

  PetscFunctionBegin;
  PetscCall(ParseCut(count, words, &cut));
  PetscCall(PetscCalloc1((size_t)atoms->count + 1, &keep));
  if (cut.kind == GROUP) PetscCall(ChooseGroup(atoms, file, &cut, keep));
  for (PetscInt i = 0; i < atoms->count && cut.kind != GROUP; i++) keep[i] = Inside(&cut, atoms->position + 3 * (ptrdiff_t)i);
  PetscCall(AetAtomsSelect(atoms, keep));
  PetscCall(PetscFree(keep));
  AetCheck(atoms->total > 0, AET_ERR_INPUT, "convert_cut: no atom is inside");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- the innermost */

typedef struct {
  double   distance;
  PetscInt atom;
} Rank;

static int Nearer(const void *a, const void *b)
{
  const Rank *x = a, *y = b;

  if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
  return (x->atom > y->atom) - (x->atom < y->atom);
}

static PetscErrorCode KeepInnermost(AetAtoms atoms, PetscInt most)
{
  double  *position, middle[3] = {0};
  int     *species;
  Rank    *rank;
  char    *keep;
  PetscInt total = atoms->total;

  PetscFunctionBegin;
  PetscCall(AetAtomsGather(atoms, &position, &species));
  PetscCall(PetscMalloc1((size_t)total, &rank));
  PetscCall(PetscCalloc1((size_t)atoms->count + 1, &keep));
  for (PetscInt i = 0; i < total; i++)
    for (int a = 0; a < 3; a++) middle[a] += position[3 * (ptrdiff_t)i + a] / total;
  for (PetscInt i = 0; i < total; i++) {
    const double *x = position + 3 * (ptrdiff_t)i;
    rank[i] = (Rank){hypot(hypot(x[0] - middle[0], x[1] - middle[1]), x[2] - middle[2]), i};
  }
  qsort(rank, (size_t)total, sizeof *rank, Nearer);
  for (PetscInt k = 0; k < most; k++) {
    const PetscInt i = rank[k].atom - atoms->start;
    if (i >= 0 && i < atoms->count) keep[i] = 1;
  }
  PetscCall(AetAtomsSelect(atoms, keep));
  PetscCall(PetscFree(keep));
  PetscCall(PetscFree(rank));
  PetscCall(PetscFree(position));
  PetscCall(PetscFree(species));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetConvertChoose(AetAtoms *atoms, const char *file)
{
  int            count;
  char         **words;
  PetscInt       most;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(AetOptionGetTexts("convert_cut", &count, &words));
  if (count) code = CutOut(*atoms, file, count, words);
  AetTextsFree(&count, &words);
  PetscCall(code);
  PetscCall(AetOptionGetInt("convert_atoms_max", &most));
  if (most && most < (*atoms)->total) PetscCall(KeepInnermost(*atoms, most));
  PetscCall(AetOptionGetTexts("convert_species", &count, &words));
  if (count) code = MapSpecies(atoms, count, words);
  AetTextsFree(&count, &words);
  PetscFunctionReturn(code);
}

/* ---------------------------------------------------------------- in a box */

PetscErrorCode AetConvertBoxed(AetAtoms atoms, const char *to)
{
  double *position, vacuum;
  int    *species;
  char(*symbols)[8];
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("convert_vacuum_angstrom", &vacuum));
  PetscCall(AetAtomsGather(atoms, &position, &species));
  PetscCall(PetscCalloc1((size_t)atoms->total + 1, &symbols));
  for (PetscInt i = 0; i < atoms->total; i++)
    PetscCall(PetscStrncpy(symbols[i], species[i] < 0 ? "X" : atoms->symbol[species[i]], sizeof symbols[i]));
  code = AetStructureWrite(atoms->comm, to, atoms->total, (const char(*)[8])symbols, position, vacuum);
  PetscCall(PetscFree(symbols));
  PetscCall(PetscFree(position));
  PetscCall(PetscFree(species));
  PetscFunctionReturn(code);
}
