/* Facts about an annealing series: identities, composition, the frozen core, the order of nuclei, events. */
#include "simulate/kernel/nucleus.h"
#include "simulate/kernel/ordered.h"
#include "specimen_test.h"

static const double a = 3.87;
static const char   small[] =
    "shape sphere diameter_angstrom 70 lattice_angstrom 3.87 composition 0.4 lattice_offset 0,0,0 series_labels 9min,16min,26min "
    "series_nucleus_angstrom 7 series_interface_angstrom 1.5 ";

static AetSpecimenSeries MakeSeries(const char *list)
{
  AetSpecimenSeries series;
  char              all[1024];

  AET_TEST_CALL(AetOptionsRegister(&AetSimulateSeriesOptions));
  snprintf(all, sizeof all, "%s%s", small, list);
  Options(all);
  AET_TEST_CALL(AetSpecimenSeriesFromOptions(&series));
  return series;
}

/* Back to the frame of the particle. */
static void Undo(const AetSpecimenSeries *series, int t, const double x[3], double back[3])
{
  const double *R = series->rotation[t];

  for (int c = 0; c < 3; c++) {
    back[c] = 0;
    for (int b = 0; b < 3; b++) back[c] += R[3 * b + c] * (x[b] - series->shift[t][b]);
  }
}

/* Index of every identity at a time, -1: not there. */
static int *WhereIs(const AetSpecimen *s, int ids)
{
  int *where = malloc(sizeof *where * (size_t)(ids + 1));

  for (int i = 0; i <= ids; i++) where[i] = -1;
  for (PetscInt i = 0; i < s->count; i++) {
    AET_TEST((s->id[i] > 0 && s->id[i] <= ids && where[s->id[i]] < 0) || i % 97); /* once each */
    where[s->id[i]] = (int)i;
  }
  return where;
}

/* An identity has one species for ever; the core keeps atoms, sites and, but for the motion, positions; the rest moves, leaves, arrives. */
static void TestIdentities(void)
{
  AetSpecimenSeries s = MakeSeries("displacement_angstrom 0.1");
  int               ids = 0, *where[3];

  for (int t = 0; t < 3; t++)
    for (PetscInt i = 0; i < s.specimen[t].count; i++) ids = PetscMax(ids, s.specimen[t].id[i]);
  for (int t = 0; t < 3; t++) where[t] = WhereIs(&s.specimen[t], ids);
  for (int t = 1; t < 3; t++) {
    const AetSpecimen *was = &s.specimen[t - 1], *is = &s.specimen[t];
    int                lost = 0, arrived = 0, moved = 0, changed = 0, core = 0, core_moved = 0;
    double             farthest = 0;

    for (int id = 1; id <= ids; id++) {
      const int i = where[t - 1][id], j = where[t][id];
      lost += i >= 0 && j < 0;
      arrived += i < 0 && j >= 0;
      if (i < 0 || j < 0) continue;
      changed += was->species[i] != is->species[j];
      moved += was->site[i] != is->site[j];
      if (was->core[i]) {
        double x[3], y[3];
        Undo(&s, t - 1, was->position + 3 * i, x);
        Undo(&s, t, is->position + 3 * j, y);
        core++, core_moved += was->site[i] != is->site[j] || !is->core[j];
        farthest = fmax(farthest, Distance(x, y));
      }
    }
    AET_TEST(changed == 0 && core_moved == 0 && core > 400);
    AET_TEST(farthest < 1e-9);
    AET_TEST(lost == arrived && lost > 20 && moved > 100);
    AET_TEST(is->count == was->count);
  }
  for (int t = 0; t < 3; t++) free(where[t]);
  AetSpecimenSeriesDestroy(&s);
}

static void TestComposition(void)
{
  AetSpecimenSeries s = MakeSeries("");

  for (int t = 0; t < 3; t++) {
    PetscInt first = 0;
    double   core = 0, core_first = 0;
    for (PetscInt i = 0; i < s.specimen[t].count; i++) {
      first += s.specimen[t].species[i] == 0;
      if (s.specimen[t].core[i]) core++, core_first += s.specimen[t].species[i] == 0;
    }
    AET_TEST(first == lround(0.4 * (double)s.specimen[t].count));
    AET_TEST_CLOSE(core_first / core, 0.2, 0.04);
  }
  AetSpecimenSeriesDestroy(&s);
}

/* Rotations are rotations, within the angle, and differ; shifts are within theirs. */
static void TestMotion(void)
{
  AetSpecimenSeries s = MakeSeries("series_rotation_deg 20 series_shift_angstrom 2");

  for (int t = 0; t < 3; t++) {
    const double *R = s.rotation[t];
    double        worst = 0, trace = R[0] + R[4] + R[8];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++)
        worst = fmax(worst, fabs(R[3 * i] * R[3 * j] + R[3 * i + 1] * R[3 * j + 1] + R[3 * i + 2] * R[3 * j + 2] - (i == j)));
      AET_TEST(fabs(s.shift[t][i]) <= 2);
    }
    AET_TEST_CLOSE(R[0] * (R[4] * R[8] - R[5] * R[7]) - R[1] * (R[3] * R[8] - R[5] * R[6]) + R[2] * (R[3] * R[7] - R[4] * R[6]), 1, 1e-12);
    AET_TEST(worst < 1e-12 && acos(fmin(1, (trace - 1) / 2)) <= 20 * AET_DEG + 1e-9);
    if (t) AET_TEST(fabs(R[1] - s.rotation[t - 1][1]) > 1e-4 && s.shift[t][0] != s.shift[t - 1][0]);
  }
  AetSpecimenSeriesDestroy(&s);
}

/* Order parameter of a template at x by Gaussian weights of 3.87 Å: agreement, normalised to 0 by chance and 1 when perfect
   (algorithms 14.7), written here anew. */
static double OrderAt(const AetSpecimenSeries *s, int t, const double x[3], int order, int variant)
{
  const AetSpecimen *p = &s->specimen[t];
  double             all = 0, agree = 0, first = 0, chance, share = order == AET_PHASE_L10 ? 0.5 : order == AET_PHASE_L12 ? 0.75 : 0.25;

  for (PetscInt i = 0; i < p->count; i++) {
    double r[3], d2 = 0, w;
    int    site[3];

    Undo(s, t, p->position + 3 * i, r);
    for (int c = 0; c < 3; c++) d2 += (r[c] - x[c]) * (r[c] - x[c]), site[c] = (int)lround(2 * r[c] / a);
    if (d2 > 225) continue;
    w = exp(-d2 / (2 * 3.87 * 3.87));
    all += w, first += w * (p->species[i] == 0);
    agree += w * (p->species[i] == AetKernelOrdered((AetPhase)order, variant, site));
  }
  first /= all;
  chance = first * share + (1 - first) * (1 - share);
  return (agree / all - chance) / (1 - chance);
}

/* A nucleus is where the script says, of the phase and variant it says, and not before it is born or after it dissolved. */
static void TestNucleiAreThere(void)
{
  AetSpecimenSeries s = MakeSeries("");

  for (PetscInt n = 0; n < s.nuclei; n++) {
    const AetScriptedNucleus *nucleus = s.nucleus + n;
    double                    x[3];

    Undo(&s, nucleus->time, nucleus->position, x);
    AET_TEST_CLOSE(OrderAt(&s, nucleus->time, x, nucleus->order, nucleus->variant), 1, nucleus->radius > 6 ? 0.6 : 0.8);
    for (int t = 0; t < 3; t++) {
      int there = 0;
      for (PetscInt m = 0; m < s.nuclei; m++) {
        double y[3];
        Undo(&s, s.nucleus[m].time, s.nucleus[m].position, y);
        there |= s.nucleus[m].time == t && Distance(x, y) < 14;
      }
      if (!there) AET_TEST(fabs(OrderAt(&s, t, x, nucleus->order, nucleus->variant)) < 0.25);
    }
  }
  AetSpecimenSeriesDestroy(&s);
}

/* The agreement with the template falls from 1 at the centre as the profile says: q + (1 - q)/2 of a site of L1_0. */
static void TestOrderProfile(void)
{
  AetSpecimenSeries s;
  char              path[200], list[400];
  double            all[6] = {0}, agree[6] = {0}, wanted[6] = {0};
  int               rank, in_core = 0; /* nucleus 4 would reach into the core */
  FILE             *file;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  snprintf(path, sizeof path, "%s/aet4d-script-%d.txt", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", rank);
  file = fopen(path, "w");
  fprintf(file, "# time nucleus x y z radius order variant\n1 1 20 0 0 8 1 0\n1 2 -20 0 0 8 1 1\n2 1 20 0 0 8 1 0\n2 2 -20 0 0 4 1 1\n"
                "3 1 20 0 0 8 1 0\n3 3 0 22 0 6 2 3\n3 4 0 0 -16 8 1 2\n");
  fclose(file);
  snprintf(list, sizeof list,
           "series_script %s series_interface_angstrom 3 composition 0.5 series_core_fraction 0.5 series_core_diameter_angstrom 12", path);
  s = MakeSeries(list);
  for (int t = 0; t < 3; t++)
    for (PetscInt i = 0; i < s.specimen[t].count; i++) {
      const double centre[3] = {20, 0, 0};
      double       x[3], d;
      int          site[3], bin;

      Undo(&s, t, s.specimen[t].position + 3 * i, x);
      if (s.specimen[t].core[i]) in_core += s.specimen[t].order[i] > 0 || s.specimen[t].nucleus[i] > 0;
      d = Distance(x, centre), bin = (int)(d / 2.5);
      if (bin >= 6) continue;
      for (int c = 0; c < 3; c++) site[c] = (int)lround(2 * x[c] / a);
      all[bin]++;
      agree[bin] += s.specimen[t].species[i] == AetKernelOrdered(AET_PHASE_L10, 0, site);
      wanted[bin] += 0.5 + 0.5 * AetKernelNucleusOrder(d, 8, 3);
      AET_TEST_CLOSE(s.specimen[t].order[i], AetKernelNucleusOrder(d, 8, 3), 1e-6 + (d > 10 ? 1 : 0));
    }
  for (int b = 0; b < 6; b++) AET_TEST_CLOSE(agree[b] / all[b], wanted[b] / all[b], 0.01 + 4 * 0.5 / sqrt(all[b]));
  AET_TEST(agree[0] / all[0] > 0.95 && in_core == 0);
  AET_TEST_CLOSE(AetKernelNucleusOrder(0, 8, 3), 1, 1e-12);
  AET_TEST(s.events == 6); /* fluctuation, dissolution; fluctuation, dissolution, two births */
  AET_TEST(s.event[0].kind == AET_SCRIPTED_FLUCTUATION && s.event[1].kind == AET_SCRIPTED_DISSOLUTION && s.event[1].to_count == 1);
  AET_TEST(s.event[3].kind == AET_SCRIPTED_DISSOLUTION && s.event[3].to_count == 0);
  AET_TEST(s.event[4].kind == AET_SCRIPTED_BIRTH && s.event[4].to[0] == 3);
  AetSpecimenSeriesDestroy(&s);
  remove(path);
}

/* The standard script has every kind of event, the null script only fluctuations; both for two times and for five. */
static void TestEvents(void)
{
  const char *times[3] = {"9min,16min,26min", "a,b", "1,2,3,4,5"};

  for (int l = 0; l < 3; l++) {
    char              list[200];
    AetSpecimenSeries s;
    int               kinds[AET_SCRIPTED_KINDS] = {0};

    snprintf(list, sizeof list, "series_labels %s series_interface_angstrom 2.5", times[l]);
    s = MakeSeries(list);
    for (PetscInt e = 0; e < s.events; e++) {
      const AetScriptedEvent *v = s.event + e;
      kinds[v->kind]++;
      AET_TEST(v->to_time == v->from_time + 1);
      if (v->kind == AET_SCRIPTED_MERGE) AET_TEST(v->from_count == 2 && v->to_count == 1);
      if (v->kind == AET_SCRIPTED_DIVISION) AET_TEST(v->from_count == 1 && v->to_count == 2);
      if (v->kind == AET_SCRIPTED_BIRTH) AET_TEST(v->from_count == 0 && v->to_count == 1);
    }
    for (int k = 0; k < AET_SCRIPTED_KINDS; k++) AET_TEST(kinds[k] > 0);
    AET_TEST(kinds[AET_SCRIPTED_MERGE] == 1 && kinds[AET_SCRIPTED_DIVISION] == 1 && kinds[AET_SCRIPTED_BIRTH] == 2);
    AetSpecimenSeriesDestroy(&s);
  }
  {
    AetSpecimenSeries s = MakeSeries("series_script null");
    int               other = 0;
    for (PetscInt e = 0; e < s.events; e++) other += s.event[e].kind != AET_SCRIPTED_FLUCTUATION;
    AET_TEST(s.events == 12 && other == 0);
    AetSpecimenSeriesDestroy(&s);
  }
}

/* Ranks agree: every rank builds the series by itself. */
static void TestRanksAgree(void)
{
  AetSpecimenSeries s = MakeSeries("displacement_angstrom 0.05");
  double            sum[4] = {0}, least[4], most[4];

  for (int t = 0; t < 3; t++)
    for (PetscInt i = 0; i < s.specimen[t].count; i++) {
      for (int c = 0; c < 3; c++) sum[t] += s.specimen[t].position[3 * i + c] * (double)(i % 13 + 1) * (c + 1);
      sum[3] += (double)s.specimen[t].id[i] * (double)(i % 7) + s.specimen[t].species[i] * (double)(i % 11);
    }
  MPI_Allreduce(sum, least, 4, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD);
  MPI_Allreduce(sum, most, 4, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  for (int k = 0; k < 4; k++) AET_TEST(least[k] == most[k]);
  AetSpecimenSeriesDestroy(&s);
}

static void Mistake(const char *list, const char *text)
{
  AetSpecimenSeries s;
  char              all[1024];

  snprintf(all, sizeof all, "%s%s", small, list);
  Options(all);
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateSeriesOptions));
  AET_TEST(AetSpecimenSeriesFromOptions(&s) == AET_ERR_INPUT);
  if (!AET_TEST(strstr(AetErrorMessage(), text) != NULL)) fprintf(stderr, "%s: %s\n", list, AetErrorMessage());
  AetErrorClear();
}

static void TestMistakes(void)
{
  Mistake("series_labels a", "2 to 32 times");
  Mistake("series_labels a,a", "twice");
  Mistake("series_labels a,../b", "../b");
  Mistake("series_minutes 1,2", "expected 3 times");
  Mistake("series_minutes 1,3,2", "growing");
  Mistake("series_nucleus_angstrom 14", "do not fit");
  Mistake("series_orders l10,b2", "b2");
  Mistake("series_core_fraction 1 series_core_diameter_angstrom 60", "no composition");
  Mistake("structure bcc", "fcc");
  Mistake("vacancies 2", "does not go");
  Mistake("species Fe", "two species");
}

AET_TEST_MAIN("series", {"identities", TestIdentities}, {"composition", TestComposition}, {"motion", TestMotion},
              {"nuclei are there", TestNucleiAreThere}, {"order profile", TestOrderProfile}, {"events", TestEvents},
              {"ranks agree", TestRanksAgree}, {"mistakes", TestMistakes})
