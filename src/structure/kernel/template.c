/* The points of the templates. */
#include "structure/kernel/template.h"
#include <math.h>
#include <string.h>

static void Append(AetTemplate *t, double x, double y, double z)
{
  double *p = t->point[t->count++];

  p[0] = x, p[1] = y, p[2] = z;
}

static double Length(const double *p)
{
  return sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
}

/* Mean length 1. */
static void Normalise(AetTemplate *t)
{
  double mean = 0;

  for (int i = 0; i < t->count; i++) mean += Length(t->point[i]) / t->count;
  t->nearest = INFINITY;
  t->square = 0;
  for (int i = 0; i < t->count; i++) {
    for (int a = 0; a < 3; a++) t->point[i][a] /= mean;
    t->nearest = fmin(t->nearest, Length(t->point[i]));
    t->square += pow(Length(t->point[i]), 2);
  }
}

/* A pair that begins with `first`: the point of least angle to it, of equal ones the first. */
static void AddPair(AetTemplate *t, int first)
{
  const double *p = t->point[first];
  double        best = -1;
  int           second = -1;

  for (int i = 0; i < t->count; i++) {
    const double *w = t->point[i], cosine = (p[0] * w[0] + p[1] * w[1] + p[2] * w[2]) / (Length(p) * Length(w));
    if (i == first || cosine <= best + 1e-9) continue;
    best = cosine;
    second = i;
  }
  t->pair[t->pairs][0] = first;
  t->pair[t->pairs++][1] = second;
}

static void MakeCubic(AetTemplates *templates)
{
  AetTemplate *fcc = &templates->of[AET_TEMPLATE_FCC], *bcc = &templates->of[AET_TEMPLATE_BCC], *sc = &templates->of[AET_TEMPLATE_SC];

  for (int a = 0; a < 3; a++)
    for (int k = 0; k < 4; k++) {
      double p[3];
      p[a] = 0, p[(a + 1) % 3] = k & 1 ? -1 : 1, p[(a + 2) % 3] = k & 2 ? -1 : 1;
      Append(fcc, p[0], p[1], p[2]);
    }
  for (int k = 0; k < 8; k++) Append(bcc, k & 1 ? -1 : 1, k & 2 ? -1 : 1, k & 4 ? -1 : 1);
  for (int k = 0; k < 6; k++) {
    double p[3] = {0};
    p[k / 2] = k & 1 ? -1 : 1;
    Append(sc, p[0], p[1], p[2]);
    Append(bcc, 2 * p[0], 2 * p[1], 2 * p[2]);
  }
  AetRotationGroupCubic(&fcc->group);
  bcc->group = sc->group = fcc->group;
  AddPair(fcc, 0);
  AddPair(bcc, 0); /* of the first shell */
  AddPair(bcc, 8); /* of the second */
  AddPair(sc, 0);
  fcc->unique = 0.165, bcc->unique = 0.13, sc->unique = 0.25;
}

static void MakeHexagonal(AetTemplate *t)
{
  for (int k = 0; k < 6; k++) Append(t, cos(k * M_PI / 3), sin(k * M_PI / 3), 0);
  for (int k = 0; k < 6; k++) {
    const double angle = M_PI / 6 + k / 2 * 2 * M_PI / 3;
    Append(t, cos(angle) / sqrt(3), sin(angle) / sqrt(3), (k & 1 ? -1 : 1) * sqrt(2 / 3.));
  }
  AetRotationGroupHexagonal(&t->group);
  AddPair(t, 0); /* in the plane */
  AddPair(t, 6); /* above it */
  t->unique = 0.14;
}

static void MakeIcosahedral(AetTemplate *t)
{
  const double golden = (1 + sqrt(5)) / 2;

  for (int a = 0; a < 3; a++)
    for (int k = 0; k < 4; k++) {
      double p[3];
      p[a] = 0, p[(a + 1) % 3] = k & 1 ? -1 : 1, p[(a + 2) % 3] = (k & 2 ? -1 : 1) * golden;
      Append(t, p[0], p[1], p[2]);
    }
  AetRotationGroupIcosahedral(&t->group);
  AddPair(t, 0);
  t->unique = 0.2;
}

void AetTemplatesMake(AetTemplates *templates)
{
  memset(templates, 0, sizeof *templates);
  MakeCubic(templates);
  MakeHexagonal(&templates->of[AET_TEMPLATE_HCP]);
  MakeIcosahedral(&templates->of[AET_TEMPLATE_ICO]);
  for (int k = 1; k < AET_TEMPLATES; k++) Normalise(&templates->of[k]);
}
