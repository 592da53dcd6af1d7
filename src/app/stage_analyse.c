/* What is computed of one model, and in which order. */
#include "analysis.h"
#include <math.h>

#define LONE_CUTOFF 4.0 /* Å, of a single atom: any will do */

/* The neighbours of an atom end at the first valley of the pair distribution, where no other cut-off is given. */
static PetscErrorCode Cutoff(AetAnalysis *a)
{
  PetscFunctionBegin;
  a->cutoff_angstrom = a->settings.neighbour_cutoff_angstrom;
  if (!(a->cutoff_angstrom > 0) && a->atoms->total > 1) PetscCall(AetFirstValley(a->atoms, &a->cutoff_angstrom));
  if (!(a->cutoff_angstrom > 0)) a->cutoff_angstrom = LONE_CUTOFF;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A handful of atoms, or a single layer, has no surface that encloses anything: the analysis goes on without. */
static PetscErrorCode Surface(AetAnalysis *a)
{
  const PetscErrorCode code = AetSurfaceCreate(a->atoms, a->settings.surface_angstrom, &a->surface);

  PetscFunctionBegin;
  if (!code) PetscFunctionReturn(PETSC_SUCCESS);
  if (code != AET_ERR_INPUT) PetscFunctionReturn(code);
  PetscCall(AetReport(a->atoms->comm, "  no surface: %s\n", AetErrorMessage()));
  AetErrorClear();
  a->surface = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Compute(AetAnalysis *a)
{
  AetLocalSettings    local;
  AetLatticeSettings  lattice;
  AetBoundarySettings boundary;

  PetscFunctionBegin;
  PetscCall(AetAtomsGather(a->atoms, &a->position, &a->species));
  PetscCall(Cutoff(a));
  PetscCall(AetNeighboursCreate(a->atoms, a->cutoff_angstrom, &a->neighbours));
  PetscCall(AetBondOrderCreate(a->neighbours, &a->bonds));
  PetscCall(Surface(a));
  if (a->surface) PetscCall(AetPairsCreate(a->atoms, a->surface, AET_PAIRS_BIN_ANGSTROM, AET_PAIRS_REACH_ANGSTROM, &a->pairs));
  PetscCall(AetVoronoiCreate(a->atoms, a->surface, &a->voronoi));
  AetLocalDefaults(&local);
  PetscCall(AetLocalCreate(a->atoms, &local, &a->local));
  AetLatticeDefaults(&lattice);
  lattice.shape = a->settings.lattice_ideal ? AET_LATTICE_IDEAL : AET_LATTICE_FREE;
  lattice.lattice_angstrom = a->settings.lattice_angstrom;
  PetscCall(AetLatticeCreate(a->neighbours, &lattice, &a->lattice));
  if (a->lattice->grains) PetscCall(AetStrainCreate(a->atoms, a->lattice, a->settings.strain_sigma_angstrom, &a->strain));
  PetscCall(AetVacanciesCreate(a->atoms, a->lattice, &a->vacancies));
  PetscCall(AetDislocationsCreate(a->atoms, a->lattice, &a->dislocations));
  AetBoundaryDefaults(&boundary);
  PetscCall(AetBoundariesCreate(a->atoms, a->local, &boundary, &a->boundaries));
  PetscCall(AetAnalysisOrder(a));
  PetscCall(AetAnalysisChemistry(a));
  PetscCall(AetAnalysisNuclei(a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnalysisCreate(AetAtoms atoms, const AetAnalyseSettings *settings, AetAnalysis **analysis)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  *analysis = NULL;
  AetCheck(atoms->total > 0, AET_ERR_INPUT, "analyse: expected atoms, found none");
  PetscCall(PetscNew(analysis));
  (*analysis)->atoms = atoms;
  (*analysis)->settings = *settings;
  code = Compute(*analysis);
  if (code) PetscCall(AetAnalysisDestroy(analysis));
  PetscFunctionReturn(code);
}

PetscErrorCode AetAnalysisDestroy(AetAnalysis **analysis)
{
  AetAnalysis *a = *analysis;

  PetscFunctionBegin;
  if (!a) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree(a->shape));
  PetscCall(PetscFree(a->sigma_sites));
  PetscCall(AetNucleiDestroy(&a->nuclei));
  PetscCall(PetscFree2(a->phase_order, a->phase));
  PetscCall(AetOrderPlanDestroy(&a->plan));
  PetscCall(AetWarrenDestroy(&a->warren));
  PetscCall(AetChemistryDestroy(&a->chemistry));
  PetscCall(AetBoundariesDestroy(&a->boundaries));
  PetscCall(AetDislocationsDestroy(&a->dislocations));
  PetscCall(AetVacanciesDestroy(&a->vacancies));
  PetscCall(AetStrainDestroy(&a->strain));
  PetscCall(AetLatticeDestroy(&a->lattice));
  PetscCall(AetLocalDestroy(&a->local));
  PetscCall(AetVoronoiDestroy(&a->voronoi));
  PetscCall(AetPairsDestroy(&a->pairs));
  PetscCall(AetSurfaceDestroy(&a->surface));
  PetscCall(AetBondOrderDestroy(&a->bonds));
  PetscCall(AetNeighboursDestroy(&a->neighbours));
  PetscCall(PetscFree(a->position));
  PetscCall(PetscFree(a->species));
  PetscCall(PetscFree(*analysis));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report(const AetAnalysis *a)
{
  static const char *const order[] = {"of bonds", "of L1_0", "of L1_2", "of L1_0 and L1_2"};

  PetscFunctionBegin;
  PetscCall(AetReport(a->atoms->comm, "  %d atoms, neighbours within %.3f Å; order %s: %d nuclei, %d smaller ones dropped\n",
                      (int)a->atoms->total, a->cutoff_angstrom, order[a->kind], (int)a->nuclei->count, (int)a->nuclei->dropped));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Tell(const AetAnalysis *a, AetOutput *output, const char *path)
{
  PetscBool pictures;
  char      picture[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(Report(a));
  PetscCall(AetAnalysisSummarise(a, output->summary));
  PetscCall(AetAnalysisWrite(a, output, path));
  PetscCall(AetAnalysisWriteGrid(a, output));
  PetscCall(AetOptionGetBool("pictures", &pictures));
  if (!pictures) PetscFunctionReturn(PETSC_SUCCESS);
  AetOutputPath(output, "analyse.png", picture);
  PetscCall(AetPictureStructure(a, picture));
  PetscCall(AetReport(a->atoms->comm, "picture: %s\n", picture));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetStageAnalyse(AetAtoms atoms, AetOutput *output, const char *path)
{
  AetAnalyseSettings settings;
  AetAnalysis       *analysis;
  PetscErrorCode     code;

  PetscFunctionBegin;
  PetscCall(AetAnalyseSettingsFromOptions(&settings));
  PetscCall(AetAnalysisCreate(atoms, &settings, &analysis));
  code = Tell(analysis, output, path);
  PetscCall(AetAnalysisDestroy(&analysis));
  PetscFunctionReturn(code);
}
