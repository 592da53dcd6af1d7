/* Surface, Voronoi cells and pair distribution of a ball of fcc with 20 pm of noise, over the search for the neighbours of all atoms in the
   same run. The program checks volume, coordination and cells before it prints.

     build/bench/structure [-radius 43 (Å; 1,000,000 atoms: 150)]      mpirun -n 2 build/bench/structure */
#include <aet4d/structure.h>
#include <math.h>

#define LATTICE 3.85 /* Å */
#define NOISE 0.1155 /* Å per axis */

typedef struct {
  double cutoff, neighbours, surface, voronoi, pairs; /* seconds */
} Seconds;

/* The atoms of the ball that fall to this rank. */
static PetscErrorCode MakeBall(double radius, AetAtoms *atoms)
{
  static const double basis[4][3] = {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 0, 0.5}, {0, 0.5, 0.5}};
  const char         *symbol = "Pt";
  const ptrdiff_t     cells = (ptrdiff_t)(radius / LATTICE) + 1, side = 2 * cells + 1;
  PetscInt            count = 0;
  int                 rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  *atoms = NULL;
  for (int pass = 0; pass < 2; pass++) { /* counts, then fills */
    if (pass) PetscCall(AetAtomsCreate(PETSC_COMM_WORLD, count, 1, &symbol, atoms));
    count = 0;
    for (ptrdiff_t i = 0; i < 4 * side * side * side && rank == 0; i++) {
      const ptrdiff_t c = i / 4, index[3] = {c % side - cells, c / side % side - cells, c / side / side - cells};
      double          x[3], square = 0;
      for (int a = 0; a < 3; a++) x[a] = LATTICE * ((double)index[a] + basis[i % 4][a]), square += x[a] * x[a];
      if (square > radius * radius) continue;
      for (int a = 0; a < 3 && pass; a++)
        (*atoms)->position[3 * (ptrdiff_t)count + a] = x[a] + NOISE * AetRandomNormal(1, (uint64_t)a, (uint64_t)i);
      count++;
    }
  }
  PetscCall(AetAtomsSort(*atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Seconds since `since` on the slowest rank; `since` becomes now. */
static PetscErrorCode Lap(double *since, double *seconds)
{
  PetscFunctionBegin;
  *seconds = MPI_Wtime() - *since;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, seconds, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
  *since = MPI_Wtime();
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether the results are those of the ball. */
static int Wrong(AetAtoms atoms, double radius, AetSurface s, AetVoronoi v, AetPairs p)
{
  double mean = 0;
  int    closed = 0;

  for (PetscInt i = 0; i < atoms->total; i++)
    if (s->depth[i] > 5) mean += v->volume[i], closed++;
  mean /= PetscMax(closed, 1);
  return fabs(mean / (pow(LATTICE, 3) / 4) - 1) > 2e-3 || fabs(p->coordination - 12) > 0.15 || s->pieces != 1 || s->voids != 0 ||
         fabs(s->volume / (4 * M_PI / 3 * pow(radius - 1, 3)) - 1) > 0.03;
}

static PetscErrorCode Print(AetAtoms atoms, const Seconds *t, AetPairs p, int wrong)
{
  const double      all = t->cutoff + t->surface + t->voronoi + t->pairs;
  const char *const name[5] = {"cut-off", "surface", "Voronoi", "g(r)", "all"};
  const double      seconds[5] = {t->cutoff, t->surface, t->voronoi, t->pairs, all};
  int               ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "answer      coordination %.3f, density %.5f per cubic angstrom: %s\n", p->coordination,
                        p->density, wrong ? "WRONG" : "right"));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "atoms       %d, %d ranks x %d threads, %.2f GB at most\n", (int)atoms->total, ranks,
                        AetThreads(), 1e-9 * AetPeakMemory()));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "neighbours  %.4f s, %.2f us an atom\n", t->neighbours, 1e6 * t->neighbours / atoms->total));
  for (int k = 0; k < 5; k++)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-11s %.4f s, %.1f searches\n", name[k], seconds[k], seconds[k] / t->neighbours));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(int *status)
{
  double        radius = 43, cutoff, now;
  AetAtoms      atoms;
  AetNeighbours n;
  AetSurface    s;
  AetVoronoi    v;
  AetPairs      p;
  Seconds       t;

  PetscFunctionBegin;
  PetscCall(PetscOptionsGetReal(NULL, NULL, "-radius", &radius, NULL));
  PetscCall(MakeBall(radius, &atoms));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  now = MPI_Wtime();
  PetscCall(AetFirstValley(atoms, &cutoff));
  PetscCall(Lap(&now, &t.cutoff));
  PetscCall(AetNeighboursCreate(atoms, cutoff, &n));
  PetscCall(Lap(&now, &t.neighbours));
  PetscCall(AetNeighboursDestroy(&n));
  PetscCall(AetSurfaceCreate(atoms, AET_SURFACE_ALPHA_ANGSTROM, &s));
  PetscCall(Lap(&now, &t.surface));
  PetscCall(AetVoronoiCreate(atoms, s, &v));
  PetscCall(Lap(&now, &t.voronoi));
  PetscCall(AetPairsCreate(atoms, s, AET_PAIRS_BIN_ANGSTROM, AET_PAIRS_REACH_ANGSTROM, &p));
  PetscCall(Lap(&now, &t.pairs));
  *status = Wrong(atoms, radius, s, v, p);
  PetscCall(Print(atoms, &t, p, *status));
  PetscCall(AetPairsDestroy(&p));
  PetscCall(AetVoronoiDestroy(&v));
  PetscCall(AetSurfaceDestroy(&s));
  PetscCall(AetAtomsDestroy(&atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  int status = 1;

  if (AetInitialize(&argc, &argv)) return 1;
  if (Run(&status)) {
    (void)fprintf(stderr, "%s\n", AetErrorMessage());
    status = 1;
  }
  return AetFinalize() || status;
}
