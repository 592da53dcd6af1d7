/* The command line as the program reads it. */
#ifndef AET_APP_ARGUMENTS_H
#define AET_APP_ARGUMENTS_H

#include <aet4d/base.h>

enum { AET_ARGUMENTS_MAX = 64 };

typedef struct {
  PetscBool   help, version;
  const char *command; /* NULL if none */
  int         configs, files;
  char       *config[AET_ARGUMENTS_MAX], *file[AET_ARGUMENTS_MAX];
} AetArguments;

/* Sorts argv into command, config files (.yaml, .yml), files and options. A word that follows `-key` is its value, unless the key is a
   true/false option and the word is neither: then the key is set true and the word stands for itself. Not collective; the same on every
   rank. AET_ERR_INPUT for too many arguments. */
PetscErrorCode AetArgumentsParse(int argc, char **argv, AetArguments *arguments);
/* Edits that turn a into b: insert, remove, replace a letter. */
int AetEditDistance(const char *a, const char *b);

#endif
