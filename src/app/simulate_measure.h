/* What the command simulate shares with its series. */
#ifndef AET_APP_SIMULATE_MEASURE_H
#define AET_APP_SIMULATE_MEASURE_H

#include <aet4d/aet4d.h>

/* Images of size² pixels with the noise of a measurement (AetSimulateNoiseAgain); destroy the stack. Collective. */
PetscErrorCode AetSimulateMeasure(MPI_Comm comm, const AetSpecimen *specimen, int measurement, PetscInt views,
                                  const double (*angles_deg)[3], ptrdiff_t size, double pixel, AetVolume *stack);
PetscErrorCode AetSimulateWriteAngles(MPI_Comm comm, const char *path, PetscInt views, const double (*angles_deg)[3]);
/* The annealing series of simulate_series_labels. Collective. */
PetscErrorCode AetCommandSimulateSeries(void);

#endif
