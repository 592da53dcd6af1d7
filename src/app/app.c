/* One command line: arguments, config files, the command, the exit status. */
#include "app.h"
#include "arguments.h"
#include "convert_atoms.h"
#include "preflight.h"
#include "replicas.h"
#include "run_series.h"
#include <string.h>
#include <unistd.h>

#define AET_LONE_FAILURE_WAIT 10.0 /* s that a failing rank waits for the others before it ends them */

static void Usage(FILE *out)
{
  fprintf(out, "aet4d %s: atomic electron tomography\n\n  aet4d COMMAND [config.yaml ...] [-key value ...]\n\ncommands:\n", AetVersion());
  for (const AetCommand *c = AetCommands; c->name; c++)
    if (!c->hidden) fprintf(out, "  %-12s %s\n", c->name, c->help);
  fprintf(out, "\n  aet4d -help            every option\n  aet4d COMMAND -help    the options of a command\n  aet4d -version\n");
}

static PetscErrorCode FindCommand(const char *name, const AetCommand **command)
{
  const AetCommand *nearest = AetCommands;

  PetscFunctionBegin;
  for (*command = AetCommands; (*command)->name; (*command)++) {
    if (!strcmp((*command)->name, name)) PetscFunctionReturn(PETSC_SUCCESS);
    if (!(*command)->hidden && AetEditDistance(name, (*command)->name) < AetEditDistance(name, nearest->name)) nearest = *command;
  }
  AetCheck(0, AET_ERR_INPUT, "%s: no such command; the nearest is %s (aet4d -help lists all)", name, nearest->name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RegisterTables(void)
{
  static const AetOptionTable *const tables[] = {
      &AetBaseOptions,           &AetPreflightOptions,      &AetAppOptions,          &AetTiltOptions,
      AET_PREPARE_TABLES,        &AetReconOptions,          &AetAngleOptions,        &AetOrientationOptions,
      &AetTraceOptions,          &AetRefineOptions,         &AetCorrectOptions,      &AetBootstrapOptions,
      &AetAnalyseOptions,        &AetConvertOptions,        &AetCompareOptions,      &AetSimulateOptions,
      &AetSimulateSeriesOptions, &AetSimulateFramesOptions, &AetMultisliceOptions,   &AetDistOptions,
      &AetSeriesRunOptions,      &AetSeriesJointOptions,    &AetRegistrationOptions, &AetTrackOptions};

  PetscFunctionBegin;
  for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) PetscCall(AetOptionsRegister(tables[t]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The help of one command lists its own tables only; nothing else runs afterwards. */
static PetscErrorCode Help(const AetArguments *arguments)
{
  const AetCommand *command;
  int               rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
  if (arguments->command) {
    PetscCall(FindCommand(arguments->command, &command));
    for (const AetOptionTable *const *t = command->tables; *t; t++) PetscCall(AetOptionsRegister(*t));
    if (!rank) printf("aet4d %s %s\n\n  %s\n\n", command->name, command->arguments, command->help);
  } else {
    PetscCall(RegisterTables());
    if (!rank) Usage(stdout);
    if (!rank) printf("\n");
  }
  if (!rank) PetscCall(AetOptionsHelp(stdout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RunCommand(AetArguments *arguments)
{
  const AetCommand *command;

  PetscFunctionBegin;
  PetscCall(FindCommand(arguments->command, &command));
  for (int i = 0; i < arguments->configs; i++) PetscCall(AetOptionsInsertYaml(MPI_COMM_WORLD, arguments->config[i]));
  PetscCall(AetOptionsCheck(MPI_COMM_WORLD));
  AetCheck(arguments->files >= command->files_min, AET_ERR_INPUT, "%s: expected `aet4d %s %s`, found %d files", command->name,
           command->name, command->arguments, arguments->files);
  AetCheck(arguments->files <= command->files_max, AET_ERR_INPUT, "%s: expected `aet4d %s %s`, found the argument \"%s\"", command->name,
           command->name, command->arguments, arguments->file[command->files_max]);
  PetscCall(command->run(arguments->files, arguments->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Dispatch(int argc, char **argv, int *status)
{
  AetArguments arguments;
  PetscBool    help = PETSC_FALSE;
  int          rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
  PetscCall(AetProvenanceBegin(argc, argv));
  for (int i = 1; i < argc; i++)
    help = (PetscBool)(help || !strcmp(argv[i], "-help") || !strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"));
  if (!help) PetscCall(RegisterTables());
  PetscCall(AetArgumentsParse(argc, argv, &arguments));
  if (arguments.help) {
    PetscCall(Help(&arguments));
  } else if (arguments.version) {
    if (!rank) printf("aet4d %s (%s)\n", AetVersion(), AetCommit());
  } else if (!arguments.command) {
    if (!rank) Usage(stderr);
    *status = 2;
  } else {
    PetscCall(RunCommand(&arguments));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A rank that failed alone, without AetAgree, would leave the others waiting in a collective call: it waits a while for them here. `comm`
   is used for nothing else, so the call cannot be mistaken for one of theirs. */
PetscBool AetAppAllArrive(MPI_Comm comm, PetscErrorCode code)
{
  MPI_Request request;
  double      begin = MPI_Wtime();
  int         failed = code != 0, any, done = 0;

  MPI_Iallreduce(&failed, &any, 1, MPI_INT, MPI_MAX, comm, &request);
  if (!failed) return (PetscBool)(MPI_Wait(&request, MPI_STATUS_IGNORE) == MPI_SUCCESS);
  while (!done && MPI_Wtime() - begin < AET_LONE_FAILURE_WAIT) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (!done) usleep(1000);
  }
  return (PetscBool)done;
}

/* The exit status: 0; 85 where a signal asked for the end and the same command goes on; 2 with one line for a user's mistake; 1 for a bug,
 * whose trace has been printed. */
static int Finish(MPI_Comm comm, PetscErrorCode code, int status)
{
  PetscErrorCode agreed;
  int            rank;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (!AetAppAllArrive(comm, code)) {
    fprintf(stderr, "aet4d: %s\n", AetErrorMessage()[0] ? AetErrorMessage() : "one rank failed alone");
    fflush(stderr);
    MPI_Abort(MPI_COMM_WORLD, AetErrorIsUser(code) ? 2 : 1);
  }
  agreed = AetAgree(comm, code);
  if (!agreed) return status;
  if (agreed == AET_ERR_INTERRUPTED) return AET_INTERRUPTED_STATUS;
  if (!rank && AetErrorIsUser(agreed)) fprintf(stderr, "aet4d: %s\n", AetErrorMessage()[0] ? AetErrorMessage() : "out of memory");
  return AetErrorIsUser(agreed) ? 2 : 1;
}

int AetAppRun(int argc, char **argv)
{
  MPI_Comm       last;
  PetscErrorCode code;
  int            status = 0;

  MPI_Comm_dup(MPI_COMM_WORLD, &last);
  code = Dispatch(argc, argv, &status);
  fflush(stdout);
  status = Finish(last, code, status);
  MPI_Comm_free(&last);
  return status;
}
