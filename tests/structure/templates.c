/* The kernels of template matching: rotations, assignment, correspondences against searches that leave nothing out. */
#include "mpi_test.h"
#include "structure/kernel/assignment.h"
#include "structure/kernel/centrosymmetry.h"
#include "structure/kernel/misorientation.h"
#include "structure/kernel/plane_fit.h"
#include "structure/kernel/template.h"

enum { MOST = AET_TEMPLATE_POINTS, TRIALS = 25, STARTS = 120 };

static void RandomRotation(uint64_t stream, uint64_t k, double q[4])
{
  double square = 0;

  for (uint64_t a = 0; a < 4; a++) q[a] = AetRandomNormal(21, stream, 4 * k + a), square += q[a] * q[a];
  for (int a = 0; a < 4; a++) q[a] /= sqrt(square);
}

/* Angle between two rotations. */
static double Between(const double a[4], const double b[4])
{
  return 2 * acos(fmin(1, fabs(a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3])));
}

static void TestGroups(void)
{
  AetRotationGroup g[3];
  const int        order[3] = {24, 12, 60};
  AetTemplates    *t = malloc(sizeof *t);

  AetRotationGroupCubic(&g[0]);
  AetRotationGroupHexagonal(&g[1]);
  AetRotationGroupIcosahedral(&g[2]);
  for (int k = 0; k < 3; k++) {
    double q[4], other[4], relative[4];
    AET_TEST(g[k].count == order[k]);
    RandomRotation(1, (uint64_t)k, q);
    for (int i = 0; i < g[k].count; i++) { /* equal orientations: no angle between them, and one name */
      double first[4], second[4];
      AetQuaternionMultiply(q, g[k].q[i], other);
      AET_TEST(AetDisorientation(&g[k], q, other, relative) < 1e-7);
      memcpy(first, q, sizeof first);
      memcpy(second, other, sizeof second);
      AetQuaternionReduce(&g[k], first);
      AetQuaternionReduce(&g[k], second);
      AET_TEST(Between(first, second) < 1e-7);
    }
  }
  /* every group but hcp's, which belongs to its lattice, maps its template onto itself; of hcp half of them do */
  AetTemplatesMake(t);
  for (int kind = 1; kind < AET_TEMPLATES; kind++) {
    int good = 0;
    for (int i = 0; i < t->of[kind].group.count; i++) {
      int hits = 0;
      for (int a = 0; a < t->of[kind].count; a++)
        for (int b = 0; b < t->of[kind].count; b++) {
          double y[3];
          AetQuaternionRotate(t->of[kind].group.q[i], t->of[kind].point[a], y);
          hits += hypot(hypot(y[0] - t->of[kind].point[b][0], y[1] - t->of[kind].point[b][1]), y[2] - t->of[kind].point[b][2]) < 1e-9;
        }
      good += hits == t->of[kind].count;
    }
    AET_TEST(good == (kind == AET_TEMPLATE_HCP ? 6 : t->of[kind].group.count));
  }
  free(t);
}

/* A rotation planted in points comes back. */
static void TestFit(void)
{
  for (uint64_t trial = 0; trial < 20; trial++) {
    double q[4], found[4], m[9] = {0}, value, sum = 0;
    RandomRotation(2, trial, q);
    for (uint64_t k = 0; k < 3 + trial % 3; k++) {
      double w[3], v[3];
      for (uint64_t a = 0; a < 3; a++) w[a] = AetRandomNormal(22, trial, 3 * k + a), sum += w[a] * w[a];
      AetQuaternionRotate(q, w, v);
      for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) m[3 * a + b] += w[a] * v[b];
    }
    value = AetQuaternionFit(m, found);
    AET_TEST_CLOSE(value, sum, 1e-12 * sum);
    AET_TEST(Between(q, found) < 1e-7);
  }
}

static double LeastByAll(int n, double (*cost)[AET_ASSIGNMENT_MAX], int row, unsigned used)
{
  double best = INFINITY;

  if (row == n) return 0;
  for (int j = 0; j < n; j++)
    if (!(used >> j & 1)) best = fmin(best, cost[row][j] + LeastByAll(n, cost, row + 1, used | 1u << j));
  return best;
}

static void TestAssignment(void)
{
  for (uint64_t trial = 0; trial < 60; trial++) {
    const int n = 1 + (int)(trial % 7);
    double    cost[AET_ASSIGNMENT_MAX][AET_ASSIGNMENT_MAX], sum = 0;
    int       column[AET_ASSIGNMENT_MAX];
    unsigned  used = 0;
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) cost[i][j] = AetRandomNormal(23, trial, (uint64_t)(16 * i + j));
    AetAssign(n, cost, column);
    for (int i = 0; i < n; i++) sum += cost[i][column[i]], used |= 1u << column[i];
    AET_TEST(used == (1u << n) - 1);
    AET_TEST_CLOSE(sum, LeastByAll(n, cost, 0, 0), 1e-12);
  }
}

static double PairsByAll(int n, double (*v)[3], unsigned left)
{
  double best = INFINITY;
  int    i = 0;

  if (!left) return 0;
  while (!(left >> i & 1)) i++;
  for (int j = i + 1; j < n; j++) {
    double square = 0;
    if (!(left >> j & 1)) continue;
    for (int a = 0; a < 3; a++) square += pow(v[i][a] + v[j][a], 2);
    best = fmin(best, square + PairsByAll(n, v, left & ~(1u << i) & ~(1u << j)));
  }
  return best;
}

static void TestCentrosymmetry(void)
{
  for (uint64_t trial = 0; trial < 40; trial++) {
    const int n = 2 + 2 * (int)(trial % 6);
    double    v[MOST][3];
    for (int i = 0; i < n; i++)
      for (int a = 0; a < 3; a++) v[i][a] = AetRandomNormal(24, trial, (uint64_t)(3 * i + a));
    AET_TEST_CLOSE(AetCentrosymmetry(n, v), PairsByAll(n, v, (1u << n) - 1), 1e-12);
  }
}

/* Least rmsd of a template over many starts: from each, assignment and rotation in turn until they agree. */
static double Exhaustive(const AetTemplate *t, double (*v)[3], int starts, uint64_t stream)
{
  double u[MOST][3], mean[3] = {0}, scale = 0, square, best = INFINITY;

  for (int i = 0; i < t->count; i++) scale += sqrt(v[i][0] * v[i][0] + v[i][1] * v[i][1] + v[i][2] * v[i][2]) / t->count;
  for (int i = 0; i < t->count; i++)
    for (int a = 0; a < 3; a++) mean[a] += v[i][a] / (t->count + 1) / scale;
  square = mean[0] * mean[0] + mean[1] * mean[1] + mean[2] * mean[2];
  for (int i = 0; i < t->count; i++)
    for (int a = 0; a < 3; a++) u[i][a] = v[i][a] / scale - mean[a], square += u[i][a] * u[i][a];
  for (int start = 0; start < starts; start++) {
    double q[4];
    int    site[AET_ASSIGNMENT_MAX], before[AET_ASSIGNMENT_MAX] = {0};
    RandomRotation(stream, (uint64_t)start, q);
    for (int step = 0; step < 20; step++) {
      double cost[AET_ASSIGNMENT_MAX][AET_ASSIGNMENT_MAX], m[9] = {0}, value;
      for (int j = 0; j < t->count; j++) {
        double w[3];
        AetQuaternionRotate(q, t->point[j], w);
        for (int i = 0; i < t->count; i++) cost[i][j] = -(w[0] * u[i][0] + w[1] * u[i][1] + w[2] * u[i][2]);
      }
      AetAssign(t->count, cost, site);
      if (step && !memcmp(site, before, sizeof *site * (size_t)t->count)) break;
      memcpy(before, site, sizeof site);
      for (int i = 0; i < t->count; i++)
        for (int a = 0; a < 3; a++)
          for (int b = 0; b < 3; b++) m[3 * a + b] += t->point[site[i]][a] * u[i][b];
      value = AetQuaternionFit(m, q);
      best = fmin(best, sqrt(fmax(0, t->square - value * value / square) / (t->count + 1)));
    }
  }
  return best;
}

/* Neighbours of a displaced template, as an atom sees them: all are displaced, the atom too, and sorted by their distance. */
static void Disturbed(const AetTemplate *t, double noise, uint64_t stream, uint64_t trial, double (*v)[3])
{
  double q[4], centre[3];

  RandomRotation(stream, trial, q);
  for (uint64_t a = 0; a < 3; a++) centre[a] = noise / sqrt(3) * AetRandomNormal(25, stream, 1000 * trial + a);
  for (int i = 0; i < t->count; i++) {
    double y[3], d = 0;
    int    at = i;
    AetQuaternionRotate(q, t->point[i], y);
    for (int a = 0; a < 3; a++) {
      y[a] += noise / sqrt(3) * AetRandomNormal(25, stream, 1000 * trial + (uint64_t)(3 + 3 * i + a)) - centre[a];
      y[a] *= 2.8;
      d += y[a] * y[a];
    }
    for (; at > 0 && v[at - 1][0] * v[at - 1][0] + v[at - 1][1] * v[at - 1][1] + v[at - 1][2] * v[at - 1][2] > d; at--)
      memcpy(v[at], v[at - 1], sizeof *v);
    memcpy(v[at], y, sizeof y);
  }
}

/* Below the limits in use the fast search finds the least rmsd of a search from many rotations. */
static void TestCorrespondence(void)
{
  AetTemplates *t = malloc(sizeof *t);

  AetTemplatesMake(t);
  for (int kind = 1; kind < AET_TEMPLATES; kind++)
    for (int level = 0; level < 3; level++) {
      const double noise = 0.07 + 0.035 * level;
      int          missed = 0, counted = 0;
      for (uint64_t trial = 0; trial < TRIALS; trial++) {
        double         v[MOST][3], least;
        AetTemplateFit fit = {.rmsd = INFINITY};
        Disturbed(&t->of[kind], noise, (uint64_t)(100 + 10 * kind + level), trial, v);
        AetTemplateTry(t, kind, v, &fit);
        least = Exhaustive(&t->of[kind], v, STARTS, 300 + trial);
        if (least > 0.15) continue;
        counted++;
        missed += fit.rmsd > least + 1e-9;
      }
      fprintf(stderr, "template %d, noise %.3f: %d of %d within 0.15, %d not the least\n", kind, noise, counted, TRIALS, missed);
      AET_TEST(missed == 0 && counted > 0);
    }
  free(t);
}

/* The template that is named is the best of all, also half way between two, where a shortcut could keep the first. */
static void TestBest(void)
{
  static const int twelve[] = {AET_TEMPLATE_FCC, AET_TEMPLATE_HCP, AET_TEMPLATE_ICO};
  AetTemplates    *t = malloc(sizeof *t);
  int              counted = 0, wrong = 0, kinds[AET_TEMPLATES] = {0};

  AetTemplatesMake(t);
  for (uint64_t trial = 0; trial < 4 * TRIALS; trial++) {
    const int      first = (int)(trial % 3), second = (int)((trial / 3) % 3);
    AetTemplate    mixed = t->of[twelve[first]];
    AetTemplateFit onto = {.rmsd = INFINITY}, fit;
    double         v[MOST][3], least[3], best = INFINITY;
    AetTemplateTry(t, twelve[second], t->of[twelve[first]].point, &onto); /* the second template, turned onto the first */
    for (int i = 0; i < 12; i++) {
      double y[3];
      AetQuaternionRotate(onto.q, t->of[twelve[second]].point[onto.site[i]], y);
      for (int a = 0; a < 3; a++) mixed.point[i][a] = (mixed.point[i][a] + y[a]) / 2;
    }
    Disturbed(&mixed, 0.06, 90, trial, v);
    AetTemplateBest(t, 12, v, 0.2, &fit);
    for (int k = 0; k < 3; k++) least[k] = Exhaustive(&t->of[twelve[k]], v, STARTS, 500 + trial), best = fmin(best, least[k]);
    if (best > 0.19 || fit.kind == AET_TEMPLATE_SC) continue;
    counted++;
    kinds[fit.kind]++;
    wrong += fit.rmsd > best + 1e-9;
  }
  fprintf(stderr, "between templates: %d fits, %d fcc, %d hcp, %d ico, %d not the best\n", counted, kinds[1], kinds[2], kinds[4], wrong);
  AET_TEST(counted > TRIALS && wrong == 0 && kinds[1] && kinds[2] && kinds[4]);
  free(t);
}

/* A fit that is good enough leaves no room for another correspondence, or another template: the gaps, by search. */
static void TestGaps(void)
{
  AetTemplates *t = malloc(sizeof *t);

  AetTemplatesMake(t);
  AET_TEST_CLOSE(Exhaustive(&t->of[AET_TEMPLATE_FCC], t->of[AET_TEMPLATE_HCP].point, 50, 400), 0.2607, 1e-4);
  AET_TEST_CLOSE(Exhaustive(&t->of[AET_TEMPLATE_FCC], t->of[AET_TEMPLATE_ICO].point, 50, 401), 0.2207, 1e-4);
  AET_TEST_CLOSE(Exhaustive(&t->of[AET_TEMPLATE_HCP], t->of[AET_TEMPLATE_ICO].point, 50, 402), 0.2437, 1e-4);
  free(t);
}

/* 60 degrees about <111> is a twin from every equivalent side, and 5 degrees away by 5 degrees. */
static void TestSigmaThree(void)
{
  AetRotationGroup cubic;

  AetRotationGroupCubic(&cubic);
  for (uint64_t k = 0; k < 40; k++) {
    const double c = cos(M_PI / 6), s = sin(M_PI / 6) / sqrt(3), twin[4] = {c, k & 1 ? -s : s, k & 2 ? -s : s, s};
    const double small[4] = {cos(0.02), sin(0.02), 0, 0};
    double       a[4], b[4], axis[3], crystal[3], away[4];
    RandomRotation(5, k, a);
    AetQuaternionMultiply(a, twin, b);
    AetQuaternionMultiply(b, cubic.q[k % 24], b);
    AET_TEST_CLOSE(AetSigmaThree(&cubic, a, b), 0, 1e-6);
    AET_TEST_CLOSE(AetMisorientation(&cubic, a, b, 0.01, axis, crystal), M_PI / 3, 1e-7);
    AET_TEST_CLOSE(crystal[0] + crystal[1] + crystal[2], sqrt(3), 1e-7);
    AetQuaternionMultiply(small, b, away);
    AET_TEST_CLOSE(AetSigmaThree(&cubic, a, away), 0.04, 1e-6);
    AET_TEST_CLOSE(AetSigmaThree(&cubic, a, a), M_PI / 3, 1e-6);
  }
}

/* The mean of scattered orientations, each named by another symmetry, and the plane through scattered points. */
static void TestMeans(void)
{
  AetRotationGroup cubic;
  AetPlaneSums     plane[2] = {{0}};
  double           sum[16] = {0}, q[4], first[4], mean[4], normal[3];

  AetRotationGroupCubic(&cubic);
  RandomRotation(6, 0, q);
  for (uint64_t k = 0; k < 400; k++) {
    double one[4] = {1, 0, 0, 0}, p[4];
    for (uint64_t a = 0; a < 3; a++) one[a + 1] = 0.01 * AetRandomNormal(26, k, a);
    AetQuaternionMultiply(one, q, p);
    AetQuaternionMultiply(p, cubic.q[k % 24], p);
    const double length = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2] + p[3] * p[3]);
    for (int a = 0; a < 4; a++) p[a] /= length;
    if (k == 0) memcpy(first, p, sizeof first);
    AetOrientationAdd(&cubic, first, p, sum);
  }
  AetOrientationMean(&cubic, sum, mean);
  AET_TEST(AetDisorientation(&cubic, mean, q, NULL) < 4 * 0.02 * sqrt(3) / 20);
  for (uint64_t k = 0; k < 200; k++) {
    const double u = AetRandomNormal(27, k, 0), v = AetRandomNormal(27, k, 1), x[3] = {0.6 * u, 0.8 * u, v + 5};
    const double y[3] = {0.6 * u - 8 + (k & 1), 0.8 * u + 6 - 0.75 * (k & 1), v}; /* beside it */
    AetPlaneAdd(&plane[0], x);
    if (k & 1) AetPlaneAdd(&plane[1], y);
  }
  AET_TEST_CLOSE(AetPlaneFit(2, plane, normal), 0, 1e-6);
  AET_TEST_CLOSE(normal[0], -0.8, 1e-6);
  AET_TEST_CLOSE(normal[1], 0.6, 1e-6);
}

AET_TEST_MAIN("template matching", {"groups of rotations", TestGroups}, {"rotation of points", TestFit}, {"assignment", TestAssignment},
              {"centrosymmetry", TestCentrosymmetry}, {"correspondence", TestCorrespondence}, {"between templates", TestBest},
              {"gaps", TestGaps}, {"twins", TestSigmaThree}, {"means", TestMeans})
