/* The truth about a specimen on disk. */
#include "simulate/specimen_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POSITION, SPECIES, INTENSITY, CONFIDENCE, SIGMA, PROBABILITY, ID, COLUMNS_MAX = 16, TWIN = INTENSITY };

const char *AetDefectName(int kind)
{
  static const char *const names[] = {"vacancy", "antisite", "twin", "stacking_fault", "antiphase_boundary", "dislocation"};

  return kind >= 0 && kind < AET_DEFECT_KINDS ? names[kind] : NULL;
}

/* ---------------------------------------------------------------- the table of atoms */

typedef struct {
  double   rounded[3]; /* z, y, x in 1e-4 Å: the order of aet4d's atoms */
  PetscInt index;
} Row;

static int CompareRow(const void *a, const void *b)
{
  const Row *p = a, *q = b;

  for (int c = 0; c < 3; c++)
    if (p->rounded[c] != q->rounded[c]) return p->rounded[c] < q->rounded[c] ? -1 : 1;
  return (p->index > q->index) - (p->index < q->index);
}

static PetscErrorCode SortRows(const AetSpecimen *specimen, Row **rows)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)specimen->count + 1, rows));
  for (PetscInt i = 0; i < specimen->count; i++) {
    (*rows)[i].index = i;
    for (int c = 0; c < 3; c++) (*rows)[i].rounded[c] = round(specimen->position[3 * i + 2 - c] * 1e4);
  }
  qsort(*rows, (size_t)specimen->count, sizeof **rows, CompareRow);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A column of this rank's rows from one of all atoms; of a quantity that the specimen does not have, filled with `value`. */
static PetscErrorCode AddColumn(const Row *rows, PetscInt count, AetColumn column, const void *all, double value, int *columns,
                                AetColumn *table)
{
  const size_t width = (size_t)column.width;

  PetscFunctionBegin;
  if (column.type == AET_COLUMN_INT) {
    int *data;
    PetscCall(PetscMalloc1((size_t)count * width + 1, &data));
    for (PetscInt i = 0; i < count; i++)
      memcpy(data + (size_t)i * width, (const int *)all + (size_t)rows[i].index * width, width * sizeof *data);
    column.data = data;
  } else {
    double *data;
    PetscCall(PetscMalloc1((size_t)count * width + 1, &data));
    for (size_t i = 0; i < (size_t)count * width; i++) data[i] = value;
    for (PetscInt i = 0; i < count && all; i++)
      memcpy(data + (size_t)i * width, (const double *)all + (size_t)rows[i].index * width, width * sizeof *data);
    column.data = data;
  }
  table[(*columns)++] = column;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakeColumns(const AetSpecimen *s, const Row *rows, PetscInt count, int *columns, AetColumn *table)
{
  const AetColumn first[] = {{"position", "angstrom", "x, y, z from voxel floor(N/2) of the volume", AET_COLUMN_DOUBLE, 3, NULL},
                             {"species", "", "index into the attribute `symbols`", AET_COLUMN_INT, 1, NULL},
                             {"intensity", "", "1", AET_COLUMN_DOUBLE, 1, NULL},
                             {"confidence", "", "probability of the named species", AET_COLUMN_DOUBLE, 1, NULL},
                             {"sigma", "angstrom", "standard deviations of x, y, z: 0, these are true", AET_COLUMN_DOUBLE, 3, NULL},
                             {"p_species", "", "probability of every species of the attribute `symbols`, a column each", AET_COLUMN_DOUBLE,
                              s->species_count, NULL},
                             {"id", "", "permanent identity", AET_COLUMN_INT, 1, NULL}};
  const struct {
    const void *all;
    AetColumn   column;
  } further[] = {{s->domain, {"domain", "", "ordered domain, a row of the table `domains` from 0", AET_COLUMN_INT, 1, NULL}},
                 {s->strain, {"strain", "", "planted strain xx, yy, zz, yz, xz, xy", AET_COLUMN_DOUBLE, 6, NULL}},
                 {s->site, {"site", "", "lattice site, the same at all times", AET_COLUMN_INT, 1, NULL}},
                 {s->core, {"core", "", "1 in the frozen core", AET_COLUMN_INT, 1, NULL}},
                 {s->nucleus, {"nucleus", "", "scripted nucleus; 0: none", AET_COLUMN_INT, 1, NULL}},
                 {s->order, {"order", "", "planted order parameter", AET_COLUMN_DOUBLE, 1, NULL}}};

  PetscFunctionBegin;
  PetscCall(AddColumn(rows, count, first[POSITION], s->position, 0, columns, table));
  PetscCall(AddColumn(rows, count, first[SPECIES], s->species, 0, columns, table));
  PetscCall(AddColumn(rows, count, first[INTENSITY], NULL, 1, columns, table));
  PetscCall(AddColumn(rows, count, first[CONFIDENCE], NULL, 1, columns, table));
  PetscCall(AddColumn(rows, count, first[SIGMA], NULL, 0, columns, table));
  PetscCall(AddColumn(rows, count, first[PROBABILITY], NULL, 0, columns, table));
  for (PetscInt i = 0; i < count; i++) ((double *)table[PROBABILITY].data)[i * s->species_count + s->species[rows[i].index]] = 1;
  PetscCall(AddColumn(rows, count, first[ID], s->id, 0, columns, table));
  for (size_t f = 0; f < sizeof further / sizeof *further; f++)
    if (further[f].all) PetscCall(AddColumn(rows, count, further[f].column, further[f].all, 0, columns, table));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- defects and domains */

/* Rank 0 brings all rows. */
static PetscErrorCode WriteDefects(AetFile file, int rank, const AetSpecimen *s)
{
  const PetscInt n = rank ? 0 : s->defects;
  int           *kind, *id;
  double        *position, *vector, *direction;

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(n + 1, &kind, n + 1, &id, 3 * n + 1, &position, 3 * n + 1, &vector, 3 * n + 1, &direction));
  for (PetscInt d = 0; d < n; d++) {
    kind[d] = s->defect[d].kind, id[d] = s->defect[d].id;
    memcpy(position + 3 * d, s->defect[d].position, 3 * sizeof *position);
    memcpy(vector + 3 * d, s->defect[d].vector, 3 * sizeof *vector);
    memcpy(direction + 3 * d, s->defect[d].direction, 3 * sizeof *direction);
  }
  const AetColumn column[] = {{"kind", "", "index into the attribute `kinds`", AET_COLUMN_INT, 1, kind},
                              {"id", "", "identity of the missing atom or the antisite; 0 of planes and lines", AET_COLUMN_INT, 1, id},
                              {"position", "angstrom", "of the atom, or a point of the plane or line", AET_COLUMN_DOUBLE, 3, position},
                              {"vector", "angstrom", "translation of a boundary, Burgers vector", AET_COLUMN_DOUBLE, 3, vector},
                              {"direction", "", "unit normal of a plane, unit direction of a line", AET_COLUMN_DOUBLE, 3, direction}};
  PetscCall(AetFileWriteTable(file, "defects", n, 5, column));
  PetscCall(AetFileWriteText(file, "defects", "kinds", "vacancy,antisite,twin,stacking_fault,antiphase_boundary,dislocation"));
  PetscCall(PetscFree5(kind, id, position, vector, direction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteDomains(AetFile file, int rank, const AetSpecimen *s)
{
  const PetscInt n = rank ? 0 : s->domains;
  int           *order, *variant, *atoms;
  double        *position;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(n + 1, &order, n + 1, &variant, n + 1, &atoms, 3 * n + 1, &position));
  for (PetscInt d = 0; d < n; d++) {
    order[d] = s->domain_list[d].order, variant[d] = s->domain_list[d].variant, atoms[d] = s->domain_list[d].atoms;
    memcpy(position + 3 * d, s->domain_list[d].position, 3 * sizeof *position);
  }
  const AetColumn column[] = {{"order", "", "index into the attribute `orders`", AET_COLUMN_INT, 1, order},
                              {"variant", "", "which variant of the order", AET_COLUMN_INT, 1, variant},
                              {"atoms", "", "sites of the domain", AET_COLUMN_INT, 1, atoms},
                              {"position", "angstrom", "seed point of the domain", AET_COLUMN_DOUBLE, 3, position}};
  PetscCall(AetFileWriteTable(file, "domains", n, 4, column));
  PetscCall(AetFileWriteText(file, "domains", "orders", "random,l10,l12,l12_ab3,b2"));
  PetscCall(PetscFree4(order, variant, atoms, position));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteDefectsText(const char *path, const AetSpecimen *s)
{
  char          *text;
  size_t         size = 256 * ((size_t)s->defects + 1), length;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &text));
  length = (size_t)snprintf(text, size, "kind,id,x,y,z,vector_x,vector_y,vector_z,direction_x,direction_y,direction_z\n");
  for (PetscInt d = 0; d < s->defects; d++) {
    const AetPlantedDefect *f = s->defect + d;
    length += (size_t)snprintf(text + length, size - length, "%s,%d,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f\n", AetDefectName(f->kind),
                               f->id, f->position[0], f->position[1], f->position[2], f->vector[0], f->vector[1], f->vector[2],
                               f->direction[0], f->direction[1], f->direction[2]);
  }
  code = AetTextWrite(path, text, length);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

/* ---------------------------------------------------------------- all of it */

static PetscErrorCode WriteFile(MPI_Comm comm, int rank, const AetSpecimen *s, PetscInt count, int columns, const AetColumn *table,
                                const char *symbols, AetFile file)
{
  PetscFunctionBegin;
  PetscCall(AetFileWriteTable(file, "atoms", count, columns, table));
  PetscCall(AetFileWriteText(file, "atoms", "symbols", symbols));
  PetscCall(AetFileWriteText(file, "atoms/p_species", "symbols", symbols));
  PetscCall(AetFileWriteNumber(file, "atoms", "count", s->count));
  if (s->defects) PetscCall(WriteDefects(file, rank, s));
  if (s->domains) PetscCall(WriteDomains(file, rank, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteTruth(MPI_Comm comm, const AetSpecimen *s, PetscInt count, int columns, const AetColumn *table, const char *path)
{
  AetFile        file;
  PetscErrorCode code;
  int            rank;
  const char    *names[AET_SPECIMEN_SPECIES];
  char           symbols[AET_SPECIMEN_SPECIES * 9] = "", remark[sizeof symbols + 64], twin[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (int p = 0; p < s->species_count; p++) {
    const size_t used = strlen(symbols);
    names[p] = s->symbol[p];
    snprintf(symbols + used, sizeof symbols - used, "%s%s", p ? "," : "", s->symbol[p]);
  }
  PetscCall(AetFileCreate(comm, path, &file));
  code = WriteFile(comm, rank, s, count, columns, table, symbols, file);
  if (!code) code = AetFileClose(&file);
  if (code) {
    PetscCall(AetFileDestroy(&file));
    PetscFunctionReturn(code);
  }
  snprintf(twin, sizeof twin, "%.*s.xyz", (int)(strlen(path) > 3 ? strlen(path) - 3 : 0), path);
  snprintf(remark, sizeof remark, "symbols=%s unit=angstrom pbc=\"F F F\"", symbols);
  PetscCall(AetXyzWrite(comm, twin, count, table[SPECIES].data, s->species_count, names, table[POSITION].data, columns - TWIN, table + TWIN,
                        remark));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSpecimenWrite(MPI_Comm comm, const AetSpecimen *specimen, const char *path)
{
  AetColumn      table[COLUMNS_MAX];
  Row           *rows;
  int            rank, size, columns = 0;
  ptrdiff_t      start, count;
  char           csv[PETSC_MAX_PATH_LEN];
  const char    *slash = strrchr(path, '/');
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(specimen->count, rank, size, &start, &count);
  code = SortRows(specimen, &rows);
  if (!code) code = MakeColumns(specimen, rows + start, (PetscInt)count, &columns, table);
  PetscCall(AetAgree(comm, code));
  code = WriteTruth(comm, specimen, (PetscInt)count, columns, table, path);
  for (int c = 0; c < columns; c++) PetscCall(PetscFree(table[c].data));
  PetscCall(PetscFree(rows));
  if (code) PetscFunctionReturn(code);
  snprintf(csv, sizeof csv, "%.*sdefects.csv", slash ? (int)(slash - path) + 1 : 0, path);
  if (!rank) (void)unlink(csv); /* an earlier specimen's */
  if (!rank && specimen->defects) code = WriteDefectsText(csv, specimen);
  PetscCall(AetAgree(comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}
