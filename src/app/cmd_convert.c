/* convert: a file of one format to another, chosen by the ending of its name. Arrays keep their pixel size, atoms their species. */
#include "app.h"
#include "convert_atoms.h"
#include <string.h>
#include <strings.h>

typedef enum { KIND_ARRAY, KIND_ATOMS, KIND_TILT } Kind;

static PetscBool EndsIn(const char *path, const char *ending)
{
  const size_t length = strlen(path), tail = strlen(ending);

  return (PetscBool)(length > tail && !strcasecmp(path + length - tail, ending));
}

static PetscBool IsHdf5Name(const char *path)
{
  return (PetscBool)(EndsIn(path, ".h5") || EndsIn(path, ".hdf5") || EndsIn(path, ".emd"));
}

/* What a file holds: aet4d's own atoms or tilt series, or some array. Collective. */
static PetscErrorCode KindOf(MPI_Comm comm, const char *file, Kind *kind)
{
  char          path[PETSC_MAX_PATH_LEN], name[256];
  AetFormat     format;
  AetArrayInfo *arrays;
  int           count;
  PetscBool     structure;

  PetscFunctionBegin;
  *kind = KIND_ARRAY;
  PetscCall(AetFileSplitName(file, path, sizeof path, name, sizeof name));
  PetscCall(AetStructureIs(comm, path, &structure));
  if (structure) {
    *kind = KIND_ATOMS;
    PetscCall(AetProvenanceAddInput(comm, path));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(AetFileInspect(comm, path, &format, &count, &arrays));
  PetscCall(AetProvenanceAddInput(comm, path));
  if (format == AET_FORMAT_XYZ) *kind = KIND_ATOMS;
  for (int i = 0; i < count && !name[0]; i++) {
    if (!strcmp(arrays[i].name, "atoms/position")) *kind = KIND_ATOMS;
    if (!strcmp(arrays[i].name, "views/theta") && format == AET_FORMAT_EMD) *kind = KIND_TILT;
  }
  PetscCall(PetscFree(arrays));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ConvertAtoms(MPI_Comm comm, const char *from, const char *to)
{
  AetAtoms       atoms;
  PetscErrorCode code;

  PetscFunctionBegin;
  AetCheck(EndsIn(to, ".xyz") || IsHdf5Name(to) || AetStructureWrites(to), AET_ERR_INPUT,
           "%s: expected a name that ends in .xyz, .h5, .vasp, .cif or .lmp, or POSCAR, for atoms", to);
  PetscCall(AetAtomsRead(comm, from, &atoms));
  code = AetConvertChoose(&atoms, from);
  if (!code)
    code = AetStructureWrites(to) ? AetConvertBoxed(atoms, to) : IsHdf5Name(to) ? AetAtomsWrite(atoms, to) : AetAtomsWriteXyz(atoms, to);
  PetscCall(AetAtomsDestroy(&atoms));
  PetscFunctionReturn(code);
}

/* The angles beside a stack: `.rawtlt`, theta alone where that is all there is, else three columns. Rank 0. */
static PetscErrorCode WriteAngles(AetTiltSeries tilt, const char *stack)
{
  char        path[PETSC_MAX_PATH_LEN], *text;
  const char *dot = strrchr(stack, '.');
  PetscBool   single = PETSC_TRUE;
  size_t      used = 0, room = (size_t)tilt->views * 64 + 1;

  PetscFunctionBegin;
  snprintf(path, sizeof path, "%.*s.rawtlt", (int)(dot - stack), stack);
  for (ptrdiff_t v = 0; v < tilt->views; v++) single = (PetscBool)(single && !tilt->angles_deg[v][0] && !tilt->angles_deg[v][2]);
  PetscCall(PetscMalloc1(room, &text));
  for (ptrdiff_t v = 0; v < tilt->views; v++)
    used += (size_t)(single ? snprintf(text + used, room - used, "%.9g\n", tilt->angles_deg[v][1])
                            : snprintf(text + used, room - used, "%.9g %.9g %.9g\n", tilt->angles_deg[v][0], tilt->angles_deg[v][1],
                                       tilt->angles_deg[v][2]));
  {
    const PetscErrorCode code = AetTextWrite(path, text, used);
    PetscCall(PetscFree(text));
    PetscFunctionReturn(code);
  }
}

static PetscErrorCode WriteTilt(AetTiltSeries tilt, const char *to)
{
  const ptrdiff_t n[3] = {tilt->views, tilt->ny, tilt->nx};
  PetscMPIInt     rank;
  PetscErrorCode  code = PETSC_SUCCESS;

  PetscFunctionBegin;
  if (IsHdf5Name(to)) {
    PetscCall(AetTiltSeriesWrite(tilt, to));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(AetArrayWrite(tilt->comm, to, n, tilt->pixel_angstrom, PETSC_TRUE, tilt->image));
  PetscCallMPI(MPI_Comm_rank(tilt->comm, &rank));
  if (rank == 0) code = WriteAngles(tilt, to);
  PetscCall(AetAgree(tilt->comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ConvertTilt(MPI_Comm comm, const char *from, const char *to)
{
  AetTiltSeries  tilt;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetTiltSeriesRead(comm, from, &tilt));
  code = WriteTilt(tilt, to);
  PetscCall(AetTiltSeriesDestroy(&tilt));
  PetscFunctionReturn(code);
}

static PetscErrorCode ConvertArray(MPI_Comm comm, const char *from, const char *to)
{
  AetVolume      volume;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetVolumeRead(comm, from, &volume));
  code = AetVolumeWrite(volume, to);
  PetscCall(AetVolumeDestroy(&volume));
  PetscFunctionReturn(code);
}

PetscErrorCode AetCommandConvert(int count, char **files)
{
  Kind kind;

  PetscFunctionBegin;
  AetCheck(count == 2, AET_ERR_INPUT, "convert: expected IN OUT, found %d files", count);
  PetscCall(KindOf(MPI_COMM_WORLD, files[0], &kind));
  /* a table of three columns becomes atoms where atoms are asked for */
  if (kind == KIND_ATOMS || EndsIn(files[1], ".xyz") || AetStructureWrites(files[1]))
    PetscCall(ConvertAtoms(MPI_COMM_WORLD, files[0], files[1]));
  else if (kind == KIND_TILT)
    PetscCall(ConvertTilt(MPI_COMM_WORLD, files[0], files[1]));
  else
    PetscCall(ConvertArray(MPI_COMM_WORLD, files[0], files[1]));
  PetscCall(AetReport(MPI_COMM_WORLD, "%s: written from %s\n", files[1], files[0]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
