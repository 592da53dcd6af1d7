/* Atoms on their way from file to file. */
#ifndef AET_APP_CONVERT_ATOMS_H
#define AET_APP_CONVERT_ATOMS_H

#include <aet4d/aet4d.h>

extern const AetOptionTable AetConvertOptions;
/* Cuts out what `convert_cut` and `convert_atoms_max` ask for, then renames species by `convert_species`. `file`: where the atoms came
   from, whose columns grains and nuclei are read from. AET_ERR_INPUT names a malformed option. Collective. */
PetscErrorCode AetConvertChoose(AetAtoms *atoms, const char *file);
/* Writes POSCAR, CIF or LAMMPS data with `convert_vacuum_angstrom` around the atoms. Collective. */
PetscErrorCode AetConvertBoxed(AetAtoms atoms, const char *to);

#endif
