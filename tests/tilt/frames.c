/* Raw frames from every kind of file that may hold them, and what is wrong with them told in one line. */
#include "../io/io_test.h"
#include <aet4d/tilt.h>

enum { VIEWS = 3, FRAMES = 2, NY = 4, NX = 5, PIXELS = NY * NX };

static const double aet_angles[VIEWS][3] = {{0, -30, 0}, {0, 5, 0}, {0, 30, 0}};

/* Every pixel of every frame has a value of its own. */
static float Value(ptrdiff_t view, ptrdiff_t frame, ptrdiff_t pixel)
{
  return (float)(1000 * view + 100 * frame + pixel);
}

static void Set(const char *key, const char *name)
{
  char path[400];

  PetscOptionsSetValue(NULL, key, strchr(name, '.') ? TestPath(name, path, sizeof path) : name);
}

static void Unset(void)
{
  const char *const keys[] = {"-tilt_projections",      "-frames_files",    "-frames_angles",
                              "-frames_pixel_angstrom", "-frames_per_view", "-frames_scan_deg"};

  for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) PetscOptionsClearValue(NULL, keys[k]);
}

static void WriteText(const char *name, const char *text)
{
  WriteBytes(name, text, strlen(text));
}

/* Images first … first+count-1 of all views' frames as a stack. */
static void WriteStack(const char *name, ptrdiff_t first, ptrdiff_t count, ptrdiff_t ny)
{
  const ptrdiff_t n[3] = {count, ny, NX};
  ptrdiff_t       start, own;
  int             rank, size;
  float           data[VIEWS * FRAMES * (NY + 1) * NX];
  char            path[300];

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AetBlock(count, rank, size, &start, &own);
  for (ptrdiff_t i = 0; i < own * ny * NX; i++) {
    const ptrdiff_t image = first + start + i / (ny * NX);
    data[i] = Value(image / FRAMES, image % FRAMES, i % (ny * NX));
  }
  AET_TEST_CALL(AetArrayWrite(MPI_COMM_WORLD, TestPath(name, path, sizeof path), n, 0.4, PETSC_TRUE, data));
}

/* A frames.h5 as simulate writes it, or any other group. */
static void WriteFour(const char *name, const char *group, PetscBool tables)
{
  const ptrdiff_t   n[4] = {VIEWS, FRAMES, NY, NX};
  const char *const names[4] = {"view", "frame", "y", "x"}, *const units[4] = {"", "", "angstrom", "angstrom"};
  const double steps[4] = {1, 1, 0.4, 0.4};
  double       angle[3][VIEWS], scan[FRAMES] = {0, 90};
  ptrdiff_t    start, own;
  int          rank, size;
  float        data[VIEWS * FRAMES * PIXELS];
  char         path[300];
  AetFile      file;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AetBlock(VIEWS, rank, size, &start, &own);
  for (ptrdiff_t i = 0; i < own * FRAMES * PIXELS; i++) data[i] = Value(start + i / (FRAMES * PIXELS), i / PIXELS % FRAMES, i % PIXELS);
  AET_TEST_CALL(AetFileCreate(MPI_COMM_WORLD, TestPath(name, path, sizeof path), &file));
  AET_TEST_CALL(AetFileWriteArray4(file, group, n, names, units, steps, data));
  if (tables) {
    const AetColumn views[3] = {{"phi", "deg", "", AET_COLUMN_DOUBLE, 1, angle[0]},
                                {"theta", "deg", "", AET_COLUMN_DOUBLE, 1, angle[1]},
                                {"psi", "deg", "", AET_COLUMN_DOUBLE, 1, angle[2]}},
                    scans = {"scan", "deg", "", AET_COLUMN_DOUBLE, 1, scan};
    for (ptrdiff_t v = 0; v < own; v++)
      for (int a = 0; a < 3; a++) angle[a][v] = aet_angles[start + v][a];
    AET_TEST_CALL(AetFileWriteTable(file, "views", (PetscInt)own, 3, views));
    AET_TEST_CALL(AetFileWriteTable(file, "scans", rank ? 0 : FRAMES, 1, &scans));
  }
  AET_TEST_CALL(AetFileClose(&file));
}

static void Put(char *bytes, size_t *at, const void *from, size_t size)
{
  memcpy(bytes + *at, from, size);
  *at += size;
}

/* MATLAB's array (x, y, frame, view) of floats in a file of version 5. */
static void WriteMat(const char *name)
{
  const uint32_t numbers = VIEWS * FRAMES * PIXELS * 4, tag[] = {14, 56 + 8 + numbers, 6, 8, 7, 0, 5, 16, NX, NY, FRAMES, VIEWS, 1, 4};
  const uint32_t word[] = {0x61746164, 7, numbers}; /* "data" */
  char           bytes[128 + 8 + 64 + 4 * VIEWS * FRAMES * PIXELS];
  size_t         at = 128;

  memset(bytes, ' ', 124);
  memcpy(bytes, "MATLAB 5.0", 10);
  memcpy(bytes + 124, "\x00\x01IM", 4);
  Put(bytes, &at, tag, sizeof tag);
  Put(bytes, &at, word, 4);
  at += 4;
  Put(bytes, &at, word + 1, 8);
  for (int i = 0; i < VIEWS * FRAMES * PIXELS; i++) {
    const float value = Value(i / (FRAMES * PIXELS), i / PIXELS % FRAMES, i % PIXELS);
    Put(bytes, &at, &value, sizeof value);
  }
  WriteBytes(name, bytes, at);
}

static void ExpectFrames(const char *name, double pixel_angstrom, double scan, int line)
{
  AetFrames      set;
  AetTiltSeries  tilt;
  char           told[300];
  int            wrong = 0;
  PetscErrorCode code;

  Set("-frames_files", name);
  code = AetFramesReadFromOptions(MPI_COMM_WORLD, &set);
  snprintf(told, sizeof told, "line %d: %s is read (%.160s)", line, name, AetErrorMessage());
  if (!AetTestAssert(code == 0, told, line, __FILE__)) return;
  AetTestAssert(set->views == VIEWS && set->frames == FRAMES && set->ny == NY && set->nx == NX, "sizes", line, __FILE__);
  for (int v = 0; v < VIEWS; v++)
    for (int a = 0; a < 3; a++) wrong += fabs(set->angles_deg[v][a] - aet_angles[v][a]) > 1e-9;
  for (ptrdiff_t i = 0; i < set->v_count * FRAMES * PIXELS; i++)
    wrong += set->image[i] != Value(set->v_start + i / (FRAMES * PIXELS), i / PIXELS % FRAMES, i % PIXELS);
  AetTestAssert(wrong == 0, "angles and images", line, __FILE__);
  AetTestClose(set->pixel_angstrom, pixel_angstrom, 1e-6, "pixel", line, __FILE__);
  AetTestAssert(set->scan_deg[0] == 0 && set->scan_deg[1] == scan, "directions of the scan", line, __FILE__);
  AET_TEST_CALL(AetFramesMean(set, &tilt));
  wrong = 0;
  for (ptrdiff_t i = 0; i < tilt->v_count * PIXELS; i++) wrong += tilt->image[i] != Value(tilt->v_start + i / PIXELS, 0, i % PIXELS) + 50;
  AetTestAssert(wrong == 0 && tilt->views == VIEWS, "the mean of the frames", line, __FILE__);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  AET_TEST_CALL(AetFramesDestroy(&set));
}

static void ExpectFramesError(PetscErrorCode code, const char *file, const char *text, int line)
{
  AetFrames set = NULL;

  ExpectError(AetFramesReadFromOptions(MPI_COMM_WORLD, &set), code, file, text, line);
  AetTestAssert(set == NULL, "nothing is made", line, __FILE__);
}

static void TestArrays(void)
{
  Unset();
  WriteText("angles.txt", "-30\n5\n30\n");
  WriteFour("frames.h5", "frames", PETSC_TRUE);
  ExpectFrames("frames.h5", 0.4, 90, __LINE__); /* which brings everything along */
  WriteFour("other.h5", "measured", PETSC_FALSE);
  Set("-frames_angles", "angles.txt");
  ExpectFrames("other.h5", 0.4, 0, __LINE__);
  WriteMat("frames.mat");
  Set("-frames_scan_deg", "[0,45]");
  ExpectFrames("frames.mat", 1, 45, __LINE__);
  PetscOptionsSetValue(NULL, "-frames_scan_deg", "0,180");
  PetscOptionsSetValue(NULL, "-frames_pixel_angstrom", "0.37");
  ExpectFrames("frames.mat", 0.37, 180, __LINE__);
}

static void TestStacks(void)
{
  Unset();
  Set("-frames_angles", "angles.txt");
  WriteStack("stack.mrc", 0, VIEWS * FRAMES, NY);
  WriteStack("stack.tif", 0, VIEWS * FRAMES, NY);
  ExpectFrames("stack.mrc", 0.4, 0, __LINE__);
  ExpectFrames("stack.tif", 0.4, 0, __LINE__);
  PetscOptionsSetValue(NULL, "-frames_per_view", "2");
  ExpectFrames("stack.mrc", 0.4, 0, __LINE__);
}

static void TestLists(void)
{
  Unset();
  Set("-frames_angles", "angles.txt");
  for (int v = 0; v < VIEWS; v++) {
    char name[32];
    snprintf(name, sizeof name, "view%d.mrc", v);
    WriteStack(name, v * FRAMES, FRAMES, NY);
  }
  WriteText("views.txt", "# the views\nview0.mrc\n\n  view1.mrc  \r\nview2.mrc");
  ExpectFrames("views.txt", 0.4, 0, __LINE__);
  for (int i = 0; i < VIEWS * FRAMES; i++) {
    char name[32];
    snprintf(name, sizeof name, "image%d.tif", i);
    WriteStack(name, i, 1, NY);
  }
  WriteText("images.txt", "image0.tif\nimage1.tif\nimage2.tif\nimage3.tif\nimage4.tif\nimage5.tif\n");
  ExpectFrames("images.txt", 0.4, 0, __LINE__);
  PetscOptionsSetValue(NULL, "-frames_per_view", "2");
  ExpectFrames("images.txt", 0.4, 0, __LINE__);
}

/* A change of a listed file changes what a stage depends on; arrays need no stamp. */
static void TestStamp(void)
{
  char stamp[3][AET_FRAMES_STAMP_SIZE];

  Unset();
  Set("-frames_angles", "angles.txt");
  Set("-frames_files", "stack.mrc");
  AET_TEST_CALL(AetFramesStamp(MPI_COMM_WORLD, stamp[0]));
  AET_TEST(!stamp[0][0]);
  Set("-frames_files", "images.txt");
  AET_TEST_CALL(AetFramesStamp(MPI_COMM_WORLD, stamp[0]));
  AET_TEST_CALL(AetFramesStamp(MPI_COMM_WORLD, stamp[1]));
  WriteStack("image4.tif", 0, 1, NY);
  AET_TEST_CALL(AetFramesStamp(MPI_COMM_WORLD, stamp[2]));
  AET_TEST(strlen(stamp[0]) == 16 && !strcmp(stamp[0], stamp[1]) && strcmp(stamp[0], stamp[2]) != 0);
  WriteStack("image4.tif", 4, 1, NY);
}

static void TestWrongCounts(void)
{
  Unset();
  Set("-frames_files", "stack.mrc");
  ExpectFramesError(AET_ERR_INPUT, "stack.mrc", "frames_angles", __LINE__);
  Set("-frames_angles", "angles.txt");
  PetscOptionsSetValue(NULL, "-frames_per_view", "3");
  ExpectFramesError(AET_ERR_DATA, "stack.mrc", "as frames_per_view says, found 6", __LINE__);
  Set("-frames_files", "frames.h5");
  ExpectFramesError(AET_ERR_DATA, "frames.h5", "expected 3 frames of a view", __LINE__);
  PetscOptionsClearValue(NULL, "-frames_per_view");
  PetscOptionsSetValue(NULL, "-frames_scan_deg", "0,90,0");
  ExpectFramesError(AET_ERR_INPUT, "frames_scan_deg", "found 3", __LINE__);
  PetscOptionsClearValue(NULL, "-frames_scan_deg");
  WriteText("four.txt", "1\n2\n3\n4\n");
  Set("-frames_angles", "four.txt");
  ExpectFramesError(AET_ERR_DATA, "frames.h5", "for the 3 views", __LINE__);
  Set("-frames_files", "stack.mrc");
  ExpectFramesError(AET_ERR_DATA, "stack.mrc", "each of 4 angles", __LINE__);
  Set("-frames_files", "views.txt");
  ExpectFramesError(AET_ERR_DATA, "views.txt", "one file for each of 4 angles", __LINE__);
}

static void TestWrongFiles(void)
{
  const char *text = "image0.tif\nimage1.tif\nimage2.tif\nimage3.tif\nimage4.tif\n";
  char        list[300];

  Unset();
  Set("-frames_angles", "angles.txt");
  Set("-frames_files", "absent.h5");
  ExpectFramesError(AET_ERR_OPEN, "absent.h5", "No such file", __LINE__);
  snprintf(list, sizeof list, "%sabsent.tif\n", text);
  WriteText("absent.txt", list);
  Set("-frames_files", "absent.txt");
  ExpectFramesError(AET_ERR_OPEN, "absent.tif", "No such file", __LINE__);
  WriteStack("large.tif", 5, 1, NY + 1);
  snprintf(list, sizeof list, "%slarge.tif\n", text);
  WriteText("large.txt", list);
  Set("-frames_files", "large.txt");
  ExpectFramesError(AET_ERR_DATA, "large.tif", "expected 1 images of 4×5", __LINE__);
  WriteText("short.txt", text);
  Set("-frames_files", "short.txt");
  ExpectFramesError(AET_ERR_DATA, "short.txt", "for each of 3 angles, found 5", __LINE__);
  WriteText("empty.txt", "# nothing\n");
  Set("-frames_files", "empty.txt");
  ExpectFramesError(AET_ERR_DATA, "empty.txt", "found none", __LINE__);
  PetscOptionsSetValue(NULL, "-frames_pixel_angstrom", "0.5");
  Set("-frames_files", "stack.mrc");
  ExpectFramesError(AET_ERR_INPUT, "stack.mrc", "frames_pixel_angstrom: expected 0.4", __LINE__);
}

/* A value that is no number is told with its view and frame. */
static void TestNan(void)
{
  AetFile           file;
  const ptrdiff_t   n[4] = {VIEWS, FRAMES, NY, NX};
  const char *const names[4] = {"view", "frame", "y", "x"}, *const units[4] = {"", "", "angstrom", "angstrom"};
  const double steps[4] = {1, 1, 0.4, 0.4};
  float        data[VIEWS * FRAMES * PIXELS] = {0};
  char         path[300];
  ptrdiff_t    start, own;
  int          rank, size;

  Unset();
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AetBlock(VIEWS, rank, size, &start, &own);
  if (start <= 1 && 1 < start + own) data[((1 - start) * FRAMES + 1) * PIXELS + 2 * NX + 3] = NAN;
  AET_TEST_CALL(AetFileCreate(MPI_COMM_WORLD, TestPath("nan.h5", path, sizeof path), &file));
  AET_TEST_CALL(AetFileWriteArray4(file, "data4", n, names, units, steps, data));
  AET_TEST_CALL(AetFileClose(&file));
  Set("-frames_files", "nan.h5");
  Set("-frames_angles", "angles.txt");
  ExpectFramesError(AET_ERR_DATA, "nan.h5", "view or plane 1, frame 1, row 2, column 3", __LINE__);
}

/* One or the other, not both; without either nothing is given. */
static void TestGiven(void)
{
  AetTiltSeries head;
  PetscBool     given;

  Unset();
  AET_TEST_CALL(AetFramesAreGiven(&given));
  AET_TEST(!given);
  Set("-frames_files", "frames.h5");
  AET_TEST_CALL(AetFramesAreGiven(&given));
  AET_TEST(given);
  AET_TEST_CALL(AetTiltSeriesHeadFromOptions(MPI_COMM_WORLD, &head));
  AET_TEST(head->views == VIEWS && head->ny == NY && head->head && !head->image);
  AET_TEST_CALL(AetTiltSeriesDestroy(&head));
  Set("-tilt_projections", "stack.mrc");
  ExpectError(AetFramesAreGiven(&given), AET_ERR_INPUT, "frames_files", "found both", __LINE__);
  Unset();
}

int main(int argc, char **argv)
{
  static const AetTestCase cases[] = {{"arrays of four dimensions", TestArrays},
                                      {"stacks", TestStacks},
                                      {"lists", TestLists},
                                      {"stamp", TestStamp},
                                      {"wrong counts", TestWrongCounts},
                                      {"wrong files", TestWrongFiles},
                                      {"no number", TestNan},
                                      {"frames or projections", TestGiven},
                                      {"clean up", TestFolderRemove}};

  AetOptionsRegister(&AetTiltOptions);
  AetOptionsRegister(&AetFramesOptions);
  return AetTestMain(argc, argv, "frames", cases, (int)(sizeof cases / sizeof cases[0]));
}
