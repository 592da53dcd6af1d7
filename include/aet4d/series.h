/** \file series.h  One particle at several times: registration, sites through time, nuclei followed. */
#ifndef AET4D_SERIES_H
#define AET4D_SERIES_H

#include <aet4d/structure.h>

/* ---------------------------------------------------------------- registration */

/* end of: registration */

/* ---------------------------------------------------------------- sites through time */

/* end of: sites through time */

/* ---------------------------------------------------------------- nuclei through time */

/* end of: nuclei through time */

/* ---------------------------------------------------------------- joint reconstruction */

/* end of: joint reconstruction */

#endif
