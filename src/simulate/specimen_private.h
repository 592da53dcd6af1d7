/* What the parts of a specimen share: the plan that the options make, and the atoms while they are placed. */
#ifndef AET_SIMULATE_SPECIMEN_PRIVATE_H
#define AET_SIMULATE_SPECIMEN_PRIVATE_H

#include "simulate/kernel/dislocation.h"
#include "simulate/kernel/lattice.h"
#include "simulate/kernel/ordered.h"
#include "simulate/kernel/particle.h"
#include "simulate/kernel/stacking.h"
#include "simulate/seed.h"
#include <aet4d/simulate.h>

/* Streams of random numbers (AetRandom*) of the specimen. */
enum {
  STREAM_OFFSET = 0x5100,
  STREAM_SPECIES = 0x5110, /* + species */
  STREAM_DISPLACEMENT = 0x5120,
  STREAM_PACKING = 0x5130,
  STREAM_DOMAIN = 0x5140,
  STREAM_VACANCY = 0x5150,
  STREAM_ANTISITE = 0x5151
};
enum { AET_FIELD_UNIFORM, AET_FIELD_CORE_SHELL, AET_FIELD_GRADIENT };
enum { AET_LIST_MAX = 32 };

typedef struct {
  AetLatticeCell cell;
  AetBody        body;
  int            shells; /* of a magic cluster; 0: none */
  double         diameter, offset[3], R[9];
  PetscBool      offset_given, in_laboratory; /* the shape stands in the laboratory and only the lattice is turned: film, needle */
  uint64_t       seed;

  int    species_count, field;
  char   symbol[AET_SPECIMEN_SPECIES][8];
  double fractions[AET_SPECIMEN_SPECIES], second[AET_SPECIMEN_SPECIES], core_radius, core_width, direction[3];

  int      order, variant, domains, phases, phase[AET_LIST_MAX];
  int      antiphase; /* whether a plane is planted */
  double   antiphase_plane[4];
  int      faults;
  AetFault fault[AET_FAULTS_MAX];

  PetscBool      dislocated;
  AetDislocation dislocation;
  PetscInt       vacancies, antisites;
  int            relaxed_layers;
  double         relaxation[AET_LIST_MAX]; /* fractions of the nearest-neighbour distance */
  PetscBool      strained;
  double         strain[6], strain_gradient[3]; /* xx, yy, zz, yz, xz, xy; per Å */
  double         density, min_distance;         /* amorphous: atoms per Å³, Å */
  double         displacement;
} AetSpecimenPlan;

/* An atom on its way. */
typedef struct {
  AetSite   site;
  uint64_t  key;
  double    x[3];                         /* Å, in the frame of the lattice; after AetMakingTurn in that of the volume */
  int       name[3];                      /* half lattice constants by which chemical order is named */
  int       species, domain, zone, layer; /* zone: by planted planes; layer: from the surface, which is 1 */
  PetscBool gone;
} AetMakingAtom;

typedef struct {
  PetscInt          count;
  AetMakingAtom    *atom;
  PetscInt          defects, defects_room;
  AetPlantedDefect *defect;
  PetscInt          domains;
  AetPlantedDomain  domain[AET_LIST_MAX];
} AetMaking;

PetscErrorCode AetSpecimenPlanFromOptions(AetSpecimenPlan *plan);
/* The species words alone: those of simulate_species. */
PetscErrorCode AetSpecimenPlanSpecies(AetSpecimenPlan *plan);
/* Fills the body and the offset of the lattice in it. */
PetscErrorCode AetSpecimenPlanBody(AetSpecimenPlan *plan);

/* Places atoms: lattice in the body, magic clusters, amorphous packing. Free with AetMakingFree. */
PetscErrorCode AetMakingPlace(AetSpecimenPlan *plan, AetMaking *work);
PetscErrorCode AetMakingAllocate(AetMaking *work, PetscInt count);
PetscErrorCode AetMakingFree(AetMaking *work);
PetscErrorCode AetMakingAddDefect(AetMaking *work, const AetPlantedDefect *defect);
/* Position of a site of the lattice before it is turned, faults of the sequence included. */
void AetSitePlace(const AetSpecimenPlan *plan, AetSite site, double x[3]);

/* Species by order, domains and composition; records planes and domains. */
PetscErrorCode AetMakingName(const AetSpecimenPlan *plan, AetMaking *work);
/* Names the chosen atoms (choose NULL: all) at random with an exact composition. */
PetscErrorCode AetMakingNameRandom(const AetSpecimenPlan *plan, AetMaking *work, const char *choose);
/* Fractions of the species that the composition field asks for at x (frame of the lattice), extent: largest |x . direction|. */
void AetFractionsAt(const AetSpecimenPlan *plan, const double x[3], double extent, double *fractions);

/* Layers from the surface, vacancies, antisites, surface relaxation; the dislocation. */
PetscErrorCode AetMakingDefects(const AetSpecimenPlan *plan, AetMaking *work);
/* Turns atoms and defects into the frame of the volume, strains them, and displaces the atoms at random. */
PetscErrorCode AetMakingTurn(const AetSpecimenPlan *plan, AetMaking *work);
/* Strain at x (frame of the volume): xx, yy, zz, yz, xz, xy. */
void AetStrainAt(const AetSpecimenPlan *plan, const double x[3], double strain[6]);

/* The atoms of a file as a specimen. */
PetscErrorCode AetSpecimenFromFile(const char *file, AetSpecimen *specimen);

#endif
