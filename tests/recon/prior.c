/* Facts about the soft prior: a weight of 0 is none, a huge one is obeyed where the mask says so, a truthful one mends what noise spoils.
 */
#include "specimen.h"
#include <string.h>

enum { VIEWS = 15 };
static char prior_file[64], mask_file[64];

static void Write(AetVolume prior, AetVolume mask)
{
  int size;

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  snprintf(prior_file, sizeof prior_file, "recon_prior_%d.h5", size);
  snprintf(mask_file, sizeof mask_file, "recon_prior_mask_%d.h5", size);
  AET_TEST_CALL(AetVolumeWrite(prior, prior_file));
  AET_TEST_CALL(AetVolumeWrite(mask, mask_file));
  MPI_Barrier(MPI_COMM_WORLD);
}

static AetVolume Pulled(AetTiltSeries tilt, const char *operator_name, const char *weight, AetReconReport *report)
{
  SpecimenOption("recon_operator", operator_name);
  SpecimenOption("recon_prior", prior_file);
  SpecimenOption("recon_prior_mask", mask_file);
  SpecimenOption("recon_prior_weight", weight);
  return SpecimenReconstruct(tilt, "resire", "20", report);
}

/* The truth in the upper half, by a mask. */
static AetVolume Half(AetVolume truth)
{
  AetVolume mask;

  AET_TEST_CALL(AetVolumeDuplicate(truth, &mask));
  for (ptrdiff_t i = 0; i < mask->z_count * SPECIMEN * SPECIMEN; i++)
    mask->data[i] = mask->z_start + i / (SPECIMEN * SPECIMEN) >= SPECIMEN / 2;
  return mask;
}

/* Squared distance of the volumes where the mask is `side`, over all ranks. */
static double Apart(AetVolume a, AetVolume b, AetVolume mask, float side)
{
  double mine = 0, all;

  for (ptrdiff_t i = 0; i < a->z_count * SPECIMEN * SPECIMEN; i++)
    if (mask->data[i] == side) mine += pow((double)a->data[i] - b->data[i], 2);
  MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return all;
}

static void TestPull(void)
{
  static const char *const operators[2] = {"convolution", "pair"};
  AetTiltSeries            tilt = SpecimenSeries(PETSC_COMM_WORLD, VIEWS, 60);
  AetVolume                truth = SpecimenTruth(tilt->comm), mask = Half(truth);
  AetReconReport           report, pulled;

  for (ptrdiff_t i = 0; i < tilt->v_count * SPECIMEN * SPECIMEN; i++)
    tilt->image[i] += (float)(0.3 * AetRandomNormal(5, 2, (uint64_t)(tilt->v_start * SPECIMEN * SPECIMEN + i)));
  SpecimenOption("recon_rfree_fraction", "0.2");
  Write(truth, mask);
  for (int o = 0; o < 2; o++) {
    AetVolume plain = Pulled(tilt, operators[o], "0", &report), obeyed = Pulled(tilt, operators[o], "1e6", &pulled), soft, none;

    AET_TEST(Apart(obeyed, truth, mask, 1) < 1e-6);
    soft = Pulled(tilt, operators[o], "0.3", &pulled);
    AET_TEST(Apart(soft, truth, mask, 1) < 0.25 * Apart(plain, truth, mask, 1));
    /* what is not pulled takes more of the noise, for the images ask as much as before; the whole is better */
    AET_TEST(Apart(soft, truth, mask, 0) + Apart(soft, truth, mask, 1) <
             0.8 * (Apart(plain, truth, mask, 0) + Apart(plain, truth, mask, 1)));
    AET_TEST(pulled.rfree < report.rfree);
    SpecimenOption("recon_prior", "none");
    none = SpecimenReconstruct(tilt, "resire", "20", &pulled);
    AET_TEST(SpecimenDistance(plain, none) == 0);
    AET_TEST_CALL(AetVolumeDestroy(&plain));
    AET_TEST_CALL(AetVolumeDestroy(&obeyed));
    AET_TEST_CALL(AetVolumeDestroy(&soft));
    AET_TEST_CALL(AetVolumeDestroy(&none));
  }
  AET_TEST_CALL(AetVolumeDestroy(&mask));
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void TestRefused(void)
{
  const ptrdiff_t n[3] = {SPECIMEN, SPECIMEN, SPECIMEN - 2};
  AetTiltSeries   tilt = SpecimenSeries(PETSC_COMM_WORLD, VIEWS, 60);
  AetVolume       small = SpecimenVolume(tilt->comm, n, specimen_pixel), volume;
  AetReconReport  report;

  Write(small, small);
  SpecimenOption("recon_prior", prior_file);
  SpecimenOption("recon_prior_weight", "1");
  AET_TEST(SpecimenTry(tilt, &volume, &report) == AET_ERR_DATA && strstr(AetErrorMessage(), "20 x 20 x 20 voxels, found 18 x 20 x 20"));
  AetErrorClear();
  SpecimenOption("recon_method", "genfire");
  AET_TEST(SpecimenTry(tilt, &volume, &report) == AET_ERR_INPUT && strstr(AetErrorMessage(), "expected recon_method resire"));
  AetErrorClear();
  AET_TEST_CALL(AetVolumeDestroy(&small));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

AET_TEST_MAIN("prior", {"pull", TestPull}, {"refused", TestRefused})
