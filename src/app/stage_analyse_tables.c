/* The tables of an analysis that are not of atoms: nuclei, grains, the pair distribution. */
#include "analysis.h"
#include "analysis_sheets.h"
#include <string.h>
#include <unistd.h>

/* Numbers 0 ... count-1; PetscFree. */
static PetscErrorCode Numbers(PetscInt count, PetscInt **number)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)count + 1, number));
  for (PetscInt k = 0; k < count; k++) (*number)[k] = k;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What nuclei are of, by AetOrderKind + 1, in the words of the simulator and of analyse_order; their axes. */
static const char *const phase_words[] = {"boo", "l10", "l12_ab3", "l12", "a1_a", "a1_b"};
static const char *const axis_words[] = {"-", "x", "y", "z"};

static PetscErrorCode NucleiSheet(const AetAnalysis *a, AetSheet *sheet)
{
  const AetNuclei n = a->nuclei;
  PetscInt       *number, *time, *phase, *axis, *variant;
  const size_t    room = (size_t)n->count + 1;

  PetscFunctionBegin;
  sheet->rows = n->count;
  PetscCall(Numbers(n->count, &number));
  PetscCall(PetscCalloc4(room, &time, room, &phase, room, &axis, room, &variant));
  for (PetscInt k = 0; k < n->count; k++) {
    const int which = a->group ? a->group[n->peak[k]] : -1;
    variant[k] = which;
    if (which < 0) continue;
    phase[k] = AetPhases[which].kind + 1;
    axis[k] = AetPhases[which].axis + 1;
    variant[k] = AetPhases[which].variant;
  }
  PetscCall(AetSheetWhole(sheet, "time", "time", "number of the time, from 1", 1, time, 1, NULL));
  PetscCall(AetSheetWhole(sheet, "nucleus", "nucleus", "number of the nucleus, from 1", 1, number, 1, NULL));
  PetscCall(AetSheetWhole(sheet, "sites", "sites", "atoms of the nucleus", 1, n->sites, 0, NULL));
  PetscCall(AetSheetReal(sheet, "x,y,z", "position", "angstrom", "mean position of the atoms", 3, n->centre));
  PetscCall(AetSheetReal(sheet, "max_order", "max_order", "", "largest order parameter, values above 1 folded back", 1, n->max_order));
  PetscCall(AetSheetWhole(sheet, "phase", "phase", "0 ordered bonds, 1 L1_0, 2 L1_2 AB3, 3 L1_2 A3B", 1, phase, 0, phase_words));
  PetscCall(AetSheetWhole(sheet, "axis", "axis", "of L1_0 in the cell of the grain: 1 x, 2 y, 3 z; 0: none", 1, axis, 0, axis_words));
  PetscCall(AetSheetReal(sheet, "sigma_sites", "sigma_sites", "", "standard deviation of the number of atoms over replicas; 0: unknown", 1,
                         a->sigma_sites));
  PetscCall(AetSheetWhole(sheet, "variant", "variant", "of the phase; -1: none", 1, variant, 0, NULL));
  PetscCall(AetSheetWhole(sheet, "core_sites", "core_sites", "atoms of the core", 1, n->core_sites, 0, NULL));
  PetscCall(AetSheetWhole(sheet, "peak", "peak", "row of the most ordered atom in the table of atoms, from 0", 1, n->peak, 0, NULL));
  PetscCall(AetAnalysisShapeColumns(a, sheet));
  PetscCall(PetscFree4(time, phase, axis, variant));
  PetscCall(PetscFree(number));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GrainsSheet(const AetAnalysis *a, AetSheet *sheet)
{
  static const char *word[AET_LATTICE_KINDS];
  const AetLattice   l = a->lattice;
  PetscInt          *number, *kind;

  PetscFunctionBegin;
  for (int k = 0; k < AET_LATTICE_KINDS; k++) word[k] = AetLatticeKindName(k);
  sheet->rows = l->grains;
  PetscCall(Numbers(l->grains, &number));
  PetscCall(PetscMalloc1((size_t)l->grains + 1, &kind));
  for (PetscInt g = 0; g < l->grains; g++) kind[g] = l->kind[g];
  PetscCall(AetSheetWhole(sheet, "grain", "grain", "number of the grain, from 1", 1, number, 1, NULL));
  PetscCall(AetSheetWhole(sheet, "lattice", "lattice", "0 fcc, 1 hcp, 2 bcc, 3 simple cubic", 1, kind, 0, word));
  PetscCall(AetSheetWhole(sheet, "sites", "sites", "atoms of the grain", 1, l->sites, 0, NULL));
  PetscCall(AetSheetReal(sheet, "a1x,a1y,a1z,a2x,a2y,a2z,a3x,a3y,a3z", "cell", "angstrom", "edges a1, a2, a3 of the conventional cell", 9,
                         (const double *)l->cell));
  PetscCall(AetSheetReal(sheet, "x,y,z", "origin", "angstrom", "the site 0 0 0", 3, (const double *)l->origin));
  PetscCall(AetSheetReal(sheet, "displacement_rms", "displacement_rms", "angstrom", "r.m.s. length of the displacements", 1, l->rms));
  PetscCall(
      AetSheetReal(sheet, "nearest", "nearest", "angstrom", "mean distance of nearest neighbours of the fitted lattice", 1, l->nearest));
  PetscCall(PetscFree(number));
  PetscCall(PetscFree(kind));
  PetscFunctionReturn(PETSC_SUCCESS);
}

enum { PAIR_NAME = 24 };
static PetscErrorCode PairsSheet(const AetAnalysis *a, AetSheet *sheet)
{
  static char    name[AET_SPECIES_MAX * AET_SPECIES_MAX][PAIR_NAME];
  const AetPairs p = a->pairs;

  PetscFunctionBegin;
  sheet->rows = p->bins;
  PetscCall(AetSheetReal(sheet, "r", "r", "angstrom", "middle of the bin", 1, p->r));
  PetscCall(AetSheetReal(sheet, "g", "g", "", "pair distribution, corrected for the surface", 1, p->g));
  PetscCall(AetSheetReal(sheet, "inside", "inside", "", "mean part of the shell that is inside the surface", 1, p->inside));
  PetscCall(AetSheetReal(sheet, "running", "running", "", "mean number of neighbours up to the end of the bin", 1, p->running));
  for (int s = 0; s < p->species_count; s++)
    for (int t = s; t < p->species_count; t++) {
      const int at = s * p->species_count + t;
      snprintf(name[at], PAIR_NAME, "g_%s_%s", p->symbol[s], p->symbol[t]);
      PetscCall(AetSheetReal(sheet, name[at], name[at], "", "of these two species", 1, p->g_species + (ptrdiff_t)at * p->bins));
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  const char *name; /* of the group in the file, and of the text with .csv behind it */
  PetscErrorCode (*fill)(const AetAnalysis *a, AetSheet *sheet);
  PetscBool there;
} Table;

static PetscErrorCode WriteOne(const AetAnalysis *a, const Table *table, AetFile file, const AetOutput *output)
{
  AetSheet       sheet;
  PetscErrorCode code;
  int            rank;
  char           path[PETSC_MAX_PATH_LEN], name[64];

  PetscFunctionBegin;
  snprintf(name, sizeof name, "%s.csv", table->name);
  AetOutputPath(output, name, path);
  PetscCallMPI(MPI_Comm_rank(a->atoms->comm, &rank));
  if (!table->there) {
    if (!rank) (void)unlink(path); /* of an earlier analysis */
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  memset(&sheet, 0, sizeof sheet);
  code = table->fill(a, &sheet);
  if (!code) code = AetSheetWriteTable(&sheet, a->atoms->comm, file, table->name);
  if (!code) code = AetSheetWriteCsv(&sheet, a->atoms->comm, path);
  PetscCall(AetSheetFree(&sheet));
  PetscFunctionReturn(code);
}

PetscErrorCode AetAnalysisWriteTables(const AetAnalysis *a, AetFile file, const AetOutput *output)
{
  const Table tables[] = {
      {"nuclei", NucleiSheet, PETSC_TRUE},
      {"profiles", AetAnalysisProfiles, PETSC_TRUE},
      {"grains", GrainsSheet, PETSC_TRUE},
      {"defects", AetAnalysisDefects, PETSC_TRUE},
      {"domains", AetAnalysisDomains, (PetscBool)(a->chemistry != NULL)},
      {"warren_cowley", AetAnalysisWarren, (PetscBool)(a->warren != NULL)},
      {"pairs", PairsSheet, (PetscBool)(a->pairs != NULL)},
  };

  PetscFunctionBegin;
  for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) PetscCall(WriteOne(a, &tables[t], file, output));
  PetscFunctionReturn(PETSC_SUCCESS);
}
