/* Memory that processes on this machine may still take, as the system and the batch system say it. */
#include "dist/kernel/memory_limit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNLIMITED 1e18 /* version 1 writes "no limit" as a number near 2^63 */
enum { PATH = 4096 };

/* The number after `key` at the beginning of a line, or the first of the file where key is "": negative if there is none. */
static double ReadNumber(const char *path, const char *key)
{
  FILE  *file = fopen(path, "r");
  char   line[512];
  double value = -1;

  while (file && value < 0 && fgets(line, sizeof line, file))
    if (!strncmp(line, key, strlen(key)) && sscanf(line + strlen(key), "%lf", &value) != 1) value = -1;
  if (file) fclose(file);
  return value;
}

static double ReadIn(const char *folder, const char *name, const char *key)
{
  char path[PATH + 64];

  snprintf(path, sizeof path, "%s/%s", folder, name);
  return ReadNumber(path, key);
}

/* What a group leaves of its limit; UNLIMITED where it has none. */
static double GroupLeft(const char *folder, int version)
{
  const double limit = ReadIn(folder, version == 2 ? "memory.max" : "memory.limit_in_bytes", "");
  const double used = ReadIn(folder, version == 2 ? "memory.current" : "memory.usage_in_bytes", "");
  double       cache = ReadIn(folder, "memory.stat", version == 2 ? "inactive_file " : "total_inactive_file ");

  if (limit < 0 || limit >= UNLIMITED) return UNLIMITED;
  if (cache < 0) cache = 0;
  return used < 0 ? limit : limit - used + cache > 0 ? limit - used + cache : 0;
}

/* Of a group and all above it: a limit of any of them holds. A group that is not visible here (its path is that outside a container) leaves
   the root of what is visible. */
static double GroupsLeft(const char *mount, char *group, int version)
{
  char   folder[PATH];
  double least = UNLIMITED, left;

  for (;;) {
    char *slash = strrchr(group, '/');
    snprintf(folder, sizeof folder, "%.2000s%.2000s", mount, group);
    left = GroupLeft(folder, version);
    least = left < least ? left : least;
    if (!slash) return least;
    *slash = 0;
  }
}

/* Lines `number:controllers:path`; version 2 has number 0 and no controllers. */
static double ControlGroups(const char *root)
{
  char   path[PATH], line[PATH], mount[PATH];
  double least = UNLIMITED, left;
  FILE  *file;

  snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
  file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file)) {
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    int   version;
    if (!group) continue;
    *group++ = 0;
    group[strcspn(group, "\n")] = 0;
    version = controllers[1] == 0 ? 2 : strstr(controllers, "memory") ? 1 : 0;
    if (!version) continue;
    snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s", root, version == 1 ? "/memory" : "");
    left = GroupsLeft(mount, group, version);
    least = left < least ? left : least;
  }
  if (file) fclose(file);
  return least;
}

double aet_memory_available(const char *root, const char **source)
{
  char   path[PATH];
  double available, groups = ControlGroups(root);

  snprintf(path, sizeof path, "%s/proc/meminfo", root);
  available = ReadNumber(path, "MemAvailable:");
  if (available >= 0) available *= 1024;
  *source = "MemAvailable";
  if (groups >= UNLIMITED || (available >= 0 && available <= groups)) return available;
  *source = "the control group";
  return groups;
}

double aet_memory_slurm(void)
{
  const char *node = getenv("SLURM_MEM_PER_NODE"), *cpu = getenv("SLURM_MEM_PER_CPU"), *cpus = getenv("SLURM_CPUS_ON_NODE");
  double      megabytes = -1;

  if (node)
    megabytes = atof(node);
  else if (cpu && cpus)
    megabytes = atof(cpu) * atof(cpus);
  return megabytes > 0 ? megabytes * 1048576 : -1; /* 0 is SLURM's word for all there is */
}

double aet_memory_resident(void)
{
  const double kilobytes = ReadNumber("/proc/self/status", "VmRSS:");

  return kilobytes > 0 ? kilobytes * 1024 : 0;
}
