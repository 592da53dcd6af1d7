/* Facts about multislice images: the cross section of one atom, the incoherent image of one atom, conservation of electrons, geometry,
   focus, thermal motion, independence of the ranks. */
#include "mpi_test.h"
#include "simulate/kernel/electron_wave.h"
#include "simulate/kernel/structure.h"
#include "simulate/kernel/wave.h"
#include <aet4d/simulate.h>

static int rank, size;

static AetMultisliceSettings Settings(double semi_angle, double inner, double outer)
{
  AetMultisliceSettings set = {.energy_kev = 300, .semi_angle_mrad = semi_angle, .inner_mrad = inner, .outer_mrad = outer};

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  set.slice_angstrom = 2, set.configurations = 1, set.window_angstrom = 8, set.seed = 3;
  return set;
}

/* What needs no other rank is done where there is none. */
static int Alone(void)
{
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size == 1;
}

static const double looking[1][9] = {{1, 0, 0, 0, 1, 0, 0, 0, 1}};

/* One image, straight down, of one specimen, on this rank alone. */
static void Image(const AetSpecimen *s, const AetMultisliceSettings *set, ptrdiff_t n, double pixel, float *image)
{
  AET_TEST_CALL(AetSimulateMultislice(MPI_COMM_SELF, s, set, 1, looking, n, n, pixel, image));
}

/* 300 keV: 1.9687 pm and 1.58705 (Kirkland, Advanced Computing in Electron Microscopy, table 2.2); 100 keV: 3.7014 pm, 1.19569. */
static void TestWavelength(void)
{
  AET_TEST_CLOSE(AetKernelWavelength(300), 0.019687, 1e-6);
  AET_TEST_CLOSE(AetKernelWavelength(100), 0.037014, 1e-6);
  AET_TEST_CLOSE(AetKernelMassRatio(300), 1.58707, 3e-5);
  AET_TEST_CLOSE(AetKernelMassRatio(100), 1.19569, 1e-5);
}

/* The parts of all pixels of a disc add up to its area; a disc within one pixel is not seen as larger. */
static void TestDiscParts(void)
{
  double area = 0;

  for (int y = -20; y <= 20; y++)
    for (int x = -20; x <= 20; x++) area += AetKernelDiscPart(0.1, y, x, 1.234);
  AET_TEST_CLOSE(area * 0.01 / (M_PI * 1.234 * 1.234), 1, 2e-3);
}

/* The separable sum against the exponential written out. */
static void TestStructureIsTheSum(void)
{
  enum { ATOMS = 3, N = 12, HALF = 7 };
  const double  x[ATOMS] = {1.37, 7.9, 11.2}, y[ATOMS] = {3.3, 0.4, 8.25};
  float         xr[ATOMS * HALF], xi[ATOMS * HALF], yr[ATOMS * N], yi[ATOMS * N], factor[HALF], work[2 * HALF];
  float complex row[HALF];
  double        worst = 0;

  for (int k = 0; k < HALF; k++) factor[k] = 1 / (1 + (float)k);
  for (int a = 0; a < ATOMS; a++) {
    AetKernelStructurePhases(x[a], N, HALF, xr + a * HALF, xi + a * HALF);
    AetKernelStructurePhases(y[a], N, N, yr + a * N, yi + a * N);
  }
  for (int ky = 0; ky < N; ky++) {
    float c[ATOMS], s[ATOMS];
    memset(row, 0, sizeof row);
    for (int a = 0; a < ATOMS; a++) c[a] = yr[a * N + ky], s[a] = yi[a * N + ky];
    AetKernelStructureRow(ATOMS, HALF, c, s, xr, xi, factor, work, row);
    for (int kx = 0; kx < N / 2; kx++) { /* the last is its own conjugate: either sign */
      double complex sum = 0;
      for (int a = 0; a < ATOMS; a++)
        sum += (double)factor[kx] * cexp(CMPLX(0, -2 * M_PI * (kx * x[a] + (ky < N / 2 ? ky : ky - N) * y[a]) / N));
      worst = fmax(worst, cabs(sum - (double complex)row[kx]));
    }
  }
  AET_TEST_CLOSE(worst, 0, 2e-6);
}

/* First Born approximation: over all places of the probe an atom scatters into the ring the mean over the cone of the probe of
   ∫ring (λ m/m₀ f(k - k'))² dk. */
static double BornCrossSection(int Z, const AetMultisliceSettings *set)
{
  enum { STEPS = 40, AROUND = 48 };
  const double wavelength = AetKernelWavelength(set->energy_kev), scale = wavelength * AetKernelMassRatio(set->energy_kev);
  const double edge = 1e-3 * set->semi_angle_mrad / wavelength, k0 = 1e-3 * set->inner_mrad / wavelength,
               k1 = 1e-3 * set->outer_mrad / wavelength;
  double sum = 0;

  for (int i = 0; i < STEPS; i++) /* rings of equal area of the cone */
    for (int j = 0; j < STEPS; j++)
      for (int a = 0; a < AROUND; a++) {
        const double from = edge * sqrt((i + 0.5) / STEPS), k = k0 + (k1 - k0) * (j + 0.5) / STEPS, turn = 2 * M_PI * (a + 0.5) / AROUND;
        const double q = sqrt(k * k + from * from - 2 * k * from * cos(turn)), f = scale * AetElectronScatteringFactor(Z, q);
        sum += f * f * 2 * M_PI * k * (k1 - k0) / (STEPS * STEPS * AROUND);
      }
  return sum;
}

/* The window is the whole world of a probe: over its places all electrons of a probe meet the atom once. */
static void TestCrossSection(void)
{
  enum { N = 84 };
  static const char *symbol[2] = {"C", "Si"};
  const double       pixel = 0.196, tolerance[2] = {0.015, 0.02}; /* two steps of a pixel are the largest that hold the ring */
  static float       image[N * N];

  if (!Alone()) return;
  for (int c = 0; c < 2; c++) {
    AetMultisliceSettings set = Settings(20, 40, 60);
    double                position[3] = {0.05, -0.03, 0}, sum = 0;
    int                   species = 0;
    AetSpecimen           atom = {.count = 1, .species_count = 1, .symbol = {""}, .position = position, .species = &species};

    set.window_angstrom = 16;
    snprintf(atom.symbol[0], sizeof atom.symbol[0], "%s", symbol[c]);
    Image(&atom, &set, N, pixel, image);
    for (int p = 0; p < N * N; p++) sum += (double)image[p];
    AET_TEST_CLOSE(sum * pixel * pixel / BornCrossSection(AetAtomicNumber(symbol[c]), &set), 1, tolerance[c]);
  }
}

/* First Born approximation of one pixel, `x` from the atom: ∫ring |∫cone A(k') exp(2πi k'x) φ(k - k') dk'|² dk, of a perfect lens. */
static double BornPixel(int Z, const AetMultisliceSettings *set, double x)
{
  enum { CONE = 14, RING = 30, AROUND = 60 };
  const double wavelength = AetKernelWavelength(set->energy_kev), scale = wavelength * AetKernelMassRatio(set->energy_kev);
  const double edge = 1e-3 * set->semi_angle_mrad / wavelength, k0 = 1e-3 * set->inner_mrad / wavelength,
               k1 = 1e-3 * set->outer_mrad / wavelength, cell = 2 * edge / (2 * CONE);
  double sum = 0, lit = 0;

  for (int i = 0; i < RING; i++)
    for (int a = 0; a < AROUND; a++) {
      const double   k = k0 + (k1 - k0) * (i + 0.5) / RING, turn = 2 * M_PI * (a + 0.5) / AROUND, kx = k * cos(turn), ky = k * sin(turn);
      double complex wave = 0;
      lit = 0;
      for (int v = -CONE; v < CONE; v++)
        for (int u = -CONE; u < CONE; u++) {
          const double px = (u + 0.5) * cell, py = (v + 0.5) * cell;
          if (hypot(px, py) > edge) continue;
          lit += cell * cell;
          wave += cell * cell * scale * AetElectronScatteringFactor(Z, hypot(kx - px, ky - py)) * cexp(CMPLX(0, 2 * M_PI * px * x));
        }
      sum += creal(wave * conj(wave)) / lit * k * (k1 - k0) / RING * 2 * M_PI / AROUND;
    }
  return sum;
}

/* One light atom: pixel by pixel the image of the first Born approximation, with interference and all. */
static void TestThinLimitIsBorn(void)
{
  enum { N = 17 };
  AetMultisliceSettings set = Settings(20, 30, 60);
  double                position[3] = {0, 0, 0}, worst = 0;
  int                   species = 0;
  AetSpecimen           atom = {.count = 1, .species_count = 1, .symbol = {"C"}, .position = position, .species = &species};
  const double          pixel = 0.2;
  float                 image[N];

  if (!Alone()) return;
  set.window_angstrom = 20;
  AET_TEST_CALL(AetSimulateMultislice(MPI_COMM_SELF, &atom, &set, 1, looking, 1, N, pixel, image));
  for (int i = 0; i < N; i++) worst = fmax(worst, fabs(BornPixel(6, &set, (i - N / 2) * pixel) - (double)image[i]));
  AET_TEST_CLOSE(worst / (double)image[N / 2], 0, 0.02);
}

/* What the ring sees of the atom's potential: 2π ∫ k λ(m/m₀) f(k) J0(2πkr) dk over the ring. */
static double RingObject(int Z, const AetMultisliceSettings *set, double r)
{
  enum { STEPS = 400 };
  const double wavelength = AetKernelWavelength(set->energy_kev), scale = wavelength * AetKernelMassRatio(set->energy_kev);
  const double k0 = 1e-3 * set->inner_mrad / wavelength, k1 = 1e-3 * set->outer_mrad / wavelength;
  double       sum = 0;

  for (int j = 0; j < STEPS; j++) {
    const double k = k0 + (k1 - k0) * (j + 0.5) / STEPS;
    sum += 2 * M_PI * k * scale * AetElectronScatteringFactor(Z, k) * j0(2 * M_PI * k * r) * (k1 - k0) / STEPS;
  }
  return sum;
}

/* Far outside a narrow cone the image is linear, up to what the cone smears the edges of the ring: the probe's intensity (of a perfect
   lens: (2 J1(x)/x)²) convolved with what the ring sees (Pennycook and Jesson, Ultramicroscopy 37, 14 (1991)). */
static void TestFarOutTheImageIsLinear(void)
{
  enum { N = 9, FINE = 151 };
  AetMultisliceSettings set = Settings(5, 90, 130);
  double                position[3] = {0, 0, 0}, worst = 0, peak = 0;
  int                   species = 0;
  AetSpecimen           atom = {.count = 1, .species_count = 1, .symbol = {"C"}, .position = position, .species = &species};
  const double          pixel = 0.5, edge = 1e-3 * set.semi_angle_mrad / AetKernelWavelength(300), fine = 0.035;
  float                 image[N];
  static double         object[FINE * FINE];

  if (!Alone()) return;
  set.window_angstrom = 60;
  AET_TEST_CALL(AetSimulateMultislice(MPI_COMM_SELF, &atom, &set, 1, looking, 1, N, pixel, image));
  for (int p = 0; p < FINE * FINE; p++) {
    const double seen = RingObject(6, &set, fine * hypot(p % FINE - FINE / 2, p / FINE - FINE / 2));
    object[p] = seen * seen * fine * fine;
  }
  for (int i = 0; i < N; i++) {
    double expected = 0;
    for (int p = 0; p < FINE * FINE; p++) {
      const double x =
          2 * M_PI * edge * fmax(hypot((p % FINE - FINE / 2) * fine - (i - N / 2) * pixel, (p / FINE - FINE / 2) * fine), 1e-6);
      expected += object[p] * M_PI * edge * edge * pow(2 * j1(x) / x, 2);
    }
    peak = fmax(peak, expected);
    worst = fmax(worst, fabs(expected - (double)image[i]));
  }
  AET_TEST_CLOSE(worst / peak, 0, 0.12);
}

/* A layer of atoms on a ring well outside the cone: each adds its own image, as if there were no other. */
static void TestALayerIsIncoherent(void)
{
  enum { N = 24, ATOMS = 4 };
  AetMultisliceSettings set = Settings(20, 60, 100);
  double                position[3 * ATOMS] = {0.3, 0.1, 0, 1.8, -0.5, 0, -1.2, 1.3, 0, -0.4, -1.6, 0}, worst = 0, peak = 0;
  int                   species[ATOMS] = {0};
  AetSpecimen           layer = {.count = ATOMS, .species_count = 1, .symbol = {"C"}, .position = position, .species = species};
  static float          image[N * N], one[N * N];
  static double         sum[N * N];

  if (!Alone()) return;
  set.window_angstrom = 12;
  Image(&layer, &set, N, 0.25, image);
  for (int a = 0; a < ATOMS; a++) {
    AetSpecimen atom = {.count = 1, .species_count = 1, .symbol = {"C"}, .position = position + 3 * a, .species = species};
    Image(&atom, &set, N, 0.25, one);
    for (int p = 0; p < N * N; p++) sum[p] += (double)one[p];
  }
  for (int p = 0; p < N * N; p++) worst = fmax(worst, fabs(sum[p] - (double)image[p])), peak = fmax(peak, sum[p]);
  AET_TEST_CLOSE(worst / peak, 0, 0.05);
}

/* A detector from 0 to the largest angle of the wave sees every electron: what each slice sends beyond is little with light atoms. */
static void TestElectronsAreConserved(void)
{
  enum { N = 12, ATOMS = 12 };
  AetMultisliceSettings set = Settings(20, 0, 150);
  double                position[3 * ATOMS], worst = 0;
  int                   species[ATOMS] = {0};
  AetSpecimen           s = {.count = ATOMS, .species_count = 1, .symbol = {"C"}, .position = position, .species = species};
  static float          image[N * N];

  if (!Alone()) return;
  for (int i = 0; i < 3 * ATOMS; i++) position[i] = (i % 3 == 2 ? 16 : 4) * (AetRandomUniform(1, 2, (uint64_t)i) - 0.5);
  Image(&s, &set, N, 0.3, image);
  for (int p = 0; p < N * N; p++) worst = fmax(worst, fabs(1 - (double)image[p]));
  AET_TEST_CLOSE(worst, 0, 1e-3);
}

/* geometry.md, and the focus: an atom z above the origin in focus there gives the image of one at the origin in focus. */
static void TestPlaceAndFocus(void)
{
  enum { N = 40 };
  AetMultisliceSettings set = Settings(20, 30, 60);
  double                angles[3] = {20, -35, 50}, R[1][9], position[3] = {1.3, -0.9, 2.1}, seen[3], s = 0, u = 0, v = 0, difference = 0;
  int                   species = 0;
  AetSpecimen           atom = {.count = 1, .species_count = 1, .symbol = {"C"}, .position = position, .species = &species};
  static float          image[N * N], deep[N * N];
  const double          pixel = 0.25;

  if (!Alone()) return;
  AetRotationFromAngles(AET_ANGLES_ZYX, angles, R[0]);
  AetRotate(R[0], position, seen);
  set.source_fwhm_angstrom = 0.6, set.defocus_angstrom = seen[2];
  AET_TEST_CALL(AetSimulateMultislice(MPI_COMM_SELF, &atom, &set, 1, (const double(*)[9])R, N, N, pixel, image));
  for (int p = 0; p < N * N; p++) s += image[p], u += (double)image[p] * (p % N), v += (double)image[p] * (p / N);
  AET_TEST_CLOSE(u / s - N / 2, seen[0] / pixel, 0.05);
  AET_TEST_CLOSE(v / s - N / 2, seen[1] / pixel, 0.05);
  memcpy(position, seen, sizeof seen);
  Image(&atom, &set, N, pixel, image);
  position[2] += 40, set.defocus_angstrom += 40;
  Image(&atom, &set, N, pixel, deep);
  for (int p = 0; p < N * N; p++) difference = fmax(difference, fabs((double)image[p] - (double)deep[p]));
  AET_TEST(difference < 1e-4 * (double)image[(int)lrint(N / 2 + seen[1] / pixel) * N + (int)lrint(N / 2 + seen[0] / pixel)]);
  set.defocus_angstrom -= 80;
  Image(&atom, &set, N, pixel, deep);
  double most[2] = {0};
  for (int p = 0; p < N * N; p++) most[0] = fmax(most[0], (double)image[p]), most[1] = fmax(most[1], (double)deep[p]);
  AET_TEST(most[1] < 0.8 * most[0]);
}

/* The way through empty and nearly empty slices is the way through vacuum: a hydrogen atom beside the beam, far above, changes nothing of
   the image of carbon in focus. */
static void TestTheWayBetweenSlices(void)
{
  enum { N = 9 };
  AetMultisliceSettings set = Settings(20, 30, 60);
  double                position[6] = {0, 0, 60, 1.5, 0, 0}, worst = 0;
  int                   species[2] = {0, 1};
  AetSpecimen           both = {.count = 2, .species_count = 2, .symbol = {"C", "H"}, .position = position, .species = species};
  AetSpecimen           alone = {.count = 1, .species_count = 2, .symbol = {"C", "H"}, .position = position, .species = species};
  float                 image[N], expected[N];

  if (!Alone()) return;
  set.defocus_angstrom = 60, set.window_angstrom = 12;
  AET_TEST_CALL(AetSimulateMultislice(MPI_COMM_SELF, &both, &set, 1, looking, 1, N, 0.1, image));
  AET_TEST_CALL(AetSimulateMultislice(MPI_COMM_SELF, &alone, &set, 1, looking, 1, N, 0.1, expected));
  for (int p = 0; p < N; p++) worst = fmax(worst, fabs((double)image[p] - (double)expected[p]));
  AET_TEST_CLOSE(worst / (double)expected[N / 2], 0, 0.03);
}

/* Displacements of one atom over configurations have the variance B/8π² along either axis of the image. */
static void TestThermalMotion(void)
{
  enum { N = 20, VIEWS = 40 };
  AetMultisliceSettings set = Settings(25, 40, 70);
  double                position[3] = {0}, sum[2] = {0}, square[2] = {0}, R[VIEWS][9];
  int                   species = 0;
  AetSpecimen           atom = {.count = 1, .species_count = 1, .symbol = {"C"}, .position = position, .species = &species};
  static float          images[VIEWS * N * N];

  if (!Alone()) return;
  set.window_angstrom = 5, set.b_factor[0] = 8;
  for (int v = 0; v < VIEWS; v++) memcpy(R[v], looking[0], sizeof R[v]);
  AET_TEST_CALL(AetSimulateMultislice(MPI_COMM_SELF, &atom, &set, VIEWS, (const double(*)[9])R, N, N, 0.25, images));
  for (int v = 0; v < VIEWS; v++) {
    double s = 0, at[2] = {0};
    for (int p = 0; p < N * N; p++) {
      const double w = images[v * N * N + p];
      s += w, at[0] += w * (p % N - N / 2) * 0.25, at[1] += w * (p / N - N / 2) * 0.25;
    }
    for (int a = 0; a < 2; a++) sum[a] += at[a] / s / VIEWS, square[a] += at[a] * at[a] / (s * s) / VIEWS;
  }
  for (int a = 0; a < 2; a++) { /* five standard deviations of a variance from 40 */
    AET_TEST_CLOSE(sum[a], 0, 5 * sqrt(8 / (8 * M_PI * M_PI) / VIEWS));
    AET_TEST_CLOSE((square[a] - sum[a] * sum[a]) / (8 / (8 * M_PI * M_PI)), 1, 5 * sqrt(2.0 / VIEWS));
  }
}

/* The images of all ranks are, bit for bit, those of one rank. */
static void TestRanksAgree(void)
{
  enum { N = 18, ATOMS = 20, VIEWS = 3 };
  AetMultisliceSettings set = Settings(20, 30, 60);
  double                position[3 * ATOMS], R[VIEWS][9];
  int                   species[ATOMS];
  AetSpecimen           s = {.count = ATOMS, .species_count = 2, .symbol = {"Fe", "Pt"}, .position = position, .species = species};
  static float          alone[VIEWS * N * N], images[VIEWS * N * N];
  ptrdiff_t             start, count;

  set.configurations = 2, set.window_angstrom = 5, set.b_factor[0] = set.b_factor[1] = 0.4;
  for (int i = 0; i < 3 * ATOMS; i++) position[i] = 6 * (AetRandomUniform(4, 2, (uint64_t)i) - 0.5);
  for (int i = 0; i < ATOMS; i++) species[i] = i & 1;
  for (int v = 0; v < VIEWS; v++) {
    const double angles[3] = {0, 20.0 * v, 0};
    AetRotationFromAngles(AET_ANGLES_ZYX, angles, R[v]);
  }
  AetBlock(VIEWS, rank, size, &start, &count);
  AET_TEST_CALL(AetSimulateMultislice(MPI_COMM_SELF, &s, &set, VIEWS, (const double(*)[9])R, N, N, 0.35, alone));
  AET_TEST_CALL(AetSimulateMultislice(MPI_COMM_WORLD, &s, &set, VIEWS, (const double(*)[9])R, N, N, 0.35, images));
  AET_TEST(count == 0 || !memcmp(alone + start * N * N, images, sizeof *images * (size_t)(count * N * N)));
  AET_TEST(alone[N * N / 2 + N / 2] > 0);
}

/* Mistakes are told in one line that names the key. */
static void TestMistakes(void)
{
  AetMultisliceSettings set = Settings(20, 30, 60);
  double                position[3] = {0};
  int                   species = 0;
  AetSpecimen           atom = {.count = 1, .species_count = 1, .symbol = {"C"}, .position = position, .species = &species};
  float                 image[16];

  set.sampling_angstrom = 0.2;
  AET_TEST(AetSimulateMultislice(MPI_COMM_WORLD, &atom, &set, 1, looking, 4, 4, 0.3, image) == AET_ERR_INPUT);
  AET_TEST(strstr(AetErrorMessage(), "simulate_multislice_sampling_angstrom: ") != NULL);
  AetErrorClear();
  set.sampling_angstrom = 0, set.inner_mrad = 70;
  AET_TEST(AetSimulateMultislice(MPI_COMM_WORLD, &atom, &set, 1, looking, 4, 4, 0.3, image) == AET_ERR_INPUT);
  AetErrorClear();
}

AET_TEST_MAIN("multislice", {"wavelength and mass", TestWavelength}, {"parts of a disc", TestDiscParts},
              {"structure is the sum over atoms", TestStructureIsTheSum}, {"one atom scatters its cross section", TestCrossSection},
              {"one light atom: the first Born approximation", TestThinLimitIsBorn},
              {"far out the image is linear", TestFarOutTheImageIsLinear}, {"a layer is incoherent", TestALayerIsIncoherent},
              {"electrons are conserved", TestElectronsAreConserved}, {"place and focus", TestPlaceAndFocus},
              {"the way between slices", TestTheWayBetweenSlices}, {"thermal motion", TestThermalMotion}, {"ranks agree", TestRanksAgree},
              {"mistakes", TestMistakes})
