/* The template that fits best. A correspondence is found from seeds: the nearest neighbour goes to one template point of every symmetry
   class, another neighbour to a point beside it, and the rotation that follows assigns the rest. */
#include "structure/kernel/assignment.h"
#include "structure/kernel/template.h"
#include <math.h>
#include <string.h>

enum { POINTS = AET_TEMPLATE_POINTS, STEPS = 6, FIRSTS = 3 };
static const double HOPELESS = 0.4;    /* rmsd of a seed's rotation that no fit brings below the limits in use */
static const double SEED_ANGLE = 0.45; /* radian between the angle of two neighbours and that of their template points */
/* Fits of less rmsd leave no room for the other template: half the least rmsd between the two, and a little less. */
static const double FCC_HCP = 0.125, FCC_ICO = 0.105, HCP_ICO = 0.115;

typedef struct {
  const AetTemplate *t;
  int                kind, n;
  double             v[POINTS][3];    /* neighbours from the mean of atom and neighbours, in units of their mean distance to the atom */
  double             unit[POINTS][3]; /* directions from the atom */
  double             scale;           /* that mean distance */
  double             square;          /* Σ |v|², the atom's own included */
} Shape;

static double Dot(const double *a, const double *b)
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void MakeShape(const AetTemplates *templates, int kind, double (*vector)[3], Shape *s)
{
  double mean[3] = {0};

  s->t = &templates->of[kind];
  s->kind = kind;
  s->n = s->t->count;
  s->scale = 0;
  for (int i = 0; i < s->n; i++) {
    const double length = sqrt(Dot(vector[i], vector[i]));
    s->scale += length / s->n;
    for (int a = 0; a < 3; a++) {
      s->unit[i][a] = vector[i][a] / length;
      mean[a] += vector[i][a] / (s->n + 1);
    }
  }
  s->square = Dot(mean, mean) / (s->scale * s->scale);
  for (int i = 0; i < s->n; i++) {
    for (int a = 0; a < 3; a++) s->v[i][a] = (vector[i][a] - mean[a]) / s->scale;
    s->square += Dot(s->v[i], s->v[i]);
  }
}

/* Axes of the frame that two directions span: columns along their sum, difference and normal. */
static void Frame(const double *a, const double *b, double f[9])
{
  double sum = 0, difference = 0;

  for (int k = 0; k < 3; k++) {
    f[3 * k] = a[k] + b[k];
    f[3 * k + 1] = a[k] - b[k];
    sum += f[3 * k] * f[3 * k];
    difference += f[3 * k + 1] * f[3 * k + 1];
  }
  for (int k = 0; k < 3; k++) f[3 * k] /= sqrt(sum), f[3 * k + 1] /= sqrt(difference);
  for (int k = 0; k < 3; k++) {
    const int p = (k + 1) % 3, q = (k + 2) % 3;
    f[3 * k + 2] = f[3 * p] * f[3 * q + 1] - f[3 * q] * f[3 * p + 1];
  }
}

/* The best template points of the neighbours under rotation r, one to one; 0 if even the nearest point of each, taken twice or not, is
   hopeless. */
static int Assign(const Shape *s, const double r[9], int *site)
{
  double   cost[AET_ASSIGNMENT_MAX][AET_ASSIGNMENT_MAX], turned[POINTS][3], sum = s->square;
  unsigned used = 0;

  for (int j = 0; j < s->n; j++)
    for (int a = 0; a < 3; a++) turned[j][a] = Dot(r + 3 * a, s->t->point[j]);
  for (int i = 0; i < s->n; i++) {
    int best = 0;
    for (int j = 0; j < s->n; j++) {
      cost[i][j] = Dot(turned[j], turned[j]) - 2 * Dot(s->v[i], turned[j]);
      if (cost[i][j] < cost[i][best]) best = j;
    }
    site[i] = best;
    used |= 1u << best;
    sum += cost[i][best];
  }
  if (sum > HOPELESS * HOPELESS * (s->n + 1)) return 0;
  if (used != (1u << s->n) - 1) AetAssign(s->n, cost, site);
  return 1;
}

/* Rotation and rmsd of a correspondence. */
static double Fit(const Shape *s, const int *site, double q[4], double *scale)
{
  double m[9] = {0}, value;

  for (int i = 0; i < s->n; i++)
    for (int a = 0; a < 3; a++)
      for (int b = 0; b < 3; b++) m[3 * a + b] += s->t->point[site[i]][a] * s->v[i][b];
  value = AetQuaternionFit(m, q);
  *scale = value / s->square;
  return sqrt(fmax(0, s->t->square - value * value / s->square) / (s->n + 1));
}

/* From a rotation to the correspondence where assignment and rotation agree. */
static void Improve(const Shape *s, double r[9], AetTemplateFit *fit)
{
  int    site[POINTS], before[POINTS];
  double q[4], scale, rmsd;

  for (int step = 0; step < STEPS; step++) {
    if (!Assign(s, r, site)) return;
    if (step && !memcmp(site, before, (size_t)s->n * sizeof *site)) return;
    rmsd = Fit(s, site, q, &scale);
    if (rmsd < fit->rmsd) {
      fit->kind = s->kind;
      fit->rmsd = rmsd;
      fit->nearest = s->t->nearest * s->scale / scale;
      memcpy(fit->q, q, sizeof q);
      memcpy(fit->site, site, (size_t)s->n * sizeof *site);
    }
    memcpy(before, site, (size_t)s->n * sizeof *site);
    AetQuaternionMatrix(q, r);
  }
}

/* All seeds that give neighbour `a` to a template point. */
static void TrySeeds(const Shape *s, int a, AetTemplateFit *fit)
{
  for (int k = 0; k < s->t->pairs; k++) {
    double        p[3], w[3], there[9], here[9], r[9];
    const double *first = s->t->point[s->t->pair[k][0]], *second = s->t->point[s->t->pair[k][1]];
    const double  lengths[2] = {sqrt(Dot(first, first)), sqrt(Dot(second, second))};
    for (int x = 0; x < 3; x++) p[x] = first[x] / lengths[0], w[x] = second[x] / lengths[1];
    Frame(p, w, there);
    for (int b = 0; b < s->n; b++) {
      const double cosine = Dot(s->unit[a], s->unit[b]);
      if (b == a || fabs(cosine) > 0.999 || fabs(acos(cosine) - acos(Dot(p, w))) > SEED_ANGLE) continue;
      Frame(s->unit[a], s->unit[b], here);
      for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) r[3 * i + j] = Dot(here + 3 * i, there + 3 * j);
      Improve(s, r, fit);
      if (fit->kind == s->kind && fit->rmsd < s->t->unique) return;
    }
  }
}

static void SortAscending(int n, double *x)
{
  for (int i = 1; i < n; i++)
    for (int j = i; j > 0 && x[j] < x[j - 1]; j--) {
      const double t = x[j];
      x[j] = x[j - 1];
      x[j - 1] = t;
    }
}

/* No correspondence and no rotation fits better than the lengths, shortest to shortest: Σ v·q w ≤ Σ |v||w| ≤ that of the sorted lengths. */
static double LeastByLengths(const Shape *s)
{
  double a[POINTS], b[POINTS], sum = 0;

  for (int i = 0; i < s->n; i++) a[i] = sqrt(Dot(s->v[i], s->v[i])), b[i] = sqrt(Dot(s->t->point[i], s->t->point[i]));
  SortAscending(s->n, a);
  SortAscending(s->n, b);
  for (int i = 0; i < s->n; i++) sum += a[i] * b[i];
  return sqrt(fmax(0, s->t->square - sum * sum / s->square) / (s->n + 1));
}

void AetTemplateTry(const AetTemplates *templates, int kind, double (*vector)[3], AetTemplateFit *fit)
{
  Shape s;

  MakeShape(templates, kind, vector, &s);
  if (LeastByLengths(&s) >= fit->rmsd) return;
  for (int a = 0; a < FIRSTS; a++) {
    TrySeeds(&s, a, fit);
    if (fit->kind == kind && fit->rmsd < s.t->unique) return;
  }
}

void AetTemplateBest(const AetTemplates *templates, int count, double (*vector)[3], double ceiling, AetTemplateFit *fit)
{
  static const int order[] = {AET_TEMPLATE_FCC, AET_TEMPLATE_HCP, AET_TEMPLATE_ICO, AET_TEMPLATE_BCC, AET_TEMPLATE_SC};

  *fit = (AetTemplateFit){.kind = 0, .rmsd = ceiling, .q = {1, 0, 0, 0}};
  for (int k = 0; k < 5; k++) {
    const int kind = order[k];
    if (templates->of[kind].count > count) continue;
    if (kind == AET_TEMPLATE_HCP && fit->kind == AET_TEMPLATE_FCC && fit->rmsd < FCC_HCP) continue;
    if (kind == AET_TEMPLATE_ICO && fit->kind == AET_TEMPLATE_FCC && fit->rmsd < FCC_ICO) continue;
    if (kind == AET_TEMPLATE_ICO && fit->kind == AET_TEMPLATE_HCP && fit->rmsd < HCP_ICO) continue;
    AetTemplateTry(templates, kind, vector, fit);
  }
}
