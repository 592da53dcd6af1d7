/* Raw frames beside the projections of `simulate`. */
#ifndef AET_APP_SIMULATE_FRAMES_H
#define AET_APP_SIMULATE_FRAMES_H

#include "output.h"
#include <aet4d/aet4d.h>

/* Writes simulated/frames.h5, reference.h5 and the truth about them where `simulate_frames` asks for frames; else those of an earlier
   simulation go. `size`: edge of an image that holds the object.
   Collective. */
PetscErrorCode AetCommandSimulateFrames(MPI_Comm comm, AetOutput *output, const AetSpecimen *specimen, PetscInt views,
                                        const double (*angles_deg)[3], ptrdiff_t size, double pixel_angstrom);

#endif
