/* Lattice and strain of 23,144 atoms. */
#include "strain_test.h"

/* The annealed particle: 20 pm of displacement, as much noise, 1 % lost; alone, strained in another orientation, and twinned. */
static void TestIndexed(void)
{
  static const char *const what[3] = {"rotation_deg 13,29,41", "rotation_deg -77,51,160 strain_percent [3,-2,4,1,0,2] vacancies 20",
                                      "rotation_deg 60,12,-33 twins [5]"};

  for (int k = 0; k < 3; k++) {
    char       list[300];
    Sample     s;
    AetLattice l;
    PetscInt   in = 0;
    double     begun;
    snprintf(list, sizeof list, "lattice_angstrom 3.87 diameter_angstrom 86.3 displacement_angstrom 0.2 %s", what[k]);
    s = SampleMake(list, 7, 0.2, 0.01);
    begun = MPI_Wtime();
    l = SampleLattice(&s, NULL);
    for (PetscInt g = 0; g < l->grains; g++) in += l->sites[g];
    printf("%s: %d of %d atoms in %d grains, %.2f s\n", what[k], (int)in, (int)s.count, (int)l->grains, MPI_Wtime() - begun);
    AET_TEST(l->grains == 1 + (k == 2) && (double)in > 0.99 * (double)s.count);
    AET_TEST_CALL(AetLatticeDestroy(&l));
    SampleFree(&s);
  }
}

/* The figure: 23,144 atoms. */
static void TestFigure(void)
{
  const double sigma[3] = {3.89, 4.4, 4.65};

  for (int k = 0; k < 3; k++) {
    const Errors r = Noisy(STRAINED GRADIENT "diameter_angstrom 86.3", sigma[k], 1, 0.01, 0.97, 0);
    printf("Gaussian %.2f Å: r.m.s. error %.2e, largest %.2e, mean %.1e of %d atoms inside; over the stated one %.2f %.2f %.2f %.2f %.2f "
           "%.2f\n",
           sigma[k], r.rms, r.worst, r.bias, r.atoms, r.ratio[0], r.ratio[1], r.ratio[2], r.ratio[3], r.ratio[4], r.ratio[5]);
    AET_TEST(r.rms < (k ? 1e-3 : 1.5e-3) && r.worst < 8e-3 && r.atoms > 5000);
    for (int c = 0; c < 6; c++) AET_TEST_CLOSE(r.ratio[c], 1, 0.3);
  }
}

AET_TEST_MAIN("lattice and strain, large", {"indexed", TestIndexed}, {"strain of a planted field", TestFigure})
