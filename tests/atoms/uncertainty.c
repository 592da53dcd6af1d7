/* Standard deviations: the bound is the inverse of the Fisher matrix and the scatter of repeated measurements; a wrong view shows in the
   jackknife; ranks and groups of ranks do not matter. */
#include "mpi_test.h"
#include <aet4d/atoms.h>
#include <petscmat.h>

enum { SIDE = 3, MOST = SIDE * SIDE * SIDE, VIEWS = 21, SIZE = 32, REPEATS = 30 };
#define PIXEL 0.4
#define WIDTH 0.5 /* Å, standard deviation of an atom's image */
#define SPACING 2.1
#define NOISE 0.02
#define WRONG_VIEW 7

typedef struct {
  int    count, species[MOST];
  double position[MOST][3];
} Cluster;

static const double height[2] = {1, 2};

/* A disordered cube of atoms that overlap, or one atom. */
static Cluster MakeCluster(int count)
{
  Cluster c = {.count = count};

  for (int i = 0; i < count; i++) {
    const int cell[3] = {i % SIDE, i / SIDE % SIDE, i / SIDE / SIDE};
    for (int a = 0; a < 3 && count > 1; a++)
      c.position[i][a] = SPACING * (cell[a] - SIDE / 2) + 0.1 * AetRandomNormal(7, 1, (uint64_t)(3 * i + a));
    c.species[i] = count > 1 && i % 2;
  }
  return c;
}

/* The image of atom i in a view, and its derivatives by the place in the image (NULL: not wanted), added to image[SIZE][SIZE]. */
static void AddAtom(const Cluster *c, int i, const double R[9], double *image, double *by_x, double *by_y)
{
  const double s = WIDTH / PIXEL, top = height[c->species[i]] / (2 * M_PI * s * s);
  double       seen[3];

  AetRotate(R, c->position[i], seen);
  for (int p = 0; p < SIZE * SIZE; p++) {
    const double dx = p % SIZE - SIZE / 2 - seen[0] / PIXEL, dy = p / SIZE - SIZE / 2 - seen[1] / PIXEL;
    const double value = dx * dx + dy * dy < 60 ? top * exp(-0.5 * (dx * dx + dy * dy) / (s * s)) : 0;
    if (image) image[p] += value;
    if (by_x) by_x[p] = value * dx / (s * s * PIXEL), by_y[p] = value * dy / (s * s * PIXEL);
  }
}

static AetTiltSeries MakeSeries(MPI_Comm comm, const Cluster *c, uint64_t seed)
{
  double        angles[VIEWS][3] = {{0}}, image[SIZE * SIZE];
  AetTiltSeries tilt;

  for (int j = 0; j < VIEWS; j++) angles[j][1] = -60 + 120.0 * j / (VIEWS - 1);
  AET_TEST_CALL(AetTiltSeriesCreate(comm, VIEWS, SIZE, SIZE, PIXEL, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt));
  for (ptrdiff_t j = 0; j < tilt->v_count; j++) {
    const ptrdiff_t view = tilt->v_start + j;
    memset(image, 0, sizeof image);
    for (int i = 0; i < c->count; i++) AddAtom(c, i, tilt->rotation[view], image, NULL, NULL);
    for (int p = 0; p < SIZE * SIZE; p++)
      tilt->image[j * SIZE * SIZE + p] = (float)(image[p] + NOISE * AetRandomNormal(seed, 4, (uint64_t)(view * SIZE * SIZE + p)));
  }
  return tilt;
}

static AetAtoms MakeAtoms(MPI_Comm comm, const Cluster *c)
{
  static const char *const symbols[] = {"Fe", "Pt"};
  AetAtoms                 atoms;
  int                      rank, size;
  ptrdiff_t                start, count;

  MPI_Comm_rank(comm, &rank), MPI_Comm_size(comm, &size);
  AetBlock(c->count, rank, size, &start, &count);
  AET_TEST_CALL(AetAtomsCreate(comm, (PetscInt)count, c->count > 1 ? 2 : 1, symbols, &atoms));
  memcpy(atoms->position, c->position + start, (size_t)count * 3 * sizeof(double));
  memcpy(atoms->species, c->species + start, (size_t)count * sizeof(int));
  return atoms;
}

static AetRefineSettings Defaults(AetUncertainty uncertainty)
{
  AetRefineSettings settings;

  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-quiet", "true"));
  AET_TEST_CALL(AetRefineSettingsFromOptions(&settings));
  settings.shifts = settings.scales = settings.backgrounds = PETSC_FALSE; /* the bound is that of the coordinates alone */
  settings.uncertainty = uncertainty;
  settings.cycles = 2;
  return settings;
}

/* Refines; error and sigma [count][3] in the order of the cluster, on every rank. */
static AetRefineReport Refine(const Cluster *c, AetTiltSeries tilt, const AetRefineSettings *settings, double *error, double *sigma)
{
  AetAtoms        atoms = MakeAtoms(tilt->comm, c);
  AetRefineReport report;

  memset(error, 0, sizeof(double) * 3 * (size_t)c->count), memset(sigma, 0, sizeof(double) * 3 * (size_t)c->count);
  AET_TEST_CALL(AetRefine(atoms, tilt, settings, &report));
  for (PetscInt i = 0; i < atoms->count; i++) {
    int    best = 0;
    double least = 1e9;
    for (int k = 0; k < c->count; k++) {
      double square = 0;
      for (int a = 0; a < 3; a++) square += pow(atoms->position[3 * i + a] - c->position[k][a], 2);
      if (square < least) least = square, best = k;
    }
    for (int a = 0; a < 3; a++)
      error[3 * best + a] = atoms->position[3 * i + a] - c->position[best][a], sigma[3 * best + a] = atoms->sigma[3 * i + a];
  }
  MPI_Allreduce(MPI_IN_PLACE, error, 3 * c->count, MPI_DOUBLE, MPI_SUM, tilt->comm);
  MPI_Allreduce(MPI_IN_PLACE, sigma, 3 * c->count, MPI_DOUBLE, MPI_SUM, tilt->comm);
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  return report;
}

/* variance [count][3]: the diagonal of the inverse of the whole Fisher matrix, by LAPACK. */
static void Dense(const Cluster *c, AetTiltSeries tilt, double *variance)
{
  const int n = 3 * c->count, pixels = SIZE * SIZE;
  double   *by[2] = {malloc(sizeof(double) * (size_t)pixels), malloc(sizeof(double) * (size_t)pixels)};
  double   *row = malloc(sizeof(double) * (size_t)(n * pixels)), *matrix;
  Mat       F, inverse, identity;

  AET_TEST_CALL(MatCreateSeqDense(PETSC_COMM_SELF, n, n, NULL, &F));
  AET_TEST_CALL(MatCreateSeqDense(PETSC_COMM_SELF, n, n, NULL, &identity));
  AET_TEST_CALL(MatDuplicate(identity, MAT_DO_NOT_COPY_VALUES, &inverse));
  AET_TEST_CALL(MatDenseGetArray(F, &matrix));
  for (int j = 0; j < VIEWS; j++) {
    const double *R = tilt->rotation[j];
    for (int i = 0; i < c->count; i++) {
      AddAtom(c, i, R, NULL, by[0], by[1]);
      for (int a = 0; a < 3; a++)
        for (int p = 0; p < pixels; p++) row[(3 * i + a) * pixels + p] = R[a] * by[0][p] + R[3 + a] * by[1][p];
    }
    for (int a = 0; a < n; a++)
      for (int b = 0; b <= a; b++) {
        double sum = 0;
        for (int p = 0; p < pixels; p++) sum += row[a * pixels + p] * row[b * pixels + p];
        matrix[a * n + b] += sum / (NOISE * NOISE);
        if (b < a) matrix[b * n + a] = matrix[a * n + b];
      }
  }
  AET_TEST_CALL(MatDenseRestoreArray(F, &matrix));
  AET_TEST_CALL(MatShift(identity, 1));
  AET_TEST_CALL(MatCholeskyFactor(F, NULL, NULL));
  AET_TEST_CALL(MatMatSolve(F, identity, inverse));
  AET_TEST_CALL(MatDenseGetArray(inverse, &matrix));
  for (int a = 0; a < n; a++) variance[a] = matrix[a * n + a];
  AET_TEST_CALL(MatDenseRestoreArray(inverse, &matrix));
  AET_TEST_CALL(MatDestroy(&F));
  AET_TEST_CALL(MatDestroy(&identity));
  AET_TEST_CALL(MatDestroy(&inverse));
  free(by[0]), free(by[1]), free(row);
}

/* An atom alone: 1/σ² = h² Σ_j (R_j)²/(8π w⁴ noise²) pixel² for images of Gaussians of width w; z sees only sin². */
static void OneAtom(void)
{
  const Cluster     c = MakeCluster(1);
  AetTiltSeries     tilt = MakeSeries(PETSC_COMM_WORLD, &c, 11);
  AetRefineSettings settings = Defaults(AET_UNCERTAINTY_BOUND);
  double            error[3], sigma[3], sum[3] = {0};
  const double      each = pow(PIXEL, 2) / (8 * M_PI * pow(WIDTH, 4)) / (NOISE * NOISE);

  settings.probes = 400;
  Refine(&c, tilt, &settings, error, sigma);
  for (int j = 0; j < VIEWS; j++)
    for (int a = 0; a < 3; a++) sum[a] += each * (pow(tilt->rotation[j][a], 2) + pow(tilt->rotation[j][3 + a], 2));
  for (int a = 0; a < 3; a++) AET_TEST_CLOSE(sigma[a] * sqrt(sum[a]), 1, 0.15); /* 100 draws: 7 % */
  AET_TEST(sigma[2] > 1.3 * sigma[0] && sigma[0] > sigma[1]);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* What takes long is asked once: ranks do not matter, as the last test shows. */
static int Alone(void)
{
  int size;

  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  return size == 1;
}

static void DenseInverse(void)
{
  const Cluster     c = MakeCluster(MOST);
  AetTiltSeries     tilt;
  AetRefineSettings settings = Defaults(AET_UNCERTAINTY_BOUND);
  double            error[3 * MOST], sigma[3 * MOST], variance[3 * MOST], mean[3] = {0}, worst = 0;

  if (!Alone()) return;
  tilt = MakeSeries(PETSC_COMM_WORLD, &c, 12);
  settings.probes = 256;
  Refine(&c, tilt, &settings, error, sigma);
  Dense(&c, tilt, variance);
  for (int i = 0; i < 3 * MOST; i++) {
    const double ratio = sigma[i] / sqrt(variance[i]);
    mean[i % 3] += ratio / MOST;
    worst = fmax(worst, fabs(ratio - 1));
  }
  for (int a = 0; a < 3; a++) AET_TEST_CLOSE(mean[a], 1, 0.05); /* 64 draws of 27 atoms: 2 % */
  AET_TEST(worst < 0.12);
  if (getenv("AET_TEST_TELL")) printf("bound over dense: %.3f %.3f %.3f, worst %.3f\n", mean[0], mean[1], mean[2], worst);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* The bound, and what the residuals of one measurement show, are the scatter of many measurements. */
static void Scatter(void)
{
  const Cluster     c = MakeCluster(MOST);
  AetRefineSettings settings = Defaults(AET_UNCERTAINTY_BOUND);
  double            error[3 * MOST], sigma[3 * MOST], none[3 * MOST], square[3] = {0};

  if (!Alone()) return;
  for (int k = 0; k < REPEATS; k++) {
    AetTiltSeries tilt = MakeSeries(PETSC_COMM_WORLD, &c, 100 + (uint64_t)k);
    settings.probes = k ? 0 : 64, settings.cycles = 1;
    Refine(&c, tilt, &settings, error, k ? none : sigma);
    for (int i = 0; i < 3 * MOST; i++) square[i % 3] += pow(error[i] / sigma[i], 2) / (MOST * REPEATS);
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  }
  for (int a = 0; a < 3; a++) AET_TEST_CLOSE(sqrt(square[a]), 1, 0.08);
  if (getenv("AET_TEST_TELL")) printf("scatter over bound: %.3f %.3f %.3f\n", sqrt(square[0]), sqrt(square[1]), sqrt(square[2]));
}

static double Within(const double *error, const double *sigma, double times)
{
  int within = 0;

  for (int i = 0; i < 3 * MOST; i++) within += fabs(error[i]) < times * sigma[i];
  return within / (3.0 * MOST);
}

/* Without a wrong view the jackknife gives the scatter; with one it names it, and counts what it does to the atoms. */
static void Jackknife(void)
{
  const Cluster     c = MakeCluster(MOST);
  AetRefineSettings settings = Defaults(AET_UNCERTAINTY_JACKKNIFE);
  AetTiltSeries     tilt;
  double            error[3 * MOST], sigma[3 * MOST], bound[3 * MOST];
  AetRefineReport   report;

  if (!Alone()) return;
  tilt = MakeSeries(PETSC_COMM_WORLD, &c, 12);
  settings.jackknife_groups = 0;
  settings.robust = 0; /* else the residuals of the wrong view weigh less */
  report = Refine(&c, tilt, &settings, error, sigma);
  if (getenv("AET_TEST_TELL"))
    printf("jackknife: within %.3f %.3f, worst view %d, %.2f\n", Within(error, sigma, 1), Within(error, sigma, 2),
           (int)report.jackknife_worst, report.jackknife_worst_ratio);
  AET_TEST(report.jackknife_groups == VIEWS && report.jackknife_worst_ratio < 2);
  AET_TEST_CLOSE(Within(error, sigma, 1), 0.68, 0.12);
  AET_TEST_CLOSE(Within(error, sigma, 2), 0.95, 0.06);
  for (ptrdiff_t j = 0; j < tilt->v_count; j++) /* an image that lies beside its place */
    for (ptrdiff_t p = 0; p < SIZE * SIZE - 1 && tilt->v_start + j == WRONG_VIEW; p++)
      tilt->image[j * SIZE * SIZE + p] = tilt->image[j * SIZE * SIZE + p + 1];
  report = Refine(&c, tilt, &settings, error, sigma);
  settings.uncertainty = AET_UNCERTAINTY_BOUND;
  AET_TEST(report.jackknife_worst == WRONG_VIEW && report.jackknife_worst_ratio > 2.4);
  if (getenv("AET_TEST_TELL"))
    printf("jackknife, wrong view: within %.3f %.3f, worst view %d, %.2f\n", Within(error, sigma, 1), Within(error, sigma, 2),
           (int)report.jackknife_worst, report.jackknife_worst_ratio);
  AET_TEST(Within(error, sigma, 1) > 0.56 && Within(error, sigma, 2) > 0.87);
  Refine(&c, tilt, &settings, error, bound);
  if (getenv("AET_TEST_TELL")) printf("bound, wrong view: within %.3f %.3f\n", Within(error, bound, 1), Within(error, bound, 2));
  AET_TEST(Within(error, bound, 1) < 0.56);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

/* Alone, together, and in groups: the same bits. */
static void Ranks(void)
{
  const Cluster c = MakeCluster(MOST);
  double        error[3][3 * MOST], sigma[3][3 * MOST];

  for (int u = AET_UNCERTAINTY_VIEWS; u <= AET_UNCERTAINTY_JACKKNIFE; u++) {
    AetRefineSettings settings = Defaults((AetUncertainty)u);
    settings.probes = 3, settings.jackknife_groups = 4;
    for (int k = 0; k < 3; k++) {
      AetTiltSeries tilt = MakeSeries(k ? PETSC_COMM_WORLD : PETSC_COMM_SELF, &c, 13);
      settings.groups = k == 1 ? 1 : 0;
      Refine(&c, tilt, &settings, error[k], sigma[k]);
      AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
    }
    AET_TEST(sigma[0][0] > 0);
    for (int k = 1; k < 3; k++) AET_TEST(!memcmp(sigma[0], sigma[k], sizeof sigma[0]) && !memcmp(error[0], error[k], sizeof error[0]));
  }
}

static void BadInput(void)
{
  const Cluster     c = MakeCluster(MOST);
  AetTiltSeries     tilt = MakeSeries(PETSC_COMM_WORLD, &c, 14);
  AetAtoms          atoms = MakeAtoms(PETSC_COMM_WORLD, &c);
  AetRefineSettings settings = Defaults(AET_UNCERTAINTY_JACKKNIFE);
  AetRefineReport   report;

  settings.jackknife_groups = 1;
  AET_TEST(AetRefine(atoms, tilt, &settings, &report) == AET_ERR_INPUT);
  AET_TEST(strstr(AetErrorMessage(), "refine_jackknife_groups: expected") != NULL);
  AetErrorClear();
  settings.jackknife_groups = 4, settings.groups = 99;
  AET_TEST(AetRefine(atoms, tilt, &settings, &report) == AET_ERR_INPUT);
  AET_TEST(strstr(AetErrorMessage(), "groups: expected") != NULL);
  AetErrorClear();
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

AET_TEST_MAIN("uncertainty", {"one atom", OneAtom}, {"the inverse of the Fisher matrix", DenseInverse}, {"repeated measurements", Scatter},
              {"jackknife and a wrong view", Jackknife}, {"ranks and groups do not matter", Ranks}, {"what cannot be done", BadInput})
