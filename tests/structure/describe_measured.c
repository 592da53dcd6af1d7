/* Radius and interface of the nuclei of a simulated annealing series, from its atoms as a measurement leaves them: 20 pm, 1 % of the
   species wrong, 1 % of the atoms lost. */
#include "structure_test.h"
#include <aet4d/simulate.h>
#include <math.h>

#define WIDTH 2.0

static double Away(const double *p, const double *q)
{
  return sqrt((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) + (p[2] - q[2]) * (p[2] - q[2]));
}

/* Positions and species (0, 1) of the atoms that are found; returns how many. */
static ptrdiff_t Measure(const AetSpecimen *s, uint64_t seed, double *position, int *species)
{
  ptrdiff_t count = 0;

  for (PetscInt i = 0; i < s->count; i++) {
    const uint64_t key = (uint64_t)s->id[i];
    if (AetRandomUniform(seed, 1, key) < 0.01) continue;
    for (int a = 0; a < 3; a++)
      position[3 * count + a] = s->position[3 * (ptrdiff_t)i + a] + 0.2 / sqrt(3) * AetRandomNormal(seed, (uint64_t)(2 + a), key);
    species[count++] = AetRandomUniform(seed, 5, key) < 0.01 ? 1 - s->species[i] : s->species[i];
  }
  return count;
}

/* The order of each nucleus' own template; PetscFree of *values. */
static const double **Rows(AetOrderPlan plan, const int *species, const int *phase, AetNuclei nuclei, double **values)
{
  const double **row = malloc(sizeof *row * (size_t)(nuclei->count + 1));

  AET_TEST_CALL(PetscMalloc1((size_t)(nuclei->count * nuclei->total) + 1, values));
  for (PetscInt k = 0; k < nuclei->count; k++) {
    double *here = *values + (ptrdiff_t)k * nuclei->total;
    AET_TEST_CALL(AetOrderEvaluate(plan, species, 1, &AetPhases[phase[nuclei->peak[k]]], here));
    for (PetscInt i = 0; i < nuclei->total; i++)
      if (phase[i] < 0) here[i] = NAN;
    row[k] = here;
  }
  return row;
}

/* Adds the nuclei of one time to sums[]: compared, squares of errors of r0 and w, the same over the variances told. */
static void Compare(const AetSpecimenSeries *series, int t, AetNuclei nuclei, const AetNucleusShape *shape, double sums[5])
{
  for (PetscInt n = 0; n < series->nuclei; n++) {
    const AetScriptedNucleus *planted = &series->nucleus[n];
    PetscInt                  k = 0;
    double                    radius, width;
    if (planted->time != t) continue;
    while (k < nuclei->count && Away(shape[k].core, planted->position) > 4) k++;
    if (k == nuclei->count || !shape[k].fitted || planted->radius < 8) continue; /* small ones: only their product is known */
    radius = shape[k].interface_radius - planted->radius, width = shape[k].interface_width - WIDTH;
    printf("time %d nucleus %2d of %4d sites: r0 %.2f, %.2f planted, told ±%.2f; w %.2f, %.2f planted, told ±%.2f; angle %.1f°\n", t + 1,
           planted->nucleus, (int)nuclei->sites[k], shape[k].interface_radius, planted->radius, shape[k].sigma_fit[1],
           shape[k].interface_width, WIDTH, shape[k].sigma_fit[2], shape[k].gradient_angle_deg);
    sums[0] += 1;
    sums[1] += radius * radius, sums[2] += width * width;
    sums[3] += radius * radius / (shape[k].sigma_fit[1] * shape[k].sigma_fit[1]);
    sums[4] += width * width / (shape[k].sigma_fit[2] * shape[k].sigma_fit[2]);
    AET_TEST(shape[k].gradient_angle_deg < 40);
  }
}

static void OneTime(const AetSpecimenSeries *series, int t, double sums[5])
{
  const AetSpecimen *s = &series->specimen[t];
  double *position = malloc(sizeof *position * 3 * (size_t)s->count), *order = malloc(sizeof *order * (size_t)s->count), cutoff, *values;
  int    *species = malloc(sizeof *species * (size_t)s->count), *phase = malloc(sizeof *phase * (size_t)s->count);
  const ptrdiff_t        count = Measure(s, (uint64_t)t, position, species);
  AetAtoms               atoms = TestAtoms(count, position);
  AetLatticeSettings     fit;
  AetNucleiSettings      settings;
  AetNucleiShapeSettings described;
  AetNeighbours          neighbours;
  AetLattice             lattice;
  AetOrderPlan           plan;
  AetNuclei              nuclei;
  AetNucleusShape       *shape;
  const double         **row;

  AET_TEST_CALL(AetFirstValley(atoms, &cutoff));
  AET_TEST_CALL(AetNeighboursCreate(atoms, cutoff, &neighbours));
  AetLatticeDefaults(&fit);
  AET_TEST_CALL(AetLatticeCreate(neighbours, &fit, &lattice));
  AET_TEST_CALL(AetOrderPlanCreateSites(lattice->total, lattice->grains, lattice->grain, (const int(*)[3])lattice->index,
                                        (const double(*)[9])lattice->cell, 3.87, &plan));
  AET_TEST_CALL(AetOrderBest(plan, species, AET_PHASES_ORDERED, AetPhases, order, phase));
  AetNucleiDefaults(&settings);
  settings.threshold = 0.3;
  AET_TEST_CALL(AetNucleiCreate(atoms, order, phase, &settings, &nuclei));
  row = Rows(plan, species, phase, nuclei, &values);
  AetNucleiShapeDefaults(&described);
  described.smoothing_angstrom = 3.87;
  described.atom_volume_angstrom3 = 14.5;
  AET_TEST_CALL(AetNucleiDescribe(atoms, nuclei, row, NULL, &described, &shape));
  Compare(series, t, nuclei, shape, sums);
  AET_TEST_CALL(PetscFree(shape));
  AET_TEST_CALL(PetscFree(values));
  AET_TEST_CALL(AetNucleiDestroy(&nuclei));
  AET_TEST_CALL(AetOrderPlanDestroy(&plan));
  AET_TEST_CALL(AetLatticeDestroy(&lattice));
  AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  free(row), free(position), free(order), free(species), free(phase);
}

static void TestMeasured(void)
{
  static const char *const list[] = {"-simulate_shape",
                                     "sphere",
                                     "-simulate_diameter_angstrom",
                                     "84",
                                     "-simulate_series_labels",
                                     "a,b,c",
                                     "-simulate_composition",
                                     "0.5",
                                     "-simulate_series_nucleus_angstrom",
                                     "9.5",
                                     "-simulate_series_interface_angstrom",
                                     "2",
                                     "-simulate_displacement_angstrom",
                                     "0.05"};
  AetSpecimenSeries        series;
  double                   sums[5] = {0};

  AET_TEST_CALL(PetscOptionsClear(NULL));
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateSeriesOptions));
  for (size_t o = 0; o < sizeof list / sizeof list[0]; o += 2) AET_TEST_CALL(PetscOptionsSetValue(NULL, list[o], list[o + 1]));
  AET_TEST_CALL(AetSpecimenSeriesFromOptions(&series));
  for (int t = 0; t < series.times; t++) OneTime(&series, t, sums);
  printf("%d nuclei: r.m.s. error of r0 %.2f Å, of w %.2f Å; over what was told %.2f and %.2f\n", (int)sums[0], sqrt(sums[1] / sums[0]),
         sqrt(sums[2] / sums[0]), sqrt(sums[3] / sums[0]), sqrt(sums[4] / sums[0]));
  AET_TEST(sums[0] >= 8);
  AET_TEST(sqrt(sums[1] / sums[0]) < 1.2);
  AET_TEST(sqrt(sums[2] / sums[0]) < 1.5);
  AET_TEST(sqrt(sums[3] / sums[0]) < 2); /* errors are what was told */
  AetSpecimenSeriesDestroy(&series);
}

AET_TEST_MAIN("nuclei described from measured atoms", {"measured", TestMeasured})
