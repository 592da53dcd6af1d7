/* What the parts of an annealing series share. */
#ifndef AET_SIMULATE_SERIES_PRIVATE_H
#define AET_SIMULATE_SERIES_PRIVATE_H

#include "simulate/specimen_private.h"

/* Streams of random numbers of a series; + time where a time has its own. */
enum {
  STREAM_REDRAW = 0x15400,
  STREAM_ALLOY = 0x15440,
  STREAM_ORDER = 0x15480,
  STREAM_SHELL_DISPLACEMENT = 0x15500, /* + 3 time + axis */
  STREAM_LEAVE = 0x15600,
  STREAM_ARRIVE = 0x15640,
  STREAM_MOTION = 0x15680,
  STREAM_NUCLEI = 0x156c0,
  STREAM_GROUP = 0x156d0
};
enum { AET_SCRIPT_ROWS_MAX = 2048, AET_SITE_NEAR_MAX = 16 };

/* A nucleus at a time, in the frame of the lattice. */
typedef struct {
  int    time, nucleus, order, variant;
  double centre[3], radius;
} AetScriptRow;

typedef struct {
  AetSpecimenPlan particle;
  int             times;
  double          core_radius, core_fraction, shell_fraction, redraw, surface, width;
  PetscBool       even;         /* the disordered alloy has its composition in every small block */
  int             rows, nuclei; /* of the script; nuclei: the largest number */
  AetScriptRow   *row;
} AetSeriesPlan;

/* Lattice sites of the particle and around it, and what sits on them now. */
typedef struct {
  PetscInt  count, atoms; /* atoms: identities given so far */
  AetSite  *site;
  uint64_t *key;
  double   *x; /* [count][3] frame of the lattice */
  char     *core, *occupied;
  int (*near)[AET_SITE_NEAR_MAX], *near_count;
  int     *id;      /* [count] of the atom on the site, 0: none */
  int     *wanted;  /* [count] species the time asks for */
  int     *nucleus; /* [count] */
  double  *order;   /* [count] */
  int     *species; /* [room] of an identity, from 1 */
  PetscInt room;
} AetSeriesSites;

PetscErrorCode AetSeriesScript(AetSeriesPlan *plan);
/* Events between consecutive times from the rows and their sites. */
PetscErrorCode AetSeriesEvents(AetSpecimenSeries *series);

PetscErrorCode AetSeriesSitesMake(AetSeriesPlan *plan, AetSeriesSites *sites);
PetscErrorCode AetSeriesSitesFree(AetSeriesSites *sites);
/* Surface atoms leave, move and arrive: the occupation of the next time. */
PetscErrorCode AetSeriesSurface(const AetSeriesPlan *plan, int time, AetSeriesSites *sites);
/* Order, nucleus and wanted species of every site at a time, with the exact composition. */
PetscErrorCode AetSeriesWant(const AetSeriesPlan *plan, int time, AetSeriesSites *sites);
/* Atoms change places until every site has the species it wants. */
PetscErrorCode AetSeriesExchange(AetSeriesSites *sites);

#endif
