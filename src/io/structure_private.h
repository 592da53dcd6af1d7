/* Readers of atomic structures beside XYZ. Each parses a whole text on one rank. */
#ifndef AET_IO_STRUCTURE_PRIVATE_H
#define AET_IO_STRUCTURE_PRIVATE_H

#include "io/io_private.h"

typedef struct {
  PetscInt n, room;
  char (*symbols)[8];
  double   *position; /* [n][3], Å */
  double    cell[9];  /* rows a, b, c in Å */
  PetscBool has_cell;
} AetStructure;

PetscErrorCode AetStructureFree(AetStructure *structure);
PetscErrorCode AetStructureAdd(AetStructure *structure, const char *symbol, const double position[3]);
/* The element that a label such as "Fe3+" or "PT12" begins with, "" if none. */
void AetElementOfLabel(const char *label, char symbol[8]);
/* A finite number that is the whole word, a standard deviation in brackets behind it allowed. */
PetscBool AetParseNumber(const char *word, double *value);
/* x = fractional coordinates times the cell. */
void AetCellPosition(const double cell[9], const double fractional[3], double x[3]);
/* Whether three edges span a volume. */
PetscBool AetCellIsSound(const double cell[9]);

PetscBool      AetCifRecognise(const char *text);
PetscErrorCode AetCifParse(const char *path, const char *text, AetStructure *structure);
PetscBool      AetPoscarRecognise(const char *text);
PetscErrorCode AetPoscarParse(const char *path, char *text, AetStructure *structure);
PetscBool      AetLammpsRecognise(const char *text);
PetscErrorCode AetLammpsParse(const char *path, char *text, AetStructure *structure);

#endif
