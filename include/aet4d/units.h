/** \file units.h  Units, rotations and the tilt geometry. Plain C: no MPI, no errors but those said.

    Geometry (one convention everywhere). A row of angles is (phi, theta, psi) in degrees; M = Rz(phi) Ry(theta) Rx(psi), right-handed and
    active; R = transpose(M). An atom at r (Å from voxel floor(N/2) of the volume) is seen at
        u = (R r)_x / pixel + floor(Nx/2),   v = (R r)_y / pixel + floor(Ny/2)      (0-based column and row),
    and the projection is the sum over (R r)_z. The tilt axis is y, the beam z. */
#ifndef AET4D_UNITS_H
#define AET4D_UNITS_H

#include <aet4d/base.h>

#define AET_DEG (0.017453292519943295) /* radian per degree */
#define AET_PM_PER_ANGSTROM 100.0

typedef enum { AET_ANGLES_ZYX, AET_ANGLES_ZYZ } AetAngleConvention; /* Rz Ry Rx (default) or GENFIRE's older Rz Ry Rz */

/** R (row-major 3×3) of a row of angles in degrees. */
AET_EXTERN void AetRotationFromAngles(AetAngleConvention convention, const double angles_deg[3], double R[9]);
/** Angles (phi, theta, psi) in degrees of R in the zyx convention, theta in [-90, 90]. */
AET_EXTERN void AetAnglesFromRotation(const double R[9], double angles_deg[3]);
/** y = R x. */
AET_EXTERN void AetRotate(const double R[9], const double x[3], double y[3]);
/** Index of the voxel or pixel that is the origin of an axis of n: floor(n/2). */
AET_EXTERN ptrdiff_t AetOrigin(ptrdiff_t n);
/** Atomic number of an element symbol, 0 if there is none; and the symbol of Z (NULL outside 1 … 103). */
AET_EXTERN int         AetAtomicNumber(const char *symbol);
AET_EXTERN const char *AetElementSymbol(int Z);
/** Standard atomic weight (IUPAC, abridged; of elements without one, the mass number of the longest-lived isotope); 0 outside 1 … 103. */
AET_EXTERN double AetAtomicMass(int Z);
/** Scattering factor for electrons, first Born approximation, of a neutral atom of number Z at q = 1/d in 1/Å; in Å. 0 outside 1 … 103.
    Kirkland, Advanced Computing in Electron Microscopy, 2nd ed., appendix C. */
AET_EXTERN double AetElectronScatteringFactor(int Z, double q);

#endif
