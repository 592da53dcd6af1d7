/* The structure of one model: what was computed, and the files that tell it. Method and columns: docs/theory/analysis.md. */
#ifndef AET_APP_ANALYSIS_H
#define AET_APP_ANALYSIS_H

#include "output.h"
#include <aet4d/aet4d.h>

#define AET_STRUCTURE_FILE "structure.h5"
#define AET_STRUCTURE_TWIN "structure.xyz"

/* Everything of one model. What is told per atom is complete on every rank; objects that do not apply to the model are NULL. */
typedef struct {
  AetAtoms           atoms; /* lent */
  AetAnalyseSettings settings;
  double            *position; /* [total][3] in Å */
  int               *species;  /* [total] */
  double             cutoff_angstrom;
  AetAnalyseOrder    kind;  /* of the order parameter; auto: of all phases */
  const double      *order; /* [total] of which nuclei are made; lent from below */
  const int         *group; /* [total] template of that order; NULL: of bonds; lent */
  AetNeighbours      neighbours;
  AetBondOrder       bonds;
  AetSurface         surface; /* NULL: none */
  AetVoronoi         voronoi;
  AetPairs           pairs; /* NULL: no surface */
  AetLocal           local;
  AetLattice         lattice;
  AetStrain          strain; /* NULL: no grain */
  AetVacancies       vacancies;
  AetDislocations    dislocations;
  AetBoundaries      boundaries;  /* its grains are called crystals in the tables: they are found by orientation alone */
  int                pair[2];     /* the two species, of phases */
  AetOrderPlan       plan;        /* of phases; NULL: of bonds */
  double            *phase_order; /* [total] of phases; NULL: of bonds */
  int               *phase;       /* [total] of AetPhases, -1: none; NULL: of bonds */
  AetChemistry       chemistry;   /* NULL: not two species on an fcc lattice */
  double             claim;       /* least probability of an antisite that is told */
  AetWarren          warren;      /* NULL: one species, or too few atoms */
  AetNuclei          nuclei;
  double            *sigma_sites; /* [nuclei->count] */
  AetNucleusShape   *shape;       /* [nuclei->count] */
} AetAnalysis;

/* AET_ERR_INPUT: fewer than one atom, two atoms in one place, an order parameter that the model cannot have. Collective on atoms->comm,
   which must outlive the analysis. */
PetscErrorCode AetAnalysisCreate(AetAtoms atoms, const AetAnalyseSettings *settings, AetAnalysis **analysis);
PetscErrorCode AetAnalysisDestroy(AetAnalysis **analysis);

/* Every column that there is per atom, this rank's rows. */
enum { AET_ANALYSIS_COLUMNS = 64 };
typedef struct {
  PetscInt  start, count; /* of this rank's atoms */
  int       columns;
  AetColumn column[AET_ANALYSIS_COLUMNS];
  void     *own[AET_ANALYSIS_COLUMNS]; /* to be freed */
} AetAnalysisColumns;
PetscErrorCode AetAnalysisColumnsCreate(const AetAnalysis *analysis, AetAnalysisColumns *columns);
PetscErrorCode AetAnalysisColumnsDestroy(AetAnalysisColumns *columns);

/* Parts of AetAnalysisCreate: the order parameter; domains and defects; the standard deviations of the sizes of the nuclei; the nuclei.
 * Collective. */
PetscErrorCode AetAnalysisOrder(AetAnalysis *analysis);
PetscErrorCode AetAnalysisChemistry(AetAnalysis *analysis);
PetscErrorCode AetAnalysisSpread(AetAnalysis *analysis);
PetscErrorCode AetAnalysisNuclei(AetAnalysis *analysis);
/* letter [total] <- 0 for the first species of the pair, 1 for the second, else -1. Not collective. */
void AetAnalysisLetters(const AetAnalysis *analysis, int *letter);
/* The conventional cell's edge of the largest grain, or of fcc by the neighbours, in Å. Not collective. */
double AetAnalysisCell(const AetAnalysis *analysis);

/* The tables beside the one of atoms, into the file and as text beside it: nuclei, grains, pairs. Collective. */
PetscErrorCode AetAnalysisWriteTables(const AetAnalysis *analysis, AetFile file, const AetOutput *output);
/* structure.h5 as `path`, structure.xyz and the tables beside it. Collective. */
PetscErrorCode AetAnalysisWrite(const AetAnalysis *analysis, const AetOutput *output, const char *path);
/* strain.h5, where a grid is asked for and there is strain; else that of an earlier analysis goes. Collective. */
PetscErrorCode AetAnalysisWriteGrid(const AetAnalysis *analysis, const AetOutput *output);
/* Keys analyse.*. Collective. */
PetscErrorCode AetAnalysisSummarise(const AetAnalysis *analysis, AetSummary summary);
/* A cut through the middle of the particle and the curves of the analysis. Collective. */
PetscErrorCode AetPictureStructure(const AetAnalysis *analysis, const char *path);

/* All of that for one model, into the folder and the summary of `output`, with analyse.png where pictures are wanted. Collective. */
PetscErrorCode AetStageAnalyse(AetAtoms atoms, AetOutput *output, const char *path);

#endif
