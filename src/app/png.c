/* PNG files. */
#include "picture.h"
#include <errno.h>
#include <png.h>
#include <string.h>
#include <unistd.h>

PetscErrorCode AetPngWrite(const char *path, ptrdiff_t ny, ptrdiff_t nx, const unsigned char *rgb)
{
  char      temporary[PETSC_MAX_PATH_LEN];
  png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)nx, .height = (png_uint_32)ny, .format = PNG_FORMAT_RGB};

  PetscFunctionBegin;
  snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
  if (!png_image_write_to_file(&image, temporary, 0, rgb, 0, NULL)) {
    PetscErrorCode code = AetRaise(AET_ERR_WRITE, "%s: cannot be written: %s", path, image.message[0] ? image.message : strerror(errno));

    png_image_free(&image);
    unlink(temporary);
    PetscFunctionReturn(code);
  }
  PetscCall(AetFileCommit(temporary, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}
