/* What lies between grains, as a list: layers of hcp with the grains on their sides, and pairs of grains that touch. */
#include "structure/boundaries_private.h"
#include <math.h>

static const double RAD = M_PI / 180, AXIS_LEAST = 0.1; /* degrees below which noise makes the axis */
static const double SAME_NORMAL = 0.996;                /* cosine of 5 degrees: pieces of one layer */
static const double LAYER = 0.816;                      /* distance of close-packed layers over that of neighbours */

static double Over(const double *x, const double *point, const double *normal)
{
  return (x[0] - point[0]) * normal[0] + (x[1] - point[1]) * normal[1] + (x[2] - point[2]) * normal[2];
}

static double LayerSpacing(const AetBoundaryWork *w)
{
  return LAYER * w->local->reach_angstrom / 2.2;
}

/* A point of the plane of layers: of two, in the middle between them. */
static void PointOf(const AetHcpLayers *s, double point[3])
{
  double mean[2][3];

  for (int k = 0; k < s->layers; k++) AetPlaneMean(&s->sums[k], mean[k]);
  for (int a = 0; a < 3; a++) point[a] = s->layers == 1 ? mean[0][a] : (mean[0][a] + mean[1][a]) / 2;
}

/* ---------------------------------------------------------------- sides of layers */

/* The core grain that the atoms of a layer see most on a side, if every fourth sees it; else -1. */
static PetscInt Winner(PetscInt grains, const PetscInt *votes, PetscInt atoms)
{
  PetscInt best = -1;

  for (PetscInt g = 0; g < grains; g++)
    if (votes[g] > (best < 0 ? 0 : votes[best])) best = g;
  return best >= 0 && 4 * votes[best] >= atoms ? best : -1;
}

static double Angle(const AetBoundaryWork *w, AetBoundaries b, PetscInt g, PetscInt h)
{
  return AetDisorientation(AetBoundaryGroup(w, b->kind[g]), b->quaternion[g], b->quaternion[h], NULL) / RAD;
}

static double SigmaThree(const AetBoundaryWork *w, AetBoundaries b, PetscInt g, PetscInt h)
{
  return AetSigmaThree(&w->cubic, b->quaternion[g], b->quaternion[h]) / RAD;
}

/* -1: the layers are no defect of their own, but atoms of a general boundary. */
static int KindOfLayers(const AetBoundaryWork *w, AetBoundaries b, const AetHcpLayers *s)
{
  const PetscInt g = s->side[0], h = s->side[1];

  if (g < 0 && h < 0) return -1;
  if (g < 0 || h < 0) return AET_BOUNDARY_HCP_LAYERS;
  if (b->kind[g] != AET_LOCAL_FCC || b->kind[h] != AET_LOCAL_FCC) return -1;
  if (s->layers == 1) return g != h && SigmaThree(w, b, g, h) < w->settings->sigma3_deg ? AET_BOUNDARY_COHERENT_TWIN : -1;
  return g == h || Angle(w, b, g, h) < w->settings->tolerance_deg ? AET_BOUNDARY_STACKING_FAULT : -1;
}

PetscErrorCode AetBoundaryFindSides(AetBoundaryWork *w, AetBoundaries b)
{
  PetscInt *votes;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(2 * (size_t)w->stacks * (size_t)b->grains + 1, &votes));
  for (PetscInt i = 0; i < w->total; i++)
    for (int k = 0; w->layers[i] >= 0 && k < AET_LOCAL_NEAREST;) {
      const PetscInt j = AetBoundaryNext(w, i, &k);
      if (j < 0 || w->core[j] < 0) continue;
      const double height = Over(w->x + 3 * (ptrdiff_t)j, w->x + 3 * (ptrdiff_t)i, w->stack[w->layers[i]].normal);
      if (fabs(height) < LayerSpacing(w) / 2) continue;
      votes[(2 * w->layers[i] + (height > 0)) * b->grains + w->core[j]]++;
    }
  for (PetscInt k = 0; k < w->stacks; k++) {
    AetHcpLayers *s = &w->stack[k];
    for (int side = 0; side < 2; side++) s->side[side] = Winner(b->grains, votes + (2 * k + side) * b->grains, s->atoms / s->layers);
    s->kind = KindOfLayers(w, b, s);
    s->group = -1;
  }
  PetscCall(PetscFree(votes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- pairs of grains that touch */

typedef struct {
  PetscInt     low, high, atoms, record;
  AetPlaneSums middle;  /* of the middles between touching atoms */
  AetPlaneSums side[2]; /* of the touching atoms of either grain */
} Touch;

/* Whether x lies at a twin plane between the two grains. */
static PetscBool AtTwin(const AetBoundaryWork *w, const double *x, PetscInt low, PetscInt high)
{
  for (PetscInt k = 0; k < w->stacks; k++) {
    const AetHcpLayers *s = &w->stack[k];
    double              point[3];
    if (s->kind != AET_BOUNDARY_COHERENT_TWIN || PetscMin(s->side[0], s->side[1]) != low || PetscMax(s->side[0], s->side[1]) != high)
      continue;
    PointOf(s, point);
    if (fabs(Over(x, point, s->normal)) < 1.6 * LayerSpacing(w)) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* Whether a neighbour of atom i is of a third grain. */
static PetscBool SeesThird(const AetBoundaryWork *w, AetBoundaries b, PetscInt i, PetscInt first, PetscInt second)
{
  for (int k = 0; k < AET_LOCAL_NEAREST;) {
    const PetscInt j = AetBoundaryNext(w, i, &k), h = j < 0 ? -1 : b->grain[j];
    if (h >= 0 && h != first && h != second) return PETSC_TRUE;
  }
  return PETSC_FALSE;
}

/* The one other grain among the neighbours of an atom; -1: none, or a third one beside it or them (where the grains of a fivefold axis
   meet, each touches all), or a twin plane. */
static PetscInt OtherGrain(const AetBoundaryWork *w, AetBoundaries b, PetscInt i)
{
  const PetscInt mine = b->grain[i];
  PetscInt       other = -1;

  for (int k = 0; mine >= 0 && other < 0 && k < AET_LOCAL_NEAREST;) {
    const PetscInt j = AetBoundaryNext(w, i, &k), h = j < 0 ? -1 : b->grain[j];
    if (h >= 0 && h != mine) other = h;
  }
  if (other < 0 || SeesThird(w, b, i, mine, other)) return -1;
  for (int k = 0; k < AET_LOCAL_NEAREST;) {
    const PetscInt j = AetBoundaryNext(w, i, &k);
    if (j >= 0 && SeesThird(w, b, j, mine, other)) return -1;
  }
  return AtTwin(w, w->x + 3 * (ptrdiff_t)i, PetscMin(other, mine), PetscMax(other, mine)) ? -1 : other;
}

static int ByGrains(const void *left, const void *right)
{
  const Touch *a = left, *b = right;

  if (a->low != b->low) return a->low < b->low ? -1 : 1;
  return (a->high > b->high) - (a->high < b->high);
}

static Touch Key(AetBoundaries b, PetscInt i, PetscInt other)
{
  return (Touch){.low = PetscMin(other, b->grain[i]), .high = PetscMax(other, b->grain[i]), .record = -1};
}

static void AddTouch(const AetBoundaryWork *w, AetBoundaries b, PetscInt i, PetscInt other, Touch *t)
{
  const double *x = w->x + 3 * (ptrdiff_t)i;

  t->atoms++;
  AetPlaneAdd(&t->side[b->grain[i] == t->high], x);
  for (int k = 0; k < AET_LOCAL_NEAREST;) {
    const PetscInt j = AetBoundaryNext(w, i, &k);
    if (j < 0 || b->grain[j] != other) continue;
    const double *y = w->x + 3 * (ptrdiff_t)j, middle[3] = {(x[0] + y[0]) / 2, (x[1] + y[1]) / 2, (x[2] + y[2]) / 2};
    AetPlaneAdd(&t->middle, middle);
  }
}

/* The pairs of grains that touch, in order; other [total]: what OtherGrain says. *touch: PetscFree. */
static PetscErrorCode FindTouches(const AetBoundaryWork *w, AetBoundaries b, const PetscInt *other, PetscInt *touches, Touch **touch)
{
  PetscInt found = 0, pairs = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < w->total; i++) found += other[i] >= 0;
  PetscCall(PetscMalloc1((size_t)found + 1, touch));
  found = 0;
  for (PetscInt i = 0; i < w->total; i++)
    if (other[i] >= 0) (*touch)[found++] = Key(b, i, other[i]);
  if (found) qsort(*touch, (size_t)found, sizeof **touch, ByGrains);
  for (PetscInt k = 0; k < found; k++)
    if (!pairs || ByGrains(&(*touch)[pairs - 1], &(*touch)[k])) (*touch)[pairs++] = (*touch)[k];
  for (PetscInt i = 0; i < w->total; i++) { /* summed in the order of the atoms */
    if (other[i] < 0) continue;
    const Touch key = Key(b, i, other[i]);
    AddTouch(w, b, i, other[i], bsearch(&key, *touch, (size_t)pairs, sizeof key, ByGrains));
  }
  *touches = pairs;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- records */

/* Misorientation of the two grains of a record. */
static void Compare(const AetBoundaryWork *w, AetBoundaries b, AetBoundary *r)
{
  const PetscInt g = r->grain[0], h = r->grain[1];

  r->angle_deg = r->sigma3_deg = -1;
  if (g < 0 || h < 0 || b->kind[g] != b->kind[h]) return;
  r->angle_deg =
      AetMisorientation(AetBoundaryGroup(w, b->kind[g]), b->quaternion[g], b->quaternion[h], AXIS_LEAST * RAD, r->axis, r->axis_crystal) /
      RAD;
  if (g != h && b->kind[g] != AET_LOCAL_HCP) r->sigma3_deg = SigmaThree(w, b, g, h);
}

/* The record of a pair of grains; false: too few atoms. */
static PetscBool OfTouch(const AetBoundaryWork *w, AetBoundaries b, const Touch *t, AetBoundary *r)
{
  double mean[2][3];

  if (t->atoms < w->settings->min_plane_sites || t->side[0].count == 0 || t->side[1].count == 0) return PETSC_FALSE;
  *r = (AetBoundary){.kind = AET_BOUNDARY_GRAIN, .grain = {t->low, t->high}, .atoms = t->atoms};
  r->roughness_angstrom = AetPlaneFit(1, &t->middle, r->normal);
  AetPlaneMean(&t->middle, r->point);
  for (int k = 0; k < 2; k++) AetPlaneMean(&t->side[k], mean[k]);
  if (Over(mean[0], mean[1], r->normal) > 0) r->grain[0] = t->high, r->grain[1] = t->low;
  Compare(w, b, r);
  if (r->sigma3_deg >= 0 && r->sigma3_deg < w->settings->sigma3_deg) r->kind = AET_BOUNDARY_TWIN;
  return PETSC_TRUE;
}

static void AddSums(AetPlaneSums *to, const AetPlaneSums *from)
{
  to->count += from->count;
  for (int i = 0; i < 3; i++) to->x[i] += from->x[i];
  for (int i = 0; i < 9; i++) to->xx[i] += from->xx[i];
}

/* Adds to stack `k` the later ones that are pieces of the same layers. */
static void GatherPieces(AetBoundaryWork *w, PetscInt k)
{
  AetHcpLayers *s = &w->stack[k];
  double        point[3];

  PointOf(s, point);
  for (PetscInt m = k + 1; m < w->stacks; m++) {
    AetHcpLayers *p = &w->stack[m];
    const double  dot = p->normal[0] * s->normal[0] + p->normal[1] * s->normal[1] + p->normal[2] * s->normal[2];
    const int     flip = dot < 0;
    double        other[3];
    if (p->kind != s->kind || p->layers != s->layers || p->group >= 0 || fabs(dot) < SAME_NORMAL) continue;
    if (p->side[flip] != s->side[0] || p->side[!flip] != s->side[1]) continue;
    PointOf(p, other);
    if (fabs(Over(other, point, s->normal)) > LayerSpacing(w) / 2) continue;
    p->group = s->group;
    s->atoms += p->atoms;
    for (int layer = 0; layer < s->layers; layer++) AddSums(&s->sums[layer], &p->sums[flip && s->layers == 2 ? 1 - layer : layer]);
  }
}

static void OfLayers(const AetBoundaryWork *w, AetBoundaries b, const AetHcpLayers *s, AetBoundary *r)
{
  double normal[3];

  *r = (AetBoundary){.kind = s->kind, .grain = {s->side[0], s->side[1]}, .atoms = s->atoms};
  r->roughness_angstrom = AetPlaneFit(s->layers, s->sums, normal);
  const int flip = normal[0] * s->normal[0] + normal[1] * s->normal[1] + normal[2] * s->normal[2] < 0; /* of the pieces together */
  for (int a = 0; a < 3; a++) r->normal[a] = normal[a];
  if (flip) r->grain[0] = s->side[1], r->grain[1] = s->side[0];
  PointOf(s, r->point);
  Compare(w, b, r);
}

static int ByKindAndGrains(const void *left, const void *right)
{
  const AetHcpLayers *const *a = left, *const *b = right;

  if ((*a)->kind != (*b)->kind) return (*a)->kind - (*b)->kind;
  for (int k = 0; k < 2; k++)
    if ((*a)->side[k] != (*b)->side[k]) return (*a)->side[k] < (*b)->side[k] ? -1 : 1;
  return (*a > *b) - (*a < *b); /* by the lowest atom */
}

/* Records of layers first. */
static PetscErrorCode RecordLayers(AetBoundaryWork *w, AetBoundaries b)
{
  AetHcpLayers **order;
  PetscInt       kept = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)w->stacks + 1, &order));
  for (PetscInt k = 0; k < w->stacks; k++)
    if (w->stack[k].kind >= 0) order[kept++] = &w->stack[k];
  if (kept) qsort(order, (size_t)kept, sizeof *order, ByKindAndGrains);
  for (PetscInt k = 0; k < kept; k++) {
    if (order[k]->group >= 0) continue;
    order[k]->group = b->count;
    GatherPieces(w, order[k] - w->stack);
    OfLayers(w, b, order[k], &b->boundary[b->count++]);
  }
  PetscCall(PetscFree(order));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetBoundaryMakeRecords(AetBoundaryWork *w, AetBoundaries b)
{
  PetscInt *other, touches = 0;
  Touch    *touch;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)w->total + 1, &other));
  for (PetscInt i = 0; i < w->total; i++) other[i] = OtherGrain(w, b, i);
  PetscCall(FindTouches(w, b, other, &touches, &touch));
  PetscCall(PetscCalloc1((size_t)w->stacks + (size_t)touches + 1, &b->boundary));
  PetscCall(RecordLayers(w, b));
  for (PetscInt k = 0; k < touches; k++)
    if (OfTouch(w, b, &touch[k], &b->boundary[b->count])) touch[k].record = b->count++;
  for (PetscInt i = 0; i < w->total; i++) {
    b->at[i] = w->layers[i] < 0 ? -1 : w->stack[w->layers[i]].group;
    if (b->at[i] >= 0 || other[i] < 0) continue;
    const Touch key = Key(b, i, other[i]), *t = bsearch(&key, touch, (size_t)touches, sizeof key, ByGrains);
    b->at[i] = t->record;
  }
  PetscCall(PetscFree(touch));
  PetscCall(PetscFree(other));
  PetscFunctionReturn(PETSC_SUCCESS);
}
