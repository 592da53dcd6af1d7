#ifndef AET_BASE_LOG_PRIVATE_H
#define AET_BASE_LOG_PRIVATE_H

#include <aet4d/base.h>

/* Registers the classes and every event of aet4d with PETSc. */
PetscErrorCode AetLogEventsRegister(void);

#endif
