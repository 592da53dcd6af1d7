/* Layers of hcp: close-packed planes whose atoms are hcp, alone (a twin plane) or two on each other (a stacking fault). Three and more are
   a crystal of hcp. */
#include "structure/boundaries_private.h"
#include <math.h>

static const double SAME_AXIS = 0.966; /* cosine of 15 degrees between the c axes of neighbours in a layer */
static const double IN_PLANE = 0.41;   /* of the distance of neighbours along c: 0 in a layer, 0.816 between layers */

/* A pair of sheets that lie on each other. */
typedef struct {
  PetscInt low, high, links, up; /* links between them; up: more of them rise along the axis of `low` than fall */
} Contact;

typedef struct {
  PetscInt  sheets;
  PetscInt *of;      /* [total] sheet of the atom, -1 */
  PetscInt *atoms;   /* [sheets] */
  double (*axis)[3]; /* [sheets] of its first atom; c is an axis without a sense, so one atom gives it for all */
  PetscInt *stack;   /* [sheets] lowest sheet of the stack */
  int      *level;   /* [sheets] layer in the stack */
  PetscInt  contacts;
  Contact  *contact;
} Sheets;

static void AxisOf(const AetBoundaryWork *w, PetscInt i, double axis[3])
{
  const double c[3] = {0, 0, 1};

  AetQuaternionRotate(w->local->quaternion[i], c, axis);
}

/* Height of j over i along `axis`, in units of their distance. */
static double Height(const AetBoundaryWork *w, PetscInt i, PetscInt j, const double axis[3])
{
  const double *p = w->x + 3 * (ptrdiff_t)i, *q = w->x + 3 * (ptrdiff_t)j, d[3] = {q[0] - p[0], q[1] - p[1], q[2] - p[2]};

  return (d[0] * axis[0] + d[1] * axis[1] + d[2] * axis[2]) / sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

/* Whether two neighbours are hcp of one axis, and how far j lies over i along the mean of both axes, sense of i. */
static PetscBool SameAxis(const AetBoundaryWork *w, PetscInt i, PetscInt j, double *height)
{
  double a[3], b[3], dot, mean[3], length = 0;

  if (w->local->ptm[i] != AET_LOCAL_HCP || w->local->ptm[j] != AET_LOCAL_HCP) return PETSC_FALSE;
  AxisOf(w, i, a);
  AxisOf(w, j, b);
  dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  if (fabs(dot) < SAME_AXIS) return PETSC_FALSE;
  for (int k = 0; k < 3; k++) mean[k] = a[k] + (dot < 0 ? -b[k] : b[k]), length += mean[k] * mean[k];
  for (int k = 0; k < 3; k++) mean[k] /= sqrt(length);
  *height = Height(w, i, j, mean);
  return PETSC_TRUE;
}

/* Sheets: hcp atoms joined within layers, at least min_plane_sites of them. */
static PetscErrorCode FindSheets(const AetBoundaryWork *w, Sheets *s)
{
  ptrdiff_t *parent;
  PetscInt  *size;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)w->total + 1, &parent));
  PetscCall(PetscCalloc1((size_t)w->total + 1, &size));
  AetPartitionStart(w->total, parent);
  for (PetscInt i = 0; i < w->total; i++)
    for (int k = 0; k < AET_LOCAL_NEAREST;) {
      const PetscInt j = AetBoundaryNext(w, i, &k);
      double         height;
      if (j >= 0 && SameAxis(w, i, j, &height) && fabs(height) < IN_PLANE) AetPartitionJoin(parent, i, j);
    }
  for (PetscInt i = 0; i < w->total; i++) size[AetPartitionFind(parent, i)]++;
  for (PetscInt i = 0; i < w->total; i++) {
    const ptrdiff_t root = AetPartitionFind(parent, i);
    s->of[i] = -1;
    if (w->local->ptm[i] != AET_LOCAL_HCP || size[root] < w->settings->min_plane_sites) continue;
    if (root == i) {
      s->atoms[s->sheets] = size[root];
      AxisOf(w, i, s->axis[s->sheets]);
      s->of[i] = s->sheets++;
    } else
      s->of[i] = s->of[root]; /* the root is the least, so it has its number */
  }
  PetscCall(PetscFree(parent));
  PetscCall(PetscFree(size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int ByPair(const void *left, const void *right)
{
  const Contact *a = left, *b = right;

  if (a->low != b->low) return a->low < b->low ? -1 : 1;
  return (a->high > b->high) - (a->high < b->high);
}

/* Sheets that touch out of their plane, with the number of links; every link seen from the atom of the lower sheet. */
static PetscErrorCode FindContacts(const AetBoundaryWork *w, Sheets *s)
{
  PetscInt links = 0, room = 0;

  PetscFunctionBegin;
  for (int pass = 0; pass < 2; pass++) {
    if (pass) PetscCall(PetscMalloc1((size_t)room + 1, &s->contact));
    for (PetscInt i = 0; i < w->total; i++)
      for (int k = 0; s->of[i] >= 0 && k < AET_LOCAL_NEAREST;) {
        const PetscInt j = AetBoundaryNext(w, i, &k);
        double         height;
        if (j < 0 || s->of[j] <= s->of[i] || !SameAxis(w, i, j, &height) || fabs(height) < IN_PLANE) continue;
        if (!pass)
          room++;
        else
          s->contact[links++] = (Contact){s->of[i], s->of[j], 1, Height(w, i, j, s->axis[s->of[i]]) > 0 ? 1 : -1};
      }
  }
  if (links) qsort(s->contact, (size_t)links, sizeof *s->contact, ByPair);
  for (PetscInt k = 0; k < links; k++) {
    Contact *last = s->contacts ? &s->contact[s->contacts - 1] : NULL;
    if (last && !ByPair(last, &s->contact[k]))
      last->links++, last->up += s->contact[k].up;
    else
      s->contact[s->contacts++] = s->contact[k];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Stacks of sheets that cover each other: of a full layer every atom has three links to the next. Levels are counted from the first sheet
   of a stack along its axis. */
static PetscErrorCode FindStacks(Sheets *s)
{
  PetscBool changed = PETSC_TRUE;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < s->sheets; k++) s->stack[k] = k, s->level[k] = 0;
  while (changed) { /* as many rounds as the longest way between the sheets of a stack */
    changed = PETSC_FALSE;
    for (PetscInt c = 0; c < s->contacts; c++) {
      const PetscInt a = s->contact[c].low, b = s->contact[c].high;
      const double  *p = s->axis[a], *q = s->axis[s->stack[a]];
      const int      along = p[0] * q[0] + p[1] * q[1] + p[2] * q[2] < 0 ? -1 : 1, step = (s->contact[c].up > 0 ? 1 : -1) * along;
      if (s->contact[c].links < PetscMin(s->atoms[a], s->atoms[b]) || s->stack[a] == s->stack[b]) continue;
      changed = PETSC_TRUE;
      /* the stack of the larger first sheet takes its place on that of the smaller */
      const PetscInt from = PetscMax(s->stack[a], s->stack[b]), to = PetscMin(s->stack[a], s->stack[b]);
      const double  *f = s->axis[from], *t = s->axis[to];
      const int      turn = f[0] * t[0] + f[1] * t[1] + f[2] * t[2] < 0 ? -1 : 1, rise = s->stack[a] == to ? step : -step * turn;
      const int      base = s->stack[a] == to ? s->level[a] + rise - turn * s->level[b] : s->level[b] + rise - turn * s->level[a];
      for (PetscInt k = 0; k < s->sheets; k++)
        if (s->stack[k] == from) s->stack[k] = to, s->level[k] = base + turn * s->level[k];
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The normal; the first layer below the second. */
static void Orient(AetHcpLayers *s)
{
  double mean[2][3], rise = 0;

  AetPlaneFit(s->layers, s->sums, s->normal);
  if (s->layers == 1) return;
  for (int k = 0; k < 2; k++) AetPlaneMean(&s->sums[k], mean[k]);
  for (int a = 0; a < 3; a++) rise += (mean[1][a] - mean[0][a]) * s->normal[a];
  if (rise > 0) return;
  const AetPlaneSums first = s->sums[0];
  s->sums[0] = s->sums[1];
  s->sums[1] = first;
}

/* Stacks of one or two levels become the layers of `w`; the others stay crystals of hcp. */
static PetscErrorCode KeepThin(AetBoundaryWork *w, Sheets *s)
{
  PetscInt *number;
  int      *low, *high;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3((size_t)s->sheets + 1, &number, (size_t)s->sheets + 1, &low, (size_t)s->sheets + 1, &high));
  for (PetscInt k = 0; k < s->sheets; k++) low[k] = high[k] = s->level[s->stack[k]];
  for (PetscInt k = 0; k < s->sheets; k++) {
    low[s->stack[k]] = PetscMin(low[s->stack[k]], s->level[k]);
    high[s->stack[k]] = PetscMax(high[s->stack[k]], s->level[k]);
  }
  PetscCall(PetscCalloc1((size_t)s->sheets + 1, &w->stack));
  for (PetscInt k = 0; k < s->sheets; k++) {
    number[k] = -1;
    if (s->stack[k] != k || high[k] - low[k] > 1) continue;
    w->stack[w->stacks].layers = high[k] - low[k] + 1;
    number[k] = w->stacks++;
  }
  for (PetscInt i = 0; i < w->total; i++) {
    const PetscInt root = s->of[i] < 0 ? -1 : s->stack[s->of[i]];
    w->layers[i] = root < 0 ? -1 : number[root];
    if (w->layers[i] < 0) continue;
    w->stack[w->layers[i]].atoms++;
    AetPlaneAdd(&w->stack[w->layers[i]].sums[s->level[s->of[i]] - low[root]], w->x + 3 * (ptrdiff_t)i);
  }
  for (PetscInt k = 0; k < w->stacks; k++) Orient(&w->stack[k]);
  PetscCall(PetscFree3(number, low, high));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetBoundaryFindLayers(AetBoundaryWork *w)
{
  const size_t room = (size_t)w->total + 1;
  Sheets       s = {0};

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(room, &s.of, room, &s.atoms, room, &s.axis, room, &s.stack, room, &s.level));
  PetscCall(FindSheets(w, &s));
  PetscCall(FindContacts(w, &s));
  PetscCall(FindStacks(&s));
  PetscCall(KeepThin(w, &s));
  PetscCall(PetscFree(s.contact));
  PetscCall(PetscFree5(s.of, s.atoms, s.axis, s.stack, s.level));
  PetscFunctionReturn(PETSC_SUCCESS);
}
