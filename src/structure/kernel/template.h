/* Templates of local structure, and the one that fits an atom's neighbours best (polyhedral template matching: Larsen, Schmidt, Schiøtz,
   Modelling Simul. Mater. Sci. Eng. 24 (2016) 055007). */
#ifndef AET_STRUCTURE_KERNEL_TEMPLATE_H
#define AET_STRUCTURE_KERNEL_TEMPLATE_H

#include "structure/kernel/quaternion.h"

enum { AET_TEMPLATE_FCC = 1, AET_TEMPLATE_HCP, AET_TEMPLATE_BCC, AET_TEMPLATE_ICO, AET_TEMPLATE_SC, AET_TEMPLATES };
enum { AET_TEMPLATE_POINTS = 14 };

typedef struct {
  int              count;                         /* neighbours */
  double           point[AET_TEMPLATE_POINTS][3]; /* of mean length 1; fcc, bcc, sc: cubic axes along x, y, z; hcp: c along z, a along x */
  double           nearest;                       /* length of the shortest */
  double           square;                        /* sum of their squared lengths */
  int              pairs, pair[2][2]; /* ordered pairs of points, one for every class of first points that symmetry makes equal */
  double           unique;            /* a fit of less rmsd is the best of this template */
  AetRotationGroup group;             /* that leave the lattice of the template as it is (of ico, itself) */
} AetTemplate;
typedef struct {
  AetTemplate of[AET_TEMPLATES]; /* by the names above; the first is empty */
} AetTemplates;
void AetTemplatesMake(AetTemplates *templates);

typedef struct {
  int    kind;                      /* AET_TEMPLATE_…; 0: none */
  double rmsd;                      /* sqrt of the mean over atom and neighbours of |s (v - mean v) - q w q*|² */
  double nearest;                   /* of the fitted template: its shortest length over s, in the unit of v */
  double q[4];                      /* template to laboratory, as fitted, not reduced by symmetry */
  int    site[AET_TEMPLATE_POINTS]; /* template point of neighbour k */
} AetTemplateFit;
/* Of one template over all correspondences, rotations and scales; vector[k], nearest first, at least the template's count. Keeps `fit`
   where it is better. The correspondence is exact below the `unique` of the template, else the best of a search (docs/theory/structure.md).
 */
void AetTemplateTry(const AetTemplates *templates, int kind, double (*vector)[3], AetTemplateFit *fit);
/* The best of all templates that have enough neighbours and fit with an rmsd below the ceiling; kind 0: none. */
void AetTemplateBest(const AetTemplates *templates, int count, double (*vector)[3], double ceiling, AetTemplateFit *fit);

#endif
