/* Volumes from any format, and as EMD with an XDMF beside it. */
#include "io/io_private.h"
#include <string.h>
#include <strings.h>

/* The text that WriteEmd left, if it did. */
static PetscErrorCode ReadProcessing(MPI_Comm comm, const AetLocated *located, AetVolume volume)
{
  AetFile        file;
  PetscBool      found;
  PetscErrorCode code;

  PetscFunctionBegin;
  if (located->format != AET_FORMAT_EMD || strncmp(located->info.name, "volume", 6)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetFileOpen(comm, located->path, &file));
  code = AetFileReadText(file, "volume", "processing", volume->processing, sizeof volume->processing, &found);
  PetscCall(AetFileDestroy(&file));
  PetscFunctionReturn(code);
}

PetscErrorCode AetVolumeRead(MPI_Comm comm, const char *file, AetVolume *volume)
{
  AetLocated     located;
  ptrdiff_t      n[3];
  PetscErrorCode code;

  PetscFunctionBegin;
  *volume = NULL;
  PetscCall(AetLocate(comm, file, PETSC_FALSE, &located));
  AetCheck(located.format != AET_FORMAT_XYZ, AET_ERR_DATA, "%s: expected a volume, found XYZ, which holds atoms", file);
  AetLocatedSizes(&located, n);
  PetscCall(AetVolumeCreate(comm, n, located.info.pixel_angstrom, volume));
  code = AetLocatedRead(comm, &located, (*volume)->data);
  if (!code) code = ReadProcessing(comm, &located, *volume);
  if (code) PetscCall(AetVolumeDestroy(volume));
  PetscFunctionReturn(code);
}

PetscBool AetPathEndsIn(const char *path, const char *ending)
{
  const size_t length = strlen(path), tail = strlen(ending);

  return (PetscBool)(length > tail && !strcasecmp(path + length - tail, ending));
}

void AetPathWithEnding(const char *path, const char *ending, char *result, size_t size)
{
  const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
  const int   stem = dot && (!slash || dot > slash + 1) ? (int)(dot - path) : (int)strlen(path);

  snprintf(result, size, "%.*s%s", stem, path, ending);
}

static PetscErrorCode WriteEmd(AetVolume volume, const char *path)
{
  const PetscBool   known = (PetscBool)(volume->pixel_angstrom > 0);
  const char *const names[3] = {"z", "y", "x"}, *const unit = known ? "angstrom" : "voxel", *const units[3] = {unit, unit, unit};
  const double   step = known ? volume->pixel_angstrom : 1, steps[3] = {step, step, step};
  AetFile        file;
  char           xdmf[PETSC_MAX_PATH_LEN];
  PetscMPIInt    rank;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetFileCreate(volume->comm, path, &file));
  code = AetFileWriteArray(file, "volume", volume->n, names, units, steps, volume->data);
  if (!code) code = AetFileWriteNumber(file, "volume", "pixel_angstrom", volume->pixel_angstrom);
  if (!code && volume->processing[0]) code = AetFileWriteText(file, "volume", "processing", volume->processing);
  if (code) PetscCall(AetFileDestroy(&file));
  PetscCall(code);
  PetscCall(AetFileClose(&file));
  PetscCallMPI(MPI_Comm_rank(volume->comm, &rank));
  AetPathWithEnding(path, ".xdmf", xdmf, sizeof xdmf);
  if (rank == 0) code = AetXdmfWrite(xdmf, path, volume->n, step);
  PetscCall(AetAgree(volume->comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool EndsInOneOf(const char *path, const char *const *endings)
{
  for (; *endings; endings++)
    if (AetPathEndsIn(path, *endings)) return PETSC_TRUE;
  return PETSC_FALSE;
}

static const char *const aet_mrc_endings[] = {".mrc", ".mrcs", ".st", ".ali", ".rec", ".map", NULL}, *const aet_tiff_endings[] = {
                                                                                                         ".tif", ".tiff", NULL};

PetscErrorCode AetArrayWrite(MPI_Comm comm, const char *path, const ptrdiff_t n[3], double pixel_angstrom, PetscBool stack,
                             const float *data)
{
  const PetscBool mrc = EndsInOneOf(path, aet_mrc_endings);

  PetscFunctionBegin;
  AetCheck(mrc || EndsInOneOf(path, aet_tiff_endings), AET_ERR_INPUT, "%s: expected a name that ends in .mrc or .tif", path);
  PetscCall(AetEventBegin(AET_EVENT_WRITE));
  if (mrc)
    PetscCall(AetMrcWrite(comm, path, n, pixel_angstrom, stack, data));
  else
    PetscCall(AetTiffWrite(comm, path, n, pixel_angstrom, data));
  PetscCall(AetEventEnd(AET_EVENT_WRITE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetVolumeWrite(AetVolume volume, const char *path)
{
  PetscFunctionBegin;
  if (EndsInOneOf(path, aet_mrc_endings) || EndsInOneOf(path, aet_tiff_endings)) {
    PetscCall(AetArrayWrite(volume->comm, path, volume->n, volume->pixel_angstrom, PETSC_FALSE, volume->data));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  AetCheck(AetPathEndsIn(path, ".h5") || AetPathEndsIn(path, ".hdf5") || AetPathEndsIn(path, ".emd"), AET_ERR_INPUT,
           "%s: expected a name that ends in .h5, .emd, .mrc or .tif for a volume", path);
  PetscCall(WriteEmd(volume, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}
