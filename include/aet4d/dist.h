/** \file dist.h  Slabs over ranks: groups of ranks, the FFTW grid, the padded transform, volumes, halos. */
#ifndef AET4D_DIST_H
#define AET4D_DIST_H

#include <aet4d/base.h>
#include <complex.h>

/* ---------------------------------------------------------------- communicators */

/** Contiguous block of `total` items that rank `rank` of `size` owns: FFTW's ceiling blocks, so trailing ranks may own nothing (start =
    total, count 0). Not collective. */
AET_EXTERN void AetBlock(ptrdiff_t total, int rank, int size, ptrdiff_t *start, ptrdiff_t *count);
/** The rank that owns item `index` under AetBlock. */
AET_EXTERN int AetBlockOwner(ptrdiff_t total, int size, ptrdiff_t index);
/** Splits comm into `groups` contiguous groups as equal as possible (1 ≤ groups ≤ size); the caller frees `group`. Collective. */
AET_EXTERN PetscErrorCode AetCommSplit(MPI_Comm comm, int groups, MPI_Comm *group, int *index);
/** Smallest 2^a 3^b 5^c 7^d ≥ n (even if `even`): the sizes FFTW is fast at. */
AET_EXTERN ptrdiff_t AetSmoothSize(ptrdiff_t n, PetscBool even);
/** Threads that one rank uses: OMP_NUM_THREADS, else SLURM_CPUS_PER_TASK, else the cores it may run on over the ranks of its node. Not collective. */
AET_EXTERN int AetThreads(void);

/** Memory of the node that has least for each of its ranks. */
typedef struct {
  double bytes;      /* that its ranks may take together, beside what they have already */
  int    ranks;      /* on it */
  int    nodes;      /* of the communicator */
  char   source[32]; /* who says so: MemAvailable, the control group, SLURM, memory_limit */
} AetNodeMemory;
/** The least of what the system has available, of the limits of the control groups above the process (versions 1 and 2) and of what SLURM gives
    the job on a node; or `limit_bytes`, if that is not 0. The same on every rank. Collective. */
AET_EXTERN PetscErrorCode AetNodeMemoryGet(MPI_Comm comm, double limit_bytes, AetNodeMemory *memory);

/* ---------------------------------------------------------------- volumes */

/** A real-space volume [z][y][x] (x fastest), float, split in slabs of z by AetBlock. Position of voxel (z,y,x) in Å:
    ((x - floor(nx/2)), (y - floor(ny/2)), (z - floor(nz/2))) · pixel_angstrom. The fields are readable by everybody. */
typedef struct _p_AetVolume *AetVolume;
struct _p_AetVolume {
  MPI_Comm  comm;           /* duplicated */
  ptrdiff_t n[3];           /* z, y, x */
  ptrdiff_t z_start, z_count; /* local planes */
  double    pixel_angstrom; /* 0 if unknown */
  float    *data;           /* [z_count][n[1]][n[2]], owned */
  char      processing[256]; /* what was done to it since it was reconstructed, as files say it; "": nothing */
};
/** Zero-filled. Collective on comm. AET_ERR_INPUT if a size is < 1. */
AET_EXTERN PetscErrorCode AetVolumeCreate(MPI_Comm comm, const ptrdiff_t n[3], double pixel_angstrom, AetVolume *volume);
AET_EXTERN PetscErrorCode AetVolumeDuplicate(AetVolume volume, AetVolume *copy); /* with values */
AET_EXTERN PetscErrorCode AetVolumeDestroy(AetVolume *volume);
/** The local slab with `width` planes from either side: data[(z_count + 2·width)][ny][nx], planes outside the volume zero; works when the
    halo spans several ranks. Free with PetscFree. A rank without planes gets no data (NULL). Collective. */
AET_EXTERN PetscErrorCode AetVolumeHalo(AetVolume volume, ptrdiff_t width, float **data);

/* ---------------------------------------------------------------- the FFTW grid: r2c in place, z-slabs to k_y-slabs */

/** A real grid [z][y][x] with padded rows of 2(nx/2+1) floats, transformed in place by FFTW-MPI to [k_y][k_z][k_x] (transposed output).
    The pads are zero between operations. Unnormalised, sign -1 forward, like FFTW. */
typedef struct _p_AetGrid *AetGrid;
AET_EXTERN PetscErrorCode AetGridCreate(MPI_Comm comm, const ptrdiff_t n[3], AetGrid *grid);
AET_EXTERN PetscErrorCode AetGridDestroy(AetGrid *grid);
/** Sizes n[3] (z,y,x); local planes of z; local planes of k_y; floats of one local array. Not collective; any pointer may be NULL. */
AET_EXTERN PetscErrorCode AetGridGetLayout(AetGrid grid, ptrdiff_t n[3], ptrdiff_t *z_start, ptrdiff_t *z_count, ptrdiff_t *ky_start,
                                           ptrdiff_t *ky_count, ptrdiff_t *floats);
/** A zero-filled, SIMD-aligned local array; free with AetGridFree. */
AET_EXTERN PetscErrorCode AetGridAllocate(AetGrid grid, float **data);
AET_EXTERN PetscErrorCode AetGridFree(AetGrid grid, float **data);
/** Transforms, in place. Collective. Backward(Forward(f)) = nz·ny·nx · f, pads zero again. */
AET_EXTERN PetscErrorCode AetGridForward(AetGrid grid, float *data);
AET_EXTERN PetscErrorCode AetGridBackward(AetGrid grid, float *data);
/** Copies between a volume of the same n and comm and the grid's padded rows. Collective. */
AET_EXTERN PetscErrorCode AetGridFromVolume(AetGrid grid, AetVolume volume, float *data);
AET_EXTERN PetscErrorCode AetGridToVolume(AetGrid grid, const float *data, AetVolume volume);

/* ---------------------------------------------------------------- the padded transform
   The transform of an object of n voxels zero-padded to N ≥ n per axis, without transforming, storing or sending the padding. The
   object's voxel floor(n/2) is the origin of space: spectrum(k) = Σ_r f(r) exp(-2πi Σ_a k_a r_a / N_a) with r_a = index_a - floor(n_a/2),
   so a real even object has a real spectrum and central slices need no phase.

   The spectrum is split in slabs of k_y by AetBlock over N_y; locally it is columns along k_z: [k_y local][k_x = 0 … N_x/2][k_z = 0 … N_z-1],
   k_z fastest; k_y and k_z in FFT order (0 … N-1, negative above (N-1)/2). N_x is even. Nothing here is planned by timing: results are bitwise the
   same for any number of ranks and threads. Sizes with primes above 7 are slow (AetSmoothSize). Method: docs/decisions/0003. */
typedef struct _p_AetTransform *AetTransform;
AET_EXTERN PetscErrorCode AetTransformCreate(MPI_Comm comm, const ptrdiff_t n[3], const ptrdiff_t N[3], AetTransform *transform);
AET_EXTERN PetscErrorCode AetTransformDestroy(AetTransform *transform);
/** n, N (z,y,x), local k_y rows, and complex numbers of the local spectrum. Not collective; any pointer may be NULL. */
AET_EXTERN PetscErrorCode AetTransformGetLayout(AetTransform transform, ptrdiff_t n[3], ptrdiff_t N[3], ptrdiff_t *ky_start, ptrdiff_t *ky_count,
                                                ptrdiff_t *spectrum);
/** Object (slab [z_count][ny][nx] of AetBlock over n_z) to the stored spectrum, which is also the room to work in. `object` is not changed,
    unless it lies in the spectrum, where it may within AetTransformHead. Collective. */
AET_EXTERN PetscErrorCode AetTransformForward(AetTransform transform, const float *object, float complex *spectrum);
/** The exact adjoint: object(r) = Σ over the full Hermitian spectrum of spectrum(k) exp(+2πi k·r/N), cropped to n; unnormalised
    (Backward(Forward(f)) = N_z·N_y·N_x · f). Of the planes k_x = 0 and N_x/2, which hold both halves of the sum, the Hermitian part counts: the
    result is the real part of S(0) + S(N_x/2) + 2 Σ S(k_x). `spectrum` is not changed. Collective. */
AET_EXTERN PetscErrorCode AetTransformBackward(AetTransform transform, const float complex *spectrum, float *object);
/** The same with the spectrum as the room to work in: its values are lost. `object` may lie within AetTransformHead. Collective. */
AET_EXTERN PetscErrorCode AetTransformBackwardOver(AetTransform transform, float complex *spectrum, float *object);
/** Floats at the beginning of this rank's spectrum where AetTransformForward may find an object, and AetTransformBackwardOver leave one. */
AET_EXTERN PetscErrorCode AetTransformHead(AetTransform transform, ptrdiff_t *floats);
/** Called once per block of columns, from several threads at a time: columns[count][N_z] at local row `ky` (global index) and kx …
    kx+count-1; changes them in place. `thread` in 0 … AetThreads()-1 lets the caller keep private sums; which thread gets which block depends on the number
    of threads and ranks alone (not on timing), so a sum that must not depend on them is kept per `ky` or per (ky, kx). */
typedef void (*AetColumnVisitor)(void *context, int thread, ptrdiff_t ky, ptrdiff_t kx, ptrdiff_t count, ptrdiff_t Nz, float complex *columns);
/** Forward, visitor on every column, backward, without storing the padded spectrum: `object` in, `result` out (may be the same array),
    scaled by 1/(N_z N_y N_x). The cost of a convolution or of one GENFIRE step. Collective. */
AET_EXTERN PetscErrorCode AetTransformApply(AetTransform transform, const float *object, AetColumnVisitor visitor, void *context, float *result);
/** Bytes that one rank needs for the transform's own work arrays, at most: with AetTransformApply or AetTransformBackward. */
AET_EXTERN PetscErrorCode AetTransformMemory(AetTransform transform, double *bytes);
/** Bytes that a transform from n to N will need on the rank that has most of `ranks`, of `threads` threads each. Not collective. */
AET_EXTERN double AetTransformBytes(const ptrdiff_t n[3], const ptrdiff_t N[3], int ranks, int threads);
/** The same where it works in the spectrum alone, the spectrum included: AetTransformForward and AetTransformBackwardOver of an object in it. */
AET_EXTERN double AetTransformOverBytes(const ptrdiff_t n[3], const ptrdiff_t N[3], int ranks, int threads);
/** Work of one transform from n to N in either direction, in units of its own: Σ over its lines of length · log2 length, padding left out as the
    transform leaves it out. Not collective. */
AET_EXTERN double AetTransformWork(const ptrdiff_t n[3], const ptrdiff_t N[3]);
/** Seconds that these ranks together take for one unit of that work, by a small transform that is timed (under 0.1 s). Collective. */
AET_EXTERN PetscErrorCode AetTransformCalibrate(MPI_Comm comm, double *seconds);

/* ---------------------------------------------------------------- a convolution with a real, even kernel
   The padded transform of AetTransform, times a real factor per frequency, and back. What the steps between do not need is neither stored nor sent: after
   x each block of k_x is transformed along y and z, multiplied and transformed back by itself. Results are bitwise the same for any number of ranks and
   threads. More ranks than N_x/16 (planar: n_y/16) have nothing to do between the exchanges. Method: docs/decisions/0008. */
typedef struct _p_AetMultiplier *AetMultiplier;
/** The factor is 0. `planar`: it does not depend on k_y, so planes of y do not mix, and N[1] is not looked at. Else N ≥ n, N_x even. Work arrays are
    shared with `lender` (NULL: none; it may be destroyed before) where its are large enough: the two are then not to be applied at the same
    time. Collective. */
AET_EXTERN PetscErrorCode AetMultiplierCreate(MPI_Comm comm, const ptrdiff_t n[3], const ptrdiff_t N[3], PetscBool planar,
                                              AetMultiplier lender, AetMultiplier *multiplier);
AET_EXTERN PetscErrorCode AetMultiplierDestroy(AetMultiplier *multiplier);
/** Gives the work arrays back (also a lender's, and those of its borrowers) until the next use. NULL is accepted. On all ranks alike. */
AET_EXTERN PetscErrorCode AetMultiplierRest(AetMultiplier multiplier);
/** factor(k) += Re Σ_r object(r) exp(-2πi Σ_a k_a (r_a + shift_a)/N_a), r_a = index_a - floor(n_a/2): a part of the kernel that lies at `shift`.
    `object`: slab [z_count][ny][nx], planar [z_count][nx]. Collective. */
AET_EXTERN PetscErrorCode AetMultiplierAdd(AetMultiplier multiplier, const float *object, const ptrdiff_t shift[3]);
/** This rank's factors (planar: all, on every rank), lent, in an order of their own; some places belong to no frequency, and hold 0 until they are changed.
    Not collective. */
AET_EXTERN PetscErrorCode AetMultiplierGetFactor(AetMultiplier multiplier, float **values, ptrdiff_t *count);
/** result = the convolution of `object` with the kernel (slabs of AetBlock over n_z; may be the same array): scaled, so that the factor 1 changes
    nothing. The factor must be that of a real kernel, factor(-k) = factor(k). Collective. */
AET_EXTERN PetscErrorCode AetMultiplierApply(AetMultiplier multiplier, const float *object, float *result);
/** Bytes of the factor on the fullest of `ranks` ranks, and of the work arrays. Not collective. */
AET_EXTERN double AetMultiplierBytes(const ptrdiff_t n[3], const ptrdiff_t N[3], PetscBool planar, int ranks, int threads, double *room);

/* ---------------------------------------------------------------- FFTW wisdom, kept in the user's cache folder, keyed by host type and version */
AET_EXTERN PetscErrorCode AetWisdomLoad(MPI_Comm comm); /* rank 0 reads, broadcasts; a missing or damaged file is no error */
AET_EXTERN PetscErrorCode AetWisdomSave(MPI_Comm comm); /* gathers, rank 0 writes temporary + rename */
/** FFTW planner flag from option `fft_planning` (estimate | measure | patient). */
AET_EXTERN unsigned AetPlanFlag(void);
/** The options of this room. */
AET_EXTERN const AetOptionTable AetDistOptions;

#endif
