/* Specimens of the simulator as models: with noise, and atoms lost. */
#ifndef AET_TESTS_LATTICE_TEST_H
#define AET_TESTS_LATTICE_TEST_H

#include "structure_test.h"
#include <aet4d/simulate.h>

/* A specimen, and the model of it: atom i of the model is atom from[i] of the specimen. */
typedef struct {
  AetSpecimen specimen;
  AetAtoms    atoms;
  PetscInt    count, *from;
  double     *position; /* [count][3] of the model */
} Sample;

/* `list`: "key value key value …", keys without simulate_; no displacement and no turn unless it says so. Every position gets noise of
   that r.m.s. length, every atom is lost with that probability, keyed by the seed and its number. */
static inline Sample SampleMake(const char *list, uint64_t seed, double noise, double lost)
{
  Sample s = {.count = 0};
  char   copy[1024], *state = NULL;

  AET_TEST_CALL(PetscOptionsClear(NULL));
  AET_TEST_CALL(AetOptionsRegister(&AetBaseOptions));
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-simulate_displacement_angstrom", "0"));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-simulate_rotation_deg", "0,0,0"));
  snprintf(copy, sizeof copy, "%s", list);
  for (char *key = strtok_r(copy, " ", &state); key; key = strtok_r(NULL, " ", &state)) {
    char name[96], *value = strtok_r(NULL, " ", &state);
    snprintf(name, sizeof name, "-simulate_%s", key);
    AET_TEST_CALL(PetscOptionsSetValue(NULL, name, value));
  }
  AET_TEST_CALL(AetSpecimenFromOptions(&s.specimen));
  s.position = malloc((3 * (size_t)s.specimen.count + 1) * sizeof *s.position);
  s.from = malloc(((size_t)s.specimen.count + 1) * sizeof *s.from);
  for (PetscInt i = 0; i < s.specimen.count; i++) {
    if (AetRandomUniform(seed, 101, (uint64_t)i) < lost) continue;
    for (int a = 0; a < 3; a++)
      s.position[3 * (size_t)s.count + (size_t)a] =
          s.specimen.position[3 * i + a] + noise / sqrt(3) * AetRandomNormal(seed, 102, (uint64_t)(3 * i + a));
    s.from[s.count++] = i;
  }
  s.atoms = TestAtoms(s.count, s.position);
  return s;
}

static inline void SampleFree(Sample *s)
{
  AET_TEST_CALL(AetAtomsDestroy(&s->atoms));
  AetSpecimenDestroy(&s->specimen);
  free(s->position);
  free(s->from);
}

/* NULL: the default settings. The cut-off is that of a lattice constant near 3.9 Å of fcc; any first valley would do. */
static inline AetLattice SampleLattice(const Sample *s, const AetLatticeSettings *settings)
{
  AetLatticeSettings ordinary;
  AetNeighbours      neighbours;
  AetLattice         lattice = NULL;

  AetLatticeDefaults(&ordinary);
  AET_TEST_CALL(AetNeighboursCreate(s->atoms, 3.4, &neighbours));
  AET_TEST_CALL(AetLatticeCreate(neighbours, settings ? settings : &ordinary, &lattice));
  AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
  return lattice;
}

/* The undeformed cubic cell of that constant: displacements hold all strain. */
static inline AetLattice SampleLatticeOf(const Sample *s, double constant)
{
  AetLatticeSettings settings;

  AetLatticeDefaults(&settings);
  settings.shape = AET_LATTICE_IDEAL;
  settings.lattice_angstrom = constant;
  return SampleLattice(s, &settings);
}

#endif
