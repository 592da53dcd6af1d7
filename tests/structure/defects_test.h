/* Planted defects against found ones. */
#ifndef AET_TESTS_DEFECTS_TEST_H
#define AET_TESTS_DEFECTS_TEST_H

#include "lattice_test.h"

typedef struct {
  int planted, found, invented; /* vacancies */
  int lines_planted, lines_found, lines_invented;
  int in; /* atoms with a site */
} Defects;

/* A planted line is found where a line of the same Burgers vector (of both opposite ones with the opposite direction) runs along it within
   10 degrees and 4 Å, through most of the particle. */
static inline int SameLine(const AetPlantedDefect *p, AetDislocations d, PetscInt k, double diameter)
{
  double along = 0, far = 0, off = 0, b = 0, size = 0;

  for (int a = 0; a < 3; a++) along += p->direction[a] * d->direction[k][a], off += (d->position[k][a] - p->position[a]) * p->direction[a];
  for (int a = 0; a < 3; a++) {
    far += pow(d->position[k][a] - p->position[a] - off * p->direction[a], 2);
    b += pow(d->vector[k][a] - (along > 0 ? 1 : -1) * p->vector[a], 2), size += p->vector[a] * p->vector[a];
  }
  return fabs(along) > cos(10 * M_PI / 180) && far < 16 && b < 0.01 * size && d->length[k] > 0.5 * diameter;
}

static inline void CountVacancies(const Sample *s, AetVacancies v, Defects *r)
{
  for (PetscInt k = 0; k < s->specimen.defects; k++) {
    const AetPlantedDefect *p = s->specimen.defect + k;
    int                     hits = 0;
    if (p->kind != AET_DEFECT_VACANCY) continue;
    r->planted++;
    for (PetscInt j = 0; j < v->count; j++) {
      double far = 0;
      for (int a = 0; a < 3; a++) far += pow(p->position[a] - v->position[j][a], 2);
      hits += far < 1;
    }
    r->found += hits == 1;
  }
  r->invented += (int)v->count - r->found;
}

/* Of a specimen with noise of that r.m.s. length and nothing lost. */
static inline Defects FindDefects(const char *list, uint64_t seed, double noise)
{
  Sample          s = SampleMake(list, seed, noise, 0);
  AetLattice      l = SampleLattice(&s, NULL);
  AetVacancies    v;
  AetDislocations d;
  Defects         r = {0};
  double          diameter = 0;

  AET_TEST_CALL(AetVacanciesCreate(s.atoms, l, &v));
  AET_TEST_CALL(AetDislocationsCreate(s.atoms, l, &d));
  for (PetscInt i = 0; i < s.count; i++)
    diameter = fmax(diameter, 2 * sqrt(pow(s.position[3 * i], 2) + pow(s.position[3 * i + 1], 2) + pow(s.position[3 * i + 2], 2)));
  for (PetscInt g = 0; g < l->grains; g++) r.in += (int)l->sites[g];
  CountVacancies(&s, v, &r);
  for (PetscInt k = 0; k < s.specimen.defects; k++) {
    int hits = 0;
    if (s.specimen.defect[k].kind != AET_DEFECT_DISLOCATION) continue;
    r.lines_planted++;
    for (PetscInt j = 0; j < d->count; j++) hits += SameLine(s.specimen.defect + k, d, j, diameter);
    r.lines_found += hits == 1;
  }
  r.lines_invented = (int)d->count - r.lines_found;
  if (getenv("AET_TEST_SHOW"))
    printf("%s, seed %d, noise %.0f pm: %d atoms, %d grains; vacancies %d of %d, invented %d; lines %d of %d, invented %d\n", list,
           (int)seed, 100 * noise, (int)s.count, (int)l->grains, r.found, r.planted, r.invented, r.lines_found, r.lines_planted,
           r.lines_invented);
  AET_TEST_CALL(AetVacanciesDestroy(&v));
  AET_TEST_CALL(AetDislocationsDestroy(&d));
  AET_TEST_CALL(AetLatticeDestroy(&l));
  SampleFree(&s);
  return r;
}

static inline void ExpectDefects(const char *list, uint64_t seed, double noise)
{
  const Defects r = FindDefects(list, seed, noise);

  AET_TEST(r.found == r.planted && r.invented == 0);
  AET_TEST(r.lines_found == r.lines_planted && r.lines_invented == 0);
}

#endif
