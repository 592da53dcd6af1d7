/* info: what files hold. */
#include "app.h"
#include <string.h>

static PetscBool IsMatlab(AetFormat format)
{
  return (PetscBool)(format == AET_FORMAT_MAT5 || format == AET_FORMAT_MAT73);
}

/* "46 × 77 × 401", slowest first. */
static void Sizes(const AetArrayInfo *info, PetscBool reversed, char *text, size_t size)
{
  size_t used = 0;

  text[0] = 0;
  for (int a = 0; a < info->rank && a < 4 && used < size; a++)
    used += (size_t)snprintf(text + used, size - used, "%s%td", a ? " x " : "", info->n[reversed ? info->rank - 1 - a : a]);
}

static void PrintArray(const AetArrayInfo *info, AetFormat format)
{
  char sizes[120], matlab[120];

  Sizes(info, PETSC_FALSE, sizes, sizeof sizes);
  Sizes(info, PETSC_TRUE, matlab, sizeof matlab);
  printf("  %-24s %-20s %s", info->name[0] ? info->name : "(data)", info->rank > 4 ? "more than 4 axes" : sizes, info->type);
  if (IsMatlab(format) && info->rank <= 4) printf("  (MATLAB %s)", matlab);
  if (info->pixel_angstrom > 0) printf("  pixel %.6g Å", info->pixel_angstrom);
  printf("\n");
}

/* One line of a stored run: "made by aet4d 0.1.0 (abc123)". Collective. */
static PetscErrorCode PrintProvenance(MPI_Comm comm, const char *path)
{
  static const char *const keys[3] = {"version", "commit", "command"};
  char                     text[3][1024] = {"", "", ""};
  PetscBool                found[3];
  AetFile                  file;
  PetscMPIInt              rank;

  PetscFunctionBegin;
  PetscCall(AetFileOpen(comm, path, &file));
  for (int k = 0; k < 3; k++) PetscCall(AetFileReadText(file, "provenance/program", keys[k], text[k], sizeof text[k], &found[k]));
  PetscCall(AetFileClose(&file));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0 && found[0]) printf("  made by aet4d %s (%s)%s%s\n", text[0], text[1], text[2][0] ? ": " : "", text[2]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The axes of an EMD group `data`: what each counts, its unit. Collective. */
static PetscErrorCode PrintAxes(MPI_Comm comm, const char *path, const char *data, int axes)
{
  char           axis[320], name[64] = "", unit[64] = "";
  PetscBool      named, has_unit;
  AetFile        file;
  PetscMPIInt    rank;
  const size_t   stem = strlen(data) - strlen("data");
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(AetFileOpen(comm, path, &file));
  for (int a = 0; a < axes && !code; a++) {
    snprintf(axis, sizeof axis, "%.*sdim%d", (int)stem, data, a + 1);
    code = AetFileReadText(file, axis, "name", name, sizeof name, &named);
    if (!code) code = AetFileReadText(file, axis, "units", unit, sizeof unit, &has_unit);
    if (!code && rank == 0 && (named || has_unit))
      printf("%s%s%s%s", a ? ", " : "    axes ", named ? name : "?", has_unit && unit[0] ? " in " : "", has_unit ? unit : "");
  }
  if (rank == 0) printf("\n");
  PetscCall(AetFileClose(&file));
  PetscFunctionReturn(code);
}

/* Atoms by species, of any file of atoms. Collective. */
static PetscErrorCode PrintAtoms(MPI_Comm comm, const char *path)
{
  AetAtoms    atoms;
  PetscInt    counts[AET_SPECIES_MAX + 1] = {0}, all[AET_SPECIES_MAX + 1];
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCall(AetAtomsRead(comm, path, &atoms));
  for (PetscInt i = 0; i < atoms->count; i++) counts[atoms->species[i] < 0 ? AET_SPECIES_MAX : atoms->species[i]]++;
  PetscCallMPI(MPI_Allreduce(counts, all, AET_SPECIES_MAX + 1, MPIU_INT, MPI_SUM, comm));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) {
    printf("  %d atoms:", (int)atoms->total);
    for (int s = 0; s < atoms->species_count; s++) printf(" %s %d", atoms->symbol[s], (int)all[s]);
    if (all[AET_SPECIES_MAX]) printf(" unnamed %d", (int)all[AET_SPECIES_MAX]);
    printf("\n");
  }
  PetscCall(AetAtomsDestroy(&atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintFile(MPI_Comm comm, const char *path)
{
  AetFormat     format;
  AetArrayInfo *arrays;
  int           count;
  PetscBool     atoms, hdf5;
  PetscMPIInt   rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(AetFileInspect(comm, path, &format, &count, &arrays));
  if (rank == 0) printf("%s: %s\n", path, AetFormatName(format));
  atoms = (PetscBool)(format == AET_FORMAT_XYZ);
  hdf5 = (PetscBool)(format == AET_FORMAT_EMD || format == AET_FORMAT_HDF5);
  for (int i = 0; i < count; i++) {
    const char *name = arrays[i].name, *slash = strrchr(name, '/');
    if (!strcmp(name, "atoms/position")) atoms = PETSC_TRUE;
    if (strncmp(slash ? slash + 1 : name, "dim", 3) && rank == 0) PrintArray(&arrays[i], format);
    if (format == AET_FORMAT_EMD && slash && !strcmp(slash, "/data") && arrays[i].rank <= 4)
      PetscCall(PrintAxes(comm, path, name, arrays[i].rank));
  }
  PetscCall(PetscFree(arrays));
  if (atoms) PetscCall(PrintAtoms(comm, path));
  if (hdf5) PetscCall(PrintProvenance(comm, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCommandInfo(int count, char **files)
{
  PetscFunctionBegin;
  for (int i = 0; i < count; i++) PetscCall(PrintFile(MPI_COMM_WORLD, files[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
