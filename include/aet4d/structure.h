/** \file structure.h  Structure of a model of atoms: neighbours, bond-orientational order, nuclei. */
#ifndef AET4D_STRUCTURE_H
#define AET4D_STRUCTURE_H

#include <aet4d/atoms.h>

/* Atoms are named by their global index in the list they came from. What is told per atom is complete on every rank, bitwise the same
   for any number of ranks and threads. Methods and definitions: docs/theory/structure.md. */

/* ---------------------------------------------------------------- neighbours */

/** The atoms within a cut-off of every atom of this rank's block; the positions of all. The fields are readable by everybody. */
typedef struct _p_AetNeighbours *AetNeighbours;
struct _p_AetNeighbours {
  MPI_Comm   comm;         /* duplicated */
  PetscInt   total;        /* atoms of all ranks */
  PetscInt   start, count; /* this rank's block of them, by AetBlock */
  double     cutoff_angstrom;
  double    *position; /* [total][3] x, y, z in Å, on every rank, owned */
  ptrdiff_t *first;    /* [count + 1]; the neighbours of atom start + i are index[first[i]] … index[first[i + 1] - 1] */
  ptrdiff_t *index;    /* global, without the atom itself; their order is fixed by the positions of all atoms; owned */
};
/** Neighbours at a distance of at most the cut-off (first valley of the pair distribution, for bond order). AET_ERR_INPUT: a cut-off that
    is not positive, a position that is not finite, two atoms in one place (names them). Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetNeighboursCreate(AetAtoms atoms, double cutoff_angstrom, AetNeighbours *neighbours);
/** NULL is accepted. Collective. */
AET_EXTERN PetscErrorCode AetNeighboursDestroy(AetNeighbours *neighbours);

/* ---------------------------------------------------------------- bond-orientational order */

/** Invariants q_4 and q_6 of the directions to the neighbours (Steinhardt, Nelson, Ronchetti, Phys. Rev. B 28 (1983) 784), and of their
    mean over an atom and its neighbours (Lechner, Dellago, J. Chem. Phys. 129 (2008) 114707). 0 for an atom without neighbours, whose zeros
    count in the means of nobody, as it is nobody's neighbour. */
typedef struct _p_AetBondOrder *AetBondOrder;
struct _p_AetBondOrder {
  PetscInt  total;
  PetscInt *coordination;              /* [total] neighbours within the cut-off */
  double   *q4, *q6;                   /* [total] of the atom's own neighbours */
  double   *q4_averaged, *q6_averaged; /* [total] averaged over the atom and its neighbours */
  double   *order; /* [total] sqrt(q4² + q6²) of the averaged ones, over that of perfect fcc: 1 there, 0.82 in hcp and 0.85 in
                      bcc (14 neighbours); strain may lift it a little above 1 */
};
/** Collective on neighbours->comm. */
AET_EXTERN PetscErrorCode AetBondOrderCreate(AetNeighbours neighbours, AetBondOrder *order);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetBondOrderDestroy(AetBondOrder *order);

/* ---------------------------------------------------------------- nuclei at one time */

typedef struct {
  double   threshold;       /* least order parameter of a site of a nucleus */
  double   radius_angstrom; /* how far a site looks for one of larger order */
  PetscInt min_sites;       /* smaller nuclei are dropped */
  double   core_fraction;   /* sites whose order is less than this fraction below the nucleus' largest are its core */
} AetNucleiSettings;
/** Threshold 0.5 (of bond order), radius 4 Å, 13 sites, 0.01. Not collective. */
AET_EXTERN void AetNucleiDefaults(AetNucleiSettings *settings);

/** Regions of the maxima of an order parameter. */
typedef struct _p_AetNuclei *AetNuclei;
struct _p_AetNuclei {
  PetscInt   total;      /* atoms */
  PetscInt   count;      /* nuclei, ordered by the index of their peak */
  PetscInt   dropped;    /* maxima whose region was smaller than min_sites */
  PetscInt  *label;      /* [total] nucleus of the atom, 0 … count-1; -1: none */
  PetscBool *core;       /* [total] whether it belongs to its nucleus' core */
  PetscInt  *peak;       /* [count] atom of the largest order parameter */
  PetscInt  *sites;      /* [count] atoms of the nucleus */
  PetscInt  *core_sites; /* [count] atoms of its core, at least 1 */
  double    *max_order;  /* [count] order parameter of the peak, folded as below */
  double    *centre;     /* [count][3] mean position of the sites in Å */
};
/** Steepest ascent: each site of at least the threshold points to the site of the largest order within the radius (ties: lowest index),
    and belongs to the maximum where the pointers end. `order` [total of atoms], the same on every rank: of bonds, or of a chemical phase.
    Values above 1 count as far below it (2 - x), values that are not finite as the smallest of the others. `group` [total]: a site points
   only to sites of its own group, the template of its order (AetOrderBest); NULL: all are of one. AET_ERR_INPUT: a radius or a number of
   sites that is not positive, a core fraction outside 0 … 1, a position that is not finite. Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetNucleiCreate(AetAtoms atoms, const double *order, const int *group, const AetNucleiSettings *settings,
                                          AetNuclei *nuclei);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetNucleiDestroy(AetNuclei *nuclei);

/* ---------------------------------------------------------------- options of an analysis */

AET_EXTERN const AetOptionTable AetAnalyseOptions;
/** Which order parameter nuclei are made of, in the order of analyse_order's choices: of bonds; of the variants of L1_0; of L1_2 of both
    kinds; of all of these phases where the model has two species on an fcc lattice, else of bonds. */
typedef enum { AET_ANALYSE_BOO, AET_ANALYSE_L10, AET_ANALYSE_L12, AET_ANALYSE_AUTO } AetAnalyseOrder;
/** The threshold where none is given: of chemical order, of bonds. */
#define AET_NUCLEUS_THRESHOLD_CHEMICAL 0.3
#define AET_NUCLEUS_THRESHOLD_BOO 0.5
typedef struct {
  PetscBool         enabled; /* `run` analyses its atoms */
  AetAnalyseOrder   order;
  double            neighbour_cutoff_angstrom; /* 0: the first valley of the pair distribution */
  double            surface_angstrom;          /* radius of the alpha shape */
  double            order_sigma_angstrom;      /* of the Gaussian that averages chemical order */
  double            strain_sigma_angstrom;     /* of the Gaussian that averages displacements */
  double            strain_grid_angstrom;      /* step of the grid of strain.h5; 0: none is written */
  PetscBool         lattice_ideal;             /* cells of grains are undeformed: AET_LATTICE_IDEAL, else AET_LATTICE_FREE */
  double            lattice_angstrom;          /* their edge, where they are; 0: fitted */
  PetscInt          replicas;                  /* of the nuclei, for the standard deviations of their sizes; 0: none */
  double            threshold_spread;          /* replicas have thresholds up to this far from the one given */
  uint64_t          seed;
  AetNucleiSettings nuclei; /* threshold 0: the one of the order parameter */
} AetAnalyseSettings;
/** From `analyse_*`. Not collective. */
AET_EXTERN PetscErrorCode AetAnalyseSettingsFromOptions(AetAnalyseSettings *settings);

/* ---------------------------------------------------------------- surface, Voronoi cells */

/** The alpha shape of the atoms: all Delaunay tetrahedra whose circumscribed sphere has at most the radius alpha (Edelsbrunner, Mücke, ACM
    Trans. Graphics 13 (1994) 43). Its surface passes through atoms; it may be in several pieces and have voids. */
typedef struct _p_AetSurface *AetSurface;
struct _p_AetSurface {
  PetscInt   total;
  double     alpha_angstrom;
  double    *position; /* [total][3] x, y, z in Å, on every rank */
  PetscBool *surface;  /* [total] corner of a facet, or in no tetrahedron at all */
  PetscBool *alone;    /* [total] in no tetrahedron: its neighbours are too few or too far */
  double    *depth;    /* [total] Å to the nearest facet (of the outside or of a void); 0 where `surface` */
  PetscInt   facets;
  PetscInt (*facet)[3]; /* [facets] atoms, counter-clockwise seen from outside (or from the void) */
  PetscInt pieces;      /* parts joined by faces of tetrahedra */
  PetscInt voids;       /* regions inside that hold no matter */
  double   area;        /* Å², of the voids too */
  double   volume;      /* Å³, without the voids */
  double   void_volume; /* Å³ */
  void    *tree;        /* facets, for searches */
};
/** The radius that is used for metals (4 Å): it spans the largest hole of a crystal, not a missing cluster. */
#define AET_SURFACE_ALPHA_ANGSTROM 4.0
/** AET_ERR_INPUT: a radius that is not positive, a position that is not finite, fewer than four atoms, all in a plane, or all farther apart
    than the radius spans. Collective on atoms->comm; the triangulation is made on one rank. */
AET_EXTERN PetscErrorCode AetSurfaceCreate(AetAtoms atoms, double alpha_angstrom, AetSurface *surface);
/** Whether x (Å) lies inside. Not collective; thread-safe. */
AET_EXTERN PetscBool AetSurfaceInside(AetSurface surface, const double x[3]);
/** Å from x to the nearest facet, inside and outside alike. Not collective; thread-safe. */
AET_EXTERN double AetSurfaceDistance(AetSurface surface, const double x[3]);
/** Where the ray from x along `direction` (a unit vector) meets the surface, 0 < t ≤ reach_angstrom: writes up to `room` t (Å), ascending,
    returns how many there are. Not collective; thread-safe. */
AET_EXTERN int AetSurfaceCross(AetSurface surface, const double x[3], const double direction[3], double reach_angstrom, int room,
                               double *t);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetSurfaceDestroy(AetSurface *surface);

/** The part of space that is nearer to an atom than to any other. The cell is cut from a cube about the atom, of half the side
    `bound_angstrom`, by the planes midway to all atoms that can cut it. */
typedef struct _p_AetVoronoi *AetVoronoi;
struct _p_AetVoronoi {
  PetscInt   total;
  double     bound_angstrom; /* the alpha of the surface, or AET_SURFACE_ALPHA_ANGSTROM */
  PetscBool *closed;         /* [total] no corner is farther away than the bound: the atom is surrounded by others */
  double *volume; /* [total] Å³. Of an open cell the part inside the surface (by rays, to some per cent; 0 where the atom is alone) if one
                     was given, else inside the cube */
  double   *area; /* [total] Å², of an open cell with the walls of the cube */
  PetscInt *coordination; /* [total] faces of at least AET_VORONOI_FACE of the area */
  PetscInt (*faces)[4];   /* [total] of those, with 3, 4, 5 and 6 edges: the index <n3 n4 n5 n6> */
};
/** Faces of less than this part of a cell's area are dropped, and the cell is cut again without them. */
#define AET_VORONOI_FACE 0.01
/** `surface` of the same atoms, or NULL. AET_ERR_INPUT: a position that is not finite, two atoms in one place. Collective on atoms->comm.
 */
AET_EXTERN PetscErrorCode AetVoronoiCreate(AetAtoms atoms, AetSurface surface, AetVoronoi *voronoi);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetVoronoiDestroy(AetVoronoi *voronoi);

/* end of: surface, Voronoi cells */

/* ---------------------------------------------------------------- pair distribution */

/** A cut-off for neighbours, from the distances alone: the first valley of the pair distribution (docs/theory/structure.md). Twelve
    neighbours in fcc and hcp, fourteen in bcc. Where there is no valley (a gas, a handful of atoms), 1.207 times the median distance to the
    nearest neighbour. AET_ERR_INPUT: fewer than two atoms, a position that is not finite. The same on every rank. Collective on
    atoms->comm. */
AET_EXTERN PetscErrorCode AetFirstValley(AetAtoms atoms, double *cutoff_angstrom);

#define AET_PAIRS_PEAKS 24
#define AET_PAIRS_BIN_ANGSTROM 0.1
#define AET_PAIRS_REACH_ANGSTROM 20.0

/** The pair distribution g(r): how many atoms there are at a distance, over how many there would be if they were spread evenly over the
    inside of the surface. 1 far away, whatever the shape of the particle. */
typedef struct _p_AetPairs *AetPairs;
struct _p_AetPairs {
  PetscInt bins;
  double   bin_angstrom;
  int      species_count;
  char     symbol[AET_SPECIES_MAX][8];
  PetscInt centres; /* atoms inside the surface, about which was counted */
  double   density; /* atoms per Å³ inside the surface */
  double   species_density[AET_SPECIES_MAX];
  double   surface_weight;           /* what an atom of the surface counts, 0 … 1, so that this density is the one further in */
  double  *r;                        /* [bins] middle of the bin in Å */
  double  *g;                        /* [bins] */
  double  *inside;                   /* [bins] mean part of the shell that is inside the surface */
  double  *running;                  /* [bins] mean number of neighbours up to the end of the bin, had nobody a surface */
  double  *g_species;                /* [species_count][species_count][bins], symmetric; 0 where one of the two is absent */
  double   first_peak, first_valley; /* Å; 0 where there is none */
  double   coordination;             /* `running` at the first valley; 0 where there is none */
  double   coordination_species[AET_SPECIES_MAX][AET_SPECIES_MAX]; /* [a][b] atoms of species b about one of a, up to the first valley */
  PetscInt peaks;
  double   peak[AET_PAIRS_PEAKS], height[AET_PAIRS_PEAKS]; /* [peaks] maxima of g smoothed by 1.5 bins, in Å, by distance */
};
/** Counts about the atoms inside the surface; about each, the part of every shell inside is found by rays (docs/theory/structure.md).
    AET_ERR_INPUT: a bin or a reach that is not positive, more than 100,000 bins, a surface of other atoms. Without an atom inside the
   surface g is 0. Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetPairsCreate(AetAtoms atoms, AetSurface surface, double bin_angstrom, double reach_angstrom, AetPairs *pairs);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetPairsDestroy(AetPairs *pairs);

/* end of: pair distribution */

/* ---------------------------------------------------------------- local structure: common neighbours, templates, centrosymmetry */

/** What the neighbourhood of an atom is. */
typedef enum {
  AET_LOCAL_OTHER,
  AET_LOCAL_FCC,
  AET_LOCAL_HCP,
  AET_LOCAL_BCC,
  AET_LOCAL_ICO, /* centre of an icosahedron */
  AET_LOCAL_SC,  /* simple cubic; of templates only */
  AET_LOCAL_KINDS
} AetLocalKind;
/** "other", "fcc", "hcp", "bcc", "ico", "sc"; NULL beyond. Not collective. */
AET_EXTERN const char *AetLocalName(int kind);
/** The species of an atom and of its matched neighbours, of two species at most, form perfectly: */
typedef enum {
  AET_LOCAL_DISORDERED,   /* none of these */
  AET_LOCAL_PURE,         /* one species */
  AET_LOCAL_L10,          /* fcc, planes across an axis alternate */
  AET_LOCAL_L12_MINORITY, /* fcc, 12 of the other species */
  AET_LOCAL_L12_MAJORITY, /* fcc, 8 like it and 4 others in a plane across an axis */
  AET_LOCAL_B2            /* bcc, 8 others and 6 like it */
} AetLocalOrdering;

typedef struct {
  double rmsd_limit; /* templates that fit worse name nothing; relative to the mean distance of the neighbours, 0.1 to 0.15 is usual */
  int    centro_neighbours; /* of the centrosymmetry: even, 2 … 14 */
} AetLocalSettings;
/** Limit 0.13, 12 neighbours. Not collective. */
AET_EXTERN void AetLocalDefaults(AetLocalSettings *settings);

#define AET_LOCAL_NEAREST 14
/** The local structure of every atom. All arrays are complete on every rank. */
typedef struct _p_AetLocal *AetLocal;
struct _p_AetLocal {
  PetscInt total;
  double   reach_angstrom;                /* how far neighbours are looked for: 2.2 times the median distance of nearest ones */
  PetscInt (*nearest)[AET_LOCAL_NEAREST]; /* [total] atoms nearest to it within the reach, nearest first; -1 behind the last */
  int    *cna;                            /* [total] AetLocalKind by adaptive common-neighbour analysis */
  int    *ptm;                            /* [total] AetLocalKind by template matching */
  double *ptm_rmsd;  /* [total] of the best template, in units of the mean distance of its neighbours, also where it is above the limit; -1
                        where none fits within 0.2 (or the limit, if that is more) */
  double *ptm_scale; /* [total] distance of nearest neighbours in the fitted template in Å; 0 of AET_LOCAL_OTHER */
  double (*quaternion)[4]; /* [total] (w, x, y, z) takes the axes of the crystal to x, y, z of the model; of those that the
                              crystal's symmetry makes equal (24 of fcc, bcc, sc; 12 of hcp with c along z; 60 of ico) the
                              nearest to the identity; (1, 0, 0, 0) of AET_LOCAL_OTHER */
  int    *ordering;        /* [total] AetLocalOrdering of the matched neighbours */
  double *centrosymmetry;  /* [total] in Å²; -1 with fewer neighbours than asked for */
};
/** Common-neighbour analysis (Stukowski 2012), polyhedral template matching (Larsen, Schmidt, Schiøtz 2016), centrosymmetry (Kelchner,
    Plimpton, Hamilton 1998). No cut-off is needed. AET_ERR_INPUT: a limit or a number of neighbours out of range, a position that is not
    finite, two atoms in one place. Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetLocalCreate(AetAtoms atoms, const AetLocalSettings *settings, AetLocal *local);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetLocalDestroy(AetLocal *local);

/* end of: local structure: common neighbours, templates, centrosymmetry */

/* ---------------------------------------------------------------- boundaries between grains */

typedef struct {
  double   tolerance_deg;   /* neighbours whose orientations differ by less belong to one grain */
  PetscInt min_sites;       /* of a grain */
  PetscInt min_plane_sites; /* of a layer of hcp, or of a boundary */
  double   sigma3_deg;      /* a misorientation nearer than this to 60° about <111> is a twin's */
} AetBoundarySettings;
/** 3°, 13 and 7 atoms, 5°. Not collective. */
AET_EXTERN void AetBoundaryDefaults(AetBoundarySettings *settings);

typedef enum {
  AET_BOUNDARY_GRAIN,          /* two grains touch */
  AET_BOUNDARY_TWIN,           /* two grains touch, related as twins, but not by a layer of hcp: an incoherent twin boundary */
  AET_BOUNDARY_COHERENT_TWIN,  /* one layer of hcp between two grains of fcc related as twins */
  AET_BOUNDARY_STACKING_FAULT, /* two adjacent layers of hcp in one grain of fcc (intrinsic) */
  AET_BOUNDARY_HCP_LAYERS      /* one or two layers of hcp, with no grain known on one side: near the surface */
} AetBoundaryKind;
/** "grain", "twin", "coherent_twin", "stacking_fault", "hcp_layers"; NULL beyond. Not collective. */
AET_EXTERN const char *AetBoundaryName(int kind);
typedef struct {
  int      kind;      /* AetBoundaryKind */
  PetscInt grain[2];  /* below (against the normal) and above; the same twice in a stacking fault; -1: not known */
  PetscInt atoms;     /* at the boundary: of the layers of hcp, else those with a neighbour in the other grain and no third grain near */
  double   angle_deg; /* least misorientation modulo the symmetry of the crystal; -1 between grains of different kinds */
  double   axis[3];   /* of that rotation, unit, in the frame of the model; 0 below 0.1° and where the angle is -1 */
  double   axis_crystal[3];    /* the same along the axes of the crystal, without signs, largest first: (0.577, 0.577, 0.577) of a twin */
  double   sigma3_deg;         /* between two cubic grains: angle from the nearest rotation by 60° about <111>; else -1 */
  double   normal[3];          /* unit; of layers, of the plane through them, else of the plane nearest to where the grains touch; z > 0 */
  double   point[3];           /* of that plane, in Å: the layer of a twin, the middle between the two of a fault */
  double   roughness_angstrom; /* r.m.s. distance of the atoms of a layer, or of the points of contact, from that plane */
} AetBoundary;

/** Grains by orientation alone, what lies between them, and stacking faults. */
typedef struct _p_AetBoundaries *AetBoundaries;
struct _p_AetBoundaries {
  PetscInt  total;
  PetscInt  grains;        /* largest first; of equal ones that of the lowest atom */
  PetscInt *grain;         /* [total] grain of the atom, those of its surface and of layers of hcp included; -1: none */
  int      *kind;          /* [grains] AET_LOCAL_FCC, _HCP, _BCC or _SC */
  double (*quaternion)[4]; /* [grains] mean orientation, as in AetLocal */
  double      *spread_deg; /* [grains] r.m.s. misorientation of its atoms from it */
  PetscInt    *sites;      /* [grains] atoms */
  PetscInt     count;      /* boundaries and faults: layers of hcp first, then pairs of grains; by their grains */
  AetBoundary *boundary;   /* [count] */
  PetscInt    *at;         /* [total] the boundary the atom belongs to; -1: none */
};
/** Connected atoms of one kind (by templates) whose orientations, each averaged with those neighbours that differ by less than twice the
    tolerance, differ by less than it, are a grain; atoms of no crystal join the grain of most of their neighbours, two layers deep; grains
    that then touch and differ by less than the tolerance are one. `local`: of these very atoms. AET_ERR_INPUT: settings that are not
    positive. Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetBoundariesCreate(AetAtoms atoms, AetLocal local, const AetBoundarySettings *settings,
                                              AetBoundaries *boundaries);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetBoundariesDestroy(AetBoundaries *boundaries);

/* end of: boundaries between grains */

/* ---------------------------------------------------------------- lattice, displacement, strain */

/** Order of `kind` of a grain. */
typedef enum { AET_LATTICE_FCC, AET_LATTICE_HCP, AET_LATTICE_BCC, AET_LATTICE_SC, AET_LATTICE_KINDS } AetLatticeKind;
/** "fcc", "hcp", "bcc", "sc"; NULL beyond. Not collective. */
AET_EXTERN const char *AetLatticeKindName(int kind);

/** What the cell of a grain may be. */
typedef enum {
  AET_LATTICE_FREE, /* any three vectors: least squares over its atoms; the mean strain of the grain is then in the cell */
  AET_LATTICE_IDEAL /* cubic with one edge, hexagonal with a and c: the displacements hold all strain but that of the size */
} AetLatticeShape;
typedef struct {
  AetLatticeShape shape;
  double          lattice_angstrom; /* edge (hcp: a) of the undeformed cell, with AET_LATTICE_IDEAL; 0: fitted */
  PetscInt        min_sites;        /* smaller grains are dropped */
  double          tolerance;        /* farthest that an atom may lie from where its indexed neighbours expect it, in nearest distances */
  double          mismatch;         /* largest r.m.s. misfit of an atom's neighbours to the lattice, in nearest distances */
} AetLatticeSettings;
/** Free cell, at least 50 sites, 0.4, 0.37. Not collective. */
AET_EXTERN void AetLatticeDefaults(AetLatticeSettings *settings);

/** The crystal lattice of every grain, and the site of every atom in it. The axes of a grain are, of the equivalent right-handed choices,
    those nearest to x, y, z; index 0 0 0 is an atom near the middle of the grain. A site is at origin + Σ_i f_i cell[3 i …], with f = index
   / 2 for fcc (i + j + k even) and bcc (all even or all odd), f = index for sc, and for hcp f = (i, j, k / 2), k odd: + (1/3, 2/3, 0). */
typedef struct _p_AetLattice *AetLattice;
struct _p_AetLattice {
  PetscInt  total;  /* atoms */
  PetscInt  grains; /* in the order they were found */
  PetscInt *grain;  /* [total] -1: none */
  int (*index)[3];  /* [total]; 0 0 0 without a grain. Two atoms of a grain may share one only on either side of the cut that a dislocation
                       leaves */
  double (*displacement)[3]; /* [total] position - site, in Å; 0 without a grain */
  int *kind;                 /* [grains] AetLatticeKind */
  double (*cell)[9];         /* [grains] rows a1, a2, a3 of the conventional cell in Å */
  double (*origin)[3];       /* [grains] Å */
  PetscInt *sites;           /* [grains] atoms */
  double   *rms;             /* [grains] r.m.s. length of the displacements in Å */
  double   *nearest;         /* [grains] mean distance of nearest neighbours of the fitted lattice in Å */
};
/** Finds grains one after another: from the atom whose surroundings fit a kind of lattice best, breadth first to the neighbours that lie
    where the lattice says, with a least-squares fit after every shell (docs/theory/strain.md). Only the positions and the cut-off (to
   within a factor of 1.5 the first valley) of `neighbours` are used. No grain is no error. AET_ERR_INPUT: settings out of range. Collective
   on neighbours->comm. */
AET_EXTERN PetscErrorCode AetLatticeCreate(AetNeighbours neighbours, const AetLatticeSettings *settings, AetLattice *lattice);
/** The same of another model of the same particle, in the frame of the reference (registered): a grain that covers one of the reference
    has its number, axes, indices, cell and origin, so that an atom in the same place has the same index and displacements of the two are
    comparable. The first reference->grains grains are those (sites 0: not found again); new ones follow. Collective. */
AET_EXTERN PetscErrorCode AetLatticeCreateLike(AetNeighbours neighbours, AetLattice reference, const AetLatticeSettings *settings,
                                               AetLattice *lattice);
/** Where a site is, x in Å. Not collective. */
AET_EXTERN void AetLatticeSite(AetLattice lattice, PetscInt grain, const int index[3], double x[3]);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetLatticeDestroy(AetLattice *lattice);

/** The displacements of an AetLattice as a smooth field, and its gradient: at every atom a straight line is fitted to the displacements
    against the sites around it, weighted by a Gaussian (docs/theory/strain.md). Strain is relative to the grain's cell: with
    AET_LATTICE_FREE to its mean. Grains do not see each other. All 0 where an atom has no grain or too few others around it. */
typedef struct _p_AetStrain *AetStrain;
struct _p_AetStrain {
  PetscInt total;
  double   sigma_angstrom;   /* of the Gaussian; the resolution (full width at half maximum) is 2.355 of it */
  double (*displacement)[3]; /* [total] the smooth field in Å */
  double (*strain)[6];       /* [total] xx, yy, zz, yz, xz, xy: (∂_a u_b + ∂_b u_a)/2 */
  double (*rotation)[3];     /* [total] rad about x, y, z: half the curl */
  double (*sigma)[6];        /* [total] standard deviation of strain, from that of the atoms (sigma_total, else sigma), else from scatter */
  double (*scatter)[3];      /* [total] Å: standard deviation of x, y, z of the atoms around about the smooth field */
  double *density;           /* [total] of the grain's sites seen by the Gaussian, 1 in the bulk, about 0.5 on a face */
  double (*deformation)[9];  /* [total] second estimate: F [a][b] of the bonds to nearest neighbours, bond = F · bond of the cell; 0: fewer
                                than four, or all in a plane */
  double *d2min; /* [total] mean over them of |bond - F · bond of the cell|² in Å² (Falk, Langer, Phys. Rev. E 57 (1998) 7192) */
};
/** Gaussian 4.4 Å (1.04 nm wide) unless there is a reason; 3.89 Å in much of the literature. AET_ERR_INPUT: a width that is not positive, a lattice of other atoms.
    Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetStrainCreate(AetAtoms atoms, AetLattice lattice, double sigma_angstrom, AetStrain *strain);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetStrainDestroy(AetStrain *strain);
/** Weight of a place by its density: 0 below 0.5, 1 from 0.6, a ramp between. Not collective. */
AET_EXTERN double AetStrainMask(double density);
/** The same fit at the voxels of a grid like `grid` (only its shape and pixel size are used): strain [6], rotation [3] (may be NULL) and
   mask (may be NULL) are created as volumes; the grain is that of the nearest atom; where the mask is 0, all is 0. Collective on
   grid->comm, on whose ranks atoms, lattice and strain must be complete. */
AET_EXTERN PetscErrorCode AetStrainGrid(AetAtoms atoms, AetLattice lattice, AetStrain strain, AetVolume grid, AetVolume volume[6],
                                        AetVolume rotation[3], AetVolume *mask);

/* end of: lattice, displacement, strain */

/* ---------------------------------------------------------------- vacancies, dislocations */

/** Unoccupied sites inside. A site is vacant where its neighbours expect an atom, each by its own position, and none is; and where all
    neighbouring sites hold an atom or are vacant in the same sense (so small voids are several vacancies, and the surface has none). An
    atom that was lost in tracing looks the same. */
typedef struct _p_AetVacancies *AetVacancies;
struct _p_AetVacancies {
  PetscInt  count;
  PetscInt *grain;       /* [count] of most of the neighbours */
  int (*index)[3];       /* [count] in that grain */
  double (*position)[3]; /* [count] Å, where the neighbours expect it on average */
  PetscInt *neighbours;  /* [count] atoms that expect one */
};
/** AET_ERR_INPUT: a lattice of other atoms. Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetVacanciesCreate(AetAtoms atoms, AetLattice lattice, AetVacancies *vacancies);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetVacanciesDestroy(AetVacancies *vacancies);

/** Dislocation lines of fcc, bcc and sc grains, with Burgers vectors of whole translations of the lattice (docs/theory/strain.md). Going
    once about the line by the right hand, the displacement grows by the Burgers vector. */
typedef struct _p_AetDislocations *AetDislocations;
struct _p_AetDislocations {
  PetscInt  count;
  PetscInt *grain;        /* [count] */
  int (*burgers)[3];      /* [count] as an index of the lattice: 1 1 0 of fcc is a/2[110] */
  double (*vector)[3];    /* [count] the same in Å */
  double (*position)[3];  /* [count] Å, the middle of the line */
  double (*direction)[3]; /* [count] unit vector of the straight line nearest to it, its largest component positive */
  double   *length;       /* [count] Å, extent along it */
  double   *bend;         /* [count] Å, r.m.s. distance from it */
  double   *angle_deg;    /* [count] between direction and Burgers vector, 0 … 90: 0 screw, 90 edge */
  PetscInt *first;        /* [count + 1]; the points of line k are point[first[k]] … point[first[k + 1] - 1], from one end to the other */
  double (*point)[3];     /* Å */
};
/** Burgers circuits around the triangles of the Delaunay tessellation. Lines shorter than 3.5 nearest distances are left out: at such sizes
    noise makes closed loops of its own. AET_ERR_INPUT: a lattice of other atoms. Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetDislocationsCreate(AetAtoms atoms, AetLattice lattice, AetDislocations *dislocations);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetDislocationsDestroy(AetDislocations *dislocations);

/* end of: vacancies, dislocations */

/* ---------------------------------------------------------------- chemical order */

/** Ordered phases of two species A and B on the sites of fcc: L1_0 (planes alternate), L1_2 AB3 and A3B (the minority on one of the four
    simple cubic sublattices); and A1, disordered and rich in A or in B. */
typedef enum { AET_ORDER_L10, AET_ORDER_L12_AB3, AET_ORDER_L12_A3B, AET_ORDER_A1_A, AET_ORDER_A1_B } AetOrderKind;
/** One template: L1_0 0 … 5 (A on the even planes across z, x, y; then on the odd ones), L1_2 0 … 3 (the minority where i, j, k are all
    even; only i; only j; only k), in the order of the simulator's variants. */
typedef struct {
  AetOrderKind kind;
  int          variant;
  int          axis; /* of L1_0: 0, 1, 2 for the axes of the grain's cell; else -1 */
} AetPhase;
#define AET_PHASES 16
#define AET_PHASES_ORDERED 14 /* the first of them are ordered, the last two A1 */
AET_EXTERN const AetPhase AetPhases[AET_PHASES];
/** "L1_0", "L1_2 AB3", "L1_2 A3B", "A1 A", "A1 B". Not collective. */
AET_EXTERN const char *AetOrderKindName(AetOrderKind kind);
/** Species (0: A, 1: B) of a template on the site i, j, k in half edges; of A1 everywhere the one it is rich in. Not collective. */
AET_EXTERN int AetPhaseSpecies(const AetPhase *phase, const int index[3]);

/** The sites of atoms on fcc lattices and the weights of their neighbourhoods; complete on every rank. Grains do not see each other. The
    weight of two sites is a Gaussian of their distance on the lattice, cut at four standard deviations along each axis. */
typedef struct _p_AetOrderPlan *AetOrderPlan;
/** `grain` [total]: 0 … grains-1, -1 without site; `index` [total]: i, j, k in half edges of the cubic cell, i + j + k even (an odd one is
    no site); `cell` [grains]: rows a1, a2, a3 of the conventional cell in Å. AET_ERR_INPUT: sigma or an edge that is not positive, indices
    so far apart that they cannot be those of a particle. Not collective; the same on every rank. */
AET_EXTERN PetscErrorCode AetOrderPlanCreateSites(PetscInt total, PetscInt grains, const PetscInt *grain, const int (*index)[3],
                                                  const double (*cell)[9], double sigma_angstrom, AetOrderPlan *plan);
/** The same of the sites of a lattice that lie on fcc. Not collective. */
AET_EXTERN PetscErrorCode AetOrderPlanCreate(AetLattice lattice, double sigma_angstrom, AetOrderPlan *plan);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetOrderPlanDestroy(AetOrderPlan *plan);
/** Order parameters order [count][total] of the templates `which` for the species [total] of the atoms (0: A, 1: B, others agree with no
    template). Of a template, m is the part of the weights about a site whose species agree, m0 what would agree by chance: x_A w_A +
    x_B w_B with the parts x of the species and the parts w of the template's sublattices; S = (m - m0)/(1 - m0), 1 for perfect order, 0 on
    average in a random alloy, negative in antiphase. Of A1 m0 is 1/2: S = 2 x - 1. 0 for an atom without site, or where the neighbourhood
    has one sublattice only. Cheap: AetOrderPlanCreate once, this for every replica of the species. Not collective (threads inside); a plan
    serves one call at a time. */
AET_EXTERN PetscErrorCode AetOrderEvaluate(AetOrderPlan plan, const int *species, PetscInt count, const AetPhase *which, double *order);
/** The same of the probabilities p [total] of A and B. Not collective. */
AET_EXTERN PetscErrorCode AetOrderEvaluateProbable(AetOrderPlan plan, const double (*p)[2], PetscInt count, const AetPhase *which,
                                                   double *order);
/** Only the largest of them, order [total], and which template it is, best [total] (an index into `which`; of equal ones the first; -1 for
    an atom without site). Not collective. */
AET_EXTERN PetscErrorCode AetOrderBest(AetOrderPlan plan, const int *species, PetscInt count, const AetPhase *which, double *order,
                                       int *best);

/** What AetChemistryCreate looks for. */
typedef struct {
  double   sigma_angstrom; /* of the order parameter's Gaussian */
  double   threshold;      /* least order parameter of a site of a domain */
  PetscInt min_sites;      /* smaller domains are dropped */
  PetscInt neighbours;     /* least nearest neighbours, all of its domain, of an atom that can be an antisite */
  double   claim;          /* least probability of an antisite that is claimed */
  double   species_error;  /* fraction of wrong names where the atoms carry no probabilities; 0: the names are taken as certain */
  int      a, b;           /* which species of the atoms are A and B */
} AetChemistrySettings;
/** Sigma 3.87 Å, threshold 0.3, 13 sites, 10 neighbours (two may not have been found; flat surfaces have nine), claim 0.5, error 0.01,
 * species 0 and 1. Not collective. */
AET_EXTERN void AetChemistryDefaults(AetChemistrySettings *settings);

/** A connected region of one template: sites of nearest neighbours, each of at least the threshold. */
typedef struct {
  int      phase; /* of AetPhases */
  PetscInt grain; /* of the lattice */
  PetscInt sites;
  double   centre[3]; /* Å, mean of the sites */
  double   max_order, mean_order;
  double   antisites; /* expected fraction of its inner sites with the wrong species; -1: it has no inner sites */
} AetChemicalDomain;
/** An atom against its domain's template. */
typedef struct {
  PetscInt atom, domain;
  int      species, expected; /* species of the atoms: its name; what the template has there */
  double   probability;       /* that it is one, by the probabilities of the species and the domain's fraction of antisites */
} AetAntisite;
/** Two claimed antisites of opposite species, nearest neighbours. */
typedef struct {
  PetscInt atom[2];
  double   probability; /* that both are antisites, taken as independent */
} AetSwap;
/** Where two domains of the same phase and axis, with other sublattices, touch. */
typedef struct {
  PetscInt domain[2];
  PetscInt bonds, atoms; /* nearest-neighbour bonds across; atoms that have one */
  double   area;         /* Å², estimated */
  double   centre[3];    /* Å, mean of the bonds' middles */
  double   normal[3];    /* unit vector from domain[0] to domain[1]; mean over the boundary */
  double   flatness;     /* 1: flat, 0: closed upon itself; projected area over area */
} AetAntiphaseBoundary;

/** The chemical order of a model of two species on fcc lattices. */
typedef struct _p_AetChemistry *AetChemistry;
struct _p_AetChemistry {
  PetscInt              total;
  double               *order;    /* [total] largest order parameter of the ordered templates; 0 without a site */
  int                  *phase;    /* [total] its template, of AetPhases; -1 without a site on an fcc lattice */
  int                  *state;    /* [total] that template in a domain; else A1 of the species that is more frequent; -1 without a site */
  double               *fraction; /* [total] of A about the site, by the same weights; 0 without a site */
  PetscInt             *domain;   /* [total] -1: none */
  PetscInt             *near_domain; /* [total] its domain; of a site below the threshold the adjacent one of its own template; -1 */
  PetscInt              domains;     /* by their first atom */
  AetChemicalDomain    *domain_list;
  PetscInt              antisites, claimed; /* atoms against the template, by their number; those of them that are claimed */
  AetAntisite          *antisite;
  PetscInt              swaps;
  AetSwap              *swap;
  PetscInt              boundaries;
  AetAntiphaseBoundary *boundary;
};
/** Order parameters, domains, antiphase boundaries, antisites and swaps (docs/theory/order.md). All sites of `lattice` that lie on fcc take
    part. AET_ERR_INPUT: settings out of range, a lattice of another number of atoms. Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetChemistryCreate(AetAtoms atoms, AetLattice lattice, const AetChemistrySettings *settings,
                                             AetChemistry *chemistry);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetChemistryDestroy(AetChemistry *chemistry);

/** Warren–Cowley parameters of shells of neighbours, alpha_ij = (p(j|i) - c_j)/(delta_ij - c_j): p(j|i) is the part of species j among the
    neighbours of atoms i in the shell (Cowley, Phys. Rev. 77 (1950) 669). For i = j 1 means that i is only among its like. */
typedef struct _p_AetWarren *AetWarren;
struct _p_AetWarren {
  int       species; /* K */
  PetscInt  shells;  /* S */
  double   *edge;    /* [S + 1] Å; shell s holds distances above edge[s], up to edge[s + 1] */
  double    fraction[AET_SPECIES_MAX];
  PetscInt *bonds; /* [S][K][K] neighbours of species j of atoms of species i */
  double   *alpha; /* [S][K][K]; 0 where there are no neighbours, or only one species */
  double   *sigma; /* [S][K][K] standard error of alpha in a random alloy: by the number of bonds */
};
/** edge [shells + 1] midway between the shells of fcc whose nearest distance is `nearest_angstrom`; the first is 0. AET_ERR_INPUT: more
   than 12 shells. Not collective. */
AET_EXTERN PetscErrorCode AetWarrenEdges(double nearest_angstrom, PetscInt shells, double *edge);
/** AET_ERR_INPUT: edges that do not rise; as AetNeighboursCreate. Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetWarrenCreate(AetAtoms atoms, PetscInt shells, const double *edge, AetWarren *warren);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetWarrenDestroy(AetWarren *warren);
/** alpha [total][K][K] about every atom: the neighbours (within `neighbours`) of all atoms within radius_angstrom of it, itself included,
   are pooled; of i and j the mean of alpha_ij and alpha_ji. Fractions are those of all atoms. 0 where there is no atom of species i or j
   about. Complete on every rank; PetscFree. Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetWarrenLocal(AetAtoms atoms, AetNeighbours neighbours, double radius_angstrom, double **alpha);

/* end of: chemical order */

/* ---------------------------------------------------------------- the nuclei described */

/** Fills order [total] and group [total], the same on every rank, as a replica of what was measured gives them. */
typedef PetscErrorCode (*AetOrderReplica)(void *context, PetscInt replica, double *order, int *group);
/** sigma_sites [nuclei->count] <- standard deviation of the number of sites over replicas: each with a threshold drawn evenly within
    `threshold` of the given one, keyed by seed and replica, and with the order parameter that `draw` gives (NULL: `order` and `group`, as
   they are). The nucleus of a replica is the one that shares most sites. Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetNucleiSpread(AetAtoms atoms, AetNuclei nuclei, const double *order, const int *group,
                                          const AetNucleiSettings *settings, double threshold, PetscInt replicas, uint64_t seed,
                                          AetOrderReplica draw, void *context, double *sigma_sites);

#define AET_NUCLEUS_BINS 40
#define AET_NUCLEUS_BIN_ANGSTROM 1.0
typedef struct {
  double    atom_volume_angstrom3; /* of the effective radius; > 0 */
  double    smoothing_angstrom;    /* standard deviation of the Gaussian over which the order parameter was averaged; 0: it was not */
  double    field_sigma_angstrom;  /* of the Gaussian that makes a field of it */
  double    grid_angstrom;         /* of the grid of gradients */
  double    order_limit;           /* largest order parameter that a profile may have in the middle */
  PetscBool baseline;              /* profiles may end in something else than 0, as order of bonds does */
} AetNucleiShapeSettings;
/** Field 2 Å, grid 1 Å, limit 1; the rest 0. Not collective. */
AET_EXTERN void AetNucleiShapeDefaults(AetNucleiShapeSettings *settings);

/** What is told of one nucleus. */
typedef struct {
  double radius_angstrom;             /* of the sphere of the same volume */
  double core[3];                     /* Å, middle of the order */
  double gyration[3];                 /* Å², eigenvalues of the mean of dx dx, largest first */
  double axis[3];                     /* unit vector of the largest */
  double elongation;                  /* square root of largest over smallest; 0: flat */
  double depth_angstrom;              /* of the core below the surface; -1: no surface */
  double gradient_mean, gradient_max; /* 1/Å, of |grad S| at the points of the grid inside */
  double gradient_angle_deg; /* mean angle of grad S and the vector to the core, weighted by |grad S|: 0 where order falls outwards all
                                around, 90 without direction */
  double gradient_weight;
  int    grid_points, bins, fitted;
  double profile[AET_NUCLEUS_BINS]; /* [bins] mean order in shells of AET_NUCLEUS_BIN_ANGSTROM about the core, other nuclei left out */
  double profile_atoms[AET_NUCLEUS_BINS];                         /* [bins] how many atoms that is */
  double order_core, interface_radius, interface_width, baseline; /* S(r) = b + S_c (1 - tanh((r - r0)/w))/2, the smoothing taken off */
  double sigma_fit[3], fit_rms;                                   /* of S_c, r0, w; what the fit leaves */
  double order_volume, order_area; /* Å³, Å²: ∫ S dV and ∫ |grad S| dV of the fitted profile, less its baseline */
} AetNucleusShape;
/** Describes every nucleus (docs/theory/analysis.md): shape [nuclei->count], the same on every rank, PetscFree. order
   [nuclei->count][total]: the order parameter of each nucleus' own phase at all atoms (rows may be the same), not finite where an atom has
   none. `surface` of the same atoms, or NULL. AET_ERR_INPUT: settings out of range. Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetNucleiDescribe(AetAtoms atoms, AetNuclei nuclei, const double *const *order, AetSurface surface,
                                            const AetNucleiShapeSettings *settings, AetNucleusShape **shape);
/** Energy of a nucleus with a diffuse interface, driving ∫ S dV + tension ∫ |grad S| dV of the profile S_c (1 - tanh((r - r0)/w))/2: for w
    towards 0 and S_c = 1 the classical 4/3 π r0³ driving + 4 π r0² tension. Lengths in Å, `driving` (negative: the phase is stable) in
   energy per Å³, `tension` in energy per Å². Not collective. */
AET_EXTERN double AetNucleusEnergy(double order, double interface_radius, double interface_width, double driving, double tension);

/* end of: the nuclei described */

#endif
