/* The linear image of atoms: against direct sums, finite differences and the law of the adjoint. */
#include "atoms/imaging.h"
#include "mpi_test.h"

enum { VIEWS = 5, NY = 40, NX = 48, ATOMS = 30 };

typedef struct {
  AetTiltSeries tilt;
  AetOptics     optics;
  AetImaging    imaging;
  AetScatterers atoms;
  double        position[ATOMS][3];
  int           species[ATOMS];
  ptrdiff_t     pixels; /* local, of all views */
} Case;

static void Begin(Case *c, int Z0, int Z1, double B0, double B1)
{
  const double angles[VIEWS][3] = {{0, -60, 0}, {10, -20, 5}, {0, 0, 0}, {-4, 35, 8}, {0, 71, -3}};
  const int    Z[2] = {Z0, Z1};

  AET_TEST_CALL(AetTiltSeriesCreate(PETSC_COMM_WORLD, VIEWS, NY, NX, 0.35, AET_ANGLES_ZYX, angles, &c->tilt));
  AET_TEST_CALL(AetOpticsCreate(VIEWS, 2, Z, &c->optics));
  c->optics.height[0] = 1, c->optics.height[1] = 1.7;
  c->optics.b_factor[0] = B0, c->optics.b_factor[1] = B1;
  for (int j = 0; j < VIEWS; j++) {
    c->optics.scale[j] = 1 + 0.1 * j, c->optics.background[j] = 0.02 * j;
    c->optics.shift[j][0] = 0.1 * j, c->optics.shift[j][1] = -0.07 * j;
  }
  for (int i = 0; i < ATOMS; i++) {
    for (int a = 0; a < 3; a++) c->position[i][a] = 8 * (AetRandomUniform(3, 1, (uint64_t)(3 * i + a)) - 0.5);
    c->species[i] = i % 2;
  }
  c->atoms = (AetScatterers){ATOMS, &c->position[0][0], c->species, NULL};
  AET_TEST_CALL(AetImagingCreate(c->tilt, &c->optics, &c->imaging));
  c->pixels = c->tilt->v_count * NY * NX;
}

static void End(Case *c)
{
  AET_TEST_CALL(AetImagingDestroy(&c->imaging));
  AET_TEST_CALL(AetOpticsFree(&c->optics));
  AET_TEST_CALL(AetTiltSeriesDestroy(&c->tilt));
}

/* A Gaussian profile is known at every pixel in closed form. */
static void Gaussian(void)
{
  Case   c;
  float *images;
  double worst = 0, largest = 0;

  Begin(&c, 0, 0, 12, 7);
  images = calloc((size_t)c.pixels + 1, sizeof *images);
  AET_TEST_CALL(AetImagingProject(c.imaging, &c.optics, &c.atoms, images));
  for (ptrdiff_t p = 0; p < c.pixels; p++) {
    const ptrdiff_t j = c.tilt->v_start + p / (NY * NX);
    const double    y = (double)(p / NX % NY - NY / 2) * 0.35, x = (double)(p % NX - NX / 2) * 0.35;
    double          sum = 0;
    for (int i = 0; i < ATOMS; i++) {
      double seen[3], B = c.optics.b_factor[c.species[i]], dx, dy;
      AetRotate(c.tilt->rotation[j], c.position[i], seen);
      dx = x - seen[0] - c.optics.shift[j][0], dy = y - seen[1] - c.optics.shift[j][1];
      sum += c.optics.height[c.species[i]] * 4 * M_PI / B * exp(-4 * M_PI * M_PI * (dx * dx + dy * dy) / B) * 0.35 * 0.35;
    }
    sum = c.optics.background[j] + c.optics.scale[j] * sum;
    worst = fmax(worst, fabs(sum - (double)images[p])), largest = fmax(largest, sum);
  }
  AET_TEST(c.pixels == 0 || worst < 1e-3 * largest);
  free(images);
  End(&c);
}

/* Tabulated atoms: the sum over frequencies, term by term, at some pixels of one view; pixels sample, so all orders count. */
static void Tabulated(void)
{
  Case      c;
  float    *images;
  double    worst = 0, largest = 0;
  const int K = 400; /* frequencies to either side on a side of L */

  Begin(&c, 26, 78, 3, 6);
  images = calloc((size_t)c.pixels + 1, sizeof *images);
  AET_TEST_CALL(AetImagingProject(c.imaging, &c.optics, &c.atoms, images));
  for (ptrdiff_t j = 0; j < c.tilt->v_count; j++)
    for (int at = 0; at < 3; at++) {
      const ptrdiff_t view = c.tilt->v_start + j, py = 14 + 5 * at, px = 20 + 3 * at;
      const double    L = 60, x = (double)(px - NX / 2) * 0.35, y = (double)(py - NY / 2) * 0.35;
      double          sum = 0;
      for (int i = 0; i < ATOMS; i++) { /* a Hankel transform of each atom's profile */
        double seen[3], r, value = 0;
        AetRotate(c.tilt->rotation[view], c.position[i], seen);
        r = hypot(x - seen[0] - c.optics.shift[view][0], y - seen[1] - c.optics.shift[view][1]);
        for (int k = 0; k < 10 * K; k++) {
          const double q = ((double)k + 0.5) * 0.1 / L;
          const int    Z = c.optics.Z[c.species[i]];
          value += 2 * M_PI * q * j0(2 * M_PI * q * r) * AetElectronScatteringFactor(Z, q) / AetElectronScatteringFactor(Z, 0) *
                   exp(-0.25 * c.optics.b_factor[c.species[i]] * q * q) * 0.1 / L;
        }
        sum += c.optics.height[c.species[i]] * value * 0.35 * 0.35;
      }
      sum = c.optics.background[view] + c.optics.scale[view] * sum;
      worst = fmax(worst, fabs(sum - (double)images[(j * NY + py) * NX + px])), largest = fmax(largest, sum);
    }
  AET_TEST(c.pixels == 0 || worst < 2e-3 * largest);
  free(images);
  End(&c);
}

/* ⟨J d, r⟩ = ⟨d, Jᵀ r⟩, and J by differences of images. */
static void Adjoint(void)
{
  Case               c;
  float             *moved, *other, *images;
  double             direction[ATOMS][3], gradient[ATOMS][3], left = 0, right = 0, sum, difference = 0, norm = 0;
  AetImagingGradient g = {.position = &gradient[0][0]};

  Begin(&c, 26, 78, 6, 6);
  moved = calloc((size_t)c.pixels + 1, sizeof *moved), other = calloc((size_t)c.pixels + 1, sizeof *other);
  images = calloc((size_t)c.pixels + 1, sizeof *images);
  for (int i = 0; i < 3 * ATOMS; i++) direction[i / 3][i % 3] = AetRandomUniform(4, 2, (uint64_t)i) - 0.5;
  AET_TEST_CALL(AetImagingMove(c.imaging, &c.optics, &c.atoms, &direction[0][0], moved));
  for (ptrdiff_t p = 0; p < c.pixels; p++)
    other[p] = (float)AetRandomUniform(4, 3, (uint64_t)(c.tilt->v_start * NY * NX + p)) - 0.5f, left += (double)moved[p] * (double)other[p];
  AET_TEST_CALL(AetImagingAdjoint(c.imaging, &c.optics, &c.atoms, other, PETSC_FALSE, &g));
  for (int i = 0; i < 3 * ATOMS; i++) right += direction[i / 3][i % 3] * gradient[i / 3][i % 3];
  MPI_Allreduce(&left, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  AET_TEST_CLOSE(sum / right, 1, 1e-5);
  AET_TEST_CALL(AetImagingProject(c.imaging, &c.optics, &c.atoms, images));
  for (int i = 0; i < 3 * ATOMS; i++) c.position[i / 3][i % 3] += 0.01 * direction[i / 3][i % 3];
  AET_TEST_CALL(AetImagingProject(c.imaging, &c.optics, &c.atoms, other));
  for (ptrdiff_t p = 0; p < c.pixels; p++)
    difference = fmax(difference, fabs((other[p] - images[p]) / 0.01 - moved[p])), norm = fmax(norm, fabs((double)moved[p]));
  AET_TEST(c.pixels == 0 || difference < 0.03 * norm);
  free(moved), free(other), free(images);
  End(&c);
}

static double Energy(Case *c, const float *target, float *images)
{
  double sum = 0, all;

  AET_TEST_CALL(AetImagingSetOptics(c->imaging, &c->optics));
  AET_TEST_CALL(AetImagingProject(c->imaging, &c->optics, &c->atoms, images));
  for (ptrdiff_t p = 0; p < c->pixels; p++) sum += 0.5 * ((double)images[p] - target[p]) * ((double)images[p] - target[p]);
  MPI_Allreduce(&sum, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return all;
}

/* The derivative by a parameter, by central differences. */
static double Slope(Case *c, double *parameter, double step, const float *target, float *images)
{
  const double value = *parameter;
  double       up, down;

  *parameter = value + step, up = Energy(c, target, images);
  *parameter = value - step, down = Energy(c, target, images);
  *parameter = value;
  (void)Energy(c, target, images);
  return (up - down) / (2 * step);
}

static void Turn(Case *c, int view, int axis, double angle)
{
  double    omega[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, R[9];
  const int a = (axis + 1) % 3, b = (axis + 2) % 3;

  omega[a][a] = omega[b][b] = cos(angle), omega[a][b] = -sin(angle), omega[b][a] = sin(angle);
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) {
      R[3 * i + k] = 0;
      for (int l = 0; l < 3; l++) R[3 * i + k] += omega[i][l] * c->tilt->rotation[view][3 * l + k];
    }
  memcpy(c->tilt->rotation[view], R, sizeof R);
}

static void Derivatives(void)
{
  Case               c;
  float             *target, *images;
  double             gradient[ATOMS][3], scale[VIEWS], background[VIEWS], shift[VIEWS][2], turn[VIEWS][3], up, down;
  AetImagingGradient g = {.position = &gradient[0][0], .scale = scale, .background = background, .shift = shift, .turn = turn};

  Begin(&c, 26, 78, 6, 8);
  target = calloc((size_t)c.pixels + 1, sizeof *target), images = calloc((size_t)c.pixels + 1, sizeof *images);
  for (int i = 0; i < ATOMS; i++) c.position[i][i % 3] += 0.3;
  AET_TEST_CALL(AetImagingProject(c.imaging, &c.optics, &c.atoms, target));
  for (int i = 0; i < ATOMS; i++) c.position[i][i % 3] -= 0.3;
  AET_TEST_CALL(AetImagingProject(c.imaging, &c.optics, &c.atoms, images));
  for (ptrdiff_t p = 0; p < c.pixels; p++) images[p] -= target[p];
  AET_TEST_CALL(AetImagingAdjoint(c.imaging, &c.optics, &c.atoms, images, PETSC_TRUE, &g));
  for (int i = 0; i < 4; i++) AET_TEST_CLOSE(Slope(&c, &c.position[i][i % 3], 3e-3, target, images) / gradient[i][i % 3], 1, 0.01);
  for (int s = 0; s < 2; s++) {
    AET_TEST_CLOSE(Slope(&c, &c.optics.height[s], 0.01, target, images) / g.height[s], 1, 0.01);
    AET_TEST_CLOSE(Slope(&c, &c.optics.b_factor[s], 0.05, target, images) / g.b_factor[s], 1, 0.01);
  }
  AET_TEST_CLOSE(Slope(&c, &c.optics.scale[1], 0.01, target, images) / scale[1], 1, 0.01);
  AET_TEST_CLOSE(Slope(&c, &c.optics.background[3], 0.05, target, images) / background[3], 1, 0.01);
  for (int a = 0; a < 2; a++) AET_TEST_CLOSE(Slope(&c, &c.optics.shift[4][a], 3e-3, target, images) / shift[4][a], 1, 0.01);
  for (int a = 0; a < 3; a++) {
    Turn(&c, 1, a, 1e-3), up = Energy(&c, target, images);
    Turn(&c, 1, a, -2e-3), down = Energy(&c, target, images);
    Turn(&c, 1, a, 1e-3);
    AET_TEST_CLOSE((up - down) / 2e-3 / turn[1][a], 1, 0.01);
  }
  free(target), free(images);
  End(&c);
}

/* The blocks against what moving one atom alone does to the images. */
static void Blocks(void)
{
  Case   c;
  float *moved;
  double block[ATOMS][6], direction[ATOMS][3] = {{0}}, sum = 0, all;

  Begin(&c, 26, 78, 6, 6);
  moved = calloc((size_t)c.pixels + 1, sizeof *moved);
  AET_TEST_CALL(AetImagingBlocks(c.imaging, &c.optics, &c.atoms, NULL, &block[0][0]));
  direction[7][0] = 1, direction[7][2] = 1;
  AET_TEST_CALL(AetImagingMove(c.imaging, &c.optics, &c.atoms, &direction[0][0], moved));
  for (ptrdiff_t p = 0; p < c.pixels; p++) sum += (double)moved[p] * (double)moved[p];
  MPI_Allreduce(&sum, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  AET_TEST_CLOSE((block[7][0] + 2 * block[7][2] + block[7][5]) / all, 1, 0.02);
  free(moved);
  End(&c);
}

/* An atom's own image by its weight: the derivative, its parts by views, and the curvature are sums over its pixels. */
static void Weights(void)
{
  Case               c;
  double             weight[ATOMS] = {0}, gradient[ATOMS], square[ATOMS], curvature[ATOMS], expected[3] = {0}, all[3], worst = 0;
  const int          chosen = 7;
  float             *image, *residual;
  AetImagingGradient g = {.weight = gradient, .square = square};

  Begin(&c, 26, 78, 9, 6);
  for (int j = 0; j < VIEWS; j++) c.optics.background[j] = 0;
  for (int a = 0; a < 3; a++) c.position[chosen][a] = 0.7 * a - 0.5; /* inside every image */
  image = calloc((size_t)c.pixels + 1, sizeof *image), residual = calloc((size_t)c.pixels + 1, sizeof *residual);
  weight[chosen] = 1;
  c.atoms.weight = weight;
  AET_TEST_CALL(AetImagingProject(c.imaging, &c.optics, &c.atoms, image));
  for (ptrdiff_t j = 0; j < c.tilt->v_count; j++) {
    double view = 0;
    for (ptrdiff_t p = j * NY * NX; p < (j + 1) * NY * NX; p++) {
      residual[p] = (float)(AetRandomNormal(5, 6, (uint64_t)(c.tilt->v_start * NY * NX + p)));
      view += (double)residual[p] * (double)image[p];
      expected[2] += (double)image[p] * (double)image[p];
    }
    expected[0] += view, expected[1] += view * view;
  }
  MPI_Allreduce(expected, all, 3, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  AET_TEST_CALL(AetImagingAdjoint(c.imaging, &c.optics, &c.atoms, residual, PETSC_FALSE, &g));
  AET_TEST_CALL(AetImagingCurvature(c.imaging, &c.optics, &c.atoms, NULL, curvature));
  AET_TEST_CLOSE(gradient[chosen], all[0], 1e-3 * fabs(all[0]));
  AET_TEST_CLOSE(square[chosen], all[1], 2e-3 * all[1]);
  AET_TEST_CLOSE(curvature[chosen], all[2], 2e-3 * all[2]);
  weight[chosen] = -2.5; /* the image is linear in it */
  AET_TEST_CALL(AetImagingProject(c.imaging, &c.optics, &c.atoms, residual));
  for (ptrdiff_t p = 0; p < c.pixels; p++) worst = fmax(worst, fabs((double)residual[p] + 2.5 * (double)image[p]));
  AET_TEST(worst < 1e-5);
  free(image), free(residual);
  End(&c);
}

/* The same bits on any number of ranks: a digest of the gradient, which the driver of ranks 1 to 4 must share. */
static void Bits(void)
{
  Case               c, alone;
  float             *images, *reference;
  double             gradient[ATOMS][3], expected[ATOMS][3];
  AetImagingGradient g = {.position = &gradient[0][0]};

  Begin(&c, 26, 78, 6, 6);
  images = calloc((size_t)c.pixels + 1, sizeof *images);
  AET_TEST_CALL(AetImagingProject(c.imaging, &c.optics, &c.atoms, images));
  AET_TEST_CALL(AetImagingAdjoint(c.imaging, &c.optics, &c.atoms, images, PETSC_FALSE, &g));
  alone = c;
  AET_TEST_CALL(
      AetTiltSeriesCreate(PETSC_COMM_SELF, VIEWS, NY, NX, 0.35, AET_ANGLES_ZYX, (const double(*)[3])c.tilt->angles_deg, &alone.tilt));
  AET_TEST_CALL(AetImagingCreate(alone.tilt, &c.optics, &alone.imaging));
  reference = calloc((size_t)VIEWS * NY * NX, sizeof *reference);
  AET_TEST_CALL(AetImagingProject(alone.imaging, &c.optics, &c.atoms, reference));
  AET_TEST(!memcmp(images, reference + c.tilt->v_start * NY * NX, sizeof *images * (size_t)c.pixels));
  g.position = &expected[0][0];
  AET_TEST_CALL(AetImagingAdjoint(alone.imaging, &c.optics, &c.atoms, reference, PETSC_FALSE, &g));
  AET_TEST(!memcmp(gradient, expected, sizeof gradient));
  AET_TEST_CALL(AetImagingDestroy(&alone.imaging));
  AET_TEST_CALL(AetTiltSeriesDestroy(&alone.tilt));
  free(images), free(reference);
  End(&c);
}

AET_TEST_MAIN("imaging", {"Gaussian atoms in closed form", Gaussian}, {"tabulated atoms", Tabulated}, {"law of the adjoint", Adjoint},
              {"every derivative", Derivatives}, {"blocks of the normal matrix", Blocks}, {"weights of the atoms", Weights},
              {"the same bits", Bits})
