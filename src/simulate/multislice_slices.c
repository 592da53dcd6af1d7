/* Atoms to slices: thermal displacements, projected potentials, transmission functions, and the probe that reaches every slice. */
#include "simulate/kernel/electron_wave.h"
#include "simulate/kernel/structure.h"
#include "simulate/kernel/wave.h"
#include "simulate/multislice_private.h"
#include <math.h>
#include <string.h>

enum { STREAM_THERMAL = 0x5400 };

/* Where atom i is in this configuration, as the beam sees it. */
static void Place(const AetMicroscope *m, const double R[9], uint64_t configuration, PetscInt i, double seen[3])
{
  const AetSpecimen *specimen = m->specimen;
  const uint64_t     key = configuration << 32 | (uint64_t)(specimen->id ? specimen->id[i] : i + 1);
  const double       u = sqrt(m->settings->b_factor[specimen->species[i]] / (8 * M_PI * M_PI));
  double             r[3];

  for (int a = 0; a < 3; a++)
    r[a] = specimen->position[3 * i + a] + u * AetRandomNormal(m->settings->seed, (uint64_t)(STREAM_THERMAL + a), key);
  AetRotate(R, r, seen);
}

/* Slices of the given thickness about the middle of the atoms at rest; an atom displaced beyond the last belongs to the last. */
static PetscErrorCode CutSlices(const AetMicroscope *m, const double R[9], uint64_t configuration, AetSlices *s)
{
  const AetSpecimen *specimen = m->specimen;
  const double       dz = m->settings->slice_angstrom;
  const PetscInt     atoms = specimen->count;
  double             low = HUGE_VAL, high = -HUGE_VAL, (*seen)[3];
  int               *slice;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(atoms, &seen, atoms, &slice));
  for (PetscInt i = 0; i < atoms; i++) {
    AetRotate(R, &specimen->position[3 * i], seen[i]);
    low = fmin(low, seen[i][2]), high = fmax(high, seen[i][2]);
  }
  if (!atoms) low = high = 0;
  s->count = (int)fmax(1, ceil((high - low) / dz - 1e-9));
  s->first_plane = 0.5 * (low + high) - 0.5 * dz * (s->count - 1);
  PetscCall(PetscCalloc1(s->count + 1, &s->first));
  PetscCall(PetscMalloc2(2 * atoms + 1, &s->at, atoms + 1, &s->species));
  for (PetscInt i = 0; i < atoms; i++) {
    Place(m, R, configuration, i, seen[i]);
    slice[i] = (int)fmin(fmax(floor((seen[i][2] - s->first_plane) / dz + 0.5), 0), s->count - 1);
    for (int a = 0; a < 2; a++)
      seen[i][a] = (seen[i][a] / m->pixel + (double)AetOrigin(a ? m->ny : m->nx)) * (double)m->per_pixel + 0.5 * (double)m->n;
    /* the grid repeats itself: an atom beyond it must not come in on the other side */
    if (seen[i][0] < 0 || seen[i][1] < 0 || seen[i][0] >= (double)m->grid[1] || seen[i][1] >= (double)m->grid[0]) slice[i] = -1;
    if (slice[i] >= 0) s->first[slice[i] + 1]++;
  }
  for (int k = 0; k < s->count; k++) s->first[k + 1] += s->first[k];
  for (PetscInt i = 0; i < atoms; i++) {
    if (slice[i] < 0) continue;
    const PetscInt place = s->first[slice[i]]++;
    s->at[2 * place] = seen[i][0], s->at[2 * place + 1] = seen[i][1];
    s->species[place] = specimen->species[i];
  }
  for (int k = s->count; k > 0; k--) s->first[k] = s->first[k - 1];
  s->first[0] = 0;
  PetscCall(PetscFree2(seen, slice));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What one thread works in. */
typedef struct {
  float         *x[2], *y[2], *row; /* [atoms][half], [grid y][atoms], [2 half] */
  float complex *spectrum, *grid;   /* [grid y][half], [grid y][grid x] */
} Room;

static PetscErrorCode RoomCreate(const AetMicroscope *m, PetscInt atoms, Room *room)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc5(atoms * m->half + 1, &room->x[0], atoms * m->half + 1, &room->x[1], atoms * m->grid[0] + 1, &room->y[0],
                         atoms * m->grid[0] + 1, &room->y[1], 2 * m->half, &room->row));
  room->spectrum = AetWaves(m->grid[0] * m->half);
  room->grid = AetWaves(m->grid[0] * m->grid[1]);
  PetscCheck(room->spectrum && room->grid, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for a slice");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void RoomDestroy(Room *room)
{
  (void)PetscFree5(room->x[0], room->x[1], room->y[0], room->y[1], room->row);
  fftwf_free(room->spectrum);
  fftwf_free(room->grid);
}

/* Adds the atoms of one species among `count` atoms of a slice to the spectrum of its phase. */
static void AddSpecies(const AetMicroscope *m, const AetSlices *s, PetscInt first, PetscInt count, int species, Room *room)
{
  PetscInt used = 0;

  for (PetscInt i = first; i < first + count; i++) used += s->species[i] == species;
  if (!used) return;
  for (PetscInt i = first, a = 0; i < first + count; i++) {
    if (s->species[i] != species) continue;
    AetKernelStructurePhases(s->at[2 * i], m->grid[1], m->half, room->x[0] + a * m->half, room->x[1] + a * m->half);
    for (ptrdiff_t k = 0; k < m->grid[0]; k++) {
      const double turns = (double)AetKernelFrequency(k, m->grid[0]) * s->at[2 * i + 1] / (double)m->grid[0];
      const double angle = -2 * M_PI * (turns - floor(turns));
      room->y[0][k * used + a] = (float)cos(angle);
      room->y[1][k * used + a] = (float)sin(angle);
    }
    a++;
  }
  for (ptrdiff_t k = 0; k < m->grid[0]; k++)
    AetKernelStructureRow(used, m->half, room->y[0] + k * used, room->y[1] + k * used, room->x[0], room->x[1],
                          m->factor[species] + k * m->half, room->row, room->spectrum + k * m->half);
}

/* Keeps of a slice's spectrum the frequencies up to keep_slice. */
static void BandLimit(const AetMicroscope *m, float complex *grid)
{
  for (ptrdiff_t y = 0; y < m->grid[0]; y++) {
    const double ky = (double)AetKernelFrequency(y, m->grid[0]) / ((double)m->grid[0] * m->step);
    for (ptrdiff_t x = 0; x < m->grid[1]; x++) {
      const double kx = (double)AetKernelFrequency(x, m->grid[1]) / ((double)m->grid[1] * m->step);
      if (kx * kx + ky * ky > m->keep_slice * m->keep_slice) grid[y * m->grid[1] + x] = 0;
    }
  }
}

static void MakeSlice(const AetMicroscope *m, AetSlices *s, int k, Room *room)
{
  const ptrdiff_t size = m->grid[0] * m->grid[1];
  const float     scale = (float)(1 / ((double)size * (double)(m->n * m->n)));
  float complex  *slice = s->transmission + k * size;

  memset(room->spectrum, 0, sizeof *room->spectrum * (size_t)(m->grid[0] * m->half));
  for (int species = 0; species < m->specimen->species_count; species++)
    AddSpecies(m, s, s->first[k], s->first[k + 1] - s->first[k], species, room);
  fftwf_execute_dft_c2r(m->to_phase, room->spectrum, (float *)room->grid);
  AetKernelTransmission(size, (const float *)room->grid, slice);
  memcpy(room->grid, slice, sizeof *slice * (size_t)size);
  fftwf_execute_dft(m->grid_forward, room->grid, room->grid);
  BandLimit(m, room->grid);
  fftwf_execute_dft(m->grid_backward, room->grid, room->grid);
  for (ptrdiff_t p = 0; p < 2 * size; p++) ((float *)slice)[p] = scale * ((const float *)room->grid)[p];
}

/* The aperture evenly lit, with the lens's aberration and the way to the plane of a slice; the whole beam has the intensity 1. */
static PetscErrorCode MakeProbes(const AetMicroscope *m, AetSlices *s)
{
  const ptrdiff_t              n = m->n;
  const AetMultisliceSettings *set = m->settings;
  const double                 dk = 1 / (m->step * (double)n), edge = 1e-3 * set->semi_angle_mrad / m->wavelength;
  double                      *amplitude, lit = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(n * n, &amplitude));
  for (ptrdiff_t p = 0; p < n * n; p++) {
    const double part = AetKernelDiscPart(dk, AetKernelFrequency(p / n, n), AetKernelFrequency(p % n, n), edge);
    amplitude[p] = part;
    lit += part * part;
  }
  s->vacuum = 0;
  for (ptrdiff_t p = 0; p < n * n; p++) s->vacuum += amplitude[p] * amplitude[p] / lit * (double)m->detector[p];
#pragma omp parallel for num_threads(AetThreads()) schedule(static)
  for (int k = 0; k < s->count; k++) {
    const double way = set->defocus_angstrom - (s->first_plane + k * set->slice_angstrom); /* from the plane to the focus */
    for (ptrdiff_t p = 0; p < n * n; p++) {
      const ptrdiff_t iy = AetKernelFrequency(p / n, n), ix = AetKernelFrequency(p % n, n);
      const double    chi = AetKernelAberration(m->wavelength, dk * hypot((double)iy, (double)ix), way, set->cs_mm);
      const double    a = amplitude[p] / sqrt(lit) * ((iy + ix) & 1 ? -1 : 1); /* to the middle of the window */
      s->probe[k * m->room + p] = a > 0 || a < 0 ? CMPLXF((float)(a * cos(chi)), (float)(-a * sin(chi))) : 0;
    }
    AetToWave(m, s->probe + k * m->room);
  }
  PetscCall(PetscFree(amplitude));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSlicesCreate(const AetMicroscope *m, const double R[9], uint64_t configuration, AetSlices *s)
{
  const int threads = AetThreads();
  PetscInt  most = 0;
  Room     *room;

  PetscFunctionBegin;
  memset(s, 0, sizeof *s);
  PetscCall(CutSlices(m, R, configuration, s));
  s->transmission = AetWaves(s->count * m->grid[0] * m->grid[1]);
  s->probe = AetWaves(s->count * m->room);
  PetscCheck(s->transmission && s->probe, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for %d slices of %td x %td", s->count, m->grid[0],
             m->grid[1]);
  for (int k = 0; k < s->count; k++) most = PetscMax(most, s->first[k + 1] - s->first[k]);
  PetscCall(PetscMalloc1(threads, &room));
  for (int t = 0; t < threads; t++) PetscCall(RoomCreate(m, most, &room[t]));
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++)
    for (int k = t; k < s->count; k += threads) MakeSlice(m, s, k, &room[t]);
  for (int t = 0; t < threads; t++) RoomDestroy(&room[t]);
  PetscCall(PetscFree(room));
  PetscCall(MakeProbes(m, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetSlicesDestroy(AetSlices *s)
{
  (void)PetscFree(s->first);
  (void)PetscFree2(s->at, s->species);
  fftwf_free(s->transmission);
  fftwf_free(s->probe);
  memset(s, 0, sizeof *s);
}
