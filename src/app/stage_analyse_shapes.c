/* What is told of nuclei beyond their number of atoms, as tables. */
#include "analysis_sheets.h"
#include <math.h>
#include <stddef.h>

/* A column of numbers that stand in AetNucleusShape one after the other. */
typedef struct {
  const char *heads, *name, *unit, *text;
  int         width;
  size_t      offset;
} Field;

#define FIELD(member) offsetof(AetNucleusShape, member)
static const Field fields[] = {
    {"radius", "radius", "angstrom", "of the sphere of the same volume", 1, FIELD(radius_angstrom)},
    {"core_x,core_y,core_z", "core_position", "angstrom", "middle of the order", 3, FIELD(core)},
    {"gyration_1,gyration_2,gyration_3", "gyration", "angstrom2", "eigenvalues of the mean of dx dx over the atoms, largest first", 3,
     FIELD(gyration)},
    {"long_x,long_y,long_z", "long_axis", "", "direction of the largest eigenvalue", 3, FIELD(axis)},
    {"elongation", "elongation", "", "square root of the largest eigenvalue over the smallest", 1, FIELD(elongation)},
    {"depth", "depth", "angstrom", "of the core below the surface; -1: no surface", 1, FIELD(depth_angstrom)},
    {"gradient", "gradient", "1/angstrom", "mean length of the gradient of the order parameter on the grid", 1, FIELD(gradient_mean)},
    {"gradient_angle", "gradient_angle", "degree", "mean angle of the gradient and the direction to the core; 90: none", 1,
     FIELD(gradient_angle_deg)},
    {"order_core", "order_core", "", "S_c of the fitted profile b + S_c (1 - tanh((r - r0)/w))/2; 0: not fitted", 1, FIELD(order_core)},
    {"interface_radius", "interface_radius", "angstrom", "r0 of the fitted profile", 1, FIELD(interface_radius)},
    {"interface_width", "interface_width", "angstrom", "w of the fitted profile, the smoothing of the order parameter taken off", 1,
     FIELD(interface_width)},
    {"sigma_order_core,sigma_interface_radius,sigma_interface_width", "sigma_profile", "", "standard deviations of S_c, r0 and w", 3,
     FIELD(sigma_fit)},
    {"baseline", "baseline", "", "b of the fitted profile; 0 of phases", 1, FIELD(baseline)},
    {"order_volume", "order_volume", "angstrom3", "integral of the order parameter, of the fitted profile without b", 1,
     FIELD(order_volume)},
    {"order_area", "order_area", "angstrom2", "integral of the length of its gradient", 1, FIELD(order_area)},
};

PetscErrorCode AetAnalysisShapeColumns(const AetAnalysis *a, AetSheet *sheet)
{
  const PetscInt count = a->nuclei->count;
  double        *values;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(3 * (size_t)count + 1, &values));
  for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
    const Field *field = &fields[f];
    for (PetscInt k = 0; k < count; k++)
      for (int w = 0; w < field->width; w++)
        values[k * field->width + w] = ((const double *)((const char *)&a->shape[k] + field->offset))[w];
    PetscCall(AetSheetReal(sheet, field->heads, field->name, field->unit, field->text, field->width, values));
  }
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* b + S_c (1 - tanh((r - r0)/w))/2; 0 where nothing was fitted. */
static double Fitted(const AetNucleusShape *s, double r)
{
  return s->fitted ? s->baseline + s->order_core * (1 - tanh((r - s->interface_radius) / s->interface_width)) / 2 : 0;
}

PetscErrorCode AetAnalysisProfiles(const AetAnalysis *a, AetSheet *sheet)
{
  PetscInt rows = 0, row = 0, *nucleus, *atoms;
  double  *r, *order, *fit;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < a->nuclei->count; k++) rows += a->shape[k].bins;
  sheet->rows = rows;
  PetscCall(PetscMalloc5((size_t)rows + 1, &nucleus, (size_t)rows + 1, &atoms, (size_t)rows + 1, &r, (size_t)rows + 1, &order,
                         (size_t)rows + 1, &fit));
  for (PetscInt k = 0; k < a->nuclei->count; k++)
    for (int b = 0; b < a->shape[k].bins; b++, row++) {
      nucleus[row] = k;
      atoms[row] = (PetscInt)a->shape[k].profile_atoms[b];
      r[row] = (b + 0.5) * AET_NUCLEUS_BIN_ANGSTROM;
      order[row] = a->shape[k].profile[b];
      fit[row] = Fitted(&a->shape[k], r[row]);
    }
  PetscCall(AetSheetWhole(sheet, "nucleus", "nucleus", "number of the nucleus, from 1", 1, nucleus, 1, NULL));
  PetscCall(AetSheetReal(sheet, "r", "r", "angstrom", "middle of the shell about the core", 1, r));
  PetscCall(AetSheetReal(sheet, "order", "order", "", "mean order parameter of the nucleus' own phase; other nuclei left out", 1, order));
  PetscCall(AetSheetWhole(sheet, "atoms", "atoms", "atoms of the shell", 1, atoms, 0, NULL));
  PetscCall(AetSheetReal(sheet, "fit", "fit", "", "the fitted profile, before it is averaged", 1, fit));
  PetscCall(PetscFree5(nucleus, atoms, r, order, fit));
  PetscFunctionReturn(PETSC_SUCCESS);
}
