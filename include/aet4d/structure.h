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
    Values above 1 count as far below it (2 - x), values that are not finite as the smallest of the others. AET_ERR_INPUT: a radius or a
   number of sites that is not positive, a core fraction outside 0 … 1, a position that is not finite. Collective on atoms->comm. */
AET_EXTERN PetscErrorCode AetNucleiCreate(AetAtoms atoms, const double *order, const AetNucleiSettings *settings, AetNuclei *nuclei);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetNucleiDestroy(AetNuclei *nuclei);

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

/* end of: surface, Voronoi cells */

/* ---------------------------------------------------------------- pair distribution */

/** A cut-off for neighbours, from the distances alone: the first valley of the pair distribution (docs/theory/structure.md). Twelve
    neighbours in fcc and hcp, fourteen in bcc. Where there is no valley (a gas, a handful of atoms), 1.207 times the median distance to the
    nearest neighbour. AET_ERR_INPUT: fewer than two atoms, a position that is not finite. The same on every rank. Collective on
    atoms->comm. */
AET_EXTERN PetscErrorCode AetFirstValley(AetAtoms atoms, double *cutoff_angstrom);

/* end of: pair distribution */

/* ---------------------------------------------------------------- local structure: common neighbours, templates, centrosymmetry */

/* end of: local structure: common neighbours, templates, centrosymmetry */

/* ---------------------------------------------------------------- boundaries between grains */

/* end of: boundaries between grains */

/* ---------------------------------------------------------------- lattice, displacement, strain */

/* end of: lattice, displacement, strain */

/* ---------------------------------------------------------------- vacancies, dislocations */

/* end of: vacancies, dislocations */

/* ---------------------------------------------------------------- chemical order */

/* end of: chemical order */

/* ---------------------------------------------------------------- the nuclei described */

/* end of: the nuclei described */

#endif
