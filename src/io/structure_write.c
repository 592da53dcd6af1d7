/* Atoms for programs of electronic structure and of molecular dynamics: POSCAR, CIF in P1, LAMMPS data. All have a box; here it holds the
   atoms and empty space. */
#include "io/structure_private.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KINDS_MAX = 64 };

typedef struct {
  PetscInt n;
  const char (*symbols)[8];
  const double *position;
  double        edge[3], shift[3]; /* of the box; added to every position */
  int           kinds;
  const char   *kind[KINDS_MAX]; /* in the order in which they come */
  PetscInt      count[KINDS_MAX];
} Model;

static PetscErrorCode WritePoscar(FILE *out, const Model *m)
{
  PetscFunctionBegin;
  fprintf(out, "written by aet4d, moved by %.8f %.8f %.8f\n1.0\n", m->shift[0], m->shift[1], m->shift[2]);
  fprintf(out, "%.8f 0 0\n0 %.8f 0\n0 0 %.8f\n", m->edge[0], m->edge[1], m->edge[2]);
  for (int k = 0; k < m->kinds; k++) fprintf(out, "%s%s", k ? " " : "", m->kind[k]);
  fputc('\n', out);
  for (int k = 0; k < m->kinds; k++) fprintf(out, "%s%d", k ? " " : "", (int)m->count[k]);
  fputs("\nCartesian\n", out);
  for (int k = 0; k < m->kinds; k++)
    for (PetscInt i = 0; i < m->n; i++) {
      const double *x = m->position + 3 * (ptrdiff_t)i;
      if (strcmp(m->symbols[i], m->kind[k])) continue;
      fprintf(out, "%.8f %.8f %.8f\n", x[0] + m->shift[0], x[1] + m->shift[1], x[2] + m->shift[2]);
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteCif(FILE *out, const Model *m)
{
  static const char *const names[] = {"a", "b", "c"}, *const angles[] = {"alpha", "beta", "gamma"};

  PetscFunctionBegin;
  fprintf(out, "# written by aet4d, moved by %.8f %.8f %.8f\ndata_model\n", m->shift[0], m->shift[1], m->shift[2]);
  fputs("_symmetry_space_group_name_H-M 'P 1'\n_symmetry_Int_Tables_number 1\n", out);
  for (int a = 0; a < 3; a++) fprintf(out, "_cell_length_%s %.8f\n", names[a], m->edge[a]);
  for (int a = 0; a < 3; a++) fprintf(out, "_cell_angle_%s 90\n", angles[a]);
  fputs("loop_\n_symmetry_equiv_pos_as_xyz\n'x, y, z'\n", out);
  fputs("loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
        "_atom_site_occupancy\n",
        out);
  for (PetscInt i = 0; i < m->n; i++) {
    const double *x = m->position + 3 * (ptrdiff_t)i;
    fprintf(out, "%s%d %s %.10f %.10f %.10f 1\n", m->symbols[i], (int)i + 1, m->symbols[i], (x[0] + m->shift[0]) / m->edge[0],
            (x[1] + m->shift[1]) / m->edge[1], (x[2] + m->shift[2]) / m->edge[2]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int KindOf(const Model *m, const char *symbol)
{
  int k = 0;

  while (k < m->kinds && strcmp(m->kind[k], symbol)) k++;
  return k;
}

static PetscErrorCode WriteLammps(FILE *out, const Model *m)
{
  PetscFunctionBegin;
  fprintf(out, "LAMMPS data file written by aet4d, units metal, moved by %.8f %.8f %.8f\n\n%d atoms\n%d atom types\n\n", m->shift[0],
          m->shift[1], m->shift[2], (int)m->n, m->kinds);
  fprintf(out, "0 %.8f xlo xhi\n0 %.8f ylo yhi\n0 %.8f zlo zhi\n\nMasses\n\n", m->edge[0], m->edge[1], m->edge[2]);
  for (int k = 0; k < m->kinds; k++) fprintf(out, "%d %.6g # %s\n", k + 1, AetAtomicMass(AetAtomicNumber(m->kind[k])), m->kind[k]);
  fputs("\nAtoms # atomic\n\n", out);
  for (PetscInt i = 0; i < m->n; i++) {
    const double *x = m->position + 3 * (ptrdiff_t)i;
    fprintf(out, "%d %d %.8f %.8f %.8f\n", (int)i + 1, KindOf(m, m->symbols[i]) + 1, x[0] + m->shift[0], x[1] + m->shift[1],
            x[2] + m->shift[2]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  const char *ending, *name; /* of the file; a name without ending, NULL: none */
  PetscErrorCode (*write)(FILE *out, const Model *model);
} Writer;

static const Writer writers[] = {
    {".poscar", "POSCAR", WritePoscar}, {".vasp", "CONTCAR", WritePoscar}, {".cif", NULL, WriteCif},
    {".lmp", NULL, WriteLammps},        {".lammps", NULL, WriteLammps},    {".data", NULL, WriteLammps},
};

static const Writer *WriterOf(const char *path)
{
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

  for (size_t w = 0; w < sizeof writers / sizeof writers[0]; w++)
    if (AetPathEndsIn(path, writers[w].ending) || (writers[w].name && !strcmp(name, writers[w].name))) return &writers[w];
  return NULL;
}

PetscBool AetStructureWrites(const char *path)
{
  return (PetscBool)(WriterOf(path) != NULL);
}

/* Counts the species and puts a box around the atoms. */
static PetscErrorCode Prepare(const char *path, double vacuum_angstrom, Model *m)
{
  double low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {-INFINITY, -INFINITY, -INFINITY};

  PetscFunctionBegin;
  AetCheck(m->n > 0, AET_ERR_INPUT, "%s: expected atoms to write, found none", path);
  for (PetscInt i = 0; i < m->n; i++) {
    const int k = KindOf(m, m->symbols[i]);

    AetCheck(AetAtomicNumber(m->symbols[i]) > 0, AET_ERR_INPUT,
             "%s: expected elements, found the species %s (name its element in convert_species, as %s:Fe)", path, m->symbols[i],
             m->symbols[i]);
    AetCheck(k < KINDS_MAX, AET_ERR_INPUT, "%s: expected at most %d species", path, KINDS_MAX);
    if (k == m->kinds) m->kind[m->kinds++] = m->symbols[i];
    m->count[k]++;
    for (int a = 0; a < 3; a++) {
      low[a] = fmin(low[a], m->position[3 * (ptrdiff_t)i + a]);
      high[a] = fmax(high[a], m->position[3 * (ptrdiff_t)i + a]);
    }
  }
  for (int a = 0; a < 3; a++) {
    m->edge[a] = high[a] - low[a] + vacuum_angstrom;
    m->shift[a] = vacuum_angstrom / 2 - low[a];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On one rank. */
static PetscErrorCode Write(const char *path, const char *temporary, double vacuum_angstrom, Model *m)
{
  FILE          *out;
  int            failed;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(Prepare(path, vacuum_angstrom, m));
  out = fopen(temporary, "w");
  AetCheck(out, AET_ERR_WRITE, "%s: cannot be written: %s", path, strerror(errno));
  PetscCall(WriterOf(path)->write(out, m));
  failed = ferror(out);
  failed = fclose(out) || failed;
  code = failed ? AetRaise(AET_ERR_WRITE, "%s: cannot be written: %s", path, strerror(errno)) : AetFileCommit(temporary, path);
  if (code) (void)unlink(temporary);
  PetscFunctionReturn(code);
}

PetscErrorCode AetStructureWrite(MPI_Comm comm, const char *path, PetscInt n, const char (*symbols)[8], const double *position,
                                 double vacuum_angstrom)
{
  Model       m = {.n = n, .symbols = symbols, .position = position};
  char        temporary[PETSC_MAX_PATH_LEN];
  PetscMPIInt rank;

  PetscFunctionBegin;
  AetCheck(AetStructureWrites(path), AET_ERR_INPUT, "%s: expected a name that ends in .vasp, .poscar, .cif, .lmp or .data, or POSCAR",
           path);
  AetCheck(isfinite(vacuum_angstrom) && vacuum_angstrom > 0, AET_ERR_INPUT, "%s: expected empty space of more than 0 Å, found %g", path,
           vacuum_angstrom);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(AetTemporaryName(comm, path, temporary, sizeof temporary));
  PetscCall(AetAgree(comm, rank ? PETSC_SUCCESS : Write(path, temporary, vacuum_angstrom, &m)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
