/* The order parameter of the times of a series: of phases on lattices that are indexed alike, or of bonds. */
#include <aet4d/series.h>
#include <string.h>

enum { STREAM_POSITION = 0x7A700000 };

typedef struct {
  int                 times;
  AetHistoryOrderKind kind;
  AetRegistration     registration;
  uint64_t            seed;
  double              cutoff;
  AetLattice         *lattice; /* [times] */
  AetOrderPlan       *plan;    /* [times] */
  const int (**index)[3];
  const PetscInt **grain;
  double         **bonds; /* [times][total] */
  const AetPhase  *which;
  int              count;
  PetscBool        heavy_first; /* A of the templates is the species of the higher atomic number, in names it is the other */
} Orders;

/* Atoms of a time where the registration puts them. */
static PetscErrorCode Registered(MPI_Comm comm, AetRegistration reg, int time, AetAtoms *atoms)
{
  const char *symbols[AET_SPECIES_MAX];
  ptrdiff_t   start, count;
  int         rank, size;

  PetscFunctionBegin;
  for (int k = 0; k < reg->species_count; k++) symbols[k] = reg->symbol[k];
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(reg->total[time], rank, size, &start, &count);
  PetscCall(AetAtomsCreate(comm, (PetscInt)count, reg->species_count, symbols, atoms));
  PetscCall(PetscArraycpy((*atoms)->position, reg->position[time] + 3 * start, 3 * count));
  PetscCall(PetscArraycpy((*atoms)->species, reg->species[time] + start, count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Order of bonds with every position moved by `sign` times what the replica draws; all on this rank. */
static PetscErrorCode Moved(Orders *o, int time, PetscInt replica, double sign, double *order)
{
  AetRegistration reg = o->registration;
  const double    sigma = sign * reg->precision[time];
  AetAtoms        atoms;
  AetNeighbours   neighbours;
  AetBondOrder    bonds;

  PetscFunctionBegin;
  PetscCall(Registered(MPI_COMM_SELF, reg, time, &atoms));
  for (ptrdiff_t i = 0; i < 3 * (ptrdiff_t)atoms->total; i++)
    atoms->position[i] += sigma * AetRandomNormal(o->seed, (uint64_t)(STREAM_POSITION + time), ((uint64_t)replica << 32) + (uint64_t)i);
  PetscCall(AetNeighboursCreate(atoms, o->cutoff, &neighbours));
  PetscCall(AetBondOrderCreate(neighbours, &bonds));
  PetscCall(PetscArraycpy(order, bonds->order, bonds->total));
  PetscCall(AetBondOrderDestroy(&bonds));
  PetscCall(AetNeighboursDestroy(&neighbours));
  PetscCall(AetAtomsDestroy(&atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Noise lowers the order of bonds, and the data have theirs already: a replica takes half the difference of two opposite moves, which has
   no part of the second order. */
static PetscErrorCode Bonds(void *context, int time, PetscInt replica, const int *species, double *order, int *phase)
{
  Orders        *o = context;
  const PetscInt total = o->registration->total[time];
  double        *opposite;

  PetscFunctionBegin;
  (void)species;
  memset(phase, 0, sizeof *phase * (size_t)total);
  if (replica < 0) {
    PetscCall(PetscArraycpy(order, o->bonds[time], total));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscMalloc1((size_t)total + 1, &opposite));
  PetscCall(Moved(o, time, replica, 1, order));
  PetscCall(Moved(o, time, replica, -1, opposite));
  for (PetscInt i = 0; i < total; i++) order[i] = o->bonds[time][i] + (order[i] - opposite[i]) / 2;
  PetscCall(PetscFree(opposite));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Phases(void *context, int time, PetscInt replica, const int *species, double *order, int *phase)
{
  Orders *o = context;

  PetscFunctionBegin;
  (void)replica;
  PetscCall(AetOrderBest(o->plan[time], species, o->count, o->which, order, phase));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether most atoms of a time lie on fcc lattices. */
static PetscBool MostlyFcc(AetLattice lattice)
{
  PetscInt fcc = 0;

  for (PetscInt i = 0; i < lattice->total; i++) fcc += lattice->grain[i] >= 0 && lattice->kind[lattice->grain[i]] == AET_LATTICE_FCC;
  return (PetscBool)(2 * fcc > lattice->total);
}

/* Atoms of grains of other lattices have no sites of a phase. */
static PetscErrorCode Plan(Orders *o, int time, double sigma)
{
  AetLattice lattice = o->lattice[time];
  PetscInt  *grain;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)lattice->total + 1, &grain));
  for (PetscInt i = 0; i < lattice->total; i++)
    grain[i] = lattice->grain[i] >= 0 && lattice->kind[lattice->grain[i]] == AET_LATTICE_FCC ? lattice->grain[i] : -1;
  PetscCall(AetOrderPlanCreateSites(lattice->total, lattice->grains, grain, (const int(*)[3])lattice->index,
                                    (const double(*)[9])lattice->cell, sigma, &o->plan[time]));
  o->index[time] = (const int(*)[3])lattice->index;
  o->grain[time] = grain;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OneTime(MPI_Comm comm, AetRegistration reg, int time, double *cutoff, double sigma, Orders *o)
{
  AetLatticeSettings settings;
  AetAtoms           atoms;
  AetNeighbours      neighbours;

  PetscFunctionBegin;
  PetscCall(Registered(comm, reg, time, &atoms));
  if (!(*cutoff > 0)) PetscCall(AetFirstValley(atoms, cutoff));
  PetscCall(AetNeighboursCreate(atoms, *cutoff, &neighbours));
  AetLatticeDefaults(&settings);
  if (o->kind != AET_HISTORY_BONDS) {
    if (!time)
      PetscCall(AetLatticeCreate(neighbours, &settings, &o->lattice[0]));
    else
      PetscCall(AetLatticeCreateLike(neighbours, o->lattice[0], &settings, &o->lattice[time]));
    if (o->kind == AET_HISTORY_AUTO && (reg->species_count != 2 || !MostlyFcc(o->lattice[0]))) o->kind = AET_HISTORY_BONDS;
  }
  if (o->kind == AET_HISTORY_BONDS) {
    AetBondOrder bonds;
    PetscCall(AetBondOrderCreate(neighbours, &bonds));
    PetscCall(PetscMalloc1((size_t)bonds->total + 1, &o->bonds[time]));
    PetscCall(PetscArraycpy(o->bonds[time], bonds->order, bonds->total));
    PetscCall(AetBondOrderDestroy(&bonds));
  } else
    PetscCall(Plan(o, time, sigma));
  PetscCall(AetNeighboursDestroy(&neighbours));
  PetscCall(AetAtomsDestroy(&atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The templates of the kind, in the order of AetPhases. */
static void Choose(Orders *o)
{
  int first = 0, end = AET_PHASES_ORDERED;

  if (o->kind == AET_HISTORY_L10)
    while (AetPhases[end - 1].kind != AET_ORDER_L10) end--;
  if (o->kind == AET_HISTORY_L12)
    while (AetPhases[first].kind == AET_ORDER_L10) first++;
  o->which = AetPhases + first, o->count = end - first;
}

PetscErrorCode AetHistoryOrderCreate(MPI_Comm comm, AetRegistration reg, AetHistoryOrderKind kind, double cutoff_angstrom,
                                     double sigma_angstrom, uint64_t seed, AetHistoryOrder *order)
{
  const size_t times = (size_t)reg->times;
  Orders      *o;

  PetscFunctionBegin;
  AetCheck(kind == AET_HISTORY_BONDS || kind == AET_HISTORY_AUTO || reg->species_count == 2, AET_ERR_INPUT,
           "analyse_order: order of phases needs two species, found %d", reg->species_count);
  PetscCall(PetscNew(&o));
  o->times = reg->times, o->kind = kind, o->registration = reg, o->seed = seed;
  PetscCall(PetscCalloc5(times, &o->lattice, times, &o->plan, times, &o->index, times, &o->grain, times, &o->bonds));
  for (int t = 0; t < reg->times; t++) PetscCall(OneTime(comm, reg, t, &cutoff_angstrom, sigma_angstrom, o));
  o->cutoff = cutoff_angstrom;
  memset(order, 0, sizeof *order);
  order->context = o;
  if (o->kind == AET_HISTORY_BONDS) {
    order->phases = 1, order->evaluate = Bonds;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  Choose(o);
  o->heavy_first = (PetscBool)(AetAtomicNumber(reg->symbol[0]) > AetAtomicNumber(reg->symbol[1]));
  order->phases = o->count, order->evaluate = Phases, order->by_species = PETSC_TRUE;
  order->index = (const int(*const *)[3])o->index, order->grain = o->grain;
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *AetHistoryPhaseName(const AetHistoryOrder *order, int phase, int *axis)
{
  static const char *const names[2][3] = {{"l10", "l12_ab3", "l12"}, {"l10", "l12", "l12_ab3"}};
  const Orders            *o = order->context;

  *axis = -1;
  if (o->kind == AET_HISTORY_BONDS || phase < 0 || phase >= o->count) return "boo";
  *axis = o->which[phase].axis;
  return names[o->heavy_first][o->which[phase].kind];
}

PetscErrorCode AetHistoryOrderDestroy(AetHistoryOrder *order)
{
  Orders *o = order->context;

  PetscFunctionBegin;
  for (int t = 0; o && t < o->times; t++) {
    PetscCall(AetLatticeDestroy(&o->lattice[t]));
    PetscCall(AetOrderPlanDestroy(&o->plan[t]));
    PetscCall(PetscFree(o->grain[t]));
    PetscCall(PetscFree(o->bonds[t]));
  }
  if (o) PetscCall(PetscFree5(o->lattice, o->plan, o->index, o->grain, o->bonds));
  PetscCall(PetscFree(o));
  memset(order, 0, sizeof *order);
  PetscFunctionReturn(PETSC_SUCCESS);
}
