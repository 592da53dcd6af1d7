/* A distortion in a file of its own. */
#include "tilt/tilt_private.h"
#include <math.h>
#include <string.h>

static const char *const aet_monomials[AET_DISTORTION_TERMS] = {"x", "y", "xx", "xy", "yy", "xxx", "xxy", "xyy", "yyy"};

/* A number of the file, and where it lives in memory. */
typedef struct {
  char    key[32];
  double *value;
} Entry;

enum { ENTRIES = 2 * AET_DISTORTION_TERMS + 4 + 2 + 3 + 1 };

static void Add(Entry *entry, int *count, const char *key, double *value)
{
  snprintf(entry[*count].key, sizeof entry[*count].key, "%s", key);
  entry[*count].value = value;
  ++*count;
}

static void List(AetDistortion *distortion, Entry entry[ENTRIES])
{
  static const char *const lattice[3] = {"lattice_a_angstrom", "lattice_b_angstrom", "lattice_gamma_deg"};
  int                      count = 0;
  char                     key[32];

  for (int a = 0; a < 2; a++)
    for (int t = 0; t < AET_DISTORTION_TERMS; t++) {
      snprintf(key, sizeof key, "%c_%s", "xy"[a], aet_monomials[t]);
      Add(entry, &count, key, &distortion->term[a][t]);
    }
  for (int i = 0; i < 4; i++) {
    snprintf(key, sizeof key, "sd_%c_%c", "xy"[i / 2], "xy"[i % 2]);
    Add(entry, &count, key, &distortion->sd[i / 2][i % 2]);
  }
  Add(entry, &count, "pixel_angstrom", &distortion->pixel_angstrom);
  Add(entry, &count, "true_pixel_angstrom", &distortion->true_pixel_angstrom);
  for (int i = 0; i < 3; i++) Add(entry, &count, lattice[i], &distortion->lattice[i]);
  Add(entry, &count, "residual", &distortion->residual);
}

PetscErrorCode AetDistortionPut(AetFile file, const AetDistortion *distortion)
{
  AetDistortion copy = *distortion;
  Entry         entry[ENTRIES];

  PetscFunctionBegin;
  List(&copy, entry);
  for (int i = 0; i < ENTRIES; i++) PetscCall(AetFileWriteNumber(file, "distortion", entry[i].key, *entry[i].value));
  PetscCall(AetFileWriteNumber(file, "distortion", "cubic", distortion->cubic ? 1 : 0));
  PetscCall(AetFileWriteNumber(file, "distortion", "cells", (double)distortion->cells));
  PetscCall(AetFileWriteNumber(file, "distortion", "created", (double)distortion->created));
  PetscCall(AetFileWriteText(file, "distortion", "source", distortion->source));
  PetscCall(AetFileWriteText(file, "distortion", "note", distortion->note));
  PetscCall(AetFileWriteText(file, "distortion", "meaning",
                             "place on the object of pixel (x, y), both in pixels from pixel floor(n/2): sums of these terms"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDistortionGet(AetFile file, const char *path, AetDistortion *distortion)
{
  Entry     entry[ENTRIES];
  double    cubic, cells, created;
  PetscBool found;

  PetscFunctionBegin;
  List(distortion, entry);
  for (int i = 0; i < ENTRIES; i++) {
    PetscCall(AetFileReadNumber(file, "distortion", entry[i].key, entry[i].value, NULL));
    AetCheck(isfinite(*entry[i].value), AET_ERR_DATA, "%s: expected a finite number for distortion/%s, found %g", path, entry[i].key,
             *entry[i].value);
  }
  PetscCall(AetFileReadNumber(file, "distortion", "cubic", &cubic, NULL));
  PetscCall(AetFileReadNumber(file, "distortion", "cells", &cells, NULL));
  PetscCall(AetFileReadNumber(file, "distortion", "created", &created, NULL));
  PetscCall(AetFileReadText(file, "distortion", "source", distortion->source, sizeof distortion->source, &found));
  PetscCall(AetFileReadText(file, "distortion", "note", distortion->note, sizeof distortion->note, &found));
  distortion->given = PETSC_TRUE, distortion->cubic = (PetscBool)(cubic != 0);
  distortion->cells = (ptrdiff_t)cells, distortion->created = (int64_t)created;
  AetCheck(distortion->pixel_angstrom > 0 && distortion->true_pixel_angstrom > 0 &&
               distortion->term[0][0] * distortion->term[1][1] - distortion->term[0][1] * distortion->term[1][0] > 0.1,
           AET_ERR_DATA, "%s: expected a distortion near the identity and its pixel, found a determinant of %g and a pixel of %g Å", path,
           distortion->term[0][0] * distortion->term[1][1] - distortion->term[0][1] * distortion->term[1][0], distortion->pixel_angstrom);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDistortionWrite(MPI_Comm comm, const AetDistortion *distortion, const char *path)
{
  AetFile        file;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetFileCreate(comm, path, &file));
  code = AetDistortionPut(file, distortion);
  if (code)
    PetscCall(AetFileDestroy(&file));
  else
    code = AetFileClose(&file);
  PetscFunctionReturn(code);
}

PetscErrorCode AetDistortionRead(MPI_Comm comm, const char *path, AetDistortion *distortion)
{
  AetFile        file;
  PetscErrorCode code;

  PetscFunctionBegin;
  AetDistortionIdentity(1, distortion);
  PetscCall(AetFileOpen(comm, path, &file));
  code = AetDistortionGet(file, path, distortion);
  PetscCall(AetFileDestroy(&file));
  if (code) AetDistortionIdentity(1, distortion);
  PetscFunctionReturn(code);
}
