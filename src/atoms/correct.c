/* Correction of the list of atoms by what the images leave unexplained (docs/theory/correction.md): the rounds, and the list. */
#include "atoms/atoms_private.h"
#include "atoms/correct_private.h"
#include <math.h>
#include <string.h>

#define FEW 8           /* atoms that say nothing about what an atom is: their list stays */
#define MOST_ADDED 0.25 /* of the list: one that lacks more is no model of these images yet */
#define LATER_FITS 5
#define SHORT_STEPS 3 /* Gauss–Newton steps of the positions between edits */

/* ---------------------------------------------------------------- the list */

PetscErrorCode AetCorrectionAdd(AetCorrection *c, const double position[3], int species, AetSite **site)
{
  PetscFunctionBegin;
  if (c->count == c->room) {
    c->room = 2 * c->room + 16;
    PetscCall(PetscRealloc(sizeof *c->site * (size_t)c->room, &c->site));
  }
  *site = &c->site[c->count++];
  **site = (AetSite){.origin = -1, .species = species, .weight = 1};
  for (int a = 0; a < 3; a++) (*site)->position[a] = (*site)->start[a] = position[a];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCorrectionInstall(AetRefinery *r)
{
  const AetCorrection *c = r->correction;

  PetscFunctionBegin;
  PetscCall(PetscRealloc(sizeof(double) * (3 * (size_t)c->count + 1), &r->position));
  PetscCall(PetscRealloc(sizeof(double) * (3 * (size_t)c->count + 1), &r->start));
  PetscCall(PetscRealloc(sizeof(int) * ((size_t)c->count + 1), &r->species));
  for (PetscInt i = 0; i < c->count; i++) {
    for (int a = 0; a < 3; a++) r->position[3 * i + a] = c->site[i].position[a], r->start[3 * i + a] = c->site[i].start[a];
    r->species[i] = c->site[i].species;
  }
  r->atoms = (AetScatterers){c->count, r->position, r->species, NULL};
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetCorrectionFetch(AetRefinery *r)
{
  for (PetscInt i = 0; i < r->atoms.count; i++)
    for (int a = 0; a < 3; a++) r->correction->site[i].position[a] = r->position[3 * i + a];
}

static PetscErrorCode Append(PetscInt *count, double (**list)[3], const double position[3])
{
  PetscFunctionBegin;
  PetscCall(PetscRealloc(sizeof **list * (size_t)(*count + 1), list));
  for (int a = 0; a < 3; a++) (*list)[*count][a] = position[a];
  ++*count;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCorrectionClose(AetCorrection *c, const double position[3])
{
  PetscFunctionBegin;
  PetscCall(Append(&c->closed_count, &c->closed, position));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCorrectionTell(AetCorrection *c, const double position[3])
{
  PetscFunctionBegin;
  PetscCall(Append(&c->told_count, &c->told, position));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Distance(const double a[3], const double b[3])
{
  return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]));
}

PetscBool AetCorrectionIsAmong(PetscInt count, double (*list)[3], const double position[3], double reach)
{
  for (PetscInt i = 0; i < count; i++)
    if (Distance(list[i], position) < reach) return PETSC_TRUE;
  return PETSC_FALSE;
}

PetscErrorCode AetCorrectionLog(AetCorrection *c, const AetEdit *edit)
{
  AetCorrectReport *report = c->report;

  PetscFunctionBegin;
  if (!(report->edits & (report->edits - 1))) PetscCall(PetscRealloc(sizeof *edit * (size_t)PetscMax(2 * report->edits, 1), &report->edit));
  report->edit[report->edits++] = *edit;
  report->user += edit->decision == AET_EDIT_USER, report->refused += edit->decision == AET_EDIT_REFUSED;
  report->vetoed += edit->decision == AET_EDIT_VETOED;
  if (edit->decision != AET_EDIT_DONE) PetscFunctionReturn(PETSC_SUCCESS);
  report->added += edit->kind == AET_EDIT_ADD, report->deleted += edit->kind == AET_EDIT_DELETE;
  report->swapped += edit->kind == AET_EDIT_SWAP;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- the user's edits */

/* The site nearest to a place, and how far it is. */
static AetSite *Nearest(AetCorrection *c, const double position[3], double *distance)
{
  AetSite *best = NULL;

  *distance = INFINITY;
  for (PetscInt i = 0; i < c->count; i++)
    if (Distance(c->site[i].position, position) < *distance) *distance = Distance(c->site[i].position, position), best = &c->site[i];
  return best;
}

static PetscErrorCode Give(AetCorrection *c, const AetEdit *given, PetscInt number)
{
  const double *x = given->position, reach = 0.5 * c->settings->distance_angstrom;
  const char   *what = given->kind == AET_EDIT_ADD ? "add" : given->kind == AET_EDIT_DELETE ? "delete" : "swap";
  AetEdit       edit = *given;
  double        distance;
  AetSite      *site = Nearest(c, x, &distance);

  PetscFunctionBegin;
  if (given->kind == AET_EDIT_VETO) PetscFunctionReturn(Append(&c->veto_count, &c->veto, x));
  AetCheck(given->kind == AET_EDIT_ADD || (site && distance < reach), AET_ERR_DATA,
           "refine_edits: edit %d: %s: expected an atom within %g Å of (%.3f, %.3f, %.3f), found the nearest %.3g Å away", (int)number,
           what, reach, x[0], x[1], x[2], distance);
  AetCheck(given->kind != AET_EDIT_ADD || !(distance < reach), AET_ERR_DATA,
           "refine_edits: edit %d: add: expected no atom within %g Å of (%.3f, %.3f, %.3f), found one %.3g Å away", (int)number, reach,
           x[0], x[1], x[2], distance);
  edit.decision = AET_EDIT_USER, edit.round = 0;
  edit.from = given->kind == AET_EDIT_ADD ? AET_SPECIES_NONE : site->species;
  PetscCall(AetCorrectionLog(c, &edit));
  if (given->kind == AET_EDIT_DELETE) {
    PetscCall(Append(&c->veto_count, &c->veto, site->position));
    *site = c->site[--c->count];
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (given->kind == AET_EDIT_ADD) PetscCall(AetCorrectionAdd(c, x, given->to, &site));
  site->species = given->to, site->held = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GiveAll(AetCorrection *c)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < c->given_count; k++) PetscCall(Give(c, &c->given[k], k + 1));
  AetCheck(c->count > 0, AET_ERR_DATA, "refine_edits: expected at least one atom left, found all deleted");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- rounds */

/* Optics with at most `fits` different B, noise and positions of the new list. */
static PetscErrorCode Refit(AetRefinery *r, PetscInt fits, PetscInt steps)
{
  const AetRefineSettings *own = r->settings;
  AetRefineSettings        brief = *own;

  PetscFunctionBegin;
  brief.positions_iterations = PetscMin(steps, own->positions_iterations);
  PetscCall(AetCorrectionInstall(r));
  r->settings = &brief;
  PetscCall(AetRefineryOptics(r, fits));
  PetscCall(AetRefineryWeights(r));
  PetscCall(AetRefineryPositions(r));
  PetscCall(AetRefineryWeights(r));
  r->settings = own;
  AetCorrectionFetch(r);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One round: additions; where there are none, swaps and deletions; where there are none of those either, what has too little evidence
   goes. In this order because atoms move and grow to make up for a neighbour that is missing. */
static PetscErrorCode Round(AetRefinery *r, PetscInt round, PetscInt *changed)
{
  PetscFunctionBegin;
  PetscCall(AetCorrectionFit(r));
  PetscCall(AetCorrectionFind(r, round, changed));
  if (!*changed) PetscCall(AetCorrectionJudge(r, round, PETSC_FALSE, changed));
  if (!*changed) PetscCall(AetCorrectionJudge(r, round, PETSC_TRUE, changed));
  if (*changed) PetscCall(Refit(r, round <= 4 ? LATER_FITS : 0, SHORT_STEPS));
  r->correction->report->rounds += *changed > 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Sites(AetRefinery *r)
{
  AetCorrection *c = r->correction;
  AetSite       *site;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < r->atoms.count; i++) {
    PetscCall(AetCorrectionAdd(c, r->position + 3 * i, r->species[i], &site));
    for (int a = 0; a < 3; a++) site->start[a] = r->start[3 * i + a];
    site->origin = i;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefineryCorrect(AetRefinery *r)
{
  AetCorrection *c = r->correction;
  AetProgress    progress;
  PetscInt       changed = 1;
  char           note[96];

  PetscFunctionBegin;
  PetscCall(Sites(r));
  PetscCall(GiveAll(c));
  if (c->given_count) PetscCall(Refit(r, LATER_FITS, SHORT_STEPS));
  PetscCall(AetProgressCreate(r->comm, "correct", c->settings->rounds, &progress));
  c->most = (PetscInt)(MOST_ADDED * (double)c->count);
  for (PetscInt round = 1; round <= c->settings->rounds && changed && c->count >= FEW; round++) {
    PetscCall(Round(r, round, &changed));
    snprintf(note, sizeof note, "%d added, %d deleted, %d swapped", (int)c->report->added, (int)c->report->deleted,
             (int)c->report->swapped);
    PetscCall(AetProgressStep(progress, changed ? round : c->settings->rounds, note));
  }
  PetscCall(AetProgressDestroy(&progress));
  if (c->report->rounds) PetscCall(Refit(r, LATER_FITS, r->settings->positions_iterations));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- the result */

/* What an added atom has to show for itself. */
static AetAtomRecord Newcomer(const AetCorrection *c, const AetSite *site, PetscInt count, const AetAtomRecord *known)
{
  AetAtomRecord record = {.species = site->species, .confidence = 1};
  double        sum = 0, members = 0;

  for (PetscInt i = 0; i < count; i++)
    if (known[i].species == site->species) sum += known[i].intensity, members++;
  record.intensity = members > 0 ? site->weight * sum / members : site->weight;
  return record;
}

/* The refinery's atoms in the order of the records, whose padding says where each was. */
static PetscErrorCode Reorder(AetRefinery *r, const AetAtomRecord *record)
{
  AetCorrection *c = r->correction;
  AetSite       *site;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)c->count + 1, &site));
  for (PetscInt i = 0; i < c->count; i++) site[i] = c->site[record[i].padding];
  PetscCall(PetscFree(c->site));
  c->site = site, c->room = c->count;
  PetscCall(AetCorrectionInstall(r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefineryRelist(AetRefinery *r, AetAtoms atoms)
{
  const AetCorrection *c = r->correction;
  AetAtomRecord       *known, *record;
  const char          *symbols[AET_SPECIES_MAX];
  AetAtoms             made;
  struct _p_AetAtoms   other;

  PetscFunctionBegin;
  PetscCall(AetAtomsGatherRecords(atoms, &known));
  PetscCall(PetscCalloc1((size_t)c->count + 1, &record));
  for (PetscInt i = 0; i < c->count; i++) {
    const AetSite *site = &c->site[i];
    record[i] = site->origin >= 0 ? known[site->origin] : Newcomer(c, site, atoms->total, known);
    if (record[i].species != site->species) { /* what the tracing thought of its species is void */
      record[i].species = site->species, record[i].confidence = 1;
      memset(record[i].probability, 0, sizeof record[i].probability);
    }
    for (int a = 0; a < 3; a++) record[i].position[a] = site->position[a];
    record[i].padding = (int)i;
  }
  for (int s = 0; s < atoms->species_count; s++) symbols[s] = atoms->symbol[s];
  PetscCall(AetAtomsFromRecords(atoms->comm, c->count, record, atoms->species_count, symbols, &made));
  other = *atoms, *atoms = *made, *made = other; /* the caller's handle gets the new list */
  PetscCall(AetAtomsDestroy(&made));
  PetscCall(Reorder(r, record));
  PetscCall(PetscFree(record));
  PetscCall(PetscFree(known));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCorrect(AetAtoms atoms, AetTiltSeries tilt, const AetRefineSettings *refine, const AetCorrectSettings *settings,
                          PetscInt given_count, const AetEdit *given, AetRefineReport *refined, AetCorrectReport *report)
{
  AetCorrection  c = {.settings = settings, .report = report, .given_count = given_count, .given = given};
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(report, sizeof *report));
  code = AetRefineWith(atoms, tilt, refine, &c, refined);
  PetscCall(PetscFree(c.site));
  PetscCall(PetscFree(c.closed));
  PetscCall(PetscFree(c.veto));
  PetscCall(PetscFree(c.told));
  PetscFunctionReturn(code);
}
