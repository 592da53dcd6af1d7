/* structure.h5, its twin, and the tables beside them. */
#include "analysis.h"
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
  PetscCall(AetAnalysisWriteTables(a, file, output));
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
