/* Atoms on disk: atoms.h5 and its XYZ twin; models of other programs. */
#include "atoms/atoms_private.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

enum { POSITION, SPECIES, INTENSITY, CONFIDENCE, SIGMA, PROBABILITY, SIGMA_TOTAL, P_FOUND, COLUMNS };

#define REPLICA_COLUMNS 2    /* the last ones, written where replicas of the chain have filled them */
#define FIRST_TWIN INTENSITY /* columns from here on follow the positions in the XYZ twin */

/* The schema of the table group "atoms". */
static const AetColumn atoms_schema[COLUMNS] = {
    {"position", "angstrom", "x, y, z from voxel floor(N/2) of the volume", AET_COLUMN_DOUBLE, 3, NULL},
    {"species", "", "index into the attribute `symbols`", AET_COLUMN_INT, 1, NULL},
    {"intensity", "", "sum of the volume over 5x5x5 samples about the atom, above the background", AET_COLUMN_DOUBLE, 1, NULL},
    {"confidence", "", "probability of the named species", AET_COLUMN_DOUBLE, 1, NULL},
    {"sigma", "angstrom", "standard deviations of x, y, z; 0 where unknown", AET_COLUMN_DOUBLE, 3, NULL},
    {"p_species", "", "probability of every species of the attribute `symbols`, a column each; 0 where unknown", AET_COLUMN_DOUBLE, 1,
     NULL},
    {"sigma_total", "angstrom", "standard deviations of x, y, z as replicas of the whole chain calibrate them; 0 where unknown",
     AET_COLUMN_DOUBLE, 3, NULL},
    {"p_found", "", "fraction of the replicas of the whole chain in which the atom was found", AET_COLUMN_DOUBLE, 1, NULL},
};

/* The schema with this list's data, and how many columns there is something to say in. */
static PetscErrorCode FillColumns(AetAtoms atoms, AetColumn column[COLUMNS], int *columns)
{
  int known = 0, any;

  PetscFunctionBegin;
  memcpy(column, atoms_schema, sizeof atoms_schema);
  column[POSITION].data = atoms->position;
  column[SPECIES].data = atoms->species;
  column[INTENSITY].data = atoms->intensity;
  column[CONFIDENCE].data = atoms->confidence;
  column[SIGMA].data = atoms->sigma;
  column[PROBABILITY].data = atoms->probability;
  column[PROBABILITY].width = atoms->species_count;
  column[SIGMA_TOTAL].data = atoms->sigma_total;
  column[P_FOUND].data = atoms->p_found;
  for (PetscInt i = 0; i < atoms->count; i++) known |= atoms->p_found[i] > 0 || atoms->sigma_total[3 * i] > 0;
  PetscCallMPI(MPI_Allreduce(&known, &any, 1, MPI_INT, MPI_MAX, atoms->comm));
  *columns = any ? COLUMNS : COLUMNS - REPLICA_COLUMNS;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Symbols joined by commas. */
static void JoinSymbols(AetAtoms atoms, char *text, size_t size)
{
  size_t used = 0;

  text[0] = 0;
  for (int s = 0; s < atoms->species_count && used < size; s++)
    used += (size_t)snprintf(text + used, size - used, "%s%s", s ? "," : "", atoms->symbol[s]);
}

static PetscErrorCode WriteTable(AetFile file, AetAtoms atoms)
{
  AetColumn column[COLUMNS];
  char      symbols[AET_SPECIES_MAX * 9];
  int       columns;

  PetscFunctionBegin;
  PetscCall(FillColumns(atoms, column, &columns));
  JoinSymbols(atoms, symbols, sizeof symbols);
  PetscCall(AetFileWriteTable(file, "atoms", atoms->count, columns, column));
  PetscCall(AetFileWriteText(file, "atoms", "symbols", symbols));
  PetscCall(AetFileWriteText(file, "atoms/p_species", "symbols", symbols));
  PetscCall(AetFileWriteNumber(file, "atoms", "count", atoms->total));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsWriteXyz(AetAtoms atoms, const char *path)
{
  const char *symbols[AET_SPECIES_MAX];
  char        joined[AET_SPECIES_MAX * 9], remark[sizeof joined + 64];
  AetColumn   column[COLUMNS];
  int         columns;

  PetscFunctionBegin;
  PetscCall(AetAtomsAgree(atoms));
  for (int s = 0; s < atoms->species_count; s++) symbols[s] = atoms->symbol[s];
  PetscCall(FillColumns(atoms, column, &columns));
  JoinSymbols(atoms, joined, sizeof joined);
  snprintf(remark, sizeof remark, "symbols=%s unit=angstrom pbc=\"F F F\"", joined);
  PetscCall(AetXyzWrite(atoms->comm, path, atoms->count, atoms->species, atoms->species_count, symbols, atoms->position,
                        columns - FIRST_TWIN, column + FIRST_TWIN, remark));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteTwin(AetAtoms atoms, const char *path)
{
  char twin[PETSC_MAX_PATH_LEN], *dot, *slash;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(twin, path, sizeof twin - 4));
  dot = strrchr(twin, '.'), slash = strrchr(twin, '/');
  if (dot && (!slash || dot > slash)) *dot = 0;
  strcat(twin, ".xyz");
  PetscCall(AetAtomsWriteXyz(atoms, twin));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAtomsWrite(AetAtoms atoms, const char *path)
{
  AetFile        file;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetAtomsAgree(atoms));
  PetscCall(AetFileCreate(atoms->comm, path, &file));
  code = WriteTable(file, atoms);
  if (!code) code = AetFileClose(&file);
  if (code) {
    PetscCall(AetFileDestroy(&file));
    PetscFunctionReturn(code);
  }
  PetscCall(WriteTwin(atoms, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- reading */

/* A model that every rank holds completely. */
typedef struct {
  PetscInt       total;
  AetAtomRecord *record;
  int            species_count;
  char           symbol[AET_SPECIES_MAX][8];
} Model;

/* The number of `symbol`, added where it is new. */
static PetscErrorCode SpeciesOf(const char *file, Model *model, const char *symbol, int *species)
{
  PetscFunctionBegin;
  for (*species = 0; *species < model->species_count; ++*species)
    if (!strcmp(model->symbol[*species], symbol)) PetscFunctionReturn(PETSC_SUCCESS);
  AetCheck(model->species_count < AET_SPECIES_MAX, AET_ERR_DATA, "%s: expected at most %d species, found a further one, %s", file,
           AET_SPECIES_MAX, symbol);
  PetscCall(PetscStrncpy(model->symbol[model->species_count++], symbol, 8));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The value of `key=value` in the remark of an extended XYZ. */
static PetscBool XyzValue(const char *remark, const char *key, char *value, size_t size)
{
  const size_t length = strlen(key);

  for (const char *at = strstr(remark, key); at; at = strstr(at + 1, key)) {
    const char *text = at + length + 1;
    if ((at > remark && at[-1] != ' ' && at[-1] != '\t') || at[length] != '=') continue;
    if (*text == '"') text++;
    snprintf(value, size, "%.*s", (int)strcspn(text, "\" \t"), text);
    return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* Splits "Fe,Pt" into the model's symbols. */
static PetscErrorCode SplitSymbols(const char *path, char *text, Model *model)
{
  char *state = NULL;
  int   species;

  PetscFunctionBegin;
  for (char *word = strtok_r(text, ", ", &state); word; word = strtok_r(NULL, ", ", &state))
    PetscCall(SpeciesOf(path, model, word, &species));
  AetCheck(model->species_count > 0, AET_ERR_DATA, "%s: expected element symbols in the attribute `symbols` of the table, found none",
           path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows of the columns behind the species as records; columns that a file lacks stay 0. */
static void TakeColumns(const AetColumn *column, PetscInt count, AetAtomRecord *record)
{
  const double *intensity = column[INTENSITY].data, *confidence = column[CONFIDENCE].data, *sigma = column[SIGMA].data,
               *probability = column[PROBABILITY].data, *total = column[SIGMA_TOTAL].data, *found = column[P_FOUND].data;
  const int species_count = column[PROBABILITY].width;

  for (PetscInt i = 0; i < count; i++) {
    for (int a = 0; a < 3 && sigma; a++) record[i].sigma[a] = sigma[3 * i + a];
    for (int a = 0; a < 3 && total; a++) record[i].sigma_total[a] = total[3 * i + a];
    if (found) record[i].p_found = found[i];
    for (int s = 0; s < species_count && probability; s++) record[i].probability[s] = probability[(ptrdiff_t)i * species_count + s];
    if (intensity) record[i].intensity = intensity[i];
    if (confidence) record[i].confidence = confidence[i];
  }
}

/* Numbers that no atom can have; NaN among them. */
static PetscErrorCode CheckRecords(const char *path, PetscInt count, const AetAtomRecord *record)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < count; i++) {
    const AetAtomRecord *r = record + i;
    AetCheck(isfinite(r->position[0]) && isfinite(r->position[1]) && isfinite(r->position[2]), AET_ERR_DATA,
             "%s: atom %d: expected a finite position, found %g %g %g", path, (int)i + 1, r->position[0], r->position[1], r->position[2]);
    AetCheck(isfinite(r->intensity), AET_ERR_DATA, "%s: atom %d: expected a finite intensity, found %g", path, (int)i + 1, r->intensity);
    AetCheck(r->confidence >= 0 && r->confidence <= 1.0001, AET_ERR_DATA, "%s: atom %d: expected a confidence from 0 to 1, found %g", path,
             (int)i + 1, r->confidence);
    for (int a = 0; a < 3; a++)
      AetCheck(r->sigma[a] >= 0 && isfinite(r->sigma[a]), AET_ERR_DATA, "%s: atom %d: expected sigma >= 0 (0: unknown), found %g", path,
               (int)i + 1, r->sigma[a]);
    for (int a = 0; a < 3; a++)
      AetCheck(r->sigma_total[a] >= 0 && isfinite(r->sigma_total[a]), AET_ERR_DATA,
               "%s: atom %d: expected sigma_total >= 0 (0: unknown), found %g", path, (int)i + 1, r->sigma_total[a]);
    AetCheck(r->p_found >= 0 && r->p_found <= 1.0001, AET_ERR_DATA, "%s: atom %d: expected p_found from 0 to 1, found %g", path, (int)i + 1,
             r->p_found);
    for (int s = 0; s < AET_SPECIES_MAX; s++)
      AetCheck(r->probability[s] >= 0 && r->probability[s] <= 1.0001, AET_ERR_DATA,
               "%s: atom %d: expected probabilities p_species from 0 to 1, found %g", path, (int)i + 1, r->probability[s]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Extended XYZ: the list of species in the remark sets their order, so that p_species can be understood; without it they are numbered as
   they come, and p_species is left alone. */
static PetscErrorCode FromXyz(MPI_Comm comm, const char *path, Model *model)
{
  char(*symbols)[8], remark[4096], list[256];
  double        *position;
  AetColumn      column[COLUMNS];
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(PetscMemcpy(column, atoms_schema, sizeof column));
  column[PROBABILITY].width = 0;
  PetscCall(
      AetXyzReadColumns(comm, path, &model->total, &symbols, &position, remark, sizeof remark, COLUMNS - FIRST_TWIN, column + FIRST_TWIN));
  PetscCall(PetscCalloc1((size_t)model->total + 1, &model->record));
  if (XyzValue(remark, "symbols", list, sizeof list)) code = SplitSymbols(path, list, model);
  if (model->species_count != column[PROBABILITY].width) PetscCall(PetscFree(column[PROBABILITY].data));
  TakeColumns(column, model->total, model->record);
  for (PetscInt i = 0; i < model->total && !code; i++) {
    for (int a = 0; a < 3; a++) model->record[i].position[a] = position[3 * i + a];
    code = SpeciesOf(path, model, symbols[i], &model->record[i].species);
  }
  for (int c = FIRST_TWIN; c < COLUMNS; c++) PetscCall(PetscFree(column[c].data));
  PetscCall(PetscFree(symbols));
  PetscCall(PetscFree(position));
  PetscFunctionReturn(code);
}

/* This rank's rows of the table as records. */
static PetscErrorCode TakeRows(const char *path, const AetColumn *column, PetscInt count, int species_count, AetAtomRecord *record)
{
  const double *position = column[POSITION].data;
  const int    *species = column[SPECIES].data;

  PetscFunctionBegin;
  TakeColumns(column, count, record);
  for (PetscInt i = 0; i < count; i++) {
    for (int a = 0; a < 3; a++) record[i].position[a] = position[3 * i + a];
    record[i].species = species ? species[i] : 0;
    AetCheck(record[i].species >= AET_SPECIES_NONE && record[i].species < species_count, AET_ERR_DATA,
             "%s: expected species 0 to %d, found %d", path, species_count - 1, record[i].species);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadTable(MPI_Comm comm, AetFile file, const char *path, Model *model)
{
  AetColumn      column[COLUMNS];
  AetAtomRecord *mine;
  PetscInt       count, total;
  char           symbols[AET_SPECIES_MAX * 9];
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMemcpy(column, atoms_schema, sizeof column));
  PetscCall(AetFileReadText(file, "atoms", "symbols", symbols, sizeof symbols, NULL));
  PetscCall(SplitSymbols(path, symbols, model));
  column[PROBABILITY].width = model->species_count;
  PetscCall(AetFileReadTable(file, "atoms", &count, &total, COLUMNS, column));
  PetscCall(PetscCalloc1((size_t)count + 1, &mine));
  code = column[POSITION].data || !count ? TakeRows(path, column, count, model->species_count, mine)
                                         : AetRaise(AET_ERR_DATA, "%s: expected a column position in the table atoms, found none", path);
  code = AetAgree(comm, code);
  if (!code) code = AetRecordsGather(comm, count, mine, sizeof *mine, &model->total, &model->record);
  for (int c = 0; c < COLUMNS; c++) PetscCall(PetscFree(column[c].data));
  PetscCall(PetscFree(mine));
  PetscFunctionReturn(code);
}

static PetscErrorCode FromTable(MPI_Comm comm, const char *path, Model *model)
{
  AetFile        file;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetFileOpen(comm, path, &file));
  code = ReadTable(comm, file, path, model);
  if (!code)
    code = AetFileClose(&file);
  else
    PetscCall(AetFileDestroy(&file));
  PetscFunctionReturn(code);
}

static PetscBool NamesSpecies(const char *name)
{
  char lower[256];
  int  i = 0;

  for (; name[i] && i < 255; i++) lower[i] = (char)tolower((unsigned char)name[i]);
  lower[i] = 0;
  return (PetscBool)(strstr(lower, "atom") || strstr(lower, "type") || strstr(lower, "species"));
}

/* Among the arrays of a file: the only one with a side of 3, unless `name` says which, and the only list of numbers beside it that looks
   like the species of as many atoms. Empty names where there is none. */
static void ChooseArrays(int count, const AetArrayInfo *arrays, char *name, char *types)
{
  ptrdiff_t atoms = 0;
  int       tables = 0, lists = 0, chosen = -1;

  types[0] = 0;
  for (int i = 0; i < count; i++) {
    const AetArrayInfo *a = arrays + i;
    if (!a->numeric || a->rank != 2 || (name[0] ? strcmp(name, a->name) != 0 : a->n[0] != 3 && a->n[1] != 3)) continue;
    tables++;
    chosen = i;
  }
  if (tables != 1) return;
  snprintf(name, 256, "%s", arrays[chosen].name);
  atoms = arrays[chosen].n[0] == 3 ? arrays[chosen].n[1] : arrays[chosen].n[0];
  for (int i = 0; i < count; i++) {
    const AetArrayInfo *a = arrays + i;
    ptrdiff_t           numbers = a->rank == 1 ? a->n[0] : a->n[0] * a->n[1];
    if (i == chosen || !a->numeric || a->rank > 2 || numbers != atoms || !NamesSpecies(a->name)) continue;
    lists++;
    snprintf(types, 256, "%s", a->name);
  }
  if (lists != 1) types[0] = 0;
}

/* Positions of rows x y z, of rows TYPE x y z, or of three rows; types[] where the table has them. */
static PetscErrorCode TakeNumbers(const char *file, ptrdiff_t rows, ptrdiff_t columns, const double *value, const double *types,
                                  Model *model)
{
  PetscBool lying = (PetscBool)(rows == 3 && columns != 3 && columns != 4), typed = (PetscBool)(!lying && columns == 4);
  char      symbol[24];

  PetscFunctionBegin;
  AetCheck(lying || columns == 3 || columns == 4, AET_ERR_DATA,
           "%s: expected a table of positions with 3 columns or 3 rows, found %td x %td", file, rows, columns);
  model->total = (PetscInt)(lying ? columns : rows);
  PetscCall(PetscCalloc1((size_t)model->total + 1, &model->record));
  for (PetscInt i = 0; i < model->total; i++) {
    double type = types ? types[i] : typed ? value[4 * i] : NAN;
    for (int a = 0; a < 3; a++) model->record[i].position[a] = lying ? value[a * columns + i] : value[columns * i + (typed ? a + 1 : a)];
    if (isnan(type))
      snprintf(symbol, sizeof symbol, "X");
    else
      snprintf(symbol, sizeof symbol, "X%.4g", type);
    PetscCall(SpeciesOf(file, model, symbol, &model->record[i].species));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FromNumbers(MPI_Comm comm, const char *file, AetFormat format, int count, const AetArrayInfo *arrays, Model *model)
{
  char           path[PETSC_MAX_PATH_LEN], name[256], types_name[256], whole[PETSC_MAX_PATH_LEN + 260];
  double        *value, *types = NULL;
  ptrdiff_t      rows, columns, type_rows, type_columns;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetFileSplitName(file, path, sizeof path, name, sizeof name));
  types_name[0] = 0;
  if (format != AET_FORMAT_TEXT) ChooseArrays(count, arrays, name, types_name);
  snprintf(whole, sizeof whole, "%s%s%s", path, name[0] ? ":" : "", name);
  PetscCall(AetTableRead(comm, whole, &rows, &columns, &value));
  snprintf(whole, sizeof whole, "%s:%s", path, types_name);
  if (types_name[0]) PetscCall(AetTableRead(comm, whole, &type_rows, &type_columns, &types));
  code = TakeNumbers(file, rows, columns, value, types, model);
  PetscCall(PetscFree(value));
  PetscCall(PetscFree(types));
  PetscFunctionReturn(code);
}

/* CIF, POSCAR, LAMMPS data. */
static PetscErrorCode FromStructure(MPI_Comm comm, const char *path, Model *model)
{
  char(*symbols)[8];
  double        *position, cell[9];
  PetscBool      has_cell;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(AetStructureRead(comm, path, &model->total, &symbols, &position, cell, &has_cell));
  PetscCall(PetscCalloc1((size_t)model->total + 1, &model->record));
  for (PetscInt i = 0; i < model->total && !code; i++) {
    for (int a = 0; a < 3; a++) model->record[i].position[a] = position[3 * i + a];
    code = SpeciesOf(path, model, symbols[i], &model->record[i].species);
  }
  PetscCall(PetscFree(symbols));
  PetscCall(PetscFree(position));
  PetscFunctionReturn(code);
}

static PetscErrorCode ReadModel(MPI_Comm comm, const char *file, Model *model)
{
  char           path[PETSC_MAX_PATH_LEN], name[256];
  AetFormat      format;
  AetArrayInfo  *arrays;
  int            count;
  PetscBool      own = PETSC_FALSE, structure;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetFileSplitName(file, path, sizeof path, name, sizeof name));
  PetscCall(AetStructureIs(comm, path, &structure));
  if (structure && !name[0]) PetscFunctionReturn(FromStructure(comm, path, model));
  PetscCall(AetFileInspect(comm, path, &format, &count, &arrays));
  for (int i = 0; i < count; i++)
    own = (PetscBool)(own || !strcmp(arrays[i].name, "atoms/position") || !strcmp(arrays[i].name, "/atoms/position"));
  if (format == AET_FORMAT_XYZ)
    code = FromXyz(comm, path, model);
  else if (own && !name[0])
    code = FromTable(comm, path, model);
  else if (format == AET_FORMAT_MRC || format == AET_FORMAT_TIFF)
    code = AetRaise(AET_ERR_DATA, "%s: expected atoms, found %s, which holds images", path, AetFormatName(format));
  else
    code = FromNumbers(comm, file, format, count, arrays, model);
  PetscCall(PetscFree(arrays));
  PetscFunctionReturn(code);
}

PetscErrorCode AetAtomsRead(MPI_Comm comm, const char *file, AetAtoms *atoms)
{
  Model          model = {0};
  const char    *symbols[AET_SPECIES_MAX];
  PetscErrorCode code;

  PetscFunctionBegin;
  *atoms = NULL;
  code = ReadModel(comm, file, &model);
  if (!code) code = CheckRecords(file, model.total, model.record);
  code = AetAgree(comm, code);
  if (!code) {
    if (!model.species_count) PetscCall(PetscStrncpy(model.symbol[model.species_count++], "X", 8)); /* an empty list */
    for (int s = 0; s < model.species_count; s++) symbols[s] = model.symbol[s];
    code = AetAtomsFromRecords(comm, model.total, model.record, model.species_count, symbols, atoms);
  }
  PetscCall(PetscFree(model.record));
  PetscFunctionReturn(code);
}
