/* Who owns what: contiguous blocks, sizes FFTW is fast at, threads of a rank. */
#include <aet4d/dist.h>
#include <omp.h>
#include <sched.h>
#include <stdlib.h>

void AetBlock(ptrdiff_t total, int rank, int size, ptrdiff_t *start, ptrdiff_t *count)
{
  ptrdiff_t block = (total + size - 1) / size, first = block * rank;

  *start = first < total ? first : total;
  *count = total - *start < block ? total - *start : block;
}

int AetBlockOwner(ptrdiff_t total, int size, ptrdiff_t index)
{
  return (int)(index / ((total + size - 1) / size));
}

ptrdiff_t AetSmoothSize(ptrdiff_t n, PetscBool even)
{
  static const ptrdiff_t primes[] = {2, 3, 5, 7};
  ptrdiff_t              size = n < 1 ? 1 : n;

  if (even) size += size % 2;
  for (;; size += even ? 2 : 1) {
    ptrdiff_t rest = size;
    for (int i = 0; i < 4; i++)
      while (rest % primes[i] == 0) rest /= primes[i];
    if (rest == 1) return size;
  }
}

/* Ranks that share this node, as the launcher tells; 1 where no launcher spoke. Asking MPI would be collective, and AetThreads is not. */
static int RanksOnNode(void)
{
  static const char *const names[] = {"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "PALS_LOCAL_SIZE", "MV2_COMM_WORLD_LOCAL_SIZE"};

  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *text = getenv(names[i]);
    if (text && atoi(text) > 0) return atoi(text);
  }
  return 1;
}

static int CountThreads(void)
{
  const char *slurm = getenv("SLURM_CPUS_PER_TASK");
  cpu_set_t   mine;
  int         cores, ranks = RanksOnNode();

  if (getenv("OMP_NUM_THREADS")) return omp_get_max_threads();
  if (slurm && atoi(slurm) > 0) return atoi(slurm);
  if (sched_getaffinity(0, sizeof mine, &mine)) return 1;
  cores = CPU_COUNT(&mine);
  /* fewer cores than ranks: the launcher has bound this rank, and what it sees is its own */
  return cores < ranks ? (cores > 0 ? cores : 1) : cores / ranks;
}

int AetThreads(void)
{
  static int threads;

  if (!threads) threads = CountThreads();
  return threads;
}
