/* Refinement of an extended object: a disordered film that runs past the images, its traced atoms neither all there nor all true. */
#include "mpi_test.h"
#include <aet4d/atoms.h>
#include <aet4d/recon.h>

enum { NX = 52, NY = 28, NZ = 56, WIDE = 104, VIEWS = 21, MOST = 2000 };
#define PIXEL 0.5
#define SIGMA 0.5   /* Å, of an atom */
#define NEAREST 2.5 /* Å, of two atoms */
#define THICK 12.0  /* Å, half the film */

static double truth[MOST][3];
static int    atoms_true;

/* Atoms at random, none nearer than a hard sphere allows: twice as wide as the images, as high as these and a little more. */
static void MakeFilm(void)
{
  const double half[3] = {0.5 * WIDE * PIXEL, 0.5 * NY * PIXEL + 1, THICK};

  atoms_true = 0;
  for (uint64_t trial = 0; trial < 30000 && atoms_true < MOST; trial++) {
    double x[3], least = 1e9;
    for (int a = 0; a < 3; a++) x[a] = half[a] * (2 * AetRandomUniform(31, 5, 3 * trial + (uint64_t)a) - 1);
    for (int i = 0; i < atoms_true; i++) {
      double square = 0;
      for (int a = 0; a < 3; a++) square += (x[a] - truth[i][a]) * (x[a] - truth[i][a]);
      least = fmin(least, square);
    }
    if (least < NEAREST * NEAREST) continue;
    for (int a = 0; a < 3; a++) truth[atoms_true][a] = x[a];
    atoms_true++;
  }
}

/* Gaussian images of the whole film, noise of `noise` times an atom's peak. */
static void MakeImages(double noise, AetTiltSeries *tilt)
{
  double angles[VIEWS][3] = {{0}};

  for (int j = 0; j < VIEWS; j++) angles[j][1] = -60 + 120.0 * j / (VIEWS - 1);
  AET_TEST_CALL(AetTiltSeriesCreate(PETSC_COMM_WORLD, VIEWS, NY, NX, PIXEL, AET_ANGLES_ZYX, (const double(*)[3])angles, tilt));
  for (ptrdiff_t j = 0; j < (*tilt)->v_count; j++) {
    float *image = (*tilt)->image + j * NY * NX;
    for (int i = 0; i < atoms_true; i++) {
      const double height = exp(0.25 * AetRandomNormal(9, 6, (uint64_t)i));
      double       seen[3];
      AetRotate((*tilt)->rotation[(*tilt)->v_start + j], truth[i], seen);
      for (int p = 0; p < NY * NX; p++) {
        const double dx = PIXEL * (p % NX - NX / 2) - seen[0], dy = PIXEL * (p / NX - NY / 2) - seen[1], d2 = dx * dx + dy * dy;
        if (d2 < 25 * SIGMA * SIGMA) image[p] += (float)(height * exp(-0.5 * d2 / (SIGMA * SIGMA)));
      }
    }
    for (int p = 0; p < NY * NX; p++) image[p] += (float)(noise * AetRandomNormal(9, 4, (uint64_t)(((*tilt)->v_start + j) * NY * NX + p)));
  }
}

static void Reconstruct(AetTiltSeries tilt, AetVolume *volume)
{
  AetRecon recon;

  PetscOptionsSetValue(NULL, "-trace_species", "Ta");
  AET_TEST_CALL(AetOptionsRegister(&AetTraceOptions));
  PetscOptionsSetValue(NULL, "-recon_extended", "true");
  PetscOptionsSetValue(NULL, "-recon_thickness", "56");
  PetscOptionsSetValue(NULL, "-recon_width", "80");
  PetscOptionsSetValue(NULL, "-recon_iterations", "15");
  PetscOptionsSetValue(NULL, "-recon_rfree_fraction", "0");
  AET_TEST_CALL(AetReconCreate(tilt, &recon));
  AET_TEST_CALL(AetReconSetFromOptions(recon));
  AET_TEST_CALL(AetReconSetUp(recon));
  AET_TEST_CALL(AetReconSolve(recon, volume));
  AET_TEST_CALL(AetReconDestroy(&recon));
}

static void Compare(AetAtoms found, AetCompareResult *result)
{
  static const char *const symbols[] = {"Ta"};
  AetCompareSettings       settings = {.cutoff_angstrom = 1.0, .box = {-11, 11, -5, 5, -THICK, THICK}};
  AetAtoms                 all;
  ptrdiff_t                start, count;
  int                      rank, size;

  MPI_Comm_rank(PETSC_COMM_WORLD, &rank), MPI_Comm_size(PETSC_COMM_WORLD, &size);
  AetBlock(atoms_true, rank, size, &start, &count);
  AET_TEST_CALL(AetAtomsCreate(PETSC_COMM_WORLD, (PetscInt)count, 1, symbols, &all));
  for (ptrdiff_t i = 0; i < 3 * count; i++) all->position[i] = truth[start + i / 3][i % 3];
  AET_TEST_CALL(AetAtomsSort(all));
  AET_TEST_CALL(AetCompareWithin(found, all, &settings, result));
  AET_TEST_CALL(AetAtomsDestroy(&all));
}

typedef struct {
  double traced, refined, r1;
} Result;

/* Traces and refines; `plain`: against the images as they are, by nothing held. */
static Result Follow(AetTiltSeries tilt, AetVolume volume, PetscBool plain)
{
  AetAtoms          atoms;
  AetRefineSettings settings;
  AetRefineReport   report;
  AetTraceReport    trace;
  AetCompareResult  compared;
  Result            result;
  float            *image = NULL, *measured = tilt->image;

  AET_TEST_CALL(AetRefineSettingsFromOptions(&settings));
  AET_TEST(settings.extended && settings.trust_angstrom > 0);
  settings.probes = 0, settings.cycles = 2;
  AET_TEST_CALL(AetTrace(volume, &atoms, &trace));
  Compare(atoms, &compared);
  AET_TEST(compared.recall < 0.98); /* else nothing is left to be explained by others */
  result.traced = compared.rmsd_pm;
  if (plain) {
    settings.trust_angstrom = 0;
  } else {
    AET_TEST_CALL(AetRefineImages(tilt, volume, atoms, &settings, &image));
    tilt->image = image;
  }
  AET_TEST_CALL(AetRefine(atoms, tilt, &settings, &report));
  tilt->image = measured;
  PetscFree(image);
  AET_TEST(plain == (report.correlation == 0));
  Compare(atoms, &compared);
  result.refined = compared.rmsd_pm, result.r1 = report.r1;
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  return result;
}

static void TestFilm(void)
{
  AetTiltSeries tilt;
  AetVolume     volume;
  Result        held, plain;

  MakeFilm();
  MakeImages(0.5, &tilt);
  Reconstruct(tilt, &volume);
  held = Follow(tilt, volume, PETSC_FALSE);
  plain = Follow(tilt, volume, PETSC_TRUE);
  if (getenv("AET_SHOW"))
    PetscPrintf(PETSC_COMM_WORLD, "film: traced %.1f pm, refined %.1f pm, against all light and unheld %.1f pm\n", held.traced,
                held.refined, plain.refined);
  AET_TEST(held.refined < 0.95 * held.traced);
  AET_TEST(plain.refined > 1.1 * held.refined);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

AET_TEST_MAIN("film", {"film", TestFilm})
