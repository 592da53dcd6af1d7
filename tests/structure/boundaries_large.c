/* 23,000 atoms at 20 pm of noise with 1 % of them lost: how many are named right, where the planes are found, how many are invented, and
   the time. Slow. */
#include "../simulate/specimen_test.h"
#include "structure/kernel/quaternion.h"
#include "structure_test.h"
#include <time.h>

enum { SEEDS = 3 };

static double Seconds(void)
{
  struct timespec t;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static ptrdiff_t Measure(const AetSpecimen *s, uint64_t seed, double *x)
{
  ptrdiff_t kept = 0;

  for (PetscInt i = 0; i < s->count; i++) {
    if (AetRandomUniform(seed, 31, (uint64_t)i) < 0.01) continue;
    for (int a = 0; a < 3; a++) x[3 * kept + a] = s->position[3 * i + a] + 0.2 / sqrt(3) * AetRandomNormal(seed, 32, (uint64_t)(3 * i + a));
    kept++;
  }
  return kept;
}

static void Particle(const char *options, int twins, int faults)
{
  AetSpecimen s = Make(options);
  double     *x = malloc(3 * sizeof *x * (size_t)(s.count + 1));
  int         found[5] = {0}, grains = 0;
  double      seconds[2] = {0}, off = 0;

  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    AetAtoms            atoms = TestAtoms(Measure(&s, seed, x), x);
    AetLocalSettings    settings;
    AetBoundarySettings between;
    AetLocal            local;
    AetBoundaries       b;
    double              start = Seconds();
    AetLocalDefaults(&settings);
    AetBoundaryDefaults(&between);
    AET_TEST_CALL(AetLocalCreate(atoms, &settings, &local));
    seconds[0] += (Seconds() - start) / SEEDS;
    start = Seconds();
    AET_TEST_CALL(AetBoundariesCreate(atoms, local, &between, &b));
    seconds[1] += (Seconds() - start) / SEEDS;
    grains += (int)b->grains;
    for (PetscInt k = 0; k < b->count; k++) {
      const AetBoundary *r = &b->boundary[k];
      found[r->kind]++;
      for (PetscInt d = 0; d < s.defects; d++) {
        const double *n = s.defect[d].direction, *p = s.defect[d].position;
        if (s.defect[d].kind != (r->kind == AET_BOUNDARY_COHERENT_TWIN ? AET_DEFECT_TWIN : AET_DEFECT_STACKING_FAULT)) continue;
        if (fabs(n[0] * (r->point[0] - p[0]) + n[1] * (r->point[1] - p[1]) + n[2] * (r->point[2] - p[2])) > 1) continue; /* another one */
        off = fmax(off, acos(fmin(1, fabs(n[0] * r->normal[0] + n[1] * r->normal[1] + n[2] * r->normal[2]))) * 180 / M_PI);
      }
    }
    AET_TEST_CALL(AetBoundariesDestroy(&b));
    AET_TEST_CALL(AetLocalDestroy(&local));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
  fprintf(stderr,
          "%s: %d atoms, %d seeds: %d grains; %d coherent twins (normal within %.2f degrees), %d faults, %d layers, %d twins, %d others; "
          "%.2f s of "
          "one core for the local structure, %.2f s for the boundaries\n",
          options, (int)s.count, SEEDS, grains, found[AET_BOUNDARY_COHERENT_TWIN], off, found[AET_BOUNDARY_STACKING_FAULT],
          found[AET_BOUNDARY_HCP_LAYERS], found[AET_BOUNDARY_TWIN], found[AET_BOUNDARY_GRAIN], seconds[0], seconds[1]);
  AET_TEST(found[AET_BOUNDARY_COHERENT_TWIN] == SEEDS * twins && found[AET_BOUNDARY_STACKING_FAULT] == SEEDS * faults);
  AET_TEST(found[AET_BOUNDARY_HCP_LAYERS] + found[AET_BOUNDARY_TWIN] + found[AET_BOUNDARY_GRAIN] == 0);
  AET_TEST(grains == SEEDS * (twins + 1) && off < 0.5);
  free(x);
  AetSpecimenDestroy(&s);
}

static void TestPlanted(void)
{
  Particle("diameter_angstrom 86 rotation_deg 13,29,41 twins 12 stacking_faults -9", 1, 1);
  Particle("diameter_angstrom 60 rotation_deg 13,29,41 twins -11,4 stacking_faults -2,15", 2, 2);
}

/* What is no boundary between orientations, and no fault, is not named one. */
static void TestNothing(void)
{
  Particle("diameter_angstrom 86", 0, 0);
  Particle("diameter_angstrom 50 order l10 domains 4 antisites 12 vacancies 8 rotation_deg 13,29,41", 0, 0);
  Particle("diameter_angstrom 50 strain_percent 1,-1,0.5,0.3,0,0.2 strain_gradient_percent_per_nm 0.3,0.2,0.1", 0, 0);
  Particle("diameter_angstrom 50 dislocation_burgers 0.5,0.5,0 rotation_deg 13,29,41", 0, 0);
  Particle("diameter_angstrom 50 dislocation_burgers 0.5,0.5,0 dislocation_line 1,1,0", 0, 0);
}

AET_TEST_MAIN("large particles", {"planted", TestPlanted}, {"nothing planted", TestNothing})
