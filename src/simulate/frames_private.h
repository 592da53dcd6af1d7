#ifndef AET_SIMULATE_FRAMES_PRIVATE_H
#define AET_SIMULATE_FRAMES_PRIVATE_H

#include "simulate/kernel/scan_map.h"
#include "simulate/kernel/scan_splat.h"
#include <aet4d/simulate.h>

/* Streams of random numbers. */
enum {
  AET_STREAM_DRIFT = 0x5400,
  AET_STREAM_WALK = 0x5402,
  AET_STREAM_JITTER = 0x5404,
  AET_STREAM_SHIFT = 0x5405,
  AET_STREAM_ANGLE = 0x5407,
  AET_STREAM_DISTORTION = 0x5408,
  AET_STREAM_GRADIENT = 0x5409,
  AET_STREAM_FILM = 0x540a,
  AET_STREAM_ELECTRONS = 0x540f,
  AET_STREAM_READ = 0x5410,
  AET_STREAM_ORIGIN = 0x5411,
  AET_STREAM_REFERENCE = 0x5420 /* added to those of jitter and detector for the reference image */
};

/* The width of an atom's image in Å and the weights of the species, as the linear model has them. */
PetscErrorCode AetSimulateAtomWidth(double *sigma_angstrom);
PetscErrorCode AetSimulateAtomWeights(const AetSpecimen *specimen, double weight[8]);
/* A detector's reading of an intensity; `index` keys the pixel. */
double AetFramesDetect(const AetFramesTruth *truth, int stream, uint64_t index, double counts, double intensity);
/* Places of the beam, in pixels of the object from the centre, for all pixels: place [ny][nx][2]. */
void AetFramesPlaces(const AetFramesTruth *truth, ptrdiff_t ny, ptrdiff_t nx, double *place);
/* What lines of an image of `lines` lines are displaced by: rate·(l - (lines-1)/2), jitter along direction `quarter`; `key` of the jitter.
 */
void AetFramesMoves(const AetFramesTruth *truth, const double rate[2], int quarter, int stream, uint64_t key, ptrdiff_t lines,
                    double (*move)[2]);

#endif
