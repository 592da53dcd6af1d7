/** \file base.h  Start and stop, errors agreed across ranks, options, log events, progress, random numbers, ordered sums. */
#ifndef AET4D_BASE_H
#define AET4D_BASE_H

#include <petscsys.h>
#include <stddef.h>
#include <stdint.h>

#if PETSC_VERSION_LT(3, 19, 0) && !defined(PETSC_SUCCESS)
#define PETSC_SUCCESS ((PetscErrorCode)0)
#endif

#define AET_EXTERN extern __attribute__((visibility("default")))

/* ---------------------------------------------------------------- start and stop */

/** Starts MPI (with thread support), FFTW-MPI and PETSc, and installs the error handler of aet4d.
    Collective on MPI_COMM_WORLD; call once. `-help` and `-version` in argv are left to the caller, never given to PETSc. */
AET_EXTERN PetscErrorCode AetInitialize(int *argc, char ***argv);
/** Ends what AetInitialize started. Collective. */
AET_EXTERN PetscErrorCode AetFinalize(void);
/** The version, `MAJOR.MINOR.PATCH`, and the commit it was built from (`unknown` outside a checkout). Not collective. */
AET_EXTERN const char *AetVersion(void);
AET_EXTERN const char *AetCommit(void);

/* ---------------------------------------------------------------- errors
   Three classes. Input and file errors (codes below) are one line on rank 0 and exit status 2, with no trace. A failure on one rank
   goes through AetAgree before the next collective call, so no rank waits for a dead partner. A bug is a PetscAssert with a trace. */

#define AET_ERR_INPUT PETSC_ERR_USER_INPUT     /* a key, an option, an argument */
#define AET_ERR_OPEN PETSC_ERR_FILE_OPEN       /* missing, a folder, no permission */
#define AET_ERR_READ PETSC_ERR_FILE_READ       /* truncated, damaged */
#define AET_ERR_WRITE PETSC_ERR_FILE_WRITE     /* disk full, unwritable */
#define AET_ERR_DATA PETSC_ERR_FILE_UNEXPECTED /* readable, but not what was expected */
#define AET_ERR_MEMORY PETSC_ERR_MEM
#define AET_ERR_INTERRUPTED ((PetscErrorCode)(PETSC_ERR_MAX_VALUE + 85)) /* a signal asked for the end; nothing is wrong */
#define AET_INTERRUPTED_STATUS 85                                        /* exit status of that: the same command goes on */

/** Records a one-line message (file or key; expected; found) for `code` on this rank and returns `code`. Not collective, prints nothing.
    The first message recorded since the last AetErrorClear stands. */
AET_EXTERN PetscErrorCode AetRaise(PetscErrorCode code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The message that stands on this rank ("" if none). Not collective. */
AET_EXTERN const char *AetErrorMessage(void);
/** Forgets the message, after a caller has handled the error itself. Not collective. */
AET_EXTERN void AetErrorClear(void);
/** True for the codes that are told in one line (input, file and memory errors, an end that was asked for). Not collective. */
AET_EXTERN PetscBool AetErrorIsUser(PetscErrorCode code);
/** Exchanges `local` over comm: returns 0 everywhere if every rank brought 0; otherwise every rank returns the code of the lowest
    failing rank and holds its message. Collective on comm. Use: `PetscCall(AetAgree(comm, SomethingLocal(...)));` */
AET_EXTERN PetscErrorCode AetAgree(MPI_Comm comm, PetscErrorCode local);

/** Leaves the function with a recorded error unless `condition` holds. Not collective. */
#define AetCheck(condition, code, ...) \
  do { \
    if (PetscUnlikely(!(condition))) PetscFunctionReturn(AetRaise(code, __VA_ARGS__)); \
  } while (0)
/** The same, of a value that is known to be equal on every rank of comm. */
#define AetCallMPI(call) PetscCallMPI(call)
/** Lifts an FFTW plan that could not be made into the error chain. */
#define AetCheckFFTW(plan) AetCheck((plan) != NULL, PETSC_ERR_LIB, "FFTW could not make a plan: %s", #plan)

/* ---------------------------------------------------------------- an end that is asked for */

/** From now on SIGUSR1 and SIGTERM leave a note instead of ending the process, the second SIGTERM excepted; false ends it. Calls nest: the
    last false of as many ends it. Not collective. */
AET_EXTERN PetscErrorCode AetInterruptWatch(PetscBool watch);
/** Whether this rank has got such a signal since. Not collective. */
AET_EXTERN PetscBool AetInterruptAsked(void);
/** Whether any rank has. Collective on comm. */
AET_EXTERN PetscErrorCode AetInterruptAgree(MPI_Comm comm, PetscBool *asked);

/* ---------------------------------------------------------------- options
   The PETSc options database is the only configuration. Each module declares its options in one table; -help, configs/reference.yaml and
   the validation come from the tables. */

typedef enum {
  AET_OPTION_BOOL,
  AET_OPTION_INT,
  AET_OPTION_REAL,
  AET_OPTION_TEXT,
  AET_OPTION_FILE,  /* a path, perhaps followed by `:array`, relative to the config file that names it; or auto, none, one of `choices` */
  AET_OPTION_ENUM,  /* one of `choices` */
  AET_OPTION_TEXTS, /* a list of words */
  AET_OPTION_REALS  /* a list of numbers */
} AetOptionType;

typedef struct {
  const char   *key; /* full key with underscores, e.g. "recon_iterations" */
  AetOptionType type;
  const char   *unit;     /* "" if none */
  const char   *fallback; /* default, as text; "" if there is none */
  double        min, max; /* inclusive range of a number or of each in a list; ignored where min == max */
  const char   *choices;  /* "a|b|c" for an enum; NULL otherwise */
  const char   *help;     /* one line */
} AetOption;

typedef struct {
  const char      *name;  /* module */
  const char      *title; /* one line */
  const AetOption *options;
  int              count;
} AetOptionTable;

#define AET_OPTION_TABLE(symbol, module, text, array) \
  const AetOptionTable symbol = {module, text, array, (int)(sizeof(array) / sizeof((array)[0]))}

/** Adds a module's table (borrowed: it must outlive the program). Register before files are read. Not collective; the same on every rank.
 */
AET_EXTERN PetscErrorCode AetOptionsRegister(const AetOptionTable *table);
/** output, resume, groups, seed, quiet: common to all commands. */
AET_EXTERN const AetOptionTable AetBaseOptions;
/** The words of the command line that are neither keys nor values of keys, in order (lent until the next call). A switch does
    not take a path for its value: `-quiet config.yaml` gives config.yaml. Not collective; the same on every rank. */
AET_EXTERN PetscErrorCode AetOptionsArguments(int *count, const char *const **words);
/** Reads a YAML file and inserts its keys, nested keys joined by `_`, lists as comma lists: over what earlier files said, never over what
   the command line said. Values of AET_OPTION_FILE options become relative to the working folder. A syntax error, a key given twice, a list
   of maps, a missing file or a folder is one line `file:line: …`; then no key is taken. Collective on comm. */
AET_EXTERN PetscErrorCode AetOptionsInsertYaml(MPI_Comm comm, const char *path);
/** Checks every key given by file or command line: known (else the nearest known key is named), well formed, in range; each complaint says
    `file:line` or `command line`. PETSc's own options pass. A key series_time_<n>_<rest> is known if <rest>, `label` or `minutes` is.
    Collective. */
AET_EXTERN PetscErrorCode AetOptionsCheck(MPI_Comm comm);
/** From now on every getter looks for `prefix` + key before key: "series_time_1_" gives the stages the keys of the first time point. NULL
    or "" ends it. Not collective; the same on every rank of the communicators that are worked on. */
AET_EXTERN PetscErrorCode AetOptionsSetScope(const char *prefix);
/** Numbers n of the time points of which a key series_time_<n>_... is set, ascending; free with PetscFree. AET_ERR_INPUT for a number that
    is not written as 1, 2, ... Not collective. */
AET_EXTERN PetscErrorCode AetOptionsTimes(int *count, PetscInt **numbers);
/** Values: what was set, or the table's default. `key` must be in a registered table and of that type. A value
    that is wrong, or missing where there is no default, is an AET_ERR_INPUT that says who set it. Not collective. */
AET_EXTERN PetscErrorCode AetOptionGetBool(const char *key, PetscBool *value);
AET_EXTERN PetscErrorCode AetOptionGetInt(const char *key, PetscInt *value);
AET_EXTERN PetscErrorCode AetOptionGetReal(const char *key, double *value);
/** Text, file or enum, copied into `value[size]`; "" if unset without default. Not collective. */
AET_EXTERN PetscErrorCode AetOptionGetText(const char *key, char *value, size_t size);
/** Whether a FILE option names a file: neither unset nor a word (auto, none, one of its `choices`). Not collective. */
AET_EXTERN PetscErrorCode AetOptionNamesFile(const char *key, PetscBool *file);
/** Index into `choices` of an enum option. Not collective. */
AET_EXTERN PetscErrorCode AetOptionGetEnum(const char *key, int *value);
/** A list of words; free with AetTextsFree. Not collective. */
AET_EXTERN PetscErrorCode AetOptionGetTexts(const char *key, int *count, char ***values);
AET_EXTERN void           AetTextsFree(int *count, char ***values);
/** A list of numbers; free with PetscFree. Not collective. */
AET_EXTERN PetscErrorCode AetOptionGetReals(const char *key, int *count, double **values);
/** True if the file or the command line set the key. Not collective. */
AET_EXTERN PetscErrorCode AetOptionIsSet(const char *key, PetscBool *set);
/** Calls visit(key, resolved value, context) for every known key in table order, defaults included. Not collective. */
AET_EXTERN PetscErrorCode AetOptionsForEach(void (*visit)(const AetOption *option, const char *value, void *context), void *context);
/** Writes the help of every registered option, and the commented configs/reference.yaml. Not collective (call on one rank). */
AET_EXTERN PetscErrorCode AetOptionsHelp(FILE *file);
AET_EXTERN PetscErrorCode AetOptionsReference(FILE *file);

/* ---------------------------------------------------------------- log events: all of them, for -log_view */

typedef enum {
  AET_EVENT_TRANSFORM_FORWARD,
  AET_EVENT_TRANSFORM_BACKWARD,
  AET_EVENT_TRANSPOSE,
  AET_EVENT_HALO,
  AET_EVENT_READ,
  AET_EVENT_WRITE,
  AET_EVENT_GRIDDING,
  AET_EVENT_PROJECT,
  AET_EVENT_BACKPROJECT,
  AET_EVENT_RECON_ITERATION,
  AET_EVENT_PEAKS,
  AET_EVENT_FIT,
  AET_EVENT_CLASSIFY,
  AET_EVENT_SIMULATE,
  AET_EVENT_COUNT
} AetEvent;
AET_EXTERN PetscLogEvent AetLogEvents[AET_EVENT_COUNT];
#define AetEventBegin(event) PetscLogEventBegin(AetLogEvents[event], 0, 0, 0, 0)
#define AetEventEnd(event) PetscLogEventEnd(AetLogEvents[event], 0, 0, 0, 0)

/* ---------------------------------------------------------------- progress */

typedef struct _p_AetProgress *AetProgress;
/** One line per stage on a terminal (with time left), one line per tenth elsewhere; silent with -quiet. Rank 0 of comm prints; every
    rank may call. Destroy ends the line and accepts NULL. */
AET_EXTERN PetscErrorCode AetProgressCreate(MPI_Comm comm, const char *stage, PetscInt steps, AetProgress *progress);
/** `note`: a short text such as "R1 0.195" (may be NULL). */
AET_EXTERN PetscErrorCode AetProgressStep(AetProgress progress, PetscInt done, const char *note);
/** The first `done` steps were made by an earlier run: the time left is told by the rest. */
AET_EXTERN PetscErrorCode AetProgressSkip(AetProgress progress, PetscInt done);
AET_EXTERN PetscErrorCode AetProgressDestroy(AetProgress *progress);
/** One line of a stage's report on rank 0 of comm, to stdout and to the run's log file if one is open; silent with -quiet. */
AET_EXTERN PetscErrorCode AetReport(MPI_Comm comm, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Opens `path` as the run's log (appends; rank 0 of comm). Collective. NULL closes it. */
AET_EXTERN PetscErrorCode AetReportOpen(MPI_Comm comm, const char *path);
/** From now on every line of reports and progress on stdout begins with [label], for lines of several groups of ranks mix there; a terminal
    gets a line per tenth. The log stays as it is. NULL ends it. Not collective. */
AET_EXTERN PetscErrorCode AetReportLabel(const char *label);

/* ---------------------------------------------------------------- random numbers keyed by (seed, stream, global index)
   Philox4x32-10 (Salmon et al., SC11): the same numbers on any number of ranks. Not collective. */

AET_EXTERN void   AetRandomBits(uint64_t seed, uint64_t stream, uint64_t index, uint32_t bits[4]);
AET_EXTERN double AetRandomUniform(uint64_t seed, uint64_t stream, uint64_t index); /* [0, 1) */
AET_EXTERN double AetRandomNormal(uint64_t seed, uint64_t stream, uint64_t index);  /* mean 0, variance 1 */
AET_EXTERN double AetRandomPoisson(uint64_t seed, uint64_t stream, uint64_t index, double mean);

/* ---------------------------------------------------------------- sums that do not depend on the partition */

/** Sums rows in the order of their global index. Global rows 0 … total-1 are split in contiguous blocks over the ranks; this rank brings
    rows start … start+count-1, each `width` doubles, in `rows`; every rank receives the `width` column sums, bitwise the same for every
    partition. Collective on comm. */
AET_EXTERN PetscErrorCode AetSumOrdered(MPI_Comm comm, PetscInt start, PetscInt count, PetscInt total, PetscInt width, const double *rows,
                                        double *sums);

/* ---------------------------------------------------------------- files and text */

/** Replaces `path` by the finished `temporary`: fsync, rename, fsync of the folder. Call on one rank. */
AET_EXTERN PetscErrorCode AetFileCommit(const char *temporary, const char *path);
/** Writes a whole small file: a temporary beside it, then AetFileCommit. Call on one rank. */
AET_EXTERN PetscErrorCode AetTextWrite(const char *path, const char *text, size_t length);
/** A whole small file (under 1 GiB) with a closing zero, read on rank 0 and sent to all; release with free(). Collective. */
AET_EXTERN PetscErrorCode AetTextRead(MPI_Comm comm, const char *path, char **text, size_t *length);
/** 128-bit XXH3 digest of a file's bytes, as 32 hex digits. Call on one rank. */
AET_EXTERN PetscErrorCode AetFileDigest(const char *path, char digest[33]);
/** Seconds since 1970 for `created`: SOURCE_DATE_EPOCH where set, else when the program started; the same on every rank. */
AET_EXTERN int64_t AetCreated(void);
/** Largest resident memory of this process in bytes. */
AET_EXTERN double AetPeakMemory(void);

/* ---------------------------------------------------------------- provenance: what a result was made from */

/** Remembers the command line. Not collective; the same on every rank. */
AET_EXTERN PetscErrorCode AetProvenanceBegin(int argc, char **argv);
/** Adds an input file with its digest (taken on rank 0 and broadcast; a digest is computed once per path and
    change of the file). Collective on comm. */
AET_EXTERN PetscErrorCode AetProvenanceAddInput(MPI_Comm comm, const char *path);
/** Forgets the inputs: what comes next is made from others. Not collective; the same on every rank of the communicators that are worked on.
 */
AET_EXTERN PetscErrorCode AetProvenanceForgetInputs(void);
/** Adds a library to those that base names itself (PETSc, MPI, FFTW); a name given again takes the new version. Not collective; the same on
    every rank. */
AET_EXTERN PetscErrorCode AetProvenanceAddLibrary(const char *name, const char *version);
/** Calls visit(section, key, value, context): section "program" (name, version, commit, command, created), "options" (every resolved
   option; those of time points too, unless one is in scope), "inputs" (path: digest), "libraries" (versions). The same bytes for the same inputs when SOURCE_DATE_EPOCH is set. Not
   collective. */
AET_EXTERN PetscErrorCode AetProvenanceForEach(void (*visit)(const char *section, const char *key, const char *value, void *context),
                                               void *context);
/** Digest of everything a stage depends on: the version and commit, the resolved options whose keys begin with one of `prefixes`
   (NULL-ended; "!prefix" leaves those out again) and the digests of `inputs` (NULL-ended paths). Equal key, equal result: `run` skips the
   stage. Collective on comm. */
AET_EXTERN PetscErrorCode AetStageKey(MPI_Comm comm, const char *stage, const char *const *prefixes, const char *const *inputs,
                                      char key[33]);

/* ---------------------------------------------------------------- summary.json: one flat object with dotted keys */

typedef struct _p_AetSummary *AetSummary;
/** An object of numbers and texts, kept on every rank alike. Not collective. */
AET_EXTERN PetscErrorCode AetSummaryCreate(AetSummary *summary);
AET_EXTERN PetscErrorCode AetSummarySetNumber(AetSummary summary, const char *key, double value);
AET_EXTERN PetscErrorCode AetSummarySetText(AetSummary summary, const char *key, const char *value);
/** A value that was set; `found` tells. Not collective. */
AET_EXTERN PetscErrorCode AetSummaryGetNumber(AetSummary summary, const char *key, double *value, PetscBool *found);
/** A text that was set, lent until the summary changes. Not collective. */
AET_EXTERN PetscErrorCode AetSummaryGetText(AetSummary summary, const char *key, const char **value, PetscBool *found);
/** Removes every key that begins with `prefix`: a stage that is done again forgets what the last one said. Not collective. */
AET_EXTERN PetscErrorCode AetSummaryForget(AetSummary summary, const char *prefix);
/** Copies every entry of `from`, its key behind `prefix`. Not collective. */
AET_EXTERN PetscErrorCode AetSummaryAdopt(AetSummary summary, const char *prefix, AetSummary from);
/** Reads (adds to what is there; a missing file adds nothing) and writes (temporary + rename) on rank 0 of comm. Collective. */
AET_EXTERN PetscErrorCode AetSummaryRead(AetSummary summary, MPI_Comm comm, const char *path);
AET_EXTERN PetscErrorCode AetSummaryWrite(AetSummary summary, MPI_Comm comm, const char *path);
AET_EXTERN PetscErrorCode AetSummaryDestroy(AetSummary *summary);

#endif
