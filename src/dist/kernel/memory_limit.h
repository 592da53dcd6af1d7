/* Memory that processes on this machine may still take, as the system and the batch system say it. */
#ifndef AET_DIST_KERNEL_MEMORY_LIMIT_H
#define AET_DIST_KERNEL_MEMORY_LIMIT_H

/* Bytes that the system has left: the least of MemAvailable and of what each control group above this process (version 2 or 1) leaves of
   its limit, caches that can be dropped counted as free. `root` is "" but in tests; *source names the least. Negative if nothing can be
   read. */
double aet_memory_available(const char *root, const char **source);
/* Bytes that SLURM gives the job on a node, by SLURM_MEM_PER_NODE, or SLURM_MEM_PER_CPU and SLURM_CPUS_ON_NODE (MB both); negative where it
   sets no limit. */
double aet_memory_slurm(void);
/* Bytes that this process has in memory now; 0 if that cannot be read. */
double aet_memory_resident(void);

#endif
