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
    printf("Gaussian %.2f Å: r.m.s. error %.2e, largest %.2e, mean %.1e of %d atoms inside; by bonds alone %.1e\n", sigma[k], r.rms,
           r.worst, r.bias, r.atoms, r.bonds);
    printf("  over the stated one %.2f %.2f %.2f %.2f %.2f %.2f\n", r.ratio[0], r.ratio[1], r.ratio[2], r.ratio[3], r.ratio[4], r.ratio[5]);
    AET_TEST(r.rms < (k ? 1e-3 : 1.5e-3) && r.worst < 8e-3 && r.atoms > 5000);
    for (int c = 0; c < 6; c++) AET_TEST_CLOSE(r.ratio[c], 1, 0.3);
  }
}

/* A time of the series in the frame of the particle, with noise, and atoms lost; `site` of the model's atoms. */
static AetAtoms TimeModel(const AetSpecimenSeries *series, int time, int *site)
{
  const AetSpecimen *p = &series->specimen[time];
  const double      *R = series->rotation[time], *shift = series->shift[time];
  const uint64_t     seed = (uint64_t)time + 5;
  double            *x = malloc(3 * (size_t)p->count * sizeof *x);
  PetscInt           kept = 0;
  AetAtoms           atoms;

  for (PetscInt i = 0; i < p->count; i++) {
    double y[3];
    if (AetRandomUniform(seed, 101, (uint64_t)i) < 0.01) continue;
    for (int a = 0; a < 3; a++)
      y[a] = p->position[3 * i + a] - shift[a] + 0.2 / sqrt(3) * AetRandomNormal(seed, 102, (uint64_t)(3 * i + a));
    for (int a = 0; a < 3; a++) x[3 * kept + a] = R[a] * y[0] + R[3 + a] * y[1] + R[6 + a] * y[2];
    site[kept++] = p->site[i];
  }
  atoms = TestAtoms(kept, x);
  free(x);
  return atoms;
}

/* Three annealing times: where two of them hold an atom on one site of the particle, its index is the same. */
static void TestSeries(void)
{
  static const char *const option[][2] = {{"-simulate_diameter_angstrom", "86.3"}, {"-simulate_lattice_angstrom", "3.87"},
                                          {"-simulate_composition", "0.4"},        {"-simulate_series_labels", "9min,16min,26min"},
                                          {"-simulate_series_minutes", "9,16,26"}, {"-simulate_series_core_fraction", "0.2"}};
  enum { SITES = 200000 };
  static int         index[SITES][3], known[SITES], site[SITES];
  AetLatticeSettings settings;
  AetSpecimenSeries  series;
  AetLattice         first = NULL;

  AET_TEST_CALL(PetscOptionsClear(NULL));
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateSeriesOptions));
  for (size_t k = 0; k < sizeof option / sizeof *option; k++) AET_TEST_CALL(PetscOptionsSetValue(NULL, option[k][0], option[k][1]));
  AET_TEST_CALL(AetSpecimenSeriesFromOptions(&series));
  AetLatticeDefaults(&settings);
  for (int t = 0; t < series.times; t++) {
    AetAtoms      atoms = TimeModel(&series, t, site);
    AetLattice    l;
    AetNeighbours neighbours;
    int           same = 0, other = 0;
    AET_TEST_CALL(AetNeighboursCreate(atoms, 3.4, &neighbours));
    if (t)
      AET_TEST_CALL(AetLatticeCreateLike(neighbours, first, &settings, &l));
    else
      AET_TEST_CALL(AetLatticeCreate(neighbours, &settings, &l));
    for (PetscInt i = 0; i < l->total; i++) {
      const int at = site[i] < SITES ? site[i] : 0;
      if (l->grain[i] != 0) continue;
      if (!t)
        memcpy(index[at], l->index[i], sizeof index[at]), known[at] = 1;
      else if (known[at])
        *(memcmp(index[at], l->index[i], sizeof index[at]) ? &other : &same) += 1;
    }
    AET_TEST(l->grains == 1 && l->sites[0] > 0.99 * l->total && other == 0 && (t == 0 || same > 20000));
    AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
    if (t)
      AET_TEST_CALL(AetLatticeDestroy(&l));
    else
      first = l;
  }
  AET_TEST_CALL(AetLatticeDestroy(&first));
  AetSpecimenSeriesDestroy(&series);
}

AET_TEST_MAIN("lattice and strain, large", {"indexed", TestIndexed}, {"series", TestSeries}, {"strain of a planted field", TestFigure})
