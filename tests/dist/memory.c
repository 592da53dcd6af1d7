/* What the system, control groups and SLURM say about memory, from trees of files like theirs. */
#include "dist/kernel/memory_limit.h"
#include "mpi_test.h"
#include <aet4d/dist.h>
#include <sys/stat.h>

static char root[64];

static void Put(const char *name, const char *text)
{
  char  path[512];
  FILE *file;

  snprintf(path, sizeof path, "%s/%s", root, name);
  for (char *slash = strchr(path + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(path, 0700);
    *slash = '/';
  }
  file = fopen(path, "w");
  if (file) fputs(text, file), fclose(file);
}

static void Tree(const char *name)
{
  int rank;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  snprintf(root, sizeof root, "memory-%s-%d-%d", name, rank, (int)getpid());
  mkdir(root, 0700);
  Put("proc/meminfo", "MemTotal:       2000 kB\nMemFree:          10 kB\nMemAvailable:   1000 kB\n");
}

static void Clean(void)
{
  char command[128];

  snprintf(command, sizeof command, "rm -r ./%s", root);
  AET_TEST(system(command) == 0);
}

static void TestSystem(void)
{
  const char *source;

  Tree("system");
  AET_TEST_CLOSE(aet_memory_available(root, &source), 1000 * 1024, 0);
  AET_TEST(!strcmp(source, "MemAvailable"));
  Clean();
  AET_TEST(aet_memory_available(root, &source) < 0);
}

/* A limit of a group above ours holds; caches can be dropped. */
static void TestVersion2(void)
{
  const char *source;

  Tree("two");
  Put("proc/self/cgroup", "0::/job/step\n");
  Put("sys/fs/cgroup/job/step/memory.max", "max\n");
  Put("sys/fs/cgroup/job/step/memory.current", "5\n");
  AET_TEST_CLOSE(aet_memory_available(root, &source), 1000 * 1024, 0);
  Put("sys/fs/cgroup/job/memory.max", "500000\n");
  Put("sys/fs/cgroup/job/memory.current", "300000\n");
  AET_TEST_CLOSE(aet_memory_available(root, &source), 200000, 0);
  AET_TEST(!strcmp(source, "the control group"));
  Put("sys/fs/cgroup/job/memory.stat", "anon 1\nfile 7\ninactive_file 50000\n");
  AET_TEST_CLOSE(aet_memory_available(root, &source), 250000, 0);
  Put("sys/fs/cgroup/job/memory.max", "100000\n");
  AET_TEST_CLOSE(aet_memory_available(root, &source), 0, 0);
  Clean();
}

static void TestVersion1(void)
{
  const char *source;

  Tree("one");
  Put("proc/self/cgroup", "5:cpu:/a\n4:memory:/outside/the/container\n0::/\n");
  Put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Put("sys/fs/cgroup/memory/memory.usage_in_bytes", "5\n");
  AET_TEST_CLOSE(aet_memory_available(root, &source), 1000 * 1024, 0);
  Put("sys/fs/cgroup/memory/memory.limit_in_bytes", "700000\n");
  Put("sys/fs/cgroup/memory/memory.usage_in_bytes", "100000\n");
  Put("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 20000\n");
  AET_TEST_CLOSE(aet_memory_available(root, &source), 620000, 0);
  Clean();
}

static void TestSlurm(void)
{
  unsetenv("SLURM_MEM_PER_NODE"), unsetenv("SLURM_MEM_PER_CPU"), unsetenv("SLURM_CPUS_ON_NODE");
  AET_TEST(aet_memory_slurm() < 0);
  setenv("SLURM_MEM_PER_CPU", "2000", 1);
  AET_TEST(aet_memory_slurm() < 0);
  setenv("SLURM_CPUS_ON_NODE", "8", 1);
  AET_TEST_CLOSE(aet_memory_slurm(), 16000 * 1048576.0, 0);
  setenv("SLURM_MEM_PER_NODE", "4096", 1);
  AET_TEST_CLOSE(aet_memory_slurm(), 4294967296.0, 0);
  setenv("SLURM_MEM_PER_NODE", "0", 1);
  AET_TEST(aet_memory_slurm() < 0);
  unsetenv("SLURM_MEM_PER_NODE"), unsetenv("SLURM_MEM_PER_CPU"), unsetenv("SLURM_CPUS_ON_NODE");
}

/* The ranks of this machine share its memory; a limit that is given is believed. */
static void TestNode(void)
{
  AetNodeMemory memory;
  int           size;

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AET_TEST_CALL(AetNodeMemoryGet(MPI_COMM_WORLD, 0, &memory));
  AET_TEST(memory.ranks == size && memory.nodes == 1);
  AET_TEST(memory.bytes > 1e6 && memory.bytes < 1e15);
  AET_TEST_CALL(AetNodeMemoryGet(MPI_COMM_WORLD, 12345, &memory));
  AET_TEST(memory.bytes == 12345 && !strcmp(memory.source, "memory_limit"));
  setenv("SLURM_MEM_PER_NODE", "100", 1);
  AET_TEST_CALL(AetNodeMemoryGet(MPI_COMM_WORLD, 0, &memory));
  AET_TEST(memory.bytes < 100 * 1048576.0 && !strcmp(memory.source, "SLURM"));
  unsetenv("SLURM_MEM_PER_NODE");
}

AET_TEST_MAIN("memory", {"system", TestSystem}, {"control group, version 2", TestVersion2}, {"control group, version 1", TestVersion1},
              {"SLURM", TestSlurm}, {"node", TestNode})
