/* CIF and POSCAR: the same cell written in many ways; damage is told in one line. */
#include "io_test.h"
#include <aet4d/units.h>

/* A triclinic cell of a = 4, b = 5, c = 6 Å, 80, 95, 110 degrees: three atoms in fractional coordinates. */
static const double fractional[3][3] = {{0, 0, 0}, {0.25, 0.5, 0.75}, {-0.1, 1.2, 0.3}};
static const char  *labels[3] = {"Fe1", "Pt2+", "fe"};

/* a along x, b in the plane of x and y, written out by hand. */
static void Expected(int atom, double x[3])
{
  const double *u = fractional[atom], ca = cos(80 * AET_DEG), cb = cos(95 * AET_DEG), cg = cos(110 * AET_DEG), sg = sin(110 * AET_DEG);
  const double  cy = (ca - cb * cg) / sg;

  x[0] = 4 * u[0] + 5 * cg * u[1] + 6 * cb * u[2];
  x[1] = 5 * sg * u[1] + 6 * cy * u[2];
  x[2] = 6 * sqrt(1 - cb * cb - cy * cy) * u[2];
}

static void Write(const char *name, const char *text)
{
  WriteBytes(name, text, strlen(text));
}

static void ExpectAtoms(const char *name, const char *const *symbols_wanted, double tolerance, PetscBool cell_wanted)
{
  char      path[300], (*symbols)[8];
  double   *position, cell[9];
  PetscInt  n;
  PetscBool has_cell;

  TestPath(name, path, sizeof path);
  AET_TEST_CALL(AetStructureRead(MPI_COMM_WORLD, path, &n, &symbols, &position, cell, &has_cell));
  if (!AET_TEST(n == 3)) return;
  AET_TEST(has_cell == cell_wanted);
  if (has_cell) AET_TEST_CLOSE(sqrt(cell[6] * cell[6] + cell[7] * cell[7] + cell[8] * cell[8]), 6, 1e-9);
  for (int i = 0; i < 3; i++) {
    double x[3];
    Expected(i, x);
    AET_TEST(!strcmp(symbols[i], symbols_wanted[i]));
    for (int a = 0; a < 3; a++) AET_TEST_CLOSE(position[3 * i + a], x[a], tolerance);
  }
  AET_TEST_CALL(PetscFree(symbols));
  AET_TEST_CALL(PetscFree(position));
}

static const char cif_head[] = "# a remark\ndata_test\n_symmetry_space_group_name_H-M 'P 1'\n_cell_length_a 4.0(2)\n_cell_length_b 5\n"
                               "_cell_length_c 6.000\n_cell_angle_alpha 80\n_cell_angle_beta 95.\n_cell_angle_gamma 1.1e2\n"
                               "_publ_section_title\n;\na text of\nloop_ more lines\n;\nloop_\n_symmetry_equiv_pos_as_xyz\n'x, y, z'\n";

static void TestCif(void)
{
  static const char *const symbols[3] = {"Fe", "Pt", "Fe"};
  char                     text[4096];
  size_t                   used = (size_t)snprintf(text, sizeof text, "%s", cif_head);

  used += (size_t)snprintf(text + used, sizeof text - used,
                           "loop_\n_atom_site_fract_z\n_atom_site_label\n_atom_site_occupancy\n_atom_site_fract_x\n_atom_site_fract_y\n");
  for (int i = 0; i < 3; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%.10g(3) \"%s\" 1.0\n  %.10g %.10g # here\n", fractional[i][2], labels[i],
                             fractional[i][0], fractional[i][1]);
  snprintf(text + used, sizeof text - used, "loop_\n_other\n1 2 3\n");
  Write("good.cif", text);
  ExpectAtoms("good.cif", symbols, 1e-9, PETSC_TRUE);
}

/* Fractional; Cartesian with a scale; the scale given as a volume. */
static void TestPoscar(void)
{
  static const char *const symbols[3] = {"Fe", "Pt", "Fe"};
  const char              *names[3] = {"POSCAR", "cartesian.vasp", "volume.vasp"};
  double                   cell[3][3], volume, x[3], ca = cos(80 * AET_DEG), cb = cos(95 * AET_DEG), cg = cos(110 * AET_DEG);

  memset(cell, 0, sizeof cell);
  cell[0][0] = 4, cell[1][0] = 5 * cg, cell[1][1] = 5 * sin(110 * AET_DEG), cell[2][0] = 6 * cb;
  cell[2][1] = 6 * (ca - cb * cg) / sin(110 * AET_DEG);
  cell[2][2] = sqrt(36 - cell[2][0] * cell[2][0] - cell[2][1] * cell[2][1]);
  volume = cell[0][0] * cell[1][1] * cell[2][2];
  for (int f = 0; f < 3; f++) {
    char         text[4096];
    const double scale = f == 0 ? 1 : f == 1 ? 2 : -volume, by = f == 0 ? 1 : f == 1 ? 2 : 0.5;
    size_t       used = (size_t)snprintf(text, sizeof text, "remark\n%.12g\n", scale);

    for (int v = 0; v < 3; v++)
      used += (size_t)snprintf(text + used, sizeof text - used, "%.12f %.12f %.12f\n", cell[v][0] / by, cell[v][1] / by, cell[v][2] / by);
    used += (size_t)snprintf(text + used, sizeof text - used, "Fe Pt Fe\n 1 1 1\r\n%s%s\n", f == 1 ? "Selective dynamics\n" : "",
                             f ? "cartesian" : "Direct");
    for (int i = 0; i < 3; i++) {
      Expected(i, x);
      for (int a = 0; a < 3; a++) used += (size_t)snprintf(text + used, sizeof text - used, "%.12f ", f ? x[a] / by : fractional[i][a]);
      used += (size_t)snprintf(text + used, sizeof text - used, "T T F\n");
    }
    Write(names[f], text);
    ExpectAtoms(names[f], symbols, 1e-8, PETSC_TRUE);
  }
}

static void TestXyz(void)
{
  static const char *const symbols[3] = {"Fe", "Pt", "Fe"};
  char                     text[1024];
  size_t                   used = (size_t)snprintf(text, sizeof text, "3\nremark\n");
  double                   x[3];

  for (int i = 0; i < 3; i++) {
    Expected(i, x);
    used += (size_t)snprintf(text + used, sizeof text - used, "%s %.9f %.9f %.9f\n", symbols[i], x[0], x[1], x[2]);
  }
  Write("good.xyz", text);
  ExpectAtoms("good.xyz", symbols, 1e-8, PETSC_FALSE);
}

static void Damaged(const char *name, const char *text, PetscErrorCode code, const char *said)
{
  char      path[300], (*symbols)[8];
  double   *position, cell[9];
  PetscInt  n;
  PetscBool has_cell;

  Write(name, text);
  TestPath(name, path, sizeof path);
  ExpectError(AetStructureRead(MPI_COMM_WORLD, path, &n, &symbols, &position, cell, &has_cell), code, name, said, __LINE__);
}

/* Atoms that were written come back: the same distances between the same species, in a box that leaves the empty space asked for. */
static void TestWritten(void)
{
  static const char *const names[] = {"POSCAR", "m.vasp", "m.cif", "m.lmp"};
  static const char        symbol[5][8] = {"Fe", "Pt", "Fe", "C", "Pt"};
  static const double      x[15] = {0, 0, 0, 1.5, -2.25, 3, -4, 0.125, 2, 7, 8, -9, 1, 1, 1};
  char                     path[300], (*symbols)[8];
  double                  *position, cell[9];
  PetscInt                 n;
  PetscBool                has_cell;

  for (int f = 0; f < 4; f++) {
    TestPath(names[f], path, sizeof path);
    AET_TEST(AetStructureWrites(path));
    AET_TEST_CALL(AetStructureWrite(MPI_COMM_WORLD, path, 5, symbol, x, 12.5));
    AET_TEST_CALL(AetStructureRead(MPI_COMM_WORLD, path, &n, &symbols, &position, cell, &has_cell));
    if (!AET_TEST(n == 5 && has_cell)) return;
    AET_TEST_CLOSE(cell[0], 11 + 12.5, 1e-6);
    AET_TEST_CLOSE(cell[4], 10.25 + 12.5, 1e-6);
    AET_TEST_CLOSE(cell[8], 12 + 12.5, 1e-6);
    for (int i = 0; i < 5; i++) { /* moved as a whole: by half the space, from the lowest corner */
      const double wanted[3] = {x[3 * i] + 4 + 6.25, x[3 * i + 1] + 2.25 + 6.25, x[3 * i + 2] + 9 + 6.25};
      int          found = 0;
      for (int j = 0; j < 5; j++)
        found += !strcmp(symbols[j], symbol[i]) && fabs(position[3 * j] - wanted[0]) < 1e-6 &&
                 fabs(position[3 * j + 1] - wanted[1]) < 1e-6 && fabs(position[3 * j + 2] - wanted[2]) < 1e-6;
      AET_TEST(found == 1);
    }
    AET_TEST_CALL(PetscFree(symbols));
    AET_TEST_CALL(PetscFree(position));
  }
  AET_TEST(!AetStructureWrites("m.xyz") && !AetStructureWrites("POSCAR.txt"));
}

/* A type without a name is known by its mass; style, tilt and numbers are checked. */
static void TestLammps(void)
{
  char        text[1024], path[300], (*symbols)[8];
  const char *head = "made elsewhere\n\n2 atoms\n1 atom types\n0 9 xlo xhi\n0 8 ylo yhi\n0 7 zlo zhi\n%s\nMasses\n\n1 %s\n\nAtoms%s\n\n1 1 "
                     "1 2 3\n%s\n\nVelocities\n\n1 0 0 0\n";
  const char *bad[][5] = {{"0 0 0 xy xz yz", "195.08", " # charge", "2 1 4 5 6", "style atomic"},
                          {"1 0 0 xy xz yz", "195.08", "", "2 1 4 5 6", "orthogonal"},
                          {"", "1000", "", "2 1 4 5 6", "mass of an element"},
                          {"", "195.08", "", "2 3 4 5 6", "line 16"},
                          {"", "195.08", "", "", "2 atoms, found 1"}};
  double     *position, cell[9];
  PetscInt    n;
  PetscBool   has_cell;

  snprintf(text, sizeof text, head, "0 0 0 xy xz yz", "195.08", "", "2 1 4 5 6");
  Write("d", text);
  AET_TEST_CALL(AetStructureRead(MPI_COMM_WORLD, TestPath("d", path, sizeof path), &n, &symbols, &position, cell, &has_cell));
  AET_TEST(n == 2 && !strcmp(symbols[1], "Pt") && position[5] == 6 && cell[4] == 8);
  AET_TEST_CALL(PetscFree(symbols));
  AET_TEST_CALL(PetscFree(position));
  for (int b = 0; b < 5; b++) {
    PetscErrorCode code;
    snprintf(text, sizeof text, head, bad[b][0], bad[b][1], bad[b][2], bad[b][3]);
    Write("d", text);
    code = AetStructureRead(MPI_COMM_WORLD, path, &n, &symbols, &position, cell, &has_cell);
    AET_TEST(AetErrorIsUser(code) && strstr(AetErrorMessage(), bad[b][4]));
    AetErrorClear();
  }
}

static void TestDamage(void)
{
  const char *atoms = "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n";
  char        text[4096];

  snprintf(text, sizeof text, "%s%sFe 0 0\n", cif_head, atoms);
  Damaged("short.cif", text, AET_ERR_READ, "expected 4 values");
  snprintf(text, sizeof text, "%s%sFe 0 0 zero\n", cif_head, atoms);
  Damaged("word.cif", text, AET_ERR_DATA, "expected a coordinate");
  snprintf(text, sizeof text, "%s%sXx 0 0 0\n", cif_head, atoms);
  Damaged("element.cif", text, AET_ERR_DATA, "expected an element");
  snprintf(text, sizeof text, "%s'-x, -y, -z'\n%sFe 0 0 0\n", cif_head, atoms);
  Damaged("symmetry.cif", text, AET_ERR_DATA, "2 symmetry operations");
  snprintf(text, sizeof text, "data_a\n_space_group_name_H-M_alt 'F m -3 m'\n%sFe 0 0 0\n", atoms);
  Damaged("group.cif", text, AET_ERR_DATA, "space group P1");
  snprintf(text, sizeof text, "data_a\n%sFe 0 0 0\n", atoms);
  Damaged("cell.cif", text, AET_ERR_DATA, "_cell_length_a");
  snprintf(text, sizeof text, "%sloop_\n", cif_head);
  Damaged("empty.cif", text, AET_ERR_DATA, "names of columns");
  Damaged("none.cif", cif_head, AET_ERR_DATA, "found no atoms");
  Damaged("few.vasp", "r\n1\n4 0 0\n0 4 0\n0 0 4\nFe\n2\nDirect\n0 0 0\n", AET_ERR_READ, "expected 2 atoms of Fe, found 1");
  Damaged("old.vasp", "r\n1\n4 0 0\n0 4 0\n0 0 4\n2\nDirect\n0 0 0\n", AET_ERR_DATA, "element symbols");
  Damaged("flat.vasp", "r\n1\n4 0 0\n0 4 0\n4 4 0\nFe\n1\nDirect\n0 0 0\n", AET_ERR_DATA, "span a volume");
  Damaged("mode.vasp", "r\n1\n4 0 0\n0 4 0\n0 0 4\nFe\n1\n0 0 0\n", AET_ERR_DATA, "Direct or Cartesian");
  Damaged("counts.vasp", "r\n1\n4 0 0\n0 4 0\n0 0 4\nFe Pt\n1\nDirect\n0 0 0\n", AET_ERR_DATA, "expected 2 numbers");
  Damaged("number.vasp", "r\n1\n4 0 0\n0 4 0\n0 0 4\nFe\n1\nDirect\n0 0 nan\n", AET_ERR_DATA, "three numbers");
  Damaged("end.vasp", "r\n1\n4 0 0\n0 4 0\n0 0 4\nFe\n", AET_ERR_READ, "end of the file");
}

/* Good files with a byte changed or cut: an error or atoms, never anything else. */
static void TestMutation(void)
{
  const char *names[3] = {"good.cif", "POSCAR", "m.lmp"};

  for (int f = 0; f < 3; f++) {
    char   path[300];
    size_t count;
    char  *bytes = ReadBytes(TestPath(names[f], path, sizeof path), &count);

    for (uint64_t m = 0; m < 150 && bytes; m++) {
      const size_t   at = (size_t)((double)count * AetRandomUniform(1, (uint64_t)f, m));
      const char     was = bytes[at], to = (char)(256 * AetRandomUniform(2, (uint64_t)f, m));
      const size_t   length = m % 3 ? count : at + 1;
      PetscErrorCode code;
      char(*symbols)[8];
      double   *position, cell[9];
      PetscInt  n;
      PetscBool has_cell;

      bytes[at] = to;
      WriteBytes("mutant", bytes, length);
      bytes[at] = was;
      code = AetStructureRead(MPI_COMM_WORLD, TestPath("mutant", path, sizeof path), &n, &symbols, &position, cell, &has_cell);
      AET_TEST(code == 0 || AetErrorIsUser(code) || code == AET_ERR_DATA || code == AET_ERR_READ);
      AetErrorClear();
      if (code) continue;
      AET_TEST_CALL(PetscFree(symbols));
      AET_TEST_CALL(PetscFree(position));
    }
    free(bytes);
  }
  TestFolderRemove();
}

AET_TEST_MAIN("structure", {"CIF", TestCif}, {"POSCAR", TestPoscar}, {"XYZ", TestXyz}, {"written", TestWritten}, {"LAMMPS", TestLammps},
              {"damage", TestDamage}, {"mutation", TestMutation})
