/* Rotations as unit quaternions (w, x, y, z), groups of them, and what is left of a rotation modulo a group. */
#ifndef AET_STRUCTURE_KERNEL_QUATERNION_H
#define AET_STRUCTURE_KERNEL_QUATERNION_H

enum { AET_ROTATIONS_MAX = 60 };

/* The rotations of a body: closed under multiplication, the identity first. */
typedef struct {
  int    count;
  double q[AET_ROTATIONS_MAX][4];
} AetRotationGroup;

/* c = a b: first b, then a. c may be a or b. */
void AetQuaternionMultiply(const double a[4], const double b[4], double c[4]);
/* y = q x q*, the point x turned. */
void AetQuaternionRotate(const double q[4], const double x[3], double y[3]);
/* Row-major matrix of q. */
void AetQuaternionMatrix(const double q[4], double matrix[9]);
/* The group that two rotations make; nonzero if it has more than AET_ROTATIONS_MAX. */
int AetRotationGroupMake(const double a[4], const double b[4], AetRotationGroup *group);
/* 24 rotations of a cube with edges along the axes; 12 of a hexagonal prism along z with an edge along x; 60 of an icosahedron with twofold
   axes along x, y, z and fivefold ones along (0, 1, golden ratio) and its cyclic turns. */
void AetRotationGroupCubic(AetRotationGroup *group);
void AetRotationGroupHexagonal(AetRotationGroup *group);
void AetRotationGroupIcosahedral(AetRotationGroup *group);
/* q becomes the q g of least angle, g in the group, with w ≥ 0: among equivalent orientations the one nearest to the identity. */
void AetQuaternionReduce(const AetRotationGroup *group, double q[4]);
/* Least angle in radians of a rotation from orientation a to an equivalent of b. `relative` (may be NULL): that rotation in the frame of
   the crystal of a, (a g)* b with w ≥ 0; a and b take crystal to laboratory. */
double AetDisorientation(const AetRotationGroup *group, const double a[4], const double b[4], double relative[4]);
/* Largest eigenvector of the symmetric n×n matrix `m` (destroyed), n ≤ 4, and its eigenvalue, by Jacobi rotations. */
double AetEigenLargest(int n, double *m, double *vector);
/* The rotation that takes Σ_k (q w_k)·v_k to its largest value, of the correlation m[3 i + j] = Σ_k w_k[i] v_k[j]; returns that value
   (Horn, J. Opt. Soc. Am. A 4 (1987) 629). */
double AetQuaternionFit(const double m[9], double q[4]);

#endif
