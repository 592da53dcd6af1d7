/* Nuclei described: planted profiles come back with radius and width, shapes with their axes, energies with the classical limit. */
#include "structure/kernel/order_field.h"
#include "structure/kernel/radial_profile.h"
#include "structure_test.h"
#include <aet4d/simulate.h>
#include <math.h>
#include <string.h>

#define EDGE 3.87

/* Atoms of fcc inside an ellipsoid of these half axes, turned by `angle` about z. */
static ptrdiff_t Ellipsoid(const double half[3], double angle, double **position)
{
  const int n = (int)(2 * fmax(half[0], fmax(half[1], half[2])) / EDGE) + 2;
  double   *x = malloc(sizeof *x * 3 * (size_t)(4 * n * n * n) * 2 + 3);
  ptrdiff_t count = 0;

  for (int k = -n; k <= n; k++)
    for (int j = -n; j <= n; j++)
      for (int i = -n; i <= n; i++) {
        const double p[3] = {(i + 0.17) * EDGE / 2, (j + 0.31) * EDGE / 2, (k + 0.44) * EDGE / 2};
        const double u = cos(angle) * p[0] + sin(angle) * p[1], v = cos(angle) * p[1] - sin(angle) * p[0];
        if ((i + j + k) % 2 || u * u / (half[0] * half[0]) + v * v / (half[1] * half[1]) + p[2] * p[2] / (half[2] * half[2]) > 1) continue;
        memcpy(x + 3 * count++, p, sizeof p);
      }
  *position = x;
  return count;
}

static double Away(const double *p, const double *q)
{
  return sqrt((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) + (p[2] - q[2]) * (p[2] - q[2]));
}

static AetNucleusShape *Describe(AetAtoms atoms, const double *order, const AetNucleiShapeSettings *settings, AetSurface surface,
                                 double threshold, PetscInt expected, AetNuclei *nuclei)
{
  AetNucleiSettings s;
  AetNucleusShape  *shape;
  const double    **rows;

  AetNucleiDefaults(&s);
  s.threshold = threshold;
  AET_TEST_CALL(AetNucleiCreate(atoms, order, NULL, &s, nuclei));
  AET_TEST((*nuclei)->count == expected);
  rows = malloc(sizeof *rows * (size_t)((*nuclei)->count + 1));
  for (PetscInt k = 0; k < (*nuclei)->count; k++) rows[k] = order;
  AET_TEST_CALL(AetNucleiDescribe(atoms, *nuclei, rows, surface, settings, &shape));
  free(rows);
  return shape;
}

/* One nucleus whose order is the profile itself: everything about it is known. */
static void TestPlanted(void)
{
  static const double    centre[3] = {4, -6, 8}, half[3] = {30, 30, 30};
  const AetRadialFit     planted = {.order = 0.97, .radius = 9, .width = 2.2};
  AetNucleiShapeSettings settings;
  AetNuclei              nuclei;
  AetNucleusShape       *shape;
  AetSurface             surface;
  AetAtoms               atoms;
  double                *position, *order, volume, area;
  const ptrdiff_t        count = Ellipsoid(half, 0, &position);
  ptrdiff_t              sites = 0;

  order = malloc(sizeof *order * (size_t)count);
  for (ptrdiff_t i = 0; i < count; i++) order[i] = AetRadialOrder(&planted, Away(position + 3 * i, centre));
  for (ptrdiff_t i = 0; i < count; i++) sites += order[i] >= 0.3;
  atoms = TestAtoms(count, position);
  AetNucleiShapeDefaults(&settings);
  settings.atom_volume_angstrom3 = EDGE * EDGE * EDGE / 4;
  AET_TEST_CALL(AetSurfaceCreate(atoms, 4, &surface));
  shape = Describe(atoms, order, &settings, surface, 0.3, 1, &nuclei);
  AET_TEST(nuclei->sites[0] == sites);
  AET_TEST_CLOSE(shape->radius_angstrom, cbrt(3 * (double)sites * EDGE * EDGE * EDGE / 16 / M_PI), 1e-9);
  for (int a = 0; a < 3; a++) AET_TEST_CLOSE(shape->core[a], centre[a], 0.05);
  AET_TEST_CLOSE(shape->depth_angstrom, 30 - sqrt(116.) - 1, 1.5); /* facets pass through the outermost atoms, below the sphere */
  AET_TEST_CLOSE(shape->elongation, 1, 0.1);                       /* of some 300 sites */
  AET_TEST_CLOSE(shape->gyration[0] + shape->gyration[1] + shape->gyration[2], 0.6 * shape->radius_angstrom * shape->radius_angstrom, 2);
  AET_TEST(shape->fitted);
  AET_TEST_CLOSE(shape->interface_radius, 9, 0.05); /* within a shell the mean of S is not S of the middle */
  AET_TEST_CLOSE(shape->interface_width, 2.2, 0.06);
  AET_TEST_CLOSE(shape->order_core, 0.97, 0.01);
  AET_TEST(shape->gradient_angle_deg < 3); /* order falls outwards all around */
  AET_TEST(shape->gradient_max < 0.97 / (2 * 2.2) &&
           shape->gradient_max > 0.5 * 0.97 / (2 * 2.2)); /* S_c/2w, less by the Gaussian of 2 Å */
  AetRadialIntegrals(&planted, &volume, &area);
  AET_TEST_CLOSE(shape->order_volume / volume, 1, 0.02);
  AET_TEST_CLOSE(shape->order_area / area, 1, 0.02);
  AET_TEST_CALL(PetscFree(shape));
  AET_TEST_CALL(AetNucleiDestroy(&nuclei));
  AET_TEST_CALL(AetSurfaceDestroy(&surface));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  free(order);
  free(position);
}

/* The profile seen through the Gaussian of the order parameter: the fit takes it off again. */
static void TestSmoothed(void)
{
  static const double radius[3] = {7, 10, 12}, width[3] = {1.5, 2, 3};
  const double        sigma = 3.87;

  for (int c = 0; c < 3; c++) {
    const AetRadialFit planted = {.order = 1, .radius = radius[c], .width = width[c]};
    double             r[30], value[30], weight[30];
    AetRadialFit       fit;

    for (int b = 0; b < 30; b++) { /* the average of points on a grid, apart from any formula of radii */
      double sum = 0, all = 0;
      r[b] = b + 0.5;
      weight[b] = r[b] * r[b];
      for (double z = -15.6; z < 16; z += 1.3)
        for (double y = -15.6; y < 16; y += 1.3)
          for (double x = -15.6; x < 16; x += 1.3) {
            const double g = exp(-(x * x + y * y + z * z) / (2 * sigma * sigma));
            sum += g * AetRadialOrder(&planted, sqrt((r[b] + x) * (r[b] + x) + y * y + z * z)), all += g;
          }
      value[b] = sum / all;
    }
    AET_TEST(!AetRadialFitProfile(30, r, value, weight, sigma, 0, 1, &fit));
    AET_TEST_CLOSE(fit.radius, radius[c], 0.1);
    AET_TEST_CLOSE(fit.width, width[c], 0.25);
    AET_TEST_CLOSE(fit.order, 2 / (1 + tanh(radius[c] / width[c])), 0.03); /* held at 1 in the middle */
    AET_TEST(!AetRadialFitProfile(30, r, value, weight, 0, 0, 1, &fit));
    AET_TEST(fit.width > width[c] + 1); /* and without that the interface looks wider */
  }
}

/* With noise the true values are within three standard deviations, which are not much larger than the errors. */
static void TestDeviations(void)
{
  const AetRadialFit planted = {.order = 0.9, .radius = 8, .width = 2, .baseline = 0.3};
  double             r[24], value[24], weight[24], worst = 0, sum = 0;

  for (uint64_t n = 0; n < 40; n++) {
    AetRadialFit fit;
    for (int b = 0; b < 24; b++) {
      r[b] = b + 0.5;
      weight[b] = 1;
      value[b] = AetRadialOrder(&planted, r[b]) + 0.02 * AetRandomNormal(3, n, (uint64_t)b);
    }
    AET_TEST(!AetRadialFitProfile(24, r, value, weight, 0, 1, 2, &fit));
    worst = fmax(worst, fabs(fit.radius - 8) / fit.sigma[1]);
    sum += (fit.radius - 8) * (fit.radius - 8) / (fit.sigma[1] * fit.sigma[1]) / 40;
    AET_TEST_CLOSE(fit.width, 2, 0.5);
    AET_TEST_CLOSE(fit.baseline, 0.3, 0.05);
  }
  AET_TEST(worst < 4);
  AET_TEST_CLOSE(sqrt(sum), 1, 0.3);
}

/* An ellipsoid of full order: the eigenvalues are squares of the half axes over 5, the axis lies along the longest. */
static void TestShape(void)
{
  static const double    half[3] = {22, 11, 14};
  const double           angle = 0.6;
  AetNucleiShapeSettings settings;
  AetNucleiSettings      s;
  AetNuclei              nuclei;
  AetNucleusShape       *shape;
  AetAtoms               atoms;
  double                *position, *order;
  const double          *row;
  const ptrdiff_t        count = Ellipsoid(half, angle, &position);

  order = malloc(sizeof *order * (size_t)count);
  for (ptrdiff_t i = 0; i < count; i++) order[i] = 1 - 1e-3 * Away(position + 3 * i, (const double[3]){0, 0, 0}); /* one maximum */
  atoms = TestAtoms(count, position);
  AetNucleiShapeDefaults(&settings);
  settings.atom_volume_angstrom3 = EDGE * EDGE * EDGE / 4;
  AetNucleiDefaults(&s);
  AET_TEST_CALL(AetNucleiCreate(atoms, order, NULL, &s, &nuclei));
  AET_TEST(nuclei->count == 1);
  row = order;
  AET_TEST_CALL(AetNucleiDescribe(atoms, nuclei, &row, NULL, &settings, &shape));
  AET_TEST_CLOSE(shape->gyration[0], 22 * 22 / 5., 2);
  AET_TEST_CLOSE(shape->gyration[1], 14 * 14 / 5., 2);
  AET_TEST_CLOSE(shape->gyration[2], 11 * 11 / 5., 2);
  AET_TEST_CLOSE(shape->elongation, 2, 0.06);
  AET_TEST_CLOSE(fabs(shape->axis[0] * cos(angle) + shape->axis[1] * sin(angle)), 1, 1e-3);
  AET_TEST_CLOSE(shape->radius_angstrom, cbrt(22. * 11 * 14), 0.3);
  AET_TEST(shape->depth_angstrom == -1);
  AET_TEST_CALL(PetscFree(shape));
  settings.grid_angstrom = 0;
  TestRefused(AetNucleiDescribe(atoms, nuclei, &row, NULL, &settings, &shape), AET_ERR_INPUT, "grid");
  AET_TEST_CALL(AetNucleiDestroy(&nuclei));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  free(order);
  free(position);
}

/* A sharp interface gives the classical energy, whose largest value is at r = -2 γ/Δg. A gradient is the limit of differences. */
static void TestEnergy(void)
{
  const double g = -0.002, gamma = 0.01, critical = -2 * gamma / g, h = 1e-4;
  double position[12] = {0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2}, value[4] = {1, 0.5, NAN, 0.2}, x[3] = {0.4, 0.6, 0.3}, slope[3], unused[3],
         up, down;
  ptrdiff_t index[4] = {0, 1, 2, 3};

  for (double r = 3; r < 20; r += 4)
    AET_TEST_CLOSE(AetNucleusEnergy(1, r, 1e-3, g, gamma), 4 * M_PI * (r * r * r * g / 3 + r * r * gamma), 1e-5 * r * r);
  AET_TEST(AetNucleusEnergy(1, critical, 1e-3, g, gamma) > AetNucleusEnergy(1, critical - 1, 1e-3, g, gamma));
  AET_TEST(AetNucleusEnergy(1, critical, 1e-3, g, gamma) > AetNucleusEnergy(1, critical + 1, 1e-3, g, gamma));
  /* ∫ S dV of a wide interface: 4/3 π r0 (r0² + (π w/2)²), where r0 is far above w */
  AET_TEST_CLOSE(AetNucleusEnergy(1, 30, 2, 1, 0), 4 * M_PI / 3 * 30 * (900 + M_PI * M_PI), 0.1);
  AET_TEST_CLOSE(AetNucleusEnergy(1, 30, 2, 0, 1), 4 * M_PI * (900 + M_PI * M_PI / 3), 0.1);
  (void)AetOrderField(4, index, position, value, 1.5, x, &up, slope);
  for (int a = 0; a < 3; a++) {
    double y[3] = {x[0], x[1], x[2]};
    y[a] += h;
    (void)AetOrderField(4, index, position, value, 1.5, y, &up, unused);
    y[a] -= 2 * h;
    (void)AetOrderField(4, index, position, value, 1.5, y, &down, unused);
    AET_TEST_CLOSE(slope[a], (up - down) / (2 * h), 1e-7);
  }
}

/* The planted order of the simulator, nucleus by nucleus. */
static void TestSimulated(void)
{
  static const char *const list[] = {"-simulate_shape",
                                     "sphere",
                                     "-simulate_diameter_angstrom",
                                     "76",
                                     "-simulate_series_labels",
                                     "a,b,c",
                                     "-simulate_series_nucleus_angstrom",
                                     "8",
                                     "-simulate_composition",
                                     "0.5",
                                     "-simulate_series_interface_angstrom",
                                     "1.5",
                                     "-simulate_displacement_angstrom",
                                     "0.2"};
  AetNucleiShapeSettings   settings;
  AetSpecimenSeries        series;
  AetSpecimen             *s;
  AetNuclei                nuclei;
  AetNucleusShape         *shape;
  AetAtoms                 atoms;
  int                      compared = 0;

  AET_TEST_CALL(PetscOptionsClear(NULL));
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateSeriesOptions));
  for (size_t o = 0; o < sizeof list / sizeof list[0]; o += 2) AET_TEST_CALL(PetscOptionsSetValue(NULL, list[o], list[o + 1]));
  AET_TEST_CALL(AetSpecimenSeriesFromOptions(&series));
  s = &series.specimen[0];
  atoms = TestAtoms(s->count, s->position);
  AetNucleiShapeDefaults(&settings);
  settings.atom_volume_angstrom3 = 14.5;
  {
    PetscInt expected = 0;
    for (PetscInt n = 0; n < series.nuclei; n++) expected += series.nucleus[n].time == 0;
    shape = Describe(atoms, s->order, &settings, NULL, AET_SCRIPTED_THRESHOLD, expected, &nuclei);
  }
  for (PetscInt n = 0; n < series.nuclei; n++) {
    const AetScriptedNucleus *planted = &series.nucleus[n];
    PetscInt                  k = 0;
    if (planted->time) continue;
    while (k < nuclei->count && Away(shape[k].core, planted->position) > 3) k++;
    if (!AET_TEST(k < nuclei->count && shape[k].fitted)) continue;
    AET_TEST_CLOSE(shape[k].interface_radius, planted->radius, 0.5); /* frozen sites and other nuclei take part of some */
    AET_TEST_CLOSE(shape[k].interface_width, 1.5, 0.5);
    AET_TEST(shape[k].gradient_angle_deg < 25);
    compared++;
  }
  AET_TEST(compared >= 4);
  AET_TEST_CALL(PetscFree(shape));
  AET_TEST_CALL(AetNucleiDestroy(&nuclei));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AetSpecimenSeriesDestroy(&series);
  AET_TEST_CALL(PetscOptionsClear(NULL));
}

/* Sizes of nuclei whose surroundings are near the threshold depend on it, of sharp ones they do not; the same on any number of ranks. */
static void TestSpread(void)
{
  static const double half[3] = {26, 14, 14};
  const AetRadialFit  wide = {.order = 1, .radius = 7, .width = 4};
  AetNucleiSettings   settings;
  AetNuclei           nuclei;
  AetAtoms            atoms;
  double             *position, *order, sigma[2] = {0};
  const ptrdiff_t     count = Ellipsoid(half, 0, &position);

  order = malloc(sizeof *order * (size_t)count);
  for (ptrdiff_t i = 0; i < count; i++) {
    const double *x = position + 3 * i;
    order[i] = fmax(AetRadialOrder(&wide, Away(x, (const double[3]){-12, 0, 0})),
                    Away(x, (const double[3]){16, 0, 0}) < 7 ? 0.95 - 1e-4 * fabs(x[0] - 16) : 0);
  }
  atoms = TestAtoms(count, position);
  AetNucleiDefaults(&settings);
  AET_TEST_CALL(AetNucleiCreate(atoms, order, NULL, &settings, &nuclei));
  if (AET_TEST(nuclei->count == 2)) {
    const int left = nuclei->centre[0] < 0 ? 0 : 1;
    AET_TEST_CALL(AetNucleiSpread(atoms, nuclei, order, NULL, &settings, 0.05, 40, 1, NULL, NULL, sigma));
    /* a threshold of ±0.05 moves the radius by ±2 w 0.05·... = 0.4 Å: evenly drawn, r.m.s. 0.23 Å of a surface of 616 Å² and 14.5 Å³ an
     * atom */
    AET_TEST(sigma[left] > 5 && sigma[left] < 16);
    AET_TEST(sigma[1 - left] == 0);
  }
  AET_TEST_CALL(AetNucleiDestroy(&nuclei));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  free(order);
  free(position);
}

AET_TEST_MAIN("nuclei described", {"planted", TestPlanted}, {"smoothed", TestSmoothed}, {"deviations", TestDeviations},
              {"shape", TestShape}, {"energy", TestEnergy}, {"simulated", TestSimulated}, {"spread", TestSpread})
