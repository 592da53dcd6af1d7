/* Pictures of a result. */
#ifndef AET_APP_PICTURE_H
#define AET_APP_PICTURE_H

#include <aet4d/aet4d.h>

/* Three central slices of the volume with the atoms within 0.8 Å of each as rings in the colour of their species. Collective. */
PetscErrorCode AetPictureSlices(AetVolume volume, AetAtoms atoms, const char *path);
/* The atoms as shaded spheres, seen along the view angles_deg (phi, theta, psi), `width` pixels wide. Collective. */
PetscErrorCode AetPictureAtoms(AetAtoms atoms, const double angles_deg[3], int width, const char *path);
/* An 8-bit RGB picture [ny][nx][3] as PNG (temporary + rename). Call on one rank. */
PetscErrorCode AetPngWrite(const char *path, ptrdiff_t ny, ptrdiff_t nx, const unsigned char *rgb);
/* Colour of a species in linear light. */
const float *AetSpeciesColour(int species);

#endif
