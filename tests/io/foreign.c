/* Arrays of every foreign format, written here by other libraries or byte by byte, come back as the same numbers on any number of ranks. */
#include "io/kernel/convert.h"
#include "io_test.h"
#include <hdf5.h>
#include <matio.h>
#include <stdint.h>
#include <tiffio.h>

enum { NZ = 3, NY = 4, NX = 5, COUNT = NZ * NY * NX };

/* What element i of the array is: small whole numbers, that any type can hold. */
static double Value(ptrdiff_t i)
{
  return (double)(i * 7 % 97);
}

/* The file's array, distributed, is Value; its pixel size is as said. */
static void ExpectValues(const char *name, const char *array, double pixel_angstrom, int line)
{
  char           file[400], told[160];
  AetArrayInfo   info;
  float         *data = NULL;
  ptrdiff_t      start, count;
  int            rank, size, wrong = 0;
  PetscErrorCode code;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  TestPath(name, file, sizeof file);
  if (array[0]) strcat(strcat(file, ":"), array);
  code = AetArrayRead(MPI_COMM_WORLD, file, &info, &data);
  snprintf(told, sizeof told, "line %d: %.30s is read (%.80s)", line, name, AetErrorMessage());
  AetErrorClear();
  if (!AetTestAssert(code == 0, told, line, __FILE__)) return;
  AetBlock(NZ, rank, size, &start, &count);
  for (ptrdiff_t i = 0; i < count * NY * NX; i++) wrong += data[i] != (float)Value(start * NY * NX + i);
  snprintf(told, sizeof told, "line %d: the numbers of %.60s (%d wrong)", line, name, wrong);
  AetTestAssert(wrong == 0 && info.rank == 3 && info.n[0] == NZ && info.n[1] == NY && info.n[2] == NX, told, line, __FILE__);
  snprintf(told, sizeof told, "line %d: the pixel of %.60s", line, name);
  AetTestClose(info.pixel_angstrom, pixel_angstrom, 1e-6, told, line, __FILE__);
  PetscFree(data);
}

/* ---------------------------------------------------------------- MATLAB v5, written by matio */

static const struct {
  enum matio_classes class_type;
  enum matio_types   type;
  size_t             bytes;
} aet_classes[] = {{MAT_C_DOUBLE, MAT_T_DOUBLE, 8}, {MAT_C_SINGLE, MAT_T_SINGLE, 4}, {MAT_C_INT8, MAT_T_INT8, 1},
                   {MAT_C_UINT8, MAT_T_UINT8, 1},   {MAT_C_INT16, MAT_T_INT16, 2},   {MAT_C_UINT16, MAT_T_UINT16, 2},
                   {MAT_C_INT32, MAT_T_INT32, 4},   {MAT_C_UINT32, MAT_T_UINT32, 4}, {MAT_C_INT64, MAT_T_INT64, 8},
                   {MAT_C_UINT64, MAT_T_UINT64, 8}};

/* Value(i) as numbers of a class. */
static void Fill(size_t which, ptrdiff_t count, void *out)
{
  for (ptrdiff_t i = 0; i < count; i++) switch (aet_classes[which].class_type) {
    case MAT_C_DOUBLE:
      ((double *)out)[i] = Value(i);
      break;
    case MAT_C_SINGLE:
      ((float *)out)[i] = (float)Value(i);
      break;
    case MAT_C_INT8:
      ((int8_t *)out)[i] = (int8_t)Value(i);
      break;
    case MAT_C_UINT8:
      ((uint8_t *)out)[i] = (uint8_t)Value(i);
      break;
    case MAT_C_INT16:
      ((int16_t *)out)[i] = (int16_t)Value(i);
      break;
    case MAT_C_UINT16:
      ((uint16_t *)out)[i] = (uint16_t)Value(i);
      break;
    case MAT_C_INT32:
      ((int32_t *)out)[i] = (int32_t)Value(i);
      break;
    case MAT_C_UINT32:
      ((uint32_t *)out)[i] = (uint32_t)Value(i);
      break;
    case MAT_C_INT64:
      ((int64_t *)out)[i] = (int64_t)Value(i);
      break;
    default:
      ((uint64_t *)out)[i] = (uint64_t)Value(i);
    }
}

static void WriteMat(const char *name, size_t which, enum matio_compression compression)
{
  size_t    dims[3] = {NX, NY, NZ}, cell_dims[2] = {1, 1}, text_dims[2] = {1, 5}, table_dims[2] = {2, 3};
  double    numbers[COUNT], table[6] = {1, 4, 2, 5, 3, 6}; /* by columns: rows 1 2 3 and 4 5 6 */
  char      path[300];
  mat_t    *mat;
  matvar_t *variables[4], *inside;
  int       rank;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0) {
    Fill(which, COUNT, numbers);
    mat = Mat_CreateVer(TestPath(name, path, sizeof path), NULL, MAT_FT_MAT5);
    variables[0] = Mat_VarCreate("words", MAT_C_CHAR, MAT_T_UINT8, 2, text_dims, "hello", 0);
    inside = Mat_VarCreate(NULL, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, table_dims, table, 0);
    variables[1] = Mat_VarCreate("cells", MAT_C_CELL, MAT_T_CELL, 2, cell_dims, &inside, 0);
    variables[2] = Mat_VarCreate("images", aet_classes[which].class_type, aet_classes[which].type, 3, dims, numbers, 0);
    variables[3] = Mat_VarCreate("angles", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, table_dims, table, 0);
    for (int v = 0; v < 4; v++) {
      Mat_VarWrite(mat, variables[v], compression);
      Mat_VarFree(variables[v]);
    }
    Mat_Close(mat);
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

static void TestMat5(void)
{
  for (size_t c = 0; c < sizeof aet_classes / sizeof aet_classes[0]; c++)
    for (int deflated = 0; deflated < 2; deflated++) {
      WriteMat("a.mat", c, deflated ? MAT_COMPRESSION_ZLIB : MAT_COMPRESSION_NONE);
      ExpectValues("a.mat", "", 0, __LINE__);
      ExpectValues("a.mat", "images", 0, __LINE__);
    }
}

static void TestMat5Table(void)
{
  char          path[300];
  ptrdiff_t     rows, columns;
  double       *values;
  AetFormat     format;
  AetArrayInfo *arrays;
  int           count;

  WriteMat("a.mat", 0, MAT_COMPRESSION_ZLIB);
  AET_TEST_CALL(AetTableRead(MPI_COMM_WORLD, TestPath("a.mat", path, sizeof path), &rows, &columns, &values));
  AET_TEST(rows == 2 && columns == 3);
  for (int i = 0; i < 6; i++) AET_TEST(values[i] == i + 1);
  PetscFree(values);
  AET_TEST_CALL(AetFileInspect(MPI_COMM_WORLD, path, &format, &count, &arrays));
  AET_TEST(format == AET_FORMAT_MAT5 && count == 4);
  AET_TEST(!strcmp(arrays[0].type, "text") && !strcmp(arrays[1].type, "cell") && !strcmp(arrays[2].type, "float64") &&
           arrays[2].n[2] == NX);
  PetscFree(arrays);
  strcat(path, ":words");
  ExpectError(AetTableRead(MPI_COMM_WORLD, path, &rows, &columns, &values), AET_ERR_DATA, "a.mat", "found text", __LINE__);
  TestPath("a.mat:nothing", path, sizeof path);
  ExpectError(AetTableRead(MPI_COMM_WORLD, path, &rows, &columns, &values), AET_ERR_DATA, "a.mat", "images (3×4×5 float64)", __LINE__);
}

/* ---------------------------------------------------------------- MATLAB v7.3 and HDF5 of others */

static void SetText(hid_t object, const char *key, const char *value)
{
  const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
  hid_t       attribute;

  H5Tset_size(type, strlen(value));
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  attribute = H5Acreate2(object, key, type, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, type, value);
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

/* A chunked, deflated dataset of doubles. */
static hid_t WriteDataset(hid_t group, const char *name, int rank, const hsize_t *n, const double *values)
{
  const hid_t space = H5Screate_simple(rank, n, NULL), create = H5Pcreate(H5P_DATASET_CREATE);
  hid_t       dataset;

  H5Pset_chunk(create, rank, n);
  H5Pset_deflate(create, 3);
  dataset = H5Dcreate2(group, name, H5T_IEEE_F64BE, space, H5P_DEFAULT, create, H5P_DEFAULT);
  H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  H5Pclose(create);
  H5Sclose(space);
  return dataset;
}

static void TestMat73(void)
{
  const hsize_t n[3] = {NZ, NY, NX}, table_n[2] = {3, 2};
  const double  table[6] = {1, 4, 2, 5, 3, 6};
  double        values[COUNT], *read;
  char          path[300], header[512] = "MATLAB 7.3 MAT-file, Platform: GLNXA64";
  ptrdiff_t     rows, columns;
  int           rank;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  TestPath("b.mat", path, sizeof path);
  if (rank == 0) {
    const hid_t create = H5Pcreate(H5P_FILE_CREATE);
    hid_t       file, dataset;
    FILE       *stream;
    for (int i = 0; i < COUNT; i++) values[i] = Value(i);
    H5Pset_userblock(create, 512);
    file = H5Fcreate(path, H5F_ACC_TRUNC, create, H5P_DEFAULT);
    dataset = WriteDataset(file, "projections", 3, n, values);
    SetText(dataset, "MATLAB_class", "double");
    H5Dclose(dataset);
    dataset = WriteDataset(file, "angles", 2, table_n, table);
    SetText(dataset, "MATLAB_class", "double");
    H5Dclose(dataset);
    dataset = WriteDataset(file, "label", 2, table_n, table);
    SetText(dataset, "MATLAB_class", "char");
    H5Dclose(dataset);
    H5Fclose(file);
    H5Pclose(create);
    memcpy(header + 124, "\0\2IM", 4);
    stream = fopen(path, "r+b");
    fwrite(header, 1, sizeof header, stream);
    fclose(stream);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  ExpectValues("b.mat", "", 0, __LINE__);
  AET_TEST_CALL(AetTableRead(MPI_COMM_WORLD, path, &rows, &columns, &read));
  AET_TEST(rows == 2 && columns == 3);
  for (int i = 0; i < 6; i++) AET_TEST(read[i] == i + 1);
  PetscFree(read);
}

static void TestEmdUnits(void)
{
  static const struct {
    const char *unit;
    double      step, angstrom;
  } cases[] = {{"[n_m]", 0.035, 0.35}, {"nm", 0.035, 0.35},  {"Å", 0.35, 0.35}, {"angstrom", 0.35, 0.35},
               {"pm", 35, 0.35},       {"m", 3.5e-11, 0.35}, {"px", 1, 0}};
  const hsize_t n[3] = {NZ, NY, NX};
  double        values[COUNT];
  char          path[300];
  int           rank;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (int i = 0; i < COUNT; i++) values[i] = Value(i);
  TestPath("c.h5", path, sizeof path);
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    if (rank == 0) {
      const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
                  top = H5Gcreate2(file, "data", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
      const hid_t group = H5Gcreate2(top, "tomography", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), scalar = H5Screate(H5S_SCALAR);
      const hid_t mark = H5Acreate2(group, "emd_group_type", H5T_STD_U8LE, scalar, H5P_DEFAULT, H5P_DEFAULT);
      const int   one = 1;
      H5Awrite(mark, H5T_NATIVE_INT, &one);
      H5Aclose(mark);
      H5Sclose(scalar);
      H5Dclose(WriteDataset(group, "data", 3, n, values));
      for (int a = 0; a < 3; a++) {
        char   name[8];
        double axis[NX];
        hid_t  dataset;
        for (int i = 0; i < NX; i++) axis[i] = cases[c].step * (i + 100);
        snprintf(name, sizeof name, "dim%d", a + 1);
        dataset = WriteDataset(group, name, 1, &n[a], axis);
        SetText(dataset, "units", cases[c].unit);
        H5Dclose(dataset);
      }
      H5Gclose(group);
      H5Gclose(top);
      H5Fclose(file);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    ExpectValues("c.h5", "", cases[c].angstrom, __LINE__);
    ExpectValues("c.h5", "data/tomography", cases[c].angstrom, __LINE__);
    MPI_Barrier(MPI_COMM_WORLD);
  }
}

/* ---------------------------------------------------------------- MRC, byte by byte */

static void Put(unsigned char *bytes, int offset, int32_t word, int swap)
{
  if (swap) AetSwapBytes(4, 1, &word);
  memcpy(bytes + offset, &word, 4);
}

static void PutReal(unsigned char *bytes, int offset, float real, int swap)
{
  int32_t word;

  memcpy(&word, &real, 4);
  Put(bytes, offset, word, swap);
}

/* Halves of small whole numbers, exactly. */
static uint16_t Half(double value)
{
  int exponent;

  if (value == 0) return 0;
  frexp(value, &exponent);
  return (uint16_t)(((exponent + 14) << 10) | (((int)ldexp(value, 11 - exponent)) & 1023));
}

/* Returns the number of bytes. */
static size_t MakeMrc(int mode, int swap, int extended, int mark, unsigned char *bytes)
{
  const size_t size = mode == 0 ? 1 : mode == 2 ? 4 : 2;
  const int    sizes[3] = {NX, NY, NZ};

  memset(bytes, 0, 1024 + (size_t)extended);
  for (int a = 0; a < 3; a++) {
    Put(bytes, 4 * a, sizes[a], swap);
    Put(bytes, 28 + 4 * a, sizes[a], swap);
    PutReal(bytes, 40 + 4 * a, 0.4f * (float)sizes[a], swap);
    Put(bytes, 64 + 4 * a, a + 1, swap);
  }
  Put(bytes, 12, mode, swap);
  Put(bytes, 92, extended, swap);
  if (mark) memcpy(bytes + 208, "MAP ", 4);
  for (int i = 0; i < COUNT; i++) {
    unsigned char *at = bytes + 1024 + extended + (size_t)i * size;
    const double   value = Value(i);
    const float    real = (float)value;
    const int16_t  whole = (int16_t)value;
    const uint16_t half = Half(value);
    if (mode == 0)
      *at = (unsigned char)value;
    else if (mode == 2)
      memcpy(at, &real, 4);
    else if (mode == 12)
      memcpy(at, &half, 2);
    else
      memcpy(at, &whole, 2);
    if (swap) AetSwapBytes(size, 1, at);
  }
  return 1024 + (size_t)extended + COUNT * size;
}

static void TestMrc(void)
{
  const int     modes[5] = {0, 1, 2, 6, 12};
  unsigned char bytes[4096];

  for (int m = 0; m < 5; m++)
    for (int swap = 0; swap < 2; swap++)
      for (int extended = 0; extended <= 256; extended += 256) {
        WriteBytes("d.st", bytes, MakeMrc(modes[m], swap, extended, extended == 0, bytes));
        ExpectValues("d.st", "", 0.4, __LINE__);
        MPI_Barrier(MPI_COMM_WORLD);
      }
}

static void TestHalf(void)
{
  /* values from the definition of IEEE 754 binary16 */
  AET_TEST(AetHalfToFloat(0x3c00) == 1 && AetHalfToFloat(0xc000) == -2 && AetHalfToFloat(0x7bff) == 65504 && AetHalfToFloat(0) == 0);
  AET_TEST(AetHalfToFloat(0x0001) == ldexpf(1, -24) && AetHalfToFloat(0x0400) == ldexpf(1, -14) && isinf(AetHalfToFloat(0x7c00)) &&
           isnan(AetHalfToFloat(0x7e00)));
}

/* ---------------------------------------------------------------- TIFF, written by libtiff */

static void WriteTiff(const char *name, int bits, int kind, int tiled, int compression)
{
  char  path[300];
  TIFF *tiff;
  int   rank;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0) {
    tiff = TIFFOpen(TestPath(name, path, sizeof path), "w");
    for (int z = 0; z < NZ; z++) {
      unsigned char page[NY * NX * 8] = {0}, tile[16 * 16 * 8] = {0};
      for (int i = 0; i < NY * NX; i++) {
        const double  value = Value(z * NY * NX + i);
        const float   real = (float)value;
        const int64_t whole = (int64_t)value;
        if (kind == SAMPLEFORMAT_IEEEFP && bits == 32)
          memcpy(page + i * 4, &real, 4);
        else if (kind == SAMPLEFORMAT_IEEEFP)
          memcpy(page + i * 8, &value, 8);
        else
          memcpy(page + i * bits / 8, &whole, (size_t)bits / 8); /* little-endian machine */
        memcpy(tile + ((i / NX) * 16 + i % NX) * bits / 8, page + i * bits / 8, (size_t)bits / 8);
      }
      TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, NX);
      TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, NY);
      TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits);
      TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, kind);
      TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
      TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
      TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
      TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression);
      if (tiled) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 16);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
        TIFFWriteTile(tiff, tile, 0, 0, 0, 0);
      } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 3);
        TIFFWriteEncodedStrip(tiff, 0, page, 3 * NX * bits / 8);
        TIFFWriteEncodedStrip(tiff, 1, page + 3 * NX * bits / 8, NX * bits / 8);
      }
      TIFFWriteDirectory(tiff);
    }
    TIFFClose(tiff);
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

static void TestTiff(void)
{
  static const int kinds[8][2] = {{8, SAMPLEFORMAT_UINT},  {8, SAMPLEFORMAT_INT},  {16, SAMPLEFORMAT_UINT},   {16, SAMPLEFORMAT_INT},
                                  {32, SAMPLEFORMAT_UINT}, {32, SAMPLEFORMAT_INT}, {32, SAMPLEFORMAT_IEEEFP}, {64, SAMPLEFORMAT_IEEEFP}};

  for (int k = 0; k < 8; k++)
    for (int tiled = 0; tiled < 2; tiled++) {
      WriteTiff("e.tif", kinds[k][0], kinds[k][1], tiled, k % 2 ? COMPRESSION_LZW : COMPRESSION_NONE);
      ExpectValues("e.tif", "", 0, __LINE__);
      MPI_Barrier(MPI_COMM_WORLD);
    }
}

/* ---------------------------------------------------------------- what we write, others' libraries read; and we */

static void TestWriters(void)
{
  const ptrdiff_t          n[3] = {NZ, NY, NX};
  static const char *const names[3] = {"f.mrc", "f.tif", "f.h5"};
  AetVolume                volume;
  char                     path[300];
  int                      rank;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, n, 0.37, &volume));
  for (ptrdiff_t i = 0; i < volume->z_count * NY * NX; i++) volume->data[i] = (float)Value(volume->z_start * NY * NX + i);
  for (int f = 0; f < 3; f++) {
    AET_TEST_CALL(AetVolumeWrite(volume, TestPath(names[f], path, sizeof path)));
    ExpectValues(names[f], "", 0.37, __LINE__);
  }
  if (rank == 0) { /* libtiff's own view of the second page */
    TIFF    *tiff = TIFFOpen(TestPath("f.tif", path, sizeof path), "r");
    float    row[NX] = {0};
    uint16_t pages = TIFFNumberOfDirectories(tiff);
    TIFFSetDirectory(tiff, 1);
    TIFFReadScanline(tiff, row, 2, 0);
    TIFFClose(tiff);
    if (pages != NZ || row[3] != (float)Value(NY * NX + 2 * NX + 3)) AetRaise(AET_ERR_DATA, "libtiff reads other numbers");
  }
  AET_TEST(!AetErrorMessage()[0]);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
}

AET_TEST_MAIN("io foreign", {"MATLAB v5 classes", TestMat5}, {"MATLAB v5 tables and names", TestMat5Table}, {"MATLAB v7.3", TestMat73},
              {"units of EMD axes", TestEmdUnits}, {"halves", TestHalf}, {"MRC modes and byte orders", TestMrc},
              {"TIFF types and layouts", TestTiff}, {"volumes as MRC, TIFF, HDF5", TestWriters}, {"clean up", TestFolderRemove})
