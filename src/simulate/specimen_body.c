/* The body of a specimen and where the lattice lies in it. */
#include "simulate/specimen_private.h"
#include <math.h>

static const double a_little_more = 1 + 1e-9; /* sites that lie on a face belong to the body */

/* A cluster of complete shells: sizes from the lattice; its centre is a site or an octahedral hole. */
static PetscErrorCode MagicBody(AetSpecimenPlan *plan)
{
  const double a = plan->cell.a;
  const int    n = plan->shells;
  int          hole;

  PetscFunctionBegin;
  AetCheck(plan->cell.kind == AET_LATTICE_FCC, AET_ERR_INPUT, "simulate_shells: expected simulate_structure fcc");
  switch (plan->body.shape) {
  case AET_SHAPE_OCTAHEDRON:
    plan->body.extent = (n - 1) * a / 2, hole = n % 2 == 0;
    break;
  case AET_SHAPE_TRUNCATED_OCTAHEDRON:
    plan->body.extent = (n - 1) * a, hole = n % 2 == 0;
    break;
  case AET_SHAPE_CUBOCTAHEDRON:
    plan->body.extent = n * a / 2, hole = 0;
    break;
  case AET_SHAPE_CUBE:
    plan->body.extent = n * a / 2, hole = n % 2 == 1;
    break;
  case AET_SHAPE_ICOSAHEDRON:
  case AET_SHAPE_DECAHEDRON:
    PetscFunctionReturn(PETSC_SUCCESS);
  default:
    PetscFunctionReturn(AetRaise(AET_ERR_INPUT, "simulate_shells: expected a simulate_shape that has magic clusters (octahedra, cube, "
                                                "cuboctahedron, icosahedron, decahedron)"));
  }
  plan->body.extent = plan->body.extent * a_little_more + 1e-9 * a;
  plan->offset[0] = hole ? a / 2 : 0;
  plan->offset[1] = plan->offset[2] = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A film that reaches beyond the field of the images at every tilt: of edge L, thickness t, at tilt T, L / cos T + t tan T. */
static PetscErrorCode FilmBody(AetSpecimenPlan *plan)
{
  enum { RANDOM = 2 };
  double thickness, most, cosine, margin = 4;
  int    scheme;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("simulate_thickness_angstrom", &thickness));
  PetscCall(AetOptionGetReal("simulate_tilt_max_deg", &most));
  PetscCall(AetOptionGetEnum("simulate_angles_scheme", &scheme));
  AetCheck(scheme != RANDOM && most <= 80, AET_ERR_INPUT,
           "simulate_tilt_max_deg: expected at most 80 degrees about one axis of a film, found %g%s", most,
           scheme == RANDOM ? ", random" : "");
  cosine = cos(most * AET_DEG);
  plan->body.half[0] = plan->diameter / (2 * cosine) + thickness / 2 * tan(most * AET_DEG) + margin;
  plan->body.half[1] = plan->diameter / 2 + margin;
  plan->body.half[2] = thickness / 2;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode NeedleBody(AetSpecimenPlan *plan)
{
  double *values;
  int     count;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReals("simulate_needle", &count, &values));
  plan->body.tip = count > 0 ? values[0] : 0, plan->body.slope = count > 1 ? tan(values[1] * AET_DEG) : 0;
  plan->body.length = count > 2 ? values[2] : 0;
  AetCheck(count == 3 && values[0] > 0 && values[1] < 60 && values[2] > 2 * values[0], AET_ERR_INPUT,
           "simulate_needle: expected the radius of the tip, a half angle below 60 degrees, and a length of more than twice the radius");
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WulffBody(AetSpecimenPlan *plan)
{
  double *energies;
  int     count;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReals("simulate_facet_energies", &count, &energies));
  if (count == 3) AetKernelWulff(energies, plan->diameter, plan->body.facets);
  PetscCall(PetscFree(energies));
  AetCheck(count == 3, AET_ERR_INPUT, "simulate_facet_energies: expected the energies of {100}, {110}, {111}, found %d numbers", count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSpecimenPlanBody(AetSpecimenPlan *plan)
{
  const AetShape shape = plan->body.shape;
  double        *given;
  int            count;

  PetscFunctionBegin;
  plan->body.extent = AetKernelShapeExtent(shape, plan->diameter);
  if (shape == AET_SHAPE_FILM) PetscCall(FilmBody(plan));
  if (shape == AET_SHAPE_NEEDLE) PetscCall(NeedleBody(plan));
  if (shape == AET_SHAPE_WULFF) PetscCall(WulffBody(plan));
  AetCheck(shape < AET_SHAPE_ICOSAHEDRON || plan->cell.kind == AET_LATTICE_FCC, AET_ERR_INPUT,
           "simulate_shape: an icosahedron or decahedron needs simulate_structure fcc");
  PetscCall(AetOptionGetReals("simulate_lattice_offset", &count, &given));
  /* the lattice is not centred in the shape, as it is not in a real particle */
  for (int a = 0; a < 3; a++)
    plan->offset[a] = plan->cell.a * (count == 3 ? given[a] : AetRandomUniform(plan->seed, STREAM_OFFSET, (uint64_t)a) - 0.5);
  PetscCall(PetscFree(given));
  AetCheck(count == 0 || count == 3, AET_ERR_INPUT, "simulate_lattice_offset: expected 3 numbers, found %d", count);
  if (count == 3) /* a shape that is told where its sites lie is meant to hold those on its faces */
    plan->body.extent *= a_little_more;
  if (plan->shells) PetscCall(MagicBody(plan));
  PetscFunctionReturn(PETSC_SUCCESS);
}
