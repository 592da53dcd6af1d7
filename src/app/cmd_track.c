/* track: the nuclei of one particle through several times. */
#include "app.h"
#include "track.h"
#include <string.h>

enum { LABEL = 256, TIMES_MOST = 64 };

typedef struct {
  int         times;
  char        file[TIMES_MOST][PETSC_MAX_PATH_LEN], label[TIMES_MOST][LABEL];
  const char *word[TIMES_MOST];
  double      minutes[TIMES_MOST];
  AetAtoms    atoms[TIMES_MOST];
} Times;

/* The last but `up` part of a path, without its ending. */
static void NameOf(const char *path, int up, char name[LABEL])
{
  const char *end = path + strlen(path), *begin;

  for (; up > 0 && end > path; up--)
    while (end > path && *--end != '/') continue;
  for (begin = end; begin > path && begin[-1] != '/'; begin--) continue;
  if (end == path + strlen(path) && strrchr(begin, '.') > begin) end = strrchr(begin, '.');
  snprintf(name, LABEL, "%.*s", (int)(end - begin), begin);
  for (char *c = name; *c; c++)
    if (strchr(",;\"", *c)) *c = '_'; /* they separate in the tables */
}

static PetscBool Alike(const Times *t)
{
  for (int i = 0; i < t->times; i++)
    for (int j = 0; j < i; j++)
      if (!t->label[i][0] || !strcmp(t->label[i], t->label[j])) return PETSC_TRUE;
  return PETSC_FALSE;
}

/* Labels of files: their names, or those of their folders where the names do not differ, or their numbers. */
static PetscErrorCode LabelFiles(Times *t)
{
  int    count;
  char **words;

  PetscFunctionBegin;
  PetscCall(AetOptionGetTexts("track_labels", &count, &words));
  for (int i = 0; i < t->times && i < count; i++) snprintf(t->label[i], LABEL, "%s", words[i]);
  const int given = count;
  AetTextsFree(&count, &words);
  AetCheck(!given || given == t->times, AET_ERR_INPUT, "track_labels: expected %d labels, one for each file, found %d", t->times, given);
  for (int up = 0; up < 3 && !given && (!up || Alike(t)); up++)
    for (int i = 0; i < t->times; i++) {
      NameOf(t->file[i], up, t->label[i]);
      if (up == 2) snprintf(t->label[i], LABEL, "%d", i + 1);
    }
  AetCheck(!Alike(t), AET_ERR_INPUT, "track_labels: expected different labels, found two alike");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GivenFiles(Times *t, int count, char **files)
{
  int     given;
  double *minutes;

  PetscFunctionBegin;
  t->times = count;
  for (int i = 0; i < count; i++) snprintf(t->file[i], sizeof t->file[i], "%s", files[i]);
  PetscCall(LabelFiles(t));
  PetscCall(AetOptionGetReals("track_minutes", &given, &minutes));
  for (int i = 0; i < count; i++) t->minutes[i] = i < given ? minutes[i] : i;
  PetscCall(PetscFree(minutes));
  AetCheck(!given || given == count, AET_ERR_INPUT, "track_minutes: expected %d numbers, one for each file, found %d", count, given);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The times of `series:`, in the order of their numbers, whose atoms a run has left in folders of their labels. */
static PetscErrorCode GivenSeries(Times *t, const AetOutput *output)
{
  PetscFunctionBegin;
  for (int n = 1; n < 1000 && t->times < TIMES_MOST; n++) {
    char      label[64], minutes[64], name[LABEL + 16];
    PetscBool there, timed;

    snprintf(label, sizeof label, "series_time_%d_label", n);
    snprintf(minutes, sizeof minutes, "series_time_%d_minutes", n);
    PetscCall(AetOptionIsSet(label, &there));
    PetscCall(AetOptionIsSet(minutes, &timed));
    if (!there && !timed) continue;
    AetCheck(there, AET_ERR_INPUT, "%s: expected the label of a time, found none", label);
    PetscCall(AetOptionGetText(label, t->label[t->times], LABEL));
    t->minutes[t->times] = t->times;
    if (timed) PetscCall(AetOptionGetReal(minutes, &t->minutes[t->times]));
    snprintf(name, sizeof name, "%.250s/atoms.h5", t->label[t->times]);
    AetOutputPath(output, name, t->file[t->times++]);
  }
  AetCheck(t->times, AET_ERR_INPUT,
           "track: expected files of atoms, or a config with series: {time_1: {label, minutes}, ...}, found neither");
  AetCheck(!Alike(t), AET_ERR_INPUT, "series: expected different labels, found two alike");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Read(Times *t)
{
  PetscFunctionBegin;
  AetCheck(t->times >= 2, AET_ERR_INPUT, "track: expected at least two times, found %d", t->times);
  for (int i = 0; i < t->times; i++) {
    AetCheck(!i || t->minutes[i] > t->minutes[i - 1], AET_ERR_INPUT, "%s: expected more than the %g min of %s, found %g", t->label[i],
             t->minutes[i ? i - 1 : 0], t->label[i ? i - 1 : 0], t->minutes[i]);
    t->word[i] = t->label[i];
  }
  for (int i = 0; i < t->times; i++) {
    char      path[PETSC_MAX_PATH_LEN], name[256];
    PetscBool there;

    PetscCall(AetFileSplitName(t->file[i], path, sizeof path, name, sizeof name));
    PetscCall(AetFileExists(MPI_COMM_WORLD, path, &there));
    AetCheck(there, AET_ERR_OPEN, "%s: no such file, or no permission to read it (the atoms of %s)", path, t->label[i]);
    PetscCall(AetProvenanceAddInput(MPI_COMM_WORLD, path));
    PetscCall(AetAtomsRead(MPI_COMM_WORLD, t->file[i], &t->atoms[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Track(int count, char **files, Times *t)
{
  AetOutput      output;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetOutputName(&output));
  PetscCall(count ? GivenFiles(t, count, files) : GivenSeries(t, &output));
  PetscCall(Read(t));
  PetscCall(AetOutputOpen(MPI_COMM_WORLD, &output));
  code = AetStageTrack(MPI_COMM_WORLD, t->times, t->atoms, t->word, t->minutes, &output);
  if (code) { /* the summary and the log must not wait for ranks that may not come */
    (void)AetReportOpen(MPI_COMM_SELF, NULL);
    PetscFunctionReturn(code);
  }
  PetscCall(AetOutputSummarise(MPI_COMM_WORLD, &output));
  PetscCall(AetOutputClose(MPI_COMM_WORLD, &output));
  for (int i = 0; i < t->times; i++) PetscCall(AetAtomsDestroy(&t->atoms[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCommandTrack(int count, char **files)
{
  Times         *t;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscNew(&t));
  code = Track(count, files, t);
  PetscCall(PetscFree(t));
  PetscFunctionReturn(code);
}
