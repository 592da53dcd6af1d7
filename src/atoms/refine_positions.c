/* Gauss–Newton of the positions: normal equations without a matrix, solved by KSP, steps held back where they do not help. */
#include "atoms/refine_private.h"
#include <math.h>
#include <petscksp.h>

#define STEP_MOST 0.3 /* Å, of one atom in one step */
#define AT_REST 1e-3  /* Å, r.m.s. of a step that ends the iteration */
#define INNER_STEPS 12
#define INNER_TOLERANCE 0.05
#define LEAST_DAMPING 1e-3
#define TRIES 5

void AetBlockApply(const double m[6], const double x[3], double y[3])
{
  y[0] = m[0] * x[0] + m[1] * x[1] + m[2] * x[2];
  y[1] = m[1] * x[0] + m[3] * x[1] + m[4] * x[2];
  y[2] = m[2] * x[0] + m[4] * x[1] + m[5] * x[2];
}

void AetBlockInvert(const double block[6], double inverse[6])
{
  const double trace = block[0] + block[3] + block[5], hold = 1e-6 * trace;
  const double a = block[0] + hold, b = block[1], c = block[2], d = block[3] + hold, e = block[4], f = block[5] + hold;
  const double A = d * f - e * e, B = c * e - b * f, C = b * e - c * d, determinant = a * A + b * B + c * C;

  for (int k = 0; k < 6; k++) inverse[k] = 0;
  if (!(determinant > 0)) return;
  inverse[0] = A / determinant, inverse[1] = B / determinant, inverse[2] = C / determinant;
  inverse[3] = (a * f - c * c) / determinant, inverse[4] = (b * c - a * e) / determinant, inverse[5] = (a * d - b * b) / determinant;
}

/* What the operator and its preconditioner need. */
typedef struct {
  AetRefinery  *r;
  const double *block;
  double        damping, *inverse;
} Normal;

static PetscErrorCode Multiply(Mat A, Vec x, Vec y)
{
  Normal            *n;
  const PetscScalar *in;
  PetscScalar       *out;
  AetImagingGradient g = {0};

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &n));
  PetscCall(VecGetArrayRead(x, &in));
  PetscCall(VecGetArrayWrite(y, &out));
  g.position = out;
  PetscCall(AetImagingMove(n->r->imaging, &n->r->optics, &n->r->atoms, in, n->r->residual));
#pragma omp parallel for simd num_threads(AetThreads())
  for (ptrdiff_t p = 0; p < n->r->tilt->v_count * n->r->pixels; p++) n->r->residual[p] *= n->r->weight[p];
  PetscCall(AetImagingAdjoint(n->r->imaging, &n->r->optics, &n->r->atoms, n->r->residual, PETSC_FALSE, &g));
  for (PetscInt i = 0; i < n->r->atoms.count; i++) {
    double more[3];
    AetBlockApply(n->block + 6 * i, in + 3 * i, more);
    for (int a = 0; a < 3; a++) out[3 * i + a] += n->damping * more[a] + n->r->hold * in[3 * i + a];
  }
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscCall(VecRestoreArrayWrite(y, &out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Precondition(PC pc, Vec x, Vec y)
{
  Normal            *n;
  const PetscScalar *in;
  PetscScalar       *out;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &n));
  PetscCall(VecGetArrayRead(x, &in));
  PetscCall(VecGetArrayWrite(y, &out));
  for (PetscInt i = 0; i < n->r->atoms.count; i++) AetBlockApply(n->inverse + 6 * i, in + 3 * i, out + 3 * i);
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscCall(VecRestoreArrayWrite(y, &out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every rank solves the whole system: its vectors are the same on all of them, so all meet in the collective products. */
static PetscErrorCode Run(Normal *n, double tolerance, PetscInt steps, const double *b, double *x)
{
  const PetscInt size = 3 * n->r->atoms.count;
  KSP            ksp;
  PC             pc;
  Mat            A;
  Vec            right, solution;

  PetscFunctionBegin;
  PetscCall(MatCreateShell(PETSC_COMM_SELF, size, size, size, size, n, &A));
  PetscCall(MatShellSetOperation(A, MATOP_MULT, (void (*)(void))Multiply));
  PetscCall(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, size, b, &right));
  PetscCall(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, size, x, &solution));
  PetscCall(KSPCreate(PETSC_COMM_SELF, &ksp));
  PetscCall(KSPSetType(ksp, KSPCG));
  PetscCall(KSPSetOperators(ksp, A, A));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCSHELL));
  PetscCall(PCShellSetContext(pc, n));
  PetscCall(PCShellSetApply(pc, Precondition));
  PetscCall(KSPSetTolerances(ksp, tolerance, 0, PETSC_DEFAULT, steps));
  PetscCall(KSPSetInitialGuessNonzero(ksp, PETSC_TRUE));
  PetscCall(KSPSolve(ksp, right, solution));
  PetscCall(KSPDestroy(&ksp));
  PetscCall(VecDestroy(&right));
  PetscCall(VecDestroy(&solution));
  PetscCall(MatDestroy(&A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefinerySolve(AetRefinery *r, const double *block, double damping, double tolerance, PetscInt steps, const double *b,
                                double *x)
{
  Normal n = {r, block, damping, NULL};

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(6 * (size_t)r->atoms.count + 1, &n.inverse));
  for (PetscInt i = 0; i < r->atoms.count; i++) {
    double held[6];
    for (int k = 0; k < 6; k++) held[k] = (1 + damping) * block[6 * i + k] + (k == 0 || k == 3 || k == 5 ? r->hold : 0);
    AetBlockInvert(held, n.inverse + 6 * i);
  }
  PetscCall(Run(&n, tolerance, steps, b, x));
  PetscCall(PetscFree(n.inverse));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The atom at `from` + step, no farther than the limit from its start. */
static void Move(const AetRefinery *r, const double *from, const double *step)
{
  const double most = r->settings->limit_angstrom;

  for (PetscInt i = 0; i < r->atoms.count; i++) {
    double d[3], length = 0, cut = 0;
    for (int a = 0; a < 3; a++) length += step[3 * i + a] * step[3 * i + a];
    length = sqrt(length);
    cut = length > STEP_MOST ? STEP_MOST / length : 1;
    length = 0;
    for (int a = 0; a < 3; a++) d[a] = from[3 * i + a] + cut * step[3 * i + a] - r->start[3 * i + a], length += d[a] * d[a];
    cut = length > most * most ? most / sqrt(length) : 1;
    for (int a = 0; a < 3; a++) r->position[3 * i + a] = r->start[3 * i + a] + cut * d[a];
  }
}

static double MeanStep(const AetRefinery *r, const double *from)
{
  double sum = 0;

  for (PetscInt i = 0; i < 3 * r->atoms.count; i++) sum += (r->position[i] - from[i]) * (r->position[i] - from[i]);
  return sqrt(sum / (double)PetscMax(r->atoms.count, 1));
}

/* The misfit and what holds the atoms to their starts. */
static double Held(const AetRefinery *r)
{
  double sum = 0;

  for (PetscInt i = 0; i < 3 * r->atoms.count && r->hold > 0; i++) sum += (r->position[i] - r->start[i]) * (r->position[i] - r->start[i]);
  return r->energy + 0.5 * r->hold * sum;
}

/* Tries the step with more and more damping until that falls. */
static PetscErrorCode Step(AetRefinery *r, const double *block, const double *from, const double *minus, double *step, double *damping,
                           PetscBool *better)
{
  const double before = Held(r);

  PetscFunctionBegin;
  *better = PETSC_FALSE;
  for (int attempt = 0; attempt < TRIES && !*better; attempt++) {
    PetscCall(PetscArrayzero(step, 3 * (size_t)r->atoms.count));
    PetscCall(AetRefinerySolve(r, block, *damping, INNER_TOLERANCE, INNER_STEPS, minus, step));
    Move(r, from, step);
    PetscCall(AetRefineryEvaluate(r));
    *better = (PetscBool)(Held(r) < before);
    *damping = *better ? PetscMax(*damping / 4, LEAST_DAMPING) : PetscMax(*damping * 8, 10 * LEAST_DAMPING);
  }
  if (!*better) {
    PetscCall(PetscArraycpy(r->position, from, 3 * (size_t)r->atoms.count));
    PetscCall(AetRefineryEvaluate(r));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefineryPositions(AetRefinery *r)
{
  const size_t       size = 3 * (size_t)r->atoms.count;
  AetImagingGradient g = {0};
  double            *block, *step, *from, damping = 0.01;
  PetscBool          better = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(size + 1, &g.position, 2 * size + 1, &block, size + 1, &step, size + 1, &from));
  PetscCall(AetRefineryEvaluate(r));
  for (PetscInt it = 0; it < r->settings->positions_iterations && better; it++) {
    PetscCall(PetscArraycpy(from, r->position, size));
    PetscCall(AetImagingAdjoint(r->imaging, &r->optics, &r->atoms, r->residual, PETSC_FALSE, &g));
    PetscCall(AetImagingBlocks(r->imaging, &r->optics, &r->atoms, r->weight, block));
    PetscCall(AetRefineryHold(r, block));
    for (size_t i = 0; i < size; i++) g.position[i] = -g.position[i] - r->hold * (r->position[i] - r->start[i]);
    PetscCall(Step(r, block, from, g.position, step, &damping, &better));
    if (better) r->report->steps++;
    if (MeanStep(r, from) < AT_REST) break;
  }
  PetscCall(PetscFree4(g.position, block, step, from));
  PetscFunctionReturn(PETSC_SUCCESS);
}
