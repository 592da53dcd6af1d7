/* What the images say about species, against brute force: the misfit evaluated with one atom changed. */
#include "atoms/species_evidence.h"
#include "mpi_test.h"

enum { VIEWS = 21, NY = 64, NX = 64, ATOMS = 60 };

typedef struct {
  AetTiltSeries tilt;
  AetOptics     optics;
  AetImaging    imaging;
  AetScatterers atoms;
  double        position[ATOMS][3];
  int           species[ATOMS], truth[ATOMS];
  float        *weight, *images, *residual;
  ptrdiff_t     pixels;
} Case;

/* E of the atoms as named; residual by the way. */
static double Misfit(Case *c)
{
  double *rows = calloc((size_t)c->tilt->v_count + 1, sizeof *rows), sum;

  AET_TEST_CALL(AetImagingProject(c->imaging, &c->optics, &c->atoms, c->images));
  for (ptrdiff_t p = 0; p < c->pixels; p++) {
    const double d = (double)c->images[p] - (double)c->tilt->image[p];
    c->residual[p] = (float)(c->weight[p] * d);
    rows[p / (NY * NX)] += 0.5 * c->weight[p] * d * d;
  }
  AET_TEST_CALL(
      AetSumOrdered(PETSC_COMM_WORLD, (PetscInt)c->tilt->v_start, (PetscInt)c->tilt->v_count, (PetscInt)c->tilt->views, 1, rows, &sum));
  free(rows);
  return sum;
}

/* Every tenth atom is named wrongly. Noise of `noise` times an atom's height, and more where there is more signal. */
static void Begin(Case *c, int Z0, int Z1, double noise, double view_noise)
{
  const int Z[2] = {Z0, Z1};
  double    angles[VIEWS][3] = {{0}};
  int       count = 0;

  for (int j = 0; j < VIEWS; j++) angles[j][1] = -70 + 140.0 * j / (VIEWS - 1);
  AET_TEST_CALL(AetTiltSeriesCreate(PETSC_COMM_WORLD, VIEWS, NY, NX, 0.35, AET_ANGLES_ZYX, (const double(*)[3])angles, &c->tilt));
  AET_TEST_CALL(AetOpticsCreate(VIEWS, 2, Z, &c->optics));
  c->optics.height[0] = 1, c->optics.height[1] = 1.8;
  c->optics.b_factor[0] = Z0 ? 5 : 14, c->optics.b_factor[1] = Z0 ? 7 : 12;
  for (int j = 0; j < VIEWS; j++) c->optics.scale[j] = 1 + 0.01 * j;
  for (uint64_t draw = 0; count < ATOMS; draw++) {
    int free_place = 1;
    for (int a = 0; a < 3; a++) c->position[count][a] = 15 * (AetRandomUniform(3, 1, 3 * draw + (uint64_t)a) - 0.5);
    for (int k = 0; k < count; k++) {
      double square = 0;
      for (int a = 0; a < 3; a++) square += pow(c->position[k][a] - c->position[count][a], 2);
      if (square < 2.2 * 2.2) free_place = 0;
    }
    count += free_place;
  }
  for (int i = 0; i < ATOMS; i++) c->truth[i] = c->species[i] = i % 3 == 0;
  c->atoms = (AetScatterers){ATOMS, &c->position[0][0], c->species, NULL};
  AET_TEST_CALL(AetImagingCreate(c->tilt, &c->optics, &c->imaging));
  c->pixels = c->tilt->v_count * NY * NX;
  c->weight = calloc(3 * (size_t)c->pixels + 3, sizeof(float));
  c->images = c->weight + c->pixels + 1, c->residual = c->images + c->pixels + 1;
  AET_TEST_CALL(AetImagingProject(c->imaging, &c->optics, &c->atoms, c->tilt->image));
  for (ptrdiff_t p = 0; p < c->pixels; p++) {
    const double   variance = noise * noise * (1 + 30 * fmax((double)c->tilt->image[p], 0));
    const uint64_t global = (uint64_t)(c->tilt->v_start * NY * NX + p), view = global / (NY * NX),
                   patch = global / (4 * NX) % (NY / 4) * (NX / 4) + global / 4 % (NX / 4);
    c->weight[p] = (float)(1 / variance);
    /* noise of pixels, and of patches of 4 x 4 pixels */
    c->tilt->image[p] +=
        (float)(sqrt(variance) * (AetRandomNormal(6, 2, global) + view_noise * AetRandomNormal(6, 3, view * 1000 + patch)));
  }
  for (int i = 0; i < ATOMS; i += 10) c->species[i] = !c->species[i];
}

static void End(Case *c)
{
  free(c->weight);
  AET_TEST_CALL(AetImagingDestroy(&c->imaging));
  AET_TEST_CALL(AetOpticsFree(&c->optics));
  AET_TEST_CALL(AetTiltSeriesDestroy(&c->tilt));
}

static void BruteForce(int Z0, int Z1)
{
  Case               c;
  AetSpeciesEvidence e;
  double             now, worst = 0, largest = 0;
  int                wrong = 0;

  Begin(&c, Z0, Z1, 0.01, 0);
  now = Misfit(&c);
  AET_TEST_CALL(AetSpeciesEvidenceCreate(c.imaging, c.tilt, &c.optics, &c.atoms, c.weight, c.residual, 0, 1, &e));
  for (int i = 0; i < ATOMS; i++) {
    double direct;
    c.species[i] = !c.species[i];
    direct = Misfit(&c) - now;
    worst = fmax(worst, fabs(e.change[2 * i + c.species[i]] - direct)), largest = fmax(largest, fabs(direct));
    wrong += (e.change[2 * i + c.species[i]] < 0) != (c.species[i] == c.truth[i]);
    c.species[i] = !c.species[i];
    wrong += e.change[2 * i + c.species[i]] != 0;
  }
  AET_TEST_CLOSE(worst / largest, 0, 0.01);
  AET_TEST(wrong == 0);
  AET_TEST_CALL(AetSpeciesEvidenceFree(&e));
  End(&c);
}

static void TestGaussian(void)
{
  BruteForce(0, 0);
}
static void TestTabulated(void)
{
  BruteForce(26, 78);
}

/* The heights that the images ask for scatter about the true ones by their standard deviation, and views that err beyond the noise show. */
static void TestHeights(void)
{
  for (int rough = 0; rough < 2; rough++) {
    Case               c;
    AetSpeciesEvidence e;
    double             square = 0, dispersion = 0;
    Begin(&c, 26, 78, 0.04, 0.8 * rough);
    for (int i = 0; i < ATOMS; i++) c.species[i] = c.truth[i];
    Misfit(&c);
    AET_TEST_CALL(AetSpeciesEvidenceCreate(c.imaging, c.tilt, &c.optics, &c.atoms, c.weight, c.residual, 16, 1, &e));
    for (int i = 0; i < ATOMS; i++) {
      square += pow((e.height[i] - c.optics.height[c.truth[i]]) / e.error[i], 2) / e.dispersion[i] / ATOMS;
      dispersion += e.dispersion[i] / ATOMS;
    }
    AET_TEST_CLOSE(sqrt(square), 1, 0.25);
    AET_TEST(rough ? dispersion > 3 : fabs(dispersion - 1) < 0.35);
    AET_TEST_CALL(AetSpeciesEvidenceFree(&e));
    End(&c);
  }
}

AET_TEST_MAIN("evidence of species", {"Gaussian, brute force", TestGaussian}, {"tabulated, brute force", TestTabulated},
              {"heights and their errors", TestHeights})
