/* structure.h5, its twin, and the tables beside them. */
#include "analysis.h"
#include "sheet.h"
#include <string.h>

#define FIRST_TWIN 2 /* columns from here on follow the positions in the XYZ twin */

static void JoinSymbols(AetAtoms atoms, char text[AET_SPECIES_MAX * 9])
{
  text[0] = 0;
  for (int s = 0; s < atoms->species_count; s++) {
    if (s) strcat(text, ",");
    strcat(text, atoms->symbol[s]);
  }
}

static PetscErrorCode NucleiSheet(const AetAnalysis *a, AetSheet *sheet)
{
  const AetNuclei          n = a->nuclei;
  static const char *const phases[] = {"bonds"}, *const axes[] = {"-"};
  PetscInt *number, *none;

  PetscFunctionBegin;
  memset(sheet, 0, sizeof *sheet);
  sheet->rows = n->count;
  PetscCall(PetscCalloc2((size_t)n->count + 1, &number, (size_t)n->count + 1, &none));
  for (PetscInt k = 0; k < n->count; k++) number[k] = k;
  PetscCall(AetSheetWhole(sheet, "time", "time", "number of the time, from 1", 1, none, 1, NULL));
  PetscCall(AetSheetWhole(sheet, "nucleus", "nucleus", "number of the nucleus, from 1", 1, number, 1, NULL));
  PetscCall(AetSheetWhole(sheet, "sites", "sites", "atoms of the nucleus", 1, n->sites, 0, NULL));
  PetscCall(AetSheetReal(sheet, "x,y,z", "position", "angstrom", "mean position of the atoms", 3, n->centre));
  PetscCall(AetSheetReal(sheet, "max_order", "max_order", "", "largest order parameter, values above 1 folded back", 1, n->max_order));
  PetscCall(AetSheetWhole(sheet, "phase", "phase", "0: ordered bonds", 1, none, 0, phases));
  PetscCall(AetSheetWhole(sheet, "axis", "axis", "0: none", 1, none, 0, axes));
  PetscCall(AetSheetReal(sheet, "sigma_sites", "sigma_sites", "", "standard deviation of the number of atoms over replicas; 0: unknown", 1,
                         a->sigma_sites));
  PetscCall(AetSheetWhole(sheet, "core_sites", "core_sites", "atoms of the core", 1, n->core_sites, 0, NULL));
  PetscCall(AetSheetWhole(sheet, "peak", "peak", "row of the most ordered atom in the table of atoms, from 0", 1, n->peak, 0, NULL));
  PetscCall(PetscFree2(number, none));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteNuclei(const AetAnalysis *a, AetFile file, const AetOutput *output)
{
  AetSheet       sheet;
  PetscErrorCode code;
  char           path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  AetOutputPath(output, "nuclei.csv", path);
  code = NucleiSheet(a, &sheet);
  if (!code) code = AetSheetWriteTable(&sheet, a->atoms->comm, file, "nuclei");
  if (!code) code = AetSheetWriteCsv(&sheet, a->atoms->comm, path);
  PetscCall(AetSheetFree(&sheet));
  PetscFunctionReturn(code);
}

static PetscErrorCode WriteTables(const AetAnalysis *a, const AetAnalysisColumns *columns, AetFile file, const AetOutput *output)
{
  char symbols[AET_SPECIES_MAX * 9];

  PetscFunctionBegin;
  JoinSymbols(a->atoms, symbols);
  PetscCall(AetFileWriteTable(file, "atoms", a->atoms->count, columns->columns, columns->column));
  PetscCall(AetFileWriteText(file, "atoms", "symbols", symbols));
  PetscCall(AetFileWriteText(file, "atoms/p_species", "symbols", symbols));
  PetscCall(AetFileWriteNumber(file, "atoms", "count", a->atoms->total));
  PetscCall(AetFileWriteNumber(file, "atoms", "neighbour_cutoff_angstrom", a->cutoff_angstrom));
  PetscCall(WriteNuclei(a, file, output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteTwin(const AetAnalysis *a, const AetAnalysisColumns *columns, const AetOutput *output)
{
  const char *symbols[AET_SPECIES_MAX];
  char        joined[AET_SPECIES_MAX * 9], remark[sizeof joined + 64], path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  for (int s = 0; s < a->atoms->species_count; s++) symbols[s] = a->atoms->symbol[s];
  JoinSymbols(a->atoms, joined);
  snprintf(remark, sizeof remark, "symbols=%s unit=angstrom pbc=\"F F F\"", joined);
  AetOutputPath(output, AET_STRUCTURE_TWIN, path);
  PetscCall(AetXyzWrite(a->atoms->comm, path, a->atoms->count, a->atoms->species, a->atoms->species_count, symbols, a->atoms->position,
                        columns->columns - FIRST_TWIN, columns->column + FIRST_TWIN, remark));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteFile(const AetAnalysis *a, const AetAnalysisColumns *columns, const AetOutput *output, const char *path)
{
  AetFile        file;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetFileCreate(a->atoms->comm, path, &file));
  code = WriteTables(a, columns, file, output);
  if (!code) code = AetFileClose(&file);
  if (code) PetscCall(AetFileDestroy(&file));
  PetscFunctionReturn(code);
}

PetscErrorCode AetAnalysisWrite(const AetAnalysis *a, const AetOutput *output, const char *path)
{
  AetAnalysisColumns columns;
  PetscErrorCode     code;

  PetscFunctionBegin;
  PetscCall(AetAtomsAgree(a->atoms));
  code = AetAnalysisColumnsCreate(a, &columns);
  if (!code) code = WriteFile(a, &columns, output, path);
  if (!code) code = WriteTwin(a, &columns, output);
  PetscCall(AetAnalysisColumnsDestroy(&columns));
  PetscFunctionReturn(code);
}
