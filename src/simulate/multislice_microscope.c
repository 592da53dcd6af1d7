/* The microscope of multislice images: grids, lens, propagator, detector, and the options that describe it. */
#include "simulate/kernel/electron_wave.h"
#include "simulate/kernel/wave.h"
#include "simulate/multislice_private.h"
#include "simulate/seed.h"
#include <math.h>
#include <string.h>

#define WINDOW_ANGSTROM 8.0 /* of a thin specimen; docs/theory/multislice.md has the measurement */
#define MRAD 1e-3

static PetscErrorCode ReadBFactors(const AetSpecimen *specimen, AetMultisliceSettings *settings)
{
  int     count;
  double *values;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReals("simulate_multislice_b_factor_angstrom2", &count, &values));
  for (int s = 0; s < specimen->species_count && count > 0; s++) settings->b_factor[s] = values[PetscMin(s, count - 1)];
  PetscCall(PetscFree(values));
  AetCheck(count == 1 || count == specimen->species_count, AET_ERR_INPUT,
           "simulate_multislice_b_factor_angstrom2: expected one number, or one for each of the %d species, found %d",
           specimen->species_count, count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetMultisliceSettingsFromOptions(const AetSpecimen *specimen, AetMultisliceSettings *settings)
{
  PetscFunctionBegin;
  memset(settings, 0, sizeof *settings);
  PetscCall(AetOptionsRegister(&AetMultisliceOptions));
  PetscCall(AetOptionGetReal("simulate_multislice_energy_kev", &settings->energy_kev));
  PetscCall(AetOptionGetReal("simulate_multislice_semi_angle_mrad", &settings->semi_angle_mrad));
  PetscCall(AetOptionGetReal("simulate_multislice_defocus_angstrom", &settings->defocus_angstrom));
  PetscCall(AetOptionGetReal("simulate_multislice_cs_mm", &settings->cs_mm));
  PetscCall(AetOptionGetReal("simulate_multislice_inner_mrad", &settings->inner_mrad));
  PetscCall(AetOptionGetReal("simulate_multislice_outer_mrad", &settings->outer_mrad));
  PetscCall(AetOptionGetReal("simulate_multislice_slice_angstrom", &settings->slice_angstrom));
  PetscCall(AetOptionGetReal("simulate_multislice_sampling_angstrom", &settings->sampling_angstrom));
  PetscCall(AetOptionGetReal("simulate_multislice_window_angstrom", &settings->window_angstrom));
  PetscCall(AetOptionGetReal("simulate_multislice_source_fwhm_angstrom", &settings->source_fwhm_angstrom));
  PetscCall(AetOptionGetInt("simulate_multislice_configurations", &settings->configurations));
  PetscCall(AetSimulateSeed(&settings->seed));
  PetscCall(ReadBFactors(specimen, settings));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest extent of the specimen along the beam over all views. */
static double Thickness(const AetSpecimen *specimen, ptrdiff_t views, const double (*rotation)[9])
{
  double thickness = 0;

  for (ptrdiff_t v = 0; v < views; v++) {
    double low = HUGE_VAL, high = -HUGE_VAL, seen[3];
    for (PetscInt i = 0; i < specimen->count; i++) {
      AetRotate(rotation[v], &specimen->position[3 * i], seen);
      low = fmin(low, seen[2]), high = fmax(high, seen[2]);
    }
    if (high > low) thickness = fmax(thickness, high - low);
  }
  return thickness;
}

static PetscErrorCode ChooseGrids(ptrdiff_t views, const double (*rotation)[9], AetMicroscope *m)
{
  const AetMultisliceSettings *set = m->settings;
  const double                 outer = set->outer_mrad * MRAD / m->wavelength, cone = set->semi_angle_mrad * MRAD / m->wavelength,
               most = 1 / (3 * outer + cone);
  double window = set->window_angstrom;

  PetscFunctionBegin;
  AetCheck(set->inner_mrad < set->outer_mrad, AET_ERR_INPUT,
           "simulate_multislice_outer_mrad: expected more than the inner angle, %g mrad, found %g", set->inner_mrad, set->outer_mrad);
  AetCheck(set->outer_mrad >= set->semi_angle_mrad, AET_ERR_INPUT,
           "simulate_multislice_outer_mrad: expected at least the semi-angle of the probe, %g mrad, found %g", set->semi_angle_mrad,
           set->outer_mrad);
  AetCheck(set->sampling_angstrom <= most, AET_ERR_INPUT,
           "simulate_multislice_sampling_angstrom: an outer angle of %g mrad and a probe of %g mrad need at most %.4f Å, found %g",
           set->outer_mrad, set->semi_angle_mrad, most, set->sampling_angstrom);
  m->per_pixel = (ptrdiff_t)ceil(m->pixel / (set->sampling_angstrom > 0 ? set->sampling_angstrom : most) - 1e-9);
  m->step = m->pixel / (double)m->per_pixel;
  /* a slice sends a wave from any side of the cone to any frequency that is kept; no product comes back as a frequency that is, because
     2 keep_wave + keep_slice = 1/step */
  m->keep_wave = (1 / m->step - cone) / 3;
  m->keep_slice = m->keep_wave + cone;
  if (window == 0)
    window =
        WINDOW_ANGSTROM + 2 * set->semi_angle_mrad * MRAD * (0.5 * Thickness(m->specimen, views, rotation) + fabs(set->defocus_angstrom));
  m->n = AetSmoothSize((ptrdiff_t)ceil(window / m->step), PETSC_TRUE);
  while (m->n % 256 == 0)
    m->n = AetSmoothSize(m->n + 2, PETSC_TRUE); /* columns that far apart in memory displace each other in the cache */
  m->room = (m->n * m->n + 63) / 64 * 64;
  m->grid[0] = AetSmoothSize((m->ny - 1) * m->per_pixel + m->n, PETSC_TRUE);
  m->grid[1] = AetSmoothSize((m->nx - 1) * m->per_pixel + m->n, PETSC_TRUE);
  m->half = m->grid[1] / 2 + 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* phase(k) = λ (m/m₀) f(|k|) over the area of the grid: σ v of the projected potential v(k) = h² f(k) / (2π m₀ e), all constants gone. */
static PetscErrorCode AtomFactors(AetMicroscope *m)
{
  const double dky = 1 / (m->step * (double)m->grid[0]), dkx = 1 / (m->step * (double)m->grid[1]);
  const double scale = m->wavelength * AetKernelMassRatio(m->settings->energy_kev) * dky * dkx;

  PetscFunctionBegin;
  for (int s = 0; s < m->specimen->species_count; s++) {
    m->Z[s] = AetAtomicNumber(m->specimen->symbol[s]);
    AetCheck(m->Z[s] > 0 && AetElectronScatteringFactor(m->Z[s], 0) > 0, AET_ERR_INPUT,
             "multislice: there is no scattering factor of \"%s\"", m->specimen->symbol[s]);
    PetscCall(PetscMalloc1((size_t)(m->grid[0] * m->half), &m->factor[s]));
#pragma omp parallel for num_threads(AetThreads()) schedule(static)
    for (ptrdiff_t y = 0; y < m->grid[0]; y++)
      for (ptrdiff_t x = 0; x < m->half; x++) {
        const double q = hypot((double)AetKernelFrequency(y, m->grid[0]) * dky, (double)x * dkx);
        m->factor[s][y * m->half + x] = (float)(scale * AetElectronScatteringFactor(m->Z[s], q));
      }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WindowOptics(AetMicroscope *m)
{
  const ptrdiff_t n = m->n;
  const double    dk = 1 / (m->step * (double)n), inner = m->settings->inner_mrad * MRAD / m->wavelength,
               outer = m->settings->outer_mrad * MRAD / m->wavelength;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(n, &m->reach, n * n, &m->detector));
  m->propagator = AetWaves(n * n);
  PetscCheck(m->propagator, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the propagator");
  AetKernelBand(n, m->keep_wave / dk, m->reach);
  for (ptrdiff_t y = 0; y < n; y++)
    for (ptrdiff_t x = 0; x < n; x++) {
      const ptrdiff_t iy = AetKernelFrequency(y, n), ix = AetKernelFrequency(x, n);
      const double    k2 = (double)(iy * iy + ix * ix) * dk * dk, angle = -M_PI * m->wavelength * m->settings->slice_angstrom * k2;

      m->propagator[y * n + x] = CMPLXF((float)cos(angle), (float)sin(angle));
      m->detector[y * n + x] = (float)(AetKernelDiscPart(dk, iy, ix, outer) - AetKernelDiscPart(dk, iy, ix, inner));
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MakePlans(AetMicroscope *m)
{
  const int      n = (int)m->n, ny = (int)m->grid[0], nx = (int)m->grid[1];
  float complex *wave = AetWaves(m->n * m->n), *grid = AetWaves(m->grid[0] * m->grid[1]), *spectrum = AetWaves(m->grid[0] * m->half);

  PetscFunctionBegin;
  PetscCheck(wave && grid && spectrum, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the waves of multislice images");
  for (int way = 0; way < 2; way++) {
    const int sign = way ? FFTW_BACKWARD : FFTW_FORWARD, kept = (int)m->reach[0];
    m->rows[way] = fftwf_plan_many_dft(1, &n, n, wave, NULL, 1, n, wave, NULL, 1, n, sign, FFTW_ESTIMATE);
    m->columns[way][0] = fftwf_plan_many_dft(1, &n, kept, wave, NULL, n, 1, wave, NULL, n, 1, sign, FFTW_ESTIMATE);
    m->columns[way][1] =
        fftwf_plan_many_dft(1, &n, kept - 1, wave + n - kept + 1, NULL, n, 1, wave + n - kept + 1, NULL, n, 1, sign, FFTW_ESTIMATE);
  }
  m->to_phase = fftwf_plan_dft_c2r_2d(ny, nx, spectrum, (float *)grid, FFTW_ESTIMATE);
  m->grid_forward = fftwf_plan_dft_2d(ny, nx, grid, grid, FFTW_FORWARD, FFTW_ESTIMATE);
  m->grid_backward = fftwf_plan_dft_2d(ny, nx, grid, grid, FFTW_BACKWARD, FFTW_ESTIMATE);
  fftwf_free(wave);
  fftwf_free(grid);
  fftwf_free(spectrum);
  for (int way = 0; way < 2; way++) {
    AetCheckFFTW(m->rows[way]);
    AetCheckFFTW(m->columns[way][0]);
    AetCheckFFTW(m->columns[way][1]);
  }
  AetCheckFFTW(m->to_phase);
  AetCheckFFTW(m->grid_forward);
  AetCheckFFTW(m->grid_backward);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetToSpectrum(const AetMicroscope *m, float complex *wave)
{
  float complex *last = wave + m->n - m->reach[0] + 1;

  fftwf_execute_dft(m->rows[0], wave, wave);
  fftwf_execute_dft(m->columns[0][0], wave, wave);
  fftwf_execute_dft(m->columns[0][1], last, last);
}

void AetToWave(const AetMicroscope *m, float complex *wave)
{
  float complex *last = wave + m->n - m->reach[0] + 1;

  fftwf_execute_dft(m->columns[1][0], wave, wave);
  fftwf_execute_dft(m->columns[1][1], last, last);
  fftwf_execute_dft(m->rows[1], wave, wave);
}

float complex *AetWaves(ptrdiff_t count)
{
  return fftwf_alloc_complex((size_t)count);
}

PetscErrorCode AetMicroscopeCreate(const AetSpecimen *specimen, const AetMultisliceSettings *settings, ptrdiff_t views,
                                   const double (*rotation)[9], ptrdiff_t ny, ptrdiff_t nx, double pixel, AetMicroscope *m)
{
  PetscFunctionBegin;
  memset(m, 0, sizeof *m);
  m->specimen = specimen, m->settings = settings;
  m->ny = ny, m->nx = nx, m->pixel = pixel;
  m->wavelength = AetKernelWavelength(settings->energy_kev);
  PetscCall(ChooseGrids(views, rotation, m));
  PetscCall(AtomFactors(m));
  PetscCall(WindowOptics(m));
  PetscCall(MakePlans(m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetMicroscopeDestroy(AetMicroscope *m)
{
  fftwf_plan plans[] = {m->rows[0],       m->rows[1],  m->columns[0][0], m->columns[0][1], m->columns[1][0],
                        m->columns[1][1], m->to_phase, m->grid_forward,  m->grid_backward};

  for (size_t p = 0; p < sizeof plans / sizeof plans[0]; p++)
    if (plans[p]) fftwf_destroy_plan(plans[p]);
  for (int s = 0; s < 8; s++) (void)PetscFree(m->factor[s]);
  (void)PetscFree2(m->reach, m->detector);
  fftwf_free(m->propagator);
  memset(m, 0, sizeof *m);
}
