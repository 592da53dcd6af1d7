/* A Fourier shell correlation as a table of text. */
#include "curve.h"

enum { LINE = 80 };

PetscErrorCode AetCurveWrite(const AetResolution *resolution, const char *path)
{
  const size_t   size = (size_t)(resolution->shells + 1) * LINE;
  PetscErrorCode code;
  size_t         used;
  char          *text;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &text));
  used = (size_t)snprintf(text, size, "frequency_per_angstrom,fsc,half_bit\n");
  for (int s = 0; s < resolution->shells; s++)
    used += (size_t)snprintf(text + used, size - used, "%.9g,%.9g,%.9g\n", resolution->frequency[s], resolution->fsc[s],
                             resolution->half_bit[s]);
  code = AetTextWrite(path, text, used);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}
