/* Refinement of atoms against the measured images: rounds of optics, weights and positions (docs/theory/refinement.md). */
#include "atoms/atoms_private.h"
#include "atoms/kernel/cells.h"
#include "atoms/refine_private.h"
#include "recon/kernel/pixels.h"
#include <math.h>
#include <string.h>

enum { AET_PROFILE_AUTO, AET_PROFILE_SCATTERING, AET_PROFILE_GAUSSIAN }; /* order of refine_profile's choices */

#define FIRST_FITS 16 /* of the optics with different B, at most */
#define LATER_FITS 5
#define B_START 8.0           /* Å² */
#define TOO_NEAR_ANGSTROM 0.1 /* two atoms nearer than this are one */
#define Z_EXPONENT 1.7        /* of the heights to begin with */

PetscErrorCode AetRefineryEvaluate(AetRefinery *r)
{
  const double known = r->report->noise_floor > 0 ? r->settings->robust : 0;
  double      *rows, sums[3];

  PetscFunctionBegin;
  PetscCall(AetImagingProject(r->imaging, &r->optics, &r->atoms, r->images));
  PetscCall(PetscCalloc1(3 * (size_t)r->tilt->v_count + 1, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < r->tilt->v_count; j++) {
    double *row = rows + 3 * j;
    for (ptrdiff_t p = j * r->pixels; p < (j + 1) * r->pixels; p++) {
      const double w = (double)r->weight[p], b = (double)r->tilt->image[p], d = (double)r->images[p] - b, in_sigma = fabs(d) * sqrt(w);
      const int    far = known > 0 && in_sigma > known;
      r->residual[p] = (float)(far ? w * d * known / in_sigma : w * d);
      if (!(w > 0)) continue;
      row[0] += fabs(d), row[1] += fabs(b);
      row[2] += far ? known * (in_sigma - 0.5 * known) : 0.5 * in_sigma * in_sigma;
    }
  }
  PetscCall(AetSumOrdered(r->comm, (PetscInt)r->tilt->v_start, (PetscInt)r->tilt->v_count, (PetscInt)r->tilt->views, 3, rows, sums));
  PetscCall(PetscFree(rows));
  r->r1 = sums[1] > 0 ? sums[0] / sums[1] : 0;
  r->energy = sums[2];
  AetCheck(isfinite(r->energy), AET_ERR_DATA, "refinement: expected finite images, found numbers out of range");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two atoms at one place would share one image without end; an atom that no image sees has no place. */
static PetscErrorCode CheckAtoms(const AetRefinery *r)
{
  AetCells cells;

  PetscFunctionBegin;
  AetCheck(r->atoms.count > 0, AET_ERR_INPUT, "refine: expected atoms, found none");
  for (PetscInt i = 0; i < 3 * r->atoms.count; i++)
    AetCheck(isfinite(r->position[i]), AET_ERR_DATA, "refine: atom %d: expected a finite position, found %g", (int)(i / 3 + 1),
             r->position[i]);
  PetscCheck(!AetCellsBuild(&cells, r->atoms.count, r->position, 1.0), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for cells");
  for (PetscInt i = 0; i < r->atoms.count; i++) {
    ptrdiff_t       near[2];
    const ptrdiff_t found = AetCellsNear(&cells, r->position, r->position + 3 * i, TOO_NEAR_ANGSTROM, 2, near);
    if (found < 2) continue;
    AetCellsFree(&cells);
    AetCheck(0, AET_ERR_INPUT,
             "refine: atoms %d and %d: expected more than %g Å between two atoms, found them at one place (%.3f, %.3f, %.3f)",
             (int)near[0] + 1, (int)near[1] + 1, TOO_NEAR_ANGSTROM, r->position[3 * i], r->position[3 * i + 1], r->position[3 * i + 2]);
  }
  AetCellsFree(&cells);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether the atom is inside at least two images: one fixes only two of its three coordinates. */
static int IsSeen(const AetRefinery *r, const double *position, int *seen)
{
  const double pixel = r->tilt->pixel_angstrom;

  *seen = 0;
  for (ptrdiff_t j = 0; j < r->tilt->views && *seen < 2; j++) {
    double s[3], x, y;
    AetRotate(r->tilt->rotation[j], position, s);
    x = s[0] / pixel + (double)AetOrigin(r->tilt->nx), y = s[1] / pixel + (double)AetOrigin(r->tilt->ny);
    *seen += x >= 0 && x <= (double)r->tilt->nx - 1 && y >= 0 && y <= (double)r->tilt->ny - 1;
  }
  return *seen == 2;
}

/* Every atom must be seen; of an extended object half of them: those at the edges of the images stay where they are held. */
static PetscErrorCode CheckSeen(const AetRefinery *r)
{
  PetscInt unseen = 0;
  int      seen;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < r->atoms.count; i++) {
    if (IsSeen(r, r->position + 3 * i, &seen)) continue;
    unseen++;
    AetCheck(
        r->settings->extended && 2 * unseen <= r->atoms.count, AET_ERR_INPUT,
        "refine: atom %d at (%.2f, %.2f, %.2f) Å: expected an atom inside at least 2 images, found it in %d; do the atoms and the tilt "
        "series have one frame and one pixel size?",
        (int)i + 1, r->position[3 * i], r->position[3 * i + 1], r->position[3 * i + 2], seen);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakeOptics(AetRefinery *r, AetAtoms atoms)
{
  int Z[AET_SPECIES_MAX], first = 0;

  PetscFunctionBegin;
  for (int s = 0; s < atoms->species_count; s++) {
    Z[s] = AetAtomicNumber(atoms->symbol[s]);
    AetCheck(Z[s] > 0 || r->settings->profile == AET_PROFILE_GAUSSIAN, AET_ERR_INPUT,
             "refine: species %s: expected an element with a scattering factor (H to Lr), found none; refine_profile gaussian does without",
             atoms->symbol[s]);
  }
  first = Z[0] > 0 ? Z[0] : 1;
  PetscCall(AetOpticsCreate(r->tilt->views, atoms->species_count, Z, &r->optics));
  for (int s = 0; s < atoms->species_count; s++) {
    r->optics.height[s] = Z[s] > 0 ? pow((double)Z[s] / first, Z_EXPONENT) : 1;
    r->optics.b_factor[s] = PetscMin(PetscMax(B_START, r->settings->b_min), r->settings->b_max);
    if (r->settings->profile == AET_PROFILE_GAUSSIAN) r->optics.Z[s] = 0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 1 at measured pixels. */
static PetscErrorCode FirstWeights(AetRefinery *r)
{
  unsigned char *use;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(r->tilt->v_count * r->pixels) + 1, &use));
  memset(use, AET_PIXEL_USED, (size_t)(r->tilt->v_count * r->pixels));
  for (ptrdiff_t j = 0; j < r->tilt->v_count && r->settings->extended; j++)
    AetPixelsBlankBorder(r->tilt->ny, r->tilt->nx, r->tilt->image + j * r->pixels, use + j * r->pixels);
  for (ptrdiff_t p = 0; p < r->tilt->v_count * r->pixels; p++) r->weight[p] = use[p] == AET_PIXEL_USED;
  PetscCall(PetscFree(use));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Begin(AetRefinery *r, AetAtoms atoms)
{
  size_t size;

  PetscFunctionBegin;
  PetscCall(AetAtomsGather(atoms, &r->position, &r->species));
  r->atoms = (AetScatterers){atoms->total, r->position, r->species, NULL};
  PetscCall(CheckAtoms(r));
  PetscCall(CheckSeen(r));
  AetCheck(r->tilt->views >= 3 || !r->settings->probes, AET_ERR_INPUT,
           "refine_probes: expected 3 views or more for uncertainties, found %td; refine_probes 0 does without", r->tilt->views);
  PetscCall(MakeOptics(r, atoms));
  r->pixels = r->tilt->ny * r->tilt->nx;
  size = (size_t)(r->tilt->v_count * r->pixels);
  PetscCall(AetAgree(r->comm, PetscMalloc3(size + 1, &r->weight, size + 1, &r->images, size + 1, &r->residual)));
  PetscCall(PetscMalloc1(3 * (size_t)atoms->total + 1, &r->start));
  PetscCall(PetscArraycpy(r->start, r->position, 3 * (size_t)atoms->total));
  PetscCall(FirstWeights(r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fits the optics with Gaussians too, and keeps them if they fit better. */
static PetscErrorCode ChooseProfile(AetRefinery *r)
{
  AetOptics    tabulated;
  const double energy = r->energy;

  PetscFunctionBegin;
  PetscCall(AetOpticsCreate(r->optics.views, r->optics.species_count, r->optics.Z, &tabulated));
  PetscCall(AetOpticsCopy(&r->optics, &tabulated));
  for (int s = 0; s < r->optics.species_count; s++) r->optics.Z[s] = 0, r->optics.b_factor[s] += B_START; /* the factors' own width */
  for (int s = 0; s < r->optics.species_count; s++) r->optics.b_factor[s] = PetscMin(r->optics.b_factor[s], r->settings->b_max);
  PetscCall(AetRefineryOptics(r, FIRST_FITS));
  PetscCall(AetRefineryEvaluate(r));
  if (!(r->energy < energy)) {
    PetscCall(AetOpticsCopy(&tabulated, &r->optics));
    PetscCall(AetRefineryOptics(r, 0));
  }
  PetscCall(AetOpticsFree(&tabulated));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FirstOptics(AetRefinery *r)
{
  PetscFunctionBegin;
  PetscCall(AetRefineryOptics(r, FIRST_FITS));
  PetscCall(AetRefineryEvaluate(r));
  if (r->settings->profile == AET_PROFILE_AUTO) PetscCall(ChooseProfile(r));
  r->report->tabulated = (PetscBool)(r->optics.Z[0] > 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Cycles(AetRefinery *r)
{
  AetProgress progress;
  char        note[64];
  PetscInt    steps = 2;

  PetscFunctionBegin;
  PetscCall(AetProgressCreate(r->comm, "refine", r->settings->cycles, &progress));
  for (PetscInt cycle = 0; cycle < r->settings->cycles && (steps > 1 || cycle < 2); cycle++) {
    PetscCall(cycle ? AetRefineryOptics(r, LATER_FITS) : FirstOptics(r));
    if (cycle && r->settings->widths) PetscCall(AetRefineryProfile(r));
    if (r->settings->shifts) PetscCall(AetRefineryShifts(r));
    if (r->settings->angles) PetscCall(AetRefineryAngles(r));
    PetscCall(AetRefineryWeights(r));
    if (cycle == 0) r->report->r1_before = r->r1;
    steps = r->report->steps;
    PetscCall(AetRefineryPositions(r));
    steps = r->report->steps - steps;
    snprintf(note, sizeof note, "R1 %.4f", r->r1);
    PetscCall(AetProgressStep(progress, cycle + 1, note));
  }
  PetscCall(AetProgressDestroy(&progress));
  PetscCall(AetRefineryWeights(r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report(AetRefinery *r)
{
  AetRefineReport *report = r->report;
  double           square = 0, pixels = 0, all;

  PetscFunctionBegin;
  PetscCall(AetRefineryEvaluate(r));
  for (ptrdiff_t p = 0; p < r->tilt->v_count * r->pixels; p++) pixels += r->weight[p] > 0;
  PetscCallMPI(MPI_Allreduce(&pixels, &all, 1, MPI_DOUBLE, MPI_SUM, r->comm));
  report->r1 = r->r1;
  if (r->settings->model) PetscCall(PetscArraycpy(r->settings->model, r->images, r->tilt->v_count * r->pixels));
  report->chi2 = all > 0 ? 2 * r->energy / all : 0;
  for (int s = 0; s < r->optics.species_count; s++) report->height[s] = r->optics.height[s], report->b_factor[s] = r->optics.b_factor[s];
  for (ptrdiff_t j = 0; j < r->tilt->views; j++)
    for (int a = 0; a < 2; a++) report->shift_rms_angstrom += r->optics.shift[j][a] * r->optics.shift[j][a] / (double)r->tilt->views;
  report->shift_rms_angstrom = sqrt(report->shift_rms_angstrom);
  for (PetscInt i = 0; i < r->atoms.count; i++) {
    double moved = 0;
    for (int a = 0; a < 3; a++) moved += (r->position[3 * i + a] - r->start[3 * i + a]) * (r->position[3 * i + a] - r->start[3 * i + a]);
    square += moved;
    report->moved_max_angstrom = PetscMax(report->moved_max_angstrom, sqrt(moved));
    report->at_limit += sqrt(moved) > 0.999 * r->settings->limit_angstrom;
  }
  report->moved_rms_angstrom = sqrt(square / (double)PetscMax(r->atoms.count, 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Perform(AetRefinery *r, AetAtoms atoms)
{
  double *sigma;

  PetscFunctionBegin;
  PetscCall(Begin(r, atoms));
  PetscCall(Cycles(r));
  if (r->correction) PetscCall(AetRefineryCorrect(r));
  PetscCall(Report(r));
  if (r->correction) PetscCall(AetRefineryRelist(r, atoms));
  PetscCall(AetRefinerySpecies(r, atoms));
  PetscCall(PetscCalloc1(3 * (size_t)atoms->total + 1, &sigma));
  if (r->settings->probes > 0 && r->report->noise_floor > 0) PetscCall(AetRefineryUncertainty(r, sigma));
  PetscCall(PetscArraycpy(atoms->position, r->position + 3 * atoms->start, 3 * (size_t)atoms->count));
  PetscCall(PetscArraycpy(atoms->sigma, sigma + 3 * atoms->start, 3 * (size_t)atoms->count));
  PetscCall(PetscArrayzero(atoms->sigma_total, 3 * (size_t)atoms->count)); /* of what they were before */
  PetscCall(PetscArrayzero(atoms->p_found, atoms->count));
  PetscCall(PetscFree(sigma));
  PetscCall(AetAtomsSort(atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefineWith(AetAtoms atoms, AetTiltSeries tilt, const AetRefineSettings *settings, AetCorrection *correction,
                             AetRefineReport *report)
{
  AetRefinery r = {.tilt = tilt, .comm = tilt->comm, .settings = settings, .report = report, .correction = correction};
  double(*given)[9];
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(report, sizeof *report));
  PetscCall(PetscMalloc1((size_t)tilt->views, &given));
  PetscCall(PetscArraycpy(given, tilt->rotation, tilt->views));
  code = Perform(&r, atoms);
  AetRefineryTurned(&r, (const double(*)[9])given, &report->turn_rms_deg);
  PetscCall(PetscFree(given));
  PetscCall(AetImagingDestroy(&r.imaging));
  PetscCall(AetOpticsFree(&r.optics));
  PetscCall(AetOpticsFree(&r.one));
  PetscCall(PetscFree3(r.weight, r.images, r.residual));
  PetscCall(PetscFree(r.position));
  PetscCall(PetscFree(r.species));
  PetscCall(PetscFree(r.start));
  PetscFunctionReturn(code);
}

PetscErrorCode AetRefine(AetAtoms atoms, AetTiltSeries tilt, const AetRefineSettings *settings, AetRefineReport *report)
{
  PetscFunctionBegin;
  PetscCall(AetRefineWith(atoms, tilt, settings, NULL, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}
