/* The gridding kernel and the slices it reads, against sums that need no grid. */
#include "mpi_test.h"
#include "recon/kernel/slice.h"

enum { NZ = 9, NY = 8, NX = 8 };

static void TestTransformOfKernel(void)
{
  /* the closed form against a quadrature of the kernel itself */
  for (int width = 4; width <= 8; width++) {
    AetKaiserBessel kernel;
    AetKaiserBesselInit(&kernel, width, 2);
    for (double xi = 0; xi <= 1; xi += 0.125) {
      const int steps = 20000;
      double    sum = 0;
      for (int i = 0; i < steps; i++) {
        double x = width * ((i + 0.5) / steps - 0.5);
        sum += AetKaiserBesselValue(&kernel, x) * cos(2 * M_PI * x * xi) * width / steps;
      }
      AET_TEST_CLOSE(AetKaiserBesselTransform(&kernel, xi), sum, 1e-6);
    }
  }
}

static void TestTapsAreTheKernel(void)
{
  for (int width = 4; width <= 8; width++) {
    AetKaiserBessel kernel;
    double          worst = 0;
    AetKaiserBesselInit(&kernel, width, 2);
    for (double s = 0; s < 1; s += 1.0 / 512) {
      float taps[AET_SLICE_LANES];
      AetKaiserBesselTaps(&kernel, s, taps);
      for (int t = 0; t < AET_SLICE_LANES; t++)
        worst = fmax(worst, fabs(taps[t] - (t < width ? AetKaiserBesselValue(&kernel, s + t - 0.5 * width) : 0)));
    }
    AET_TEST_CLOSE(worst, 0, 4e-7);
  }
}

static void Layout(AetSliceGrid *grid, int width)
{
  memset(grid, 0, sizeof *grid);
  grid->N[0] = 18, grid->N[1] = 16, grid->N[2] = 16;
  grid->y_count = grid->N[1];
  grid->Lv = 15, grid->Lu = 14;
  AetKaiserBesselInit(&grid->kernel, width, 2);
}

/* Phases of one axis at k cycles per voxel, divided by the kernel's transform where `grid` is given. */
static void Phases(const AetSliceGrid *grid, int axis, int n, double k, double complex *phase)
{
  for (int i = 0; i < n; i++) {
    double r = i - n / 2;
    phase[i] = cexp(-2 * M_PI * _Complex_I * k * r);
    if (grid) phase[i] /= AetKaiserBesselTransform(&grid->kernel, r / (double)grid->N[axis]);
  }
}

/* Sum of the object's voxels with phases; k in cycles per voxel (z, y, x). */
static double complex Spectrum(const AetSliceGrid *grid, const double k[3])
{
  static double  object[NZ][NY][NX];
  static int     ready;
  double complex pz[NZ], py[NY], px[NX], sum = 0;

  for (int z = 0; z < NZ && !ready; z++)
    for (int y = 0; y < NY; y++)
      for (int x = 0; x < NX; x++) object[z][y][x] = AetRandomNormal(3, 0, (uint64_t)((z * NY + y) * NX + x));
  ready = 1;
  Phases(grid, 0, NZ, k[0], pz), Phases(grid, 1, NY, k[1], py), Phases(grid, 2, NX, k[2], px);
  for (int z = 0; z < NZ; z++)
    for (int y = 0; y < NY; y++) {
      double complex row = 0;
      for (int x = 0; x < NX; x++) row += object[z][y][x] * px[x];
      sum += row * pz[z] * py[y];
    }
  return sum;
}

static float complex *HalfSpectrum(const AetSliceGrid *grid)
{
  ptrdiff_t      half = grid->N[2] / 2 + 1, i = 0;
  float complex *spectrum = malloc((size_t)(grid->N[0] * grid->N[1] * half) * sizeof *spectrum);

  for (ptrdiff_t y = 0; y < grid->N[1]; y++)
    for (ptrdiff_t x = 0; x < half; x++)
      for (ptrdiff_t z = 0; z < grid->N[0]; z++) {
        double k[3] = {(double)z / (double)grid->N[0], (double)y / (double)grid->N[1], (double)x / (double)grid->N[2]};
        spectrum[i++] = (float complex)Spectrum(grid, k);
      }
  return spectrum;
}

/* Three general directions, one of them steep enough that samples leave the cube of the grid and wrap. */
static const double rotations[3][9] = {
    {1, 0, 0, 0, 1, 0, 0, 0, 1},
    {0.36, 0.48, -0.8, -0.8, 0.6, 0, 0.48, 0.64, 0.6},
    {-0.7071067811865476, 0, 0.7071067811865476, 0.5, 0.7071067811865476, 0.5, -0.5, 0.7071067811865476, -0.5}};

static void TestSamplesAgainstTheSum(void)
{
  static const double tolerance[] = {1.2e-3, 1e-4, 1e-5, 1.2e-6, 3e-7};

  for (int width = 4; width <= 8; width++) {
    AetSliceGrid   grid;
    AetSliceAxes   axes;
    double         error = 0, norm = 0;
    double complex row[8];
    float complex *spectrum;

    Layout(&grid, width);
    spectrum = HalfSpectrum(&grid);
    for (int j = 0; j < 3; j++) {
      const double *R = rotations[j];
      AetSliceAxesInit(&grid, R, &axes);
      for (int qv = -7; qv <= 7; qv++) {
        AetSliceSampleRow(&grid, &axes, qv, spectrum, row);
        for (int qu = 0; qu <= 7; qu++) {
          double         a = qu / 14.0, b = qv / 15.0, k[3] = {a * R[2] + b * R[5], a * R[1] + b * R[4], a * R[0] + b * R[3]};
          double complex exact = Spectrum(NULL, k), difference = row[qu] - exact;
          error += creal(difference * conj(difference)), norm += creal(exact * conj(exact));
        }
      }
    }
    AET_TEST_CLOSE(sqrt(error / norm), 0, tolerance[width - 4]);
    free(spectrum);
  }
}

/* Slabs of rows: their parts add up to the whole, and a row that does not touch a slab gets nothing from it. */
static void TestSlabsAddUp(void)
{
  AetSliceGrid   whole, part;
  AetSliceAxes   axes;
  float complex *spectrum;
  double complex row[8], sum[8], piece[8];
  double         worst = 0;
  int            silent = 1, skipped = 0;

  Layout(&whole, 6);
  spectrum = HalfSpectrum(&whole);
  for (int j = 0; j < 3; j++) {
    AetSliceAxesInit(&whole, rotations[j], &axes);
    for (int qv = -7; qv <= 7; qv++) {
      AetSliceSampleRow(&whole, &axes, qv, spectrum, row);
      memset(sum, 0, sizeof sum);
      for (int slab = 0; slab < 8; slab++) {
        part = whole, part.y_start = 2 * slab, part.y_count = 2;
        AetSliceSampleRow(&part, &axes, qv, spectrum + 2 * slab * (whole.N[2] / 2 + 1) * whole.N[0], piece);
        int touches = AetSliceRowTouches(&part, &axes, qv, part.y_start, part.y_count);
        skipped += !touches;
        for (int i = 0; i < 8; i++) {
          sum[i] += piece[i];
          if (!touches && piece[i] != 0) silent = 0;
        }
      }
      for (int i = 0; i < 8; i++) worst = fmax(worst, cabsf((float complex)sum[i] - (float complex)row[i]));
    }
  }
  AET_TEST(worst == 0);
  AET_TEST(silent);
  AET_TEST(skipped > 0);
  free(spectrum);
}

/* Re ⟨S G, r⟩ = Re ⟨G, Sᵀ r⟩ over the stored half spectrum. */
static void TestSpreadIsTheTranspose(void)
{
  for (int width = 4; width <= 8; width++) {
    AetSliceGrid   grid;
    AetSliceAxes   axes;
    float complex *spectrum, *spread, row[8];
    double complex sampled[8];
    ptrdiff_t      half;

    Layout(&grid, width);
    half = grid.N[2] / 2 + 1;
    spectrum = HalfSpectrum(&grid);
    for (int j = 0; j < 3; j++) {
      double left = 0, right = 0;
      spread = calloc((size_t)(grid.N[1] * half * grid.N[0]), sizeof *spread);
      AetSliceAxesInit(&grid, rotations[j], &axes);
      for (int qv = -7; qv <= 7; qv++) {
        for (uint64_t i = 0; i < 8; i++)
          row[i] = (float complex)(AetRandomNormal(5, 1, i * 100 + (uint64_t)(qv + 7)) +
                                   _Complex_I * AetRandomNormal(5, 2, i * 100 + (uint64_t)(qv + 7)));
        AetSliceSampleRow(&grid, &axes, qv, spectrum, sampled);
        for (int i = 0; i < 8; i++) left += creal(sampled[i] * conj((double complex)row[i]));
        for (int part = 0; part < 4; part++) AetSliceSpreadRow(&grid, &axes, qv, 4 * part, 4, row, spread);
      }
      for (ptrdiff_t y = 0, i = 0; y < grid.N[1]; y++)
        for (ptrdiff_t x = 0; x < half; x++)
          for (ptrdiff_t z = 0; z < grid.N[0]; z++, i++) right += creal((double complex)spectrum[i] * conj((double complex)spread[i]));
      AET_TEST_CLOSE(left / right, 1, 1e-6);
      free(spread);
    }
    free(spectrum);
  }
}

AET_TEST_MAIN("projector kernel", {"transform of the kernel", TestTransformOfKernel}, {"taps", TestTapsAreTheKernel},
              {"samples against the sum", TestSamplesAgainstTheSum}, {"slabs add up", TestSlabsAddUp},
              {"spreading is the transpose", TestSpreadIsTheTranspose})
