#ifndef AET_KERNEL_FINGERPRINT_H
#define AET_KERNEL_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

/* Fingerprint of `count` numbers that stand at `index` of a whole: the fingerprints of the parts of a whole, joined by exclusive or in any
   order, tell whether one of its bits has changed or two parts have changed places. Not against forgery. */
uint64_t AetFingerprint(size_t count, const float *value, uint64_t index);

#endif
