/* A planted field of strain, measured with noise: the errors, and what is stated of them. */
#ifndef AET_TESTS_STRAIN_TEST_H
#define AET_TESTS_STRAIN_TEST_H

#include "lattice_test.h"

#define STRAINED "lattice_angstrom 3.87 strain_percent [1,0.5,-0.5,0.3,0,0.4] rotation_deg 13,29,41 "
#define GRADIENT "strain_gradient_percent_per_nm [0.2,0.1,-0.2] "

typedef struct {
  double rms, worst, bias, ratio[6]; /* over all components; r.m.s. error over stated standard deviation */
  double bonds;                      /* r.m.s. error of xx, yy, zz by the bonds alone */
  int    atoms;
} Errors;

/* Of the atoms whose Gaussian is filled to `density` or more. */
static inline Errors Compare(const Sample *s, AetStrain e, double density)
{
  Errors r = {0};

  for (PetscInt i = 0; i < s->count; i++) {
    if (e->density[i] < density) continue;
    r.atoms++;
    for (int c = 0; c < 3; c++) r.bonds += pow(e->deformation[i][4 * c] - 1 - s->specimen.strain[6 * s->from[i] + c], 2) / 3;
    for (int c = 0; c < 6; c++) {
      const double d = e->strain[i][c] - s->specimen.strain[6 * s->from[i] + c];
      r.rms += d * d / 6, r.worst = fmax(r.worst, fabs(d)), r.bias += d / 6;
      r.ratio[c] += d * d / (e->sigma[i][c] * e->sigma[i][c]);
    }
  }
  r.rms = sqrt(r.rms / r.atoms), r.bias /= r.atoms, r.bonds = sqrt(r.bonds / r.atoms);
  for (int c = 0; c < 6; c++) r.ratio[c] = sqrt(r.ratio[c] / r.atoms);
  return r;
}

/* One planted field with noise; `given`: the atoms carry their standard deviations. */
static inline Errors Noisy(const char *list, double sigma, uint64_t seed, double lost, double density, int given)
{
  Sample     s = SampleMake(list, seed, 0.2, lost);
  AetLattice l = SampleLatticeOf(&s, 3.87);
  AetStrain  e;
  Errors     r;

  for (PetscInt i = 0; given && i < 3 * s.atoms->count; i++) s.atoms->sigma[i] = 0.2 / sqrt(3);
  AET_TEST_CALL(AetStrainCreate(s.atoms, l, sigma, &e));
  r = Compare(&s, e, density);
  AET_TEST_CALL(AetStrainDestroy(&e));
  AET_TEST_CALL(AetLatticeDestroy(&l));
  SampleFree(&s);
  return r;
}

#endif
