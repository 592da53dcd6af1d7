/* TIFF stacks of float pages, written by rank 0; ImageJ's way of saying the pixel size. */
#include "io/io_private.h"
#include "io/tiff_private.h"
#include <unistd.h>

typedef struct {
  const char *path;
  TIFF       *tiff;
  ptrdiff_t   n[3];
  double      pixel_angstrom;
} Writer;

static int DescribePage(const Writer *writer, ptrdiff_t plane)
{
  TIFF *tiff = writer->tiff;
  char  text[200];
  int   good = 1;

  good &= TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)writer->n[2]);
  good &= TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)writer->n[1]);
  good &= TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 32);
  good &= TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  good &= TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
  good &= TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  good &= TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  good &= TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  good &= TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, (uint32_t)writer->n[1]);
  if (plane || writer->pixel_angstrom <= 0) return good;
  snprintf(text, sizeof text, "ImageJ=1.53t\nimages=%td\nslices=%td\nunit=angstrom\nspacing=%.9g\nloop=false\n", writer->n[0], writer->n[0],
           writer->pixel_angstrom);
  good &= TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, text);
  good &= TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_NONE);
  good &= TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 1 / writer->pixel_angstrom);
  good &= TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 1 / writer->pixel_angstrom);
  return good;
}

static PetscErrorCode WritePlane(void *context, ptrdiff_t plane, const float *values)
{
  Writer        *writer = context;
  const tmsize_t bytes = (tmsize_t)(writer->n[1] * writer->n[2] * (ptrdiff_t)sizeof *values);
  int            good;

  PetscFunctionBegin;
  AetTiffQuiet();
  good = DescribePage(writer, plane) && TIFFWriteEncodedStrip(writer->tiff, 0, (void *)(uintptr_t)values, bytes) == bytes &&
         TIFFWriteDirectory(writer->tiff);
  AetTiffLoud();
  AetCheck(good, AET_ERR_WRITE, "%s: page %td cannot be written: %s", writer->path, plane, AetTiffWhy());
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode StartFile(Writer *writer, const char *temporary)
{
  const double bytes = (double)writer->n[0] * (double)writer->n[1] * (double)writer->n[2] * 4;

  PetscFunctionBegin;
  AetTiffQuiet();
  writer->tiff = TIFFOpen(temporary, bytes > 3.5e9 ? "w8" : "w"); /* BigTIFF where offsets pass 32 bits */
  AetTiffLoud();
  AetCheck(writer->tiff, AET_ERR_WRITE, "%s: cannot be written: %s", writer->path, AetTiffWhy());
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void CloseTiff(Writer *writer)
{
  AetTiffQuiet();
  if (writer->tiff) TIFFClose(writer->tiff);
  writer->tiff = NULL;
  AetTiffLoud();
}

PetscErrorCode AetTiffWrite(MPI_Comm comm, const char *path, const ptrdiff_t n[3], double pixel_angstrom, const float *data)
{
  Writer         writer = {path, NULL, {n[0], n[1], n[2]}, pixel_angstrom};
  char           temporary[PETSC_MAX_PATH_LEN];
  PetscMPIInt    rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(AetTemporaryName(comm, path, temporary, sizeof temporary));
  if (rank == 0) code = StartFile(&writer, temporary);
  code = AetAgree(comm, code);
  if (!code) code = AetPlanesVisit(comm, n, data, WritePlane, &writer);
  CloseTiff(&writer);
  if (!code && rank == 0) code = AetFileCommit(temporary, path);
  if (code && rank == 0) unlink(temporary);
  PetscCall(AetAgree(comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}
