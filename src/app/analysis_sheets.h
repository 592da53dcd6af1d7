/* Tables of an analysis, by the files that fill them. */
#ifndef AET_APP_ANALYSIS_SHEETS_H
#define AET_APP_ANALYSIS_SHEETS_H

#include "analysis.h"
#include "sheet.h"

/* Sizes, shapes, places, gradients and fits as further columns of the table of nuclei. */
PetscErrorCode AetAnalysisShapeColumns(const AetAnalysis *analysis, AetSheet *sheet);
/* The radial profiles of all nuclei, one after the other, with their fits. */
PetscErrorCode AetAnalysisProfiles(const AetAnalysis *analysis, AetSheet *sheet);
/* Antisites, swaps and antiphase boundaries; ordered domains; Warren-Cowley parameters of the shells of neighbours. */
PetscErrorCode AetAnalysisDefects(const AetAnalysis *analysis, AetSheet *sheet);
PetscErrorCode AetAnalysisDomains(const AetAnalysis *analysis, AetSheet *sheet);
PetscErrorCode AetAnalysisWarren(const AetAnalysis *analysis, AetSheet *sheet);

#endif
