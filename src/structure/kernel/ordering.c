#include "structure/kernel/ordering.h"
#include <math.h>

/* Neighbours like the atom in and out of the plane across `axis` of the fcc template. */
static void CountPlane(const AetTemplate *t, const AetTemplateFit *fit, int self, const int *species, int axis, int *in, int *out)
{
  *in = *out = 0;
  for (int k = 0; k < t->count; k++) {
    if (species[k] != self) continue;
    *(fabs(t->point[fit->site[k]][axis]) < 0.1 ? in : out) += 1;
  }
}

static int OfFcc(const AetTemplate *t, const AetTemplateFit *fit, int self, const int *species)
{
  for (int axis = 0; axis < 3; axis++) {
    int in, out;
    CountPlane(t, fit, self, species, axis, &in, &out);
    if (in + out == 0) return AET_ORDERING_L12_MINORITY;
    if (in == 4 && out == 0) return AET_ORDERING_L10;
    if (in == 0 && out == 8) return AET_ORDERING_L12_MAJORITY;
  }
  return AET_ORDERING_OTHER;
}

static int OfBcc(const AetTemplate *t, const AetTemplateFit *fit, int self, const int *species)
{
  for (int k = 0; k < t->count; k++)
    if ((species[k] == self) != (fit->site[k] >= 8)) return AET_ORDERING_OTHER;
  return AET_ORDERING_B2;
}

int AetOrdering(const AetTemplates *templates, const AetTemplateFit *fit, int self, const int *species)
{
  const AetTemplate *t = &templates->of[fit->kind];
  int                like = 0, other = -1;

  for (int k = 0; k < t->count; k++) {
    like += species[k] == self;
    if (species[k] == self) continue;
    if (other >= 0 && other != species[k]) return AET_ORDERING_OTHER; /* three species */
    other = species[k];
  }
  if (like == t->count) return AET_ORDERING_PURE;
  if (fit->kind == AET_TEMPLATE_FCC) return OfFcc(t, fit, self, species);
  return fit->kind == AET_TEMPLATE_BCC ? OfBcc(t, fit, self, species) : AET_ORDERING_OTHER;
}
