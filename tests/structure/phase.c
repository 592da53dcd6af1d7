/* Chemical order parameters: laws of the definition, a brute-force sum, and what chance does. */
#include "structure_test.h"
#include <time.h>

#define A 3.87
#define SIGMA 3.87
enum { MOST = 40000 };
static int          index_[MOST][3], species[MOST], best[MOST];
static PetscInt     grain[MOST];
static double       order[AET_PHASES][MOST], largest[MOST], p[MOST][2];
static const double cubic[1][9] = {{A, 0, 0, 0, A, 0, 0, 0, A}};

/* Sites of an fcc sphere or, cut by |x| + |y| + |z|, an octahedron with sharp corners; returns how many. */
static PetscInt Particle(double radius, int octahedron)
{
  const int far = (int)(2 * radius / A) + 1;
  PetscInt  count = 0;

  for (int k = -far; k <= far; k++)
    for (int j = -far; j <= far; j++)
      for (int i = -far; i <= far; i++) {
        const double x = 0.5 * A * i, y = 0.5 * A * j, z = 0.5 * A * k;
        if (((i + j + k) & 1) || (octahedron ? fabs(x) + fabs(y) + fabs(z) > radius : x * x + y * y + z * z > radius * radius)) continue;
        index_[count][0] = i, index_[count][1] = j, index_[count][2] = k, grain[count] = 0;
        count++;
      }
  return count;
}

static AetOrderPlan Plan(PetscInt total)
{
  AetOrderPlan plan = NULL;

  AET_TEST_CALL(AetOrderPlanCreateSites(total, 1, grain, index_, cubic, SIGMA, &plan));
  return plan;
}

static void Evaluate(AetOrderPlan plan, PetscInt total)
{
  double *all = malloc(sizeof(double) * AET_PHASES * (size_t)total);

  AET_TEST_CALL(AetOrderEvaluate(plan, species, AET_PHASES, AetPhases, all));
  for (int t = 0; t < AET_PHASES; t++) memcpy(order[t], all + (size_t)t * (size_t)total, sizeof(double) * (size_t)total);
  free(all);
}

/* Every template in its own crystal: 1 at every atom, corners included; nothing else is larger; the exact values of the others inside. */
static void TestPerfect(void)
{
  for (int octahedron = 0; octahedron < 2; octahedron++) {
    const PetscInt total = Particle(24, octahedron);
    AetOrderPlan   plan = Plan(total);
    for (int t = 0; t < AET_PHASES; t++) {
      double worst = 0, other = -1;
      int    named = 0;
      for (PetscInt i = 0; i < total; i++) species[i] = AetPhaseSpecies(AetPhases + t, index_[i]);
      Evaluate(plan, total);
      AET_TEST_CALL(AetOrderBest(plan, species, AET_PHASES, AetPhases, largest, best));
      for (PetscInt i = 0; i < total; i++) {
        worst = fmax(worst, fabs(order[t][i] - 1));
        named += best[i] != t || largest[i] != order[t][i];
        for (int u = 0; u < AET_PHASES; u++)
          if (u != t) other = fmax(other, order[u][i]);
      }
      AET_TEST(worst <= 1e-6 && named == 0 && other < 0.9);
    }
    AET_TEST_CALL(AetOrderPlanDestroy(&plan));
  }
}

/* In the middle of a perfect crystal the other templates have values that follow by counting. */
static void TestOthers(void)
{
  const PetscInt total = Particle(28, 0);
  AetOrderPlan   plan = Plan(total);
  PetscInt       middle = 0;

  for (PetscInt i = 0; i < total; i++) {
    species[i] = AetPhaseSpecies(AetPhases + 0, index_[i]);
    if (!index_[i][0] && !index_[i][1] && !index_[i][2]) middle = i;
  }
  Evaluate(plan, total);
  AET_TEST_CLOSE(order[0][middle], 1, 1e-6);
  AET_TEST_CLOSE(order[3][middle], -1, 1e-3); /* antiphase */
  AET_TEST_CLOSE(order[1][middle], 0, 1e-3);  /* another axis */
  AET_TEST_CLOSE(order[6][middle], 0.5, 1e-3);
  AET_TEST_CLOSE(order[7][middle], -0.5, 1e-3);
  AET_TEST_CLOSE(order[14][middle], 0, 1e-3);
  AET_TEST_CALL(AetOrderPlanDestroy(&plan));
}

/* The sums against all pairs. */
static void TestBrute(void)
{
  const PetscInt total = Particle(15, 0);
  AetOrderPlan   plan;
  double         worst = 0, worst_probable = 0, *other = malloc(sizeof(double) * AET_PHASES * (size_t)total);

  for (PetscInt i = 0; i < total; i++) species[i] = (int)(3 * AetRandomUniform(7, 1, (uint64_t)i)); /* three species */
  plan = Plan(total);
  Evaluate(plan, total);
  for (PetscInt i = 0; i < total; i++) p[i][0] = species[i] == 0, p[i][1] = species[i] == 1;
  AET_TEST_CALL(AetOrderEvaluateProbable(plan, p, AET_PHASES, AetPhases, other));
  for (PetscInt i = 0; i < total; i++)
    for (int t = 0; t < AET_PHASES; t++) {
      double whole = 0, agree = 0, x[2] = {0, 0}, w[2] = {0, 0}, m, chance;
      for (PetscInt n = 0; n < total; n++) {
        double square = 0, weight = 1;
        for (int a = 0; a < 3; a++) {
          const double d = 0.5 * A * (index_[i][a] - index_[n][a]);
          square += d * d, weight *= fabs(d) <= 4 * SIGMA + 1e-9;
        }
        weight *= exp(-0.5 * square / SIGMA / SIGMA);
        whole += weight;
        w[AetPhaseSpecies(AetPhases + t, index_[n])] += weight;
        if (species[n] < 2) x[species[n]] += weight;
        agree += weight * (species[n] == AetPhaseSpecies(AetPhases + t, index_[n]));
      }
      m = agree / whole, chance = t < AET_PHASES_ORDERED ? (w[0] * x[0] + w[1] * x[1]) / whole / whole : 0.5;
      worst = fmax(worst, fabs(order[t][i] - (m - chance) / (1 - chance)));
      worst_probable = fmax(worst_probable, fabs(order[t][i] - other[(ptrdiff_t)t * total + i]));
    }
  AET_TEST_CLOSE(worst, 0, 2e-6);
  AET_TEST_CLOSE(worst_probable, 0, 1e-6);
  free(other);
  AET_TEST_CALL(AetOrderPlanDestroy(&plan));
}

/* Random alloys: 0 on average of every ordered template, whatever the composition; the scatter is that of 178 atoms. */
static void TestRandom(void)
{
  const PetscInt total = Particle(38, 0);
  AetOrderPlan   plan = Plan(total);
  int            rank;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (int c = 0; c < 3; c++) {
    const double fraction[3] = {0.5, 0.28, 0.75};
    double       lowest = 1, highest = 0, farthest = 0, most = 0, above = 0;
    for (PetscInt i = 0; i < total; i++) species[i] = AetRandomUniform(11, (uint64_t)c, (uint64_t)i) < fraction[c] ? 0 : 1;
    Evaluate(plan, total);
    for (int t = 0; t < AET_PHASES_ORDERED; t++) {
      double mean = 0, square = 0, inside = 0, scatter;
      for (PetscInt i = 0; i < total; i++) {
        const int *s = index_[i];
        mean += order[t][i] / (double)total;
        if (s[0] * s[0] + s[1] * s[1] + s[2] * s[2] > 130) continue; /* 22 Å: whole neighbourhoods */
        inside++, square += order[t][i] * order[t][i];
      }
      scatter = sqrt(square / inside);
      AET_TEST_CLOSE(mean, 0, 0.02);
      if (c == 0 && t < 6) AET_TEST_CLOSE(scatter, 1 / sqrt(4 / (A * A * A) * pow(4 * M_PI * SIGMA * SIGMA, 1.5)), 0.03);
      AET_TEST(scatter < 0.15);
      lowest = fmin(lowest, scatter), highest = fmax(highest, scatter), farthest = fmax(farthest, fabs(mean));
    }
    AET_TEST_CALL(AetOrderBest(plan, species, AET_PHASES_ORDERED, AetPhases, largest, best));
    for (PetscInt i = 0; i < total; i++) most += largest[i] / (double)total, above += (largest[i] > 0.3) / (double)total;
    if (!rank)
      printf("\n    fraction %.2f: means within %.3f, scatter %.3f … %.3f; largest of 14: mean %.3f, above 0.3 in %.2f %% of the sites ",
             fraction[c], farthest, lowest, highest, most, 100 * above);
  }
  AET_TEST_CALL(AetOrderPlanDestroy(&plan));
}

/* Two grains of the same indices do not see each other; atoms without site, and odd ones, have no order. */
static void TestGrains(void)
{
  const double two[2][9] = {{A, 0, 0, 0, A, 0, 0, 0, A}, {0, A, 0, 0, 0, 1.02 * A, A, 0, 0}};
  PetscInt     half = Particle(13, 0), total = 2 * half + 2;
  AetOrderPlan plan;
  double       worst = 0;

  for (PetscInt i = 0; i < half; i++) {
    memcpy(index_[half + i], index_[i], sizeof index_[i]);
    grain[half + i] = 1;
    species[i] = AetPhaseSpecies(AetPhases + 2, index_[i]);
    species[half + i] = AetPhaseSpecies(AetPhases + 9, index_[i]);
  }
  grain[total - 2] = -1, grain[total - 1] = 1;
  index_[total - 1][0] = 1, index_[total - 1][1] = index_[total - 1][2] = 0;
  species[total - 2] = species[total - 1] = 0;
  AET_TEST_CALL(AetOrderPlanCreateSites(total, 2, grain, index_, two, SIGMA, &plan));
  AET_TEST_CALL(AetOrderBest(plan, species, AET_PHASES, AetPhases, largest, best));
  for (PetscInt i = 0; i < 2 * half; i++) worst = fmax(worst, fabs(largest[i] - 1) + (best[i] != (i < half ? 2 : 9)));
  AET_TEST_CLOSE(worst, 0, 1e-6);
  AET_TEST(best[total - 2] == -1 && best[total - 1] == -1 && largest[total - 1] == 0);
  AET_TEST_CALL(AetOrderPlanDestroy(&plan));
  TestRefused(AetOrderPlanCreateSites(total, 2, grain, index_, two, 0, &plan), AET_ERR_INPUT, "sigma");
  TestRefused(AetOrderPlanCreateSites(total, 1, grain, index_, two, SIGMA, &plan), AET_ERR_INPUT, "grain");
  AET_TEST_CALL(AetOrderPlanCreateSites(0, 0, grain, index_, two, SIGMA, &plan));
  AET_TEST_CALL(AetOrderBest(plan, species, AET_PHASES, AetPhases, largest, best));
  AET_TEST_CALL(AetOrderPlanDestroy(&plan));
}

/* What a replica of 23,000 atoms costs; told, not judged, but for the order of magnitude. */
static void TestCost(void)
{
  const PetscInt  total = Particle(43.15, 0);
  AetOrderPlan    plan = Plan(total);
  struct timespec t0, t1;
  double          ms;
  int             rank;

  for (PetscInt i = 0; i < total; i++) species[i] = AetRandomUniform(3, 1, (uint64_t)i) < 0.4 ? 0 : 1;
  clock_gettime(CLOCK_MONOTONIC, &t0);
  for (int r = 0; r < 10; r++) AET_TEST_CALL(AetOrderBest(plan, species, AET_PHASES_ORDERED, AetPhases, largest, best));
  clock_gettime(CLOCK_MONOTONIC, &t1);
  ms = ((double)(t1.tv_sec - t0.tv_sec) * 1e3 + (double)(t1.tv_nsec - t0.tv_nsec) * 1e-6) / 10;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (!rank) printf("\n    %d atoms, 14 templates: %.1f ms\n", (int)total, ms);
  AET_TEST(ms < 1000);
  AET_TEST_CALL(AetOrderPlanDestroy(&plan));
}

AET_TEST_MAIN("chemical order", {"perfect phases", TestPerfect}, {"other templates", TestOthers}, {"all pairs", TestBrute},
              {"random alloys", TestRandom}, {"grains", TestGrains}, {"cost", TestCost})
