/* All log events, so that -log_view shows the whole program by its parts. */
#include "base/log_private.h"

PetscLogEvent AetLogEvents[AET_EVENT_COUNT];

PetscErrorCode AetLogEventsRegister(void)
{
  static const struct {
    AetEvent    event;
    const char *name;
  } table[] = {
      {AET_EVENT_TRANSFORM_FORWARD, "AetFFTForward"},
      {AET_EVENT_TRANSFORM_BACKWARD, "AetFFTBackward"},
      {AET_EVENT_TRANSPOSE, "AetTranspose"},
      {AET_EVENT_HALO, "AetHalo"},
      {AET_EVENT_READ, "AetRead"},
      {AET_EVENT_WRITE, "AetWrite"},
      {AET_EVENT_GRIDDING, "AetGridding"},
      {AET_EVENT_PROJECT, "AetProject"},
      {AET_EVENT_BACKPROJECT, "AetBackproject"},
      {AET_EVENT_RECON_ITERATION, "AetReconIter"},
      {AET_EVENT_PEAKS, "AetPeaks"},
      {AET_EVENT_FIT, "AetFit"},
      {AET_EVENT_CLASSIFY, "AetClassify"},
      {AET_EVENT_SIMULATE, "AetSimulate"},
  };
  PetscClassId id;

  PetscFunctionBegin;
  PetscCall(PetscClassIdRegister("aet4d", &id));
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    PetscCall(PetscLogEventRegister(table[i].name, id, &AetLogEvents[table[i].event]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
