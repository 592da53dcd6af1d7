/* Every method on every shared data set, as a table: R1, R_free, agreement with the truth where there is one. The table of
   docs/theory/figures.md is this program's output. */
#include "specimen.h"

typedef struct {
  const char *name, *projections, *angles;
  const char *truth;                /* the volume; NULL: unknown */
  const char *clean, *clean_angles; /* images without noise, misalignment or wedge; NULL: none */
  const char *extended, *thickness, *oversampling;
  const char *methods; /* those that are run; NULL: all */
  int         refined; /* angles and shifts are refined first */
} Case;

#define TILT "tilt/"
#define GLASS TILT "metallic_glass_sample/"
#define FEPT TILT "fept_321/"
#define FEPT_CLEAN FEPT "projections_FePt.mat", FEPT "angles.mat"
static const Case series[] = {
    {"vesicle", TILT "vesicle/projections.mat", TILT "vesicle/angles.mat", TILT "vesicle/model.mat", NULL, NULL, "false", "0", "3", NULL,
     0},
    {"metallic glass", GLASS "sample_projections_amorphous.mat", GLASS "sample_angles_amorphous.mat",
     GLASS "ground_truth_amorphous_vol.mat", NULL, NULL, "false", "0", "3", NULL, 0},
    {"FePt, clean", FEPT_CLEAN, NULL, FEPT_CLEAN, "false", "0", "3", NULL, 0},
    {"FePt, noisy", FEPT "projections_FePt_noisy.mat", FEPT "angles.mat", NULL, FEPT_CLEAN, "false", "0", "3", NULL, 0},
    {"FePt, misaligned", FEPT "projections_FePt_misaligned.mat", FEPT "angles.mat", NULL, FEPT_CLEAN, "false", "0", "3", NULL, 0},
    {"FePt, ±50°", FEPT "projections_FePt_mw.mat", FEPT "angles_mw.mat", NULL, FEPT_CLEAN, "false", "0", "3", NULL, 0},
    {"FePt, misaligned, refined", FEPT "projections_FePt_misaligned.mat", FEPT "angles.mat", NULL, NULL, NULL, "false", "0", "3", NULL, 1},
    {"tantalum film", TILT "ta_film_band2/projections.mat", TILT "ta_film_band2/angles.mat", NULL, NULL, NULL, "true", "181", "2",
     "resire sirt sart wbp tv", 0},
};
enum { CASES = sizeof series / sizeof series[0], METHODS = 32 };

typedef struct {
  int    ran;
  double r1, rfree, correlation, fsc, clean, rings;
} Figures;
static Figures figures[CASES][METHODS];
static char    names[METHODS][32];
static int     count;

static AetTiltSeries Open(const char *projections, const char *angles)
{
  AetTiltSeries tilt = NULL;
  char          path[512];

  AET_TEST_CALL(AetOptionsRegister(&AetTiltOptions));
  AET_TEST_CALL(AetOptionsRegister(&AetReconOptions));
  if (!AetTestData(projections, path, sizeof path)) return NULL;
  SpecimenOption("tilt_projections", path);
  AetTestData(angles, path, sizeof path);
  SpecimenOption("tilt_angles", path);
  AET_TEST_CALL(AetTiltSeriesReadFromOptions(MPI_COMM_WORLD, &tilt));
  return tilt;
}

static void CompareWithTruth(AetVolume volume, const char *relative, Figures *f)
{
  char         path[512];
  AetArrayInfo info;
  AetVolume    truth;
  int          shells, used;
  double      *fsc;

  AetTestData(relative, path, sizeof path);
  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, volume->n, 1, &truth));
  AET_TEST_CALL(PetscFree(truth->data));
  AET_TEST_CALL(AetArrayRead(MPI_COMM_WORLD, path, &info, &truth->data));
  f->correlation = SpecimenCorrelation(volume, truth);
  AET_TEST_CALL(AetFourierShellCorrelation(volume, truth, &shells, &fsc));
  used = (int)(0.9 * (shells - 1)) + 1; /* to 0.9 of Nyquist's frequency */
  f->fsc = 0;
  for (int s = 0; s < used; s++) f->fsc += fsc[s] / used;
  AET_TEST_CALL(PetscFree(fsc));
  AET_TEST_CALL(AetVolumeDestroy(&truth));
}

/* Mean Fourier ring correlation of two images, to 0.9 of Nyquist's frequency: an image is a volume of one plane. */
static double RingCorrelation(const ptrdiff_t n[3], const float *first, const float *second)
{
  AetVolume image[2];
  double   *ring, mean = 0;
  int       rings, used;

  for (int i = 0; i < 2; i++) {
    AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, n, 1, &image[i]));
    memcpy(image[i]->data, i ? second : first, sizeof(float) * (size_t)(n[1] * n[2]));
  }
  AET_TEST_CALL(AetFourierShellCorrelation(image[0], image[1], &rings, &ring));
  used = (int)(0.9 * (rings - 1)) + 1;
  for (int s = 0; s < used; s++) mean += ring[s] / used;
  AET_TEST_CALL(PetscFree(ring));
  for (int i = 0; i < 2; i++) AET_TEST_CALL(AetVolumeDestroy(&image[i]));
  return mean;
}

/* The images as they were before noise, misalignment or the wedge, those included that were not reconstructed from: the same measures for
   every method, and no method has seen them. Σ|A O - b| / Σ|b|, in which low frequencies count most, and the mean ring correlation, in
   which all count alike. */
static void AgainstClean(AetVolume volume, AetTiltSeries clean, Figures *f)
{
  const ptrdiff_t size = clean->ny * clean->nx, n[3] = {1, clean->ny, clean->nx};
  const ptrdiff_t pixels = clean->v_count * clean->ny * clean->nx;
  AetProjector    projector = NULL;
  double          sums[2] = {0};
  float          *images = malloc(sizeof *images * (size_t)(pixels + 1));

  AET_TEST_CALL(AetProjectorCreate(clean, volume->n, 2, 6, &projector));
  AET_TEST_CALL(AetProjectorForward(projector, volume->data, images));
  for (ptrdiff_t i = 0; i < pixels; i++) sums[0] += fabs((double)images[i] - clean->image[i]), sums[1] += fabs((double)clean->image[i]);
  f->clean = sums[0] / sums[1];
  f->rings = 0;
  for (ptrdiff_t j = 0; j < clean->v_count; j++)
    f->rings += RingCorrelation(n, images + j * size, clean->image + j * size) / (double)clean->v_count;
  AET_TEST_CALL(AetProjectorDestroy(&projector));
  free(images);
}

static void Refine(AetTiltSeries tilt)
{
  AetAngleSettings settings;
  AetAnglesReport  report;

  AET_TEST_CALL(AetAngleSettingsFromOptions(&settings));
  settings.range_deg = 0.5; /* the shifts are what is wrong */
  AET_TEST_CALL(AetAnglesRefine(tilt, &settings, &report));
  AET_TEST_CALL(AetAnglesReportFree(&report));
}

static const char *Number(double value, char *text)
{
  return value >= 0 ? (snprintf(text, 16, "%.4f", value), text) : "";
}

static void Row(const Case *c, int m, AetTiltSeries tilt, AetTiltSeries clean, Figures *f)
{
  AetReconReport report;
  AetVolume      volume;
  char           text[6][16];

  f->rfree = f->correlation = f->fsc = f->clean = f->rings = -1;
  SpecimenOption("recon_oversampling", strcmp(names[m], "genfire") ? "2" : c->oversampling);
  SpecimenOption("recon_method", names[m]);
  SpecimenOption("recon_iterations", "0");
  if (SpecimenTry(tilt, &volume, &report)) {
    AET_TEST(strstr(AetErrorMessage(), "recon_method est") != NULL);
    printf("| %s | %s | refuses these angles | | | | | | | |\n", c->name, names[m]);
    AetErrorClear();
    return;
  }
  f->ran = 1, f->r1 = report.r1, f->rfree = report.rfree;
  if (c->truth) CompareWithTruth(volume, c->truth, f);
  if (clean) AgainstClean(volume, clean, f);
  printf("| %s | %s | %d | %.4f | %s | %s | %s | %s | %s | %.1f |\n", c->name, names[m], (int)report.iterations, f->r1,
         Number(f->rfree, text[0]), Number(f->correlation, text[1]), Number(f->fsc, text[2]), Number(f->clean, text[3]),
         Number(f->rings, text[4]), report.seconds_per_iteration * report.iterations);
  fflush(stdout);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
}

static int Wanted(const Case *c, const char *name)
{
  const char *at = c->methods ? strstr(c->methods, name) : name, *only = getenv("AET_ACCURACY_METHOD");

  if (only && strcmp(only, name)) return 0;
  return at && (!c->methods || ((at == c->methods || at[-1] == ' ') && strchr(" ", at[strlen(name)])));
}

static void TestTable(void)
{
  count = SpecimenMethods(names);
  SpecimenOption("quiet", "true");
  printf("\n| data | method | iterations | R1 | R_free | correlation | mean FSC | R1, clean | rings, clean | seconds "
         "|\n|---|---|---|---|---|---|---|---|---|---|\n");
  for (int i = 0; i < CASES; i++) {
    const Case *c = &series[i];
    if (getenv("AET_ACCURACY_CASE") && !strstr(c->name, getenv("AET_ACCURACY_CASE"))) continue; /* for a look at one */
    AetTiltSeries clean = c->clean ? Open(c->clean, c->clean_angles) : NULL, tilt = Open(c->projections, c->angles);
    if (!tilt) continue;
    if (c->refined) Refine(tilt);
    SpecimenOption("recon_extended", c->extended);
    SpecimenOption("recon_thickness", c->thickness);
    for (int m = 0; m < count; m++)
      if (Wanted(c, names[m])) Row(c, m, tilt, clean, &figures[i][m]);
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
    if (clean) AET_TEST_CALL(AetTiltSeriesDestroy(&clean));
  }
}

static const Figures *Of(int i, const char *name)
{
  for (int m = 0; m < count; m++)
    if (!strcmp(names[m], name)) return &figures[i][m];
  return &figures[i][0];
}

/* With the true volume: RESIRE at or above GENFIRE, both above SIRT and weighted back-projection. */
static void TestRanking(void)
{
  for (int i = 0; i < 2; i++) {
    const Figures *resire = Of(i, "resire"), *genfire = Of(i, "genfire"), *sirt = Of(i, "sirt"), *wbp = Of(i, "wbp");
    if (!resire->ran) continue;
    AET_TEST(resire->correlation >= genfire->correlation - 1e-5);
    AET_TEST(genfire->correlation > sirt->correlation);
    AET_TEST(genfire->correlation > wbp->correlation);
  }
}

/* Without a true volume: the images without noise and wedge, 16 of which the wedge's reconstruction has never seen. With neither noise nor
   misalignment RESIRE is nearest to them; what fits noise or misaligned images best is another question. */
static void TestClean(void)
{
  for (int i = 0; i < CASES; i++) {
    const double resire = Of(i, "resire")->clean;
    if (!series[i].clean || !Of(i, "resire")->ran) continue;
    AET_TEST(resire <= Of(i, "genfire")->clean);
    AET_TEST(resire <= Of(i, "wbp")->clean);
    AET_TEST(resire <= (strstr(series[i].name, "noisy") || strstr(series[i].name, "misaligned") ? 1.05 : 1) * Of(i, "sirt")->clean);
  }
}

/* Every measured pixel of the film counts. */
static void TestFilm(void)
{
  const Figures *resire = Of(CASES - 1, "resire");

  if (!resire->ran) return;
  AET_TEST(resire->r1 <= 0.185);
  AET_TEST(resire->rfree > 0 && resire->rfree <= 0.36);
}

AET_TEST_MAIN("accuracy", {"table", TestTable}, {"ranking", TestRanking}, {"clean images", TestClean}, {"film", TestFilm})
