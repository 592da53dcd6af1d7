/* A table whose rows one rank has, as a table group of HDF5 and as comma-separated text. */
#ifndef AET_APP_SHEET_H
#define AET_APP_SHEET_H

#include <aet4d/io.h>

enum { AET_SHEET_COLUMNS = 48 };

/* One column. `heads`: its names in the text, as many as it is wide, separated by commas; NULL: not there. `words`: what the text has for
   the whole numbers 0, 1, ..., in place of them (NULL: the numbers). All names are lent until the sheet is freed. */
typedef struct {
  AetColumn          column;
  const char        *heads;
  const char *const *words;
} AetSheetColumn;

/* Columns hold copies: of every rank's alike arrays, the rows of rank 0 are written. */
typedef struct {
  PetscInt       rows;
  int            columns;
  AetSheetColumn sheet[AET_SHEET_COLUMNS];
} AetSheet;

/* A column more: numbers [rows][width], or whole numbers [rows] plus `more`. They are copied. */
PetscErrorCode AetSheetReal(AetSheet *sheet, const char *heads, const char *name, const char *unit, const char *text, int width,
                            const double *values);
PetscErrorCode AetSheetWhole(AetSheet *sheet, const char *heads, const char *name, const char *text, int width, const PetscInt *values,
                             PetscInt more, const char *const *words);
PetscErrorCode AetSheetFree(AetSheet *sheet);
/* As the table `group` of a file. Collective on the file's ranks, whose number `comm` tells. */
PetscErrorCode AetSheetWriteTable(const AetSheet *sheet, MPI_Comm comm, AetFile file, const char *group);
/* As comma-separated text: a line of names, a line a row. Collective. */
PetscErrorCode AetSheetWriteCsv(const AetSheet *sheet, MPI_Comm comm, const char *path);

#endif
