/* The standard annealing series and the null series of 23,000 atoms, registered without error: scripted events found, none invented.
   Arguments: first and last seed, misnamed and lost fraction, options of the simulator as "key value ..."; one more word tells all. */
#include "track_test.h"

static int         first = 6, last = 6;
static double      wrong = 0.01;
static const char *more = "";
static PetscBool   talk = PETSC_FALSE;

static void Tell(const TrackCase *c, AetHistory h)
{
  for (PetscInt n = 0; n < h->count; n++) {
    const AetHistoryNucleus *u = &h->nucleus[n];
    printf("  t%d id %d true %d sites %d ± %.1f fl %.3f max %.2f phase %d presence %.2f chance %.3f\n", u->time, (int)u->id,
           TrackTrueNucleus(c, h, u->time, u->id), (int)u->sites, u->sigma_sites, u->fluctuation, u->max_order, u->phase, u->presence,
           u->chance);
  }
  for (PetscInt e = 0; e < h->events; e++) {
    const AetHistoryEvent *v = &h->event[e];
    printf("  %d-%d %-12s", v->from_time, v->to_time, AetHistoryKindName(v->kind));
    for (int k = 0; k < v->from_count; k++) printf(" %d", (int)v->from[k]);
    printf(" ->");
    for (int k = 0; k < v->to_count; k++) printf(" %d", (int)v->to[k]);
    printf("  p %.3f change %.3f sigma %.3f\n", v->probability, v->change, v->sigma);
  }
}

static void Standard(void)
{
  for (int null = 0; null < 2; null++)
    for (int seed = first; seed <= last; seed++) {
      AetHistorySettings settings;
      AetHistory         h;
      TrackCase          c;
      TrackScore         score;
      char               options[1024];
      double             begin = MPI_Wtime();

      snprintf(
          options, sizeof options,
          "simulate_shape truncated_octahedron simulate_diameter_angstrom 86.3 simulate_lattice_angstrom 3.87 simulate_rotation_deg 0,0,0 "
          "simulate_species Fe,Pt simulate_composition 0.4 simulate_lattice_offset 0,0,0 simulate_series_labels a,b,c "
          "simulate_series_core_fraction 0.2 simulate_series_script %s seed %d %s",
          null ? "null" : "standard", seed, more);
      c = TrackCaseMake(options, wrong, wrong, (uint64_t)seed);
      c.order.context = &c;
      AetHistoryDefaults(&settings);
      AET_TEST_CALL(AetHistoryCreate(c.times, c.atoms, c.registration, &c.order, &settings, &h));
      score = TrackScoreOf(&c, h, 0.8);
      printf("%s seed %d: %d of %d scripted events found, least probability %.3f; %d events, %d spurious, %d of them at 0.8; worst %.3f; "
             "exchange %.3f %.3f; dropped %d; by chance %d; %.1f s\n",
             null ? "null" : "standard", seed, score.found, score.scripted, score.least, score.events, score.spurious,
             score.claimed_spurious, score.worst, h->exchange[1], h->exchange[2], (int)h->dropped, (int)h->by_chance, MPI_Wtime() - begin);
      if (talk) Tell(&c, h);
      fflush(stdout);
      AET_TEST(score.found == score.scripted);
      AET_TEST(10 * score.spurious <= score.events);
      AET_TEST(!null || score.worst <= 0.8);
      AET_TEST_CALL(AetHistoryDestroy(&h));
      TrackCaseFree(&c);
    }
}

int main(int argc, char **argv)
{
  static const AetTestCase cases[] = {{"scripted events", Standard}};

  if (argc > 2) first = atoi(argv[1]), last = atoi(argv[2]);
  if (argc > 3) wrong = atof(argv[3]);
  if (argc > 4) more = argv[4];
  talk = (PetscBool)(argc > 5);
  return AetTestMain(1, argv, "series track whole", cases, 1);
}
