/* Means of orientations and the rotation between two. */
#ifndef AET_STRUCTURE_KERNEL_MISORIENTATION_H
#define AET_STRUCTURE_KERNEL_MISORIENTATION_H

#include "structure/kernel/quaternion.h"

/* Adds q, taken by the group as near to `reference` as it can be, to the sum of q qᵀ [16] (Markley et al., J. Guid. Control Dyn. 30 (2007)
   1193). */
void AetOrientationAdd(const AetRotationGroup *group, const double reference[4], const double q[4], double sum[16]);
/* Mean of what was added: the largest eigenvector, reduced by the group. */
void AetOrientationMean(const AetRotationGroup *group, const double sum[16], double q[4]);
/* Angle in radians of the rotation from a to b from the nearest one by 60° about <111>; the group is the cubic one. */
double AetSigmaThree(const AetRotationGroup *cubic, const double a[4], const double b[4]);
/* Axis of the least rotation from a to b: unit, in the frame of the model, and along the axes of the crystal of a, without signs, largest
   first. Zeros where the angle, which is returned (radians), is less than `least`. */
double AetMisorientation(const AetRotationGroup *group, const double a[4], const double b[4], double least, double axis[3],
                         double crystal[3]);

#endif
