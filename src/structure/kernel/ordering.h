/* The chemical order around one atom, by the species of its matched neighbours. */
#ifndef AET_STRUCTURE_KERNEL_ORDERING_H
#define AET_STRUCTURE_KERNEL_ORDERING_H

#include "structure/kernel/template.h"

enum { AET_ORDERING_OTHER, AET_ORDERING_PURE, AET_ORDERING_L10, AET_ORDERING_L12_MINORITY, AET_ORDERING_L12_MAJORITY, AET_ORDERING_B2 };
/* Of an atom of species `self` whose neighbours' `species` [k] lie on fit->site[k] of its template: perfect order or AET_ORDERING_OTHER.
   Larsen, Schmidt, Schiøtz (2016), section on ordering; every template but fcc and bcc knows only AET_ORDERING_PURE. */
int AetOrdering(const AetTemplates *templates, const AetTemplateFit *fit, int self, const int *species);

#endif
