/* The periodic table up to lawrencium. */
#include <aet4d/units.h>
#include <string.h>

static const char *const aet_symbols[] = {
    "",   "H",  "He", "Li", "Be", "B",  "C",  "N",  "O",  "F",  "Ne", "Na", "Mg", "Al", "Si", "P",  "S",  "Cl", "Ar", "K",  "Ca",
    "Sc", "Ti", "V",  "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb", "Sr", "Y",  "Zr", "Nb",
    "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I",  "Xe", "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm",
    "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf", "Ta", "W",  "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi",
    "Po", "At", "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U",  "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr"};
enum { AET_LAST_ELEMENT = (int)(sizeof aet_symbols / sizeof aet_symbols[0]) - 1 };

int AetAtomicNumber(const char *symbol)
{
  for (int Z = 1; symbol && Z <= AET_LAST_ELEMENT; Z++)
    if (!strcmp(symbol, aet_symbols[Z])) return Z;
  return 0;
}

const char *AetElementSymbol(int Z)
{
  return Z >= 1 && Z <= AET_LAST_ELEMENT ? aet_symbols[Z] : NULL;
}
