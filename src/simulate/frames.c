/* Raw frames of the linear model: what the beam meets at every pixel of every line, and what the detector makes of it. */
#include "simulate/frames_private.h"
#include <math.h>
#include <string.h>

enum { FILM_WAVES = 24 };

/* Smooth random structure: plane waves of normal wave vectors. */
typedef struct {
  double k[FILM_WAVES][2], phase[FILM_WAVES], amplitude;
} Film;

/* What all frames share. */
typedef struct {
  const AetSpecimen    *specimen;
  const AetFramesTruth *truth;
  AetScanMap            map;
  AetProfile            profile;
  double                weight[8];
  const double         *place;
} Scene;

void AetFramesPlaces(const AetFramesTruth *truth, ptrdiff_t ny, ptrdiff_t nx, double *place)
{
  AetScanMap map;

  memcpy(map.term, truth->distortion, sizeof map.term);
  for (ptrdiff_t p = 0; p < ny * nx; p++) {
    const double m[2] = {(double)(p % nx - AetOrigin(nx)), (double)(p / nx - AetOrigin(ny))};

    AetScanMapPlace(&map, m, place + 2 * p);
  }
}

void AetFramesMoves(const AetFramesTruth *truth, const double rate[2], int quarter, int stream, uint64_t key, ptrdiff_t lines,
                    double (*move)[2])
{
  static const double along[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};

  for (ptrdiff_t l = 0; l < lines; l++) {
    const double jitter =
        truth->jitter > 0 ? truth->jitter * AetRandomNormal(truth->seed, (uint64_t)stream, key * (uint64_t)lines + (uint64_t)l) : 0;

    for (int a = 0; a < 2; a++) move[l][a] = rate[a] * ((double)l - (double)(lines - 1) / 2) + jitter * along[quarter][a];
  }
}

static int Quarter(const AetFramesTruth *truth, ptrdiff_t frame)
{
  return (int)lround(truth->scan_deg[frame] / 90) % 4;
}

void AetFramesLineMoves(const AetFramesTruth *truth, ptrdiff_t view, ptrdiff_t frame, double (*move)[2])
{
  const int quarter = Quarter(truth, frame);

  AetFramesMoves(truth, truth->rate[view], quarter, AET_STREAM_JITTER, (uint64_t)(view * truth->frames + frame),
                 quarter % 2 ? truth->nx : truth->ny, move);
}

double AetFramesDetect(const AetFramesTruth *truth, int stream, uint64_t index, double counts, double intensity)
{
  if (counts <= 0) return intensity;
  return truth->gain * AetRandomPoisson(truth->seed, (uint64_t)(AET_STREAM_ELECTRONS + stream), index, intensity * counts) + truth->offset +
         (truth->read_noise > 0 ? truth->read_noise * AetRandomNormal(truth->seed, (uint64_t)(AET_STREAM_READ + stream), index) : 0);
}

/* ---------------------------------------------------------------- background */

static void DrawFilm(const AetFramesTruth *truth, ptrdiff_t view, Film *film)
{
  const double width = truth->pixel_angstrom / (2 * M_PI * truth->film_angstrom / 2.355); /* of the spectrum, in cycles per pixel */

  film->amplitude = truth->film * sqrt(2.0 / FILM_WAVES);
  for (int w = 0; w < FILM_WAVES; w++) {
    const uint64_t index = (uint64_t)(view * FILM_WAVES + w);

    for (int a = 0; a < 2; a++) film->k[w][a] = 2 * M_PI * width * AetRandomNormal(truth->seed, (uint64_t)(AET_STREAM_FILM + a), index);
    film->phase[w] = 2 * M_PI * AetRandomUniform(truth->seed, AET_STREAM_FILM + 2, index);
  }
}

static double FilmAt(const Film *film, double x, double y)
{
  double sum = 0;

  for (int w = 0; w < FILM_WAVES; w++) sum += cos(film->k[w][0] * x + film->k[w][1] * y + film->phase[w]);
  return film->amplitude * sum;
}

/* Line of a pixel. */
static ptrdiff_t LineOf(const AetScan *scan, ptrdiff_t y, ptrdiff_t x)
{
  const ptrdiff_t line[4] = {y, scan->nx - 1 - x, scan->ny - 1 - y, x};

  return line[scan->quarter];
}

/* Level and slope stay with the microscope, the film with the object; an intensity is never negative. */
static void AddBackground(const Scene *scene, const AetScan *scan, ptrdiff_t view, double *image)
{
  const AetFramesTruth *truth = scene->truth;
  Film                  film;

  if (truth->background == 0 && truth->film == 0) return;
  DrawFilm(truth, view, &film);
  for (ptrdiff_t p = 0; p < scan->ny * scan->nx; p++) {
    const double *place = scan->place + 2 * p, *move = scan->move + 2 * LineOf(scan, p / scan->nx, p % scan->nx);
    double        level = truth->background;

    level *= 1 + truth->gradient[view][0] * 2 * place[0] / (double)scan->nx + truth->gradient[view][1] * 2 * place[1] / (double)scan->ny;
    if (truth->film > 0) level += FilmAt(&film, place[0] - move[0], place[1] - move[1]);
    image[p] += fmax(level, 0);
  }
}

/* ---------------------------------------------------------------- one frame */

/* Moves of the lines in pixels of the object, shift and drift included, and the range in which they are seen. */
static void SetMoves(const Scene *scene, ptrdiff_t view, ptrdiff_t frame, double (*move)[2], AetScan *scan)
{
  const AetFramesTruth *truth = scene->truth;
  const double         *drift = truth->drift[view * truth->frames + frame], *shift = truth->shift[view];

  AetFramesLineMoves(truth, view, frame, move);
  for (int a = 0; a < 2; a++) scan->least[a] = INFINITY, scan->most[a] = -INFINITY;
  for (ptrdiff_t l = 0; l < AetScanLines(scan); l++) {
    const double image[2] = {move[l][0] + drift[0], move[l][1] + drift[1]};

    for (int a = 0; a < 2; a++) {
      scan->least[a] = fmin(scan->least[a], image[a] - 0.1 * fabs(image[a]));
      scan->most[a] = fmax(scan->most[a], image[a] + 0.1 * fabs(image[a]));
      move[l][a] = scene->map.term[a][0] * image[0] + scene->map.term[a][1] * image[1] + shift[a];
    }
  }
  scan->move = move[0];
}

static void Render(const Scene *scene, ptrdiff_t view, ptrdiff_t frame, double (*move)[2], double *work, float *image)
{
  const AetFramesTruth *truth = scene->truth;
  const AetSpecimen    *specimen = scene->specimen;
  const ptrdiff_t       size = truth->ny * truth->nx;
  const uint64_t        key = (uint64_t)(view * truth->frames + frame) * (uint64_t)size;
  AetScan               scan = {.ny = truth->ny, .nx = truth->nx, .quarter = Quarter(truth, frame), .place = scene->place};

  memset(work, 0, sizeof *work * (size_t)size);
  SetMoves(scene, view, frame, move, &scan);
  for (PetscInt i = 0; i < specimen->count; i++) {
    double turned[3], object[2], shifted[2], seen[2];

    AetRotate(truth->rotation[view], &specimen->position[3 * i], turned);
    for (int a = 0; a < 2; a++) object[a] = turned[a] / truth->pixel_angstrom, shifted[a] = object[a] + truth->shift[view][a];
    if (!AetScanMapInverse(&scene->map, shifted, seen)) continue;
    seen[0] += (double)AetOrigin(truth->nx), seen[1] += (double)AetOrigin(truth->ny);
    AetScanSplat(&scan, &scene->profile, object, seen, scene->weight[specimen->species[i]], work);
  }
  AddBackground(scene, &scan, view, work);
  for (ptrdiff_t p = 0; p < size; p++) image[p] = (float)AetFramesDetect(truth, 0, key + (uint64_t)p, truth->counts, work[p]);
}

static PetscErrorCode SetScene(const AetSpecimen *specimen, const AetFramesTruth *truth, Scene *scene, double **place, double **profile)
{
  double sigma;

  PetscFunctionBegin;
  scene->specimen = specimen, scene->truth = truth;
  memcpy(scene->map.term, truth->distortion, sizeof scene->map.term);
  PetscCall(AetSimulateAtomWeights(specimen, scene->weight));
  PetscCall(AetSimulateAtomWidth(&sigma));
  PetscCall(PetscMalloc1(2 * (size_t)(truth->ny * truth->nx), place));
  PetscCall(PetscMalloc1(AetProfileSize(sigma / truth->pixel_angstrom), profile));
  AetFramesPlaces(truth, truth->ny, truth->nx, *place);
  AetProfileFill(sigma / truth->pixel_angstrom, *profile, &scene->profile);
  scene->place = *place;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSimulateFrames(MPI_Comm comm, const AetSpecimen *specimen, const AetFramesTruth *truth, float *images)
{
  const int       threads = AetThreads();
  const ptrdiff_t size = truth->ny * truth->nx, lines = PetscMax(truth->ny, truth->nx);
  int             rank, ranks;
  ptrdiff_t       start, count;
  Scene           scene;
  double         *place = NULL, *profile = NULL, *work = NULL;
  double(*move)[2] = NULL;

  PetscFunctionBegin;
  AetEventBegin(AET_EVENT_SIMULATE);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  AetBlock(truth->views, rank, ranks, &start, &count);
  PetscCall(AetAgree(comm, SetScene(specimen, truth, &scene, &place, &profile)));
  PetscCall(AetAgree(comm, PetscMalloc2((size_t)(threads * size), &work, (size_t)(threads * lines), &move)));
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++)
    for (ptrdiff_t i = t; i < count * truth->frames; i += threads)
      Render(&scene, start + i / truth->frames, i % truth->frames, move + t * lines, work + t * size, images + i * size);
  PetscCall(PetscFree2(work, move));
  PetscCall(PetscFree(place));
  PetscCall(PetscFree(profile));
  AetEventEnd(AET_EVENT_SIMULATE);
  PetscFunctionReturn(PETSC_SUCCESS);
}
