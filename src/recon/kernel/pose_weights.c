#include "recon/kernel/pose_weights.h"
#include <math.h>
#include <stdlib.h>

#define LEAST 1e-4
#define BISECTIONS 60

void AetPoseCorrelate(int radii, int modes, const float *a, const float *b, float complex *straight, float complex *below)
{
  enum { BLOCK = 16 };

  for (int from = 0; from < modes; from += BLOCK) {
    const int count = modes - from < BLOCK ? modes - from : BLOCK;
    float     rr[BLOCK] = {0}, ii[BLOCK] = {0}, ri[BLOCK] = {0}, ir[BLOCK] = {0};
    for (int r = 0; r < radii; r++) {
      const float *ar = a + 2 * r * modes + from, *ai = ar + modes, *br = b + 2 * r * modes + from, *bi = br + modes;
      for (int m = 0; m < count; m++) {
        rr[m] += ar[m] * br[m], ii[m] += ai[m] * bi[m];
        ri[m] += ar[m] * bi[m], ir[m] += ai[m] * br[m];
      }
    }
    for (int m = 0; m < count; m++) {
      straight[from + m] = CMPLXF(rr[m] + ii[m], ir[m] - ri[m]);
      below[from + m] = CMPLXF(rr[m] - ii[m], ir[m] + ri[m]);
    }
  }
}

/* Whether a ranks behind b: a lower score, or the same at a later place. */
static int Behind(const AetPoseWeight *a, const AetPoseWeight *b)
{
  return a->score < b->score || (a->score == b->score && a->place > b->place);
}

static void Sink(ptrdiff_t count, AetPoseWeight *heap, ptrdiff_t i)
{
  for (;;) {
    ptrdiff_t     last = i;
    AetPoseWeight swap = heap[i];
    for (ptrdiff_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++)
      if (Behind(&heap[child], &heap[last])) last = child;
    if (last == i) return;
    heap[i] = heap[last], heap[last] = swap;
    i = last;
  }
}

static void Rise(AetPoseWeight *heap, ptrdiff_t i)
{
  while (i && Behind(&heap[i], &heap[(i - 1) / 2])) {
    AetPoseWeight swap = heap[i];
    heap[i] = heap[(i - 1) / 2], heap[(i - 1) / 2] = swap;
    i = (i - 1) / 2;
  }
}

void AetPoseKeep(ptrdiff_t first, ptrdiff_t count, const float *scores, ptrdiff_t most, ptrdiff_t *kept, AetPoseWeight *heap)
{
  for (ptrdiff_t i = 0; i < count; i++) {
    if (*kept < most) {
      heap[*kept] = (AetPoseWeight){scores[i], first + i};
      Rise(heap, (*kept)++);
    } else if (scores[i] > heap[0].score) {
      heap[0] = (AetPoseWeight){scores[i], first + i};
      Sink(most, heap, 0);
    }
  }
}

static int ByPlace(const void *a, const void *b)
{
  const ptrdiff_t i = ((const AetPoseWeight *)a)->place, j = ((const AetPoseWeight *)b)->place;

  return (i > j) - (i < j);
}

static double Perplexity(ptrdiff_t kept, const AetPoseWeight *heap, double top, double b)
{
  double sum = 0, moment = 0;

  for (ptrdiff_t i = 0; i < kept; i++) {
    const double x = b * (heap[i].score - top), w = exp(x);
    sum += w, moment += w * x;
  }
  return exp(log(sum) - moment / sum);
}

/* The inverse temperature: doubled until the weights are narrow enough, then halved in between. */
static double Sharpness(ptrdiff_t kept, const AetPoseWeight *heap, double top, double perplexity)
{
  double spread = 0, low = 0, high, b;
  int    steps = 0;

  for (ptrdiff_t i = 0; i < kept; i++) spread += (top - heap[i].score) / (double)kept;
  if (!(spread > 0)) return 0;
  for (high = 1 / spread; steps < BISECTIONS && Perplexity(kept, heap, top, high) > perplexity; steps++) low = high, high *= 2;
  for (; steps < BISECTIONS; steps++) {
    b = 0.5 * (low + high);
    if (Perplexity(kept, heap, top, b) > perplexity)
      low = b;
    else
      high = b;
  }
  return high;
}

ptrdiff_t AetPoseSoften(ptrdiff_t kept, double perplexity, AetPoseWeight *heap, ptrdiff_t *best)
{
  ptrdiff_t remain = 0, first = 0;
  double    b, top, sum = 0;

  qsort(heap, (size_t)kept, sizeof *heap, ByPlace);
  for (ptrdiff_t i = 1; i < kept; i++)
    if (heap[i].score > heap[first].score) first = i;
  top = heap[first].score;
  *best = heap[first].place;
  b = Sharpness(kept, heap, top, perplexity);
  for (ptrdiff_t i = 0; i < kept; i++) sum += exp(b * (heap[i].score - top));
  for (ptrdiff_t i = 0; i < kept; i++) {
    const double w = exp(b * (heap[i].score - top)) / sum;
    if (w >= LEAST || heap[i].place == *best) heap[remain++] = (AetPoseWeight){(float)w, heap[i].place};
  }
  return remain;
}
