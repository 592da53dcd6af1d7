/* Scores of all orientations of one image, and the weights they earn. Plain C. */
#ifndef AET_RECON_KERNEL_POSE_WEIGHTS_H
#define AET_RECON_KERNEL_POSE_WEIGHTS_H

#include <complex.h>
#include <stddef.h>

typedef struct {
  float     score; /* then the weight */
  ptrdiff_t place;
} AetPoseWeight;

/* Correlations of a weighted image with one slice over all rotations in the plane, as spectra of `modes` modes: straight[m] = Σ_r a conj b,
   below[m] = Σ_r a b (the slice seen from the other side). a, b: [radii][2][modes], real parts, then imaginary parts. */
void AetPoseCorrelate(int radii, int modes, const float *a, const float *b, float complex *straight, float complex *below);
/* Puts a run of scores, places first … first+count-1, into a heap of the `most` best, `kept` so far. Equal scores: the first place stays.
 */
void AetPoseKeep(ptrdiff_t first, ptrdiff_t count, const float *scores, ptrdiff_t most, ptrdiff_t *kept, AetPoseWeight *heap);
/* The kept scores, by rising place, as weights exp(b score) of sum 1 with the b whose perplexity exp(-Σ w log w) is `perplexity`; weights
   below 1e-4 are left out. Returns how many remain; `best`: the place of the highest score. */
ptrdiff_t AetPoseSoften(ptrdiff_t kept, double perplexity, AetPoseWeight *heap, ptrdiff_t *best);

#endif
