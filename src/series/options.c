/* The options of nuclei through time. */
#include <aet4d/series.h>

static const AetOption options[] = {
    {"track_labels", AET_OPTION_TEXTS, "", "", 0, 0, NULL, "labels of the files of `track`, in order (default: from their names)"},
    {"track_minutes", AET_OPTION_REALS, "min", "", 0, 1e9, NULL, "accumulated times of the files of `track` (default: 0, 1, 2, ...)"},
    {"track_replicas", AET_OPTION_INT, "", "300", 2, 1000000, NULL,
     "replicas of the species and of the threshold, from which nuclei and events have their probabilities"},
    {"track_shuffles", AET_OPTION_INT, "", "50", 0, 100000, NULL, "random alloys of the same composition, for nuclei by chance; 0: none"},
    {"track_threshold_spread", AET_OPTION_REAL, "", "0.05", 0, 1, NULL,
     "replicas have thresholds up to this far from analyse_nucleus_threshold"},
    {"track_hysteresis", AET_OPTION_REAL, "", "0.05", 0, 1, NULL,
     "a nucleus of another time is still there where its sites reach the threshold less this"},
    {"track_prominence", AET_OPTION_REAL, "", "0.1", 0, 1, NULL,
     "touching maxima are one nucleus unless the order parameter falls by this between them; 0: every maximum is one"},
    {"track_link_overlap", AET_OPTION_REAL, "", "0.3", 0, 1, NULL,
     "nuclei of two times are linked where they share this part of the smaller one's sites"},
    {"track_link_angstrom", AET_OPTION_REAL, "Å", "4", 0, 100, NULL, "or where their maxima are nearer than this"},
    {"track_change", AET_OPTION_REAL, "", "1.25", 1, 100, NULL,
     "growth and dissolution change the number of sites by at least this factor"},
    {"track_sigmas", AET_OPTION_REAL, "", "3", 0, 100, NULL,
     "and by this many standard deviations of measurement and fluctuation; smaller changes are fluctuations"},
    {"track_fluctuation", AET_OPTION_REAL, "", "-1", -1, 10, NULL,
     "standard deviation of ln(sites) of a nucleus that stays as it is; negative: estimated from the species that change places"},
    {"track_presence", AET_OPTION_REAL, "", "0.5", 0, 1, NULL, "nuclei that a smaller part of the replicas shows are dropped"},
    {"track_chance", AET_OPTION_REAL, "", "0.05", 0, 1, NULL,
     "nuclei of a size that a random alloy has somewhere with a larger probability, and their like at other times, are dropped"},
    {"track_species_error", AET_OPTION_REAL, "", "0.01", 0, 0.5, NULL,
     "the name of an atom is taken to be wrong with at least this probability"},
};
AET_OPTION_TABLE(AetTrackOptions, "track", "nuclei through time", options);

void AetHistoryDefaults(AetHistorySettings *settings)
{
  *settings = (AetHistorySettings){.threshold = 0.3,
                                   .threshold_spread = 0.05,
                                   .hysteresis = 0.05,
                                   .radius_angstrom = 4,
                                   .prominence = 0.1,
                                   .min_sites = 13,
                                   .link_overlap = 0.3,
                                   .link_angstrom = 4,
                                   .change = 1.25,
                                   .sigmas = 3,
                                   .fluctuation = -1,
                                   .presence = 0.5,
                                   .chance = 0.05,
                                   .species_error = 0.01,
                                   .replicas = 300,
                                   .shuffles = 50};
}

PetscErrorCode AetHistorySettingsFromOptions(AetHistorySettings *s)
{
  PetscInt seed;

  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(&AetTrackOptions));
  AetHistoryDefaults(s);
  PetscCall(AetOptionGetInt("track_replicas", &s->replicas));
  PetscCall(AetOptionGetInt("track_shuffles", &s->shuffles));
  PetscCall(AetOptionGetReal("track_threshold_spread", &s->threshold_spread));
  PetscCall(AetOptionGetReal("track_hysteresis", &s->hysteresis));
  PetscCall(AetOptionGetReal("track_prominence", &s->prominence));
  PetscCall(AetOptionGetReal("track_link_overlap", &s->link_overlap));
  PetscCall(AetOptionGetReal("track_link_angstrom", &s->link_angstrom));
  PetscCall(AetOptionGetReal("track_change", &s->change));
  PetscCall(AetOptionGetReal("track_sigmas", &s->sigmas));
  PetscCall(AetOptionGetReal("track_fluctuation", &s->fluctuation));
  PetscCall(AetOptionGetReal("track_presence", &s->presence));
  PetscCall(AetOptionGetReal("track_chance", &s->chance));
  PetscCall(AetOptionGetReal("track_species_error", &s->species_error));
  PetscCall(AetOptionGetReal("analyse_nucleus_threshold", &s->threshold));
  PetscCall(AetOptionGetReal("analyse_nucleus_radius_angstrom", &s->radius_angstrom));
  PetscCall(AetOptionGetInt("analyse_nucleus_min_sites", &s->min_sites));
  PetscCall(AetOptionGetInt("groups", &s->groups));
  PetscCall(AetOptionGetInt("seed", &seed));
  s->seed = (uint64_t)seed;
  PetscFunctionReturn(PETSC_SUCCESS);
}
