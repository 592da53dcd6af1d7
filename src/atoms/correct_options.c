/* The options of the correction of the list of atoms. */
#include <aet4d/atoms.h>

static const AetOption options[] = {
    {"refine_correct", AET_OPTION_BOOL, "", "true", 0, 0, NULL,
     "add, delete and rename atoms by what the images leave unexplained, then refine again"},
    {"refine_correct_rounds", AET_OPTION_INT, "", "20", 1, 1000, NULL, "rounds of correction, at most; it ends when nothing changes"},
    {"refine_correct_distance_angstrom", AET_OPTION_REAL, "Å", "2", 0.1, 20, NULL, "no atom is added nearer than this to another"},
    {"refine_correct_reach_angstrom", AET_OPTION_REAL, "Å", "3.5", 0.1, 100, NULL, "no atom is added farther than this from all others"},
    {"refine_correct_height", AET_OPTION_REAL, "", "0.5", 0, 1, NULL,
     "least fitted height of an added atom over that of the lightest species"},
    {"refine_correct_evidence", AET_OPTION_REAL, "", "0", -100, 1000, NULL,
     "what the logarithm of the odds of an atom must exceed for it to be there (and that of a species for a swap, with 3 more)"},
    {"refine_edits", AET_OPTION_FILE, "", "none", 0, 0, NULL,
     "text file of edits by hand: add SPECIES x y z, delete x y z, swap SPECIES x y z, veto x y z (Å)"},
};
AET_OPTION_TABLE(AetCorrectOptions, "refine", "correction of the list of atoms", options);

PetscErrorCode AetCorrectSettingsFromOptions(AetCorrectSettings *s)
{
  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(&AetCorrectOptions));
  PetscCall(AetOptionGetBool("refine_correct", &s->enabled));
  PetscCall(AetOptionGetInt("refine_correct_rounds", &s->rounds));
  PetscCall(AetOptionGetReal("refine_correct_distance_angstrom", &s->distance_angstrom));
  PetscCall(AetOptionGetReal("refine_correct_reach_angstrom", &s->reach_angstrom));
  AetCheck(s->distance_angstrom < s->reach_angstrom, AET_ERR_INPUT,
           "refine_correct_distance_angstrom, refine_correct_reach_angstrom: expected the first below the second, found %g and %g",
           s->distance_angstrom, s->reach_angstrom);
  PetscCall(AetOptionGetReal("refine_correct_height", &s->height));
  PetscCall(AetOptionGetReal("refine_correct_evidence", &s->evidence));
  PetscFunctionReturn(PETSC_SUCCESS);
}
