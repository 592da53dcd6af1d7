/* The scan of settings in a run: its table in the output folder, and what it adds to the key of its stage. */
#include "pipeline.h"
#include "scan_table.h"
#include "stages.h"
#include <string.h>
#include <unistd.h>

PetscErrorCode AetRunScan(AetRun *run, AetTiltSeries tilt, AetScan *scan)
{
  char      path[PETSC_MAX_PATH_LEN];
  PetscBool wanted;
  int       rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(run->comm, &rank));
  AetOutputPath(&run->output, "scan.csv", path);
  PetscCall(AetOptionGetBool("recon_auto", &wanted));
  if (!wanted) {
    if (!rank) (void)unlink(path);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(AetStageScan(tilt, run->output.summary, scan));
  PetscCall(AetAgree(run->comm, rank ? PETSC_SUCCESS : AetScanWrite(scan, path)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A digit for every option of reconstruction. */
static void NoteSet(const AetOption *option, const char *value, void *context)
{
  char        *text = context;
  const size_t used = strlen(text);
  PetscBool    set = PETSC_FALSE;

  if (strncmp(option->key, "recon_", strlen("recon_")) || used + 1 >= AET_SCAN_KEY_SIZE || AetOptionIsSet(option->key, &set)) return;
  text[used] = set ? '1' : '0';
  text[used + 1] = 0;
}

PetscErrorCode AetRunScanKey(char text[AET_SCAN_KEY_SIZE])
{
  PetscBool scan;

  PetscFunctionBegin;
  text[0] = 0;
  PetscCall(AetOptionGetBool("recon_auto", &scan));
  if (scan) PetscCall(AetOptionsForEach(NoteSet, text));
  PetscFunctionReturn(PETSC_SUCCESS);
}
