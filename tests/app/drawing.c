/* Facts about the drawing kernels and the words of the command line. */
#include "arguments.h"
#include "kernel/canvas.h"
#include "kernel/font.h"
#include "kernel/spheres.h"
#include "mpi_test.h"
#include <aet4d/units.h>

enum { N = 200 };

/* A sphere covers a disc of its radius; its nearest point is a radius in front of its centre; the nearer of two hides the farther. */
static void TestSpheresAreSeen(void)
{
  static float depth[N * N];
  static int   who[N * N];
  double       centre[6] = {1, 2, -3, 1, 2, 5};
  long         covered = 0, second = 0;

  AetKernelSpheresSee(2, centre, 4, N, N, 10, depth, who);
  for (int p = 0; p < N * N; p++) covered += who[p] >= 0, second += who[p] == 1;
  AET_TEST_CLOSE((double)covered, M_PI * 40 * 40, 60);
  AET_TEST(second == covered);
  AET_TEST_CLOSE(depth[(N / 2 - 20) * N + N / 2 + 10], 9, 0.01); /* y is upwards: row N/2 - 20 */
  AET_TEST(who[0] == -1);
}

/* The same sphere is darker in the shadow of another than alone, and nothing is out of range. */
static void TestShadow(void)
{
  static float depth[N * N], light_depth[N * N], rgb[2][3 * N * N];
  static int   who[N * N], light_who[N * N];
  double       centre[6] = {0, 0, 0, 0, 3, 3}, from_light[6], sum[2] = {0};
  float        colour[2][3] = {{0.5f, 0.5f, 0.5f}, {0.5f, 0.5f, 0.5f}};
  const double c = sqrt(0.5), R[9] = {1, 0, 0, 0, c, -c, 0, c, c}; /* light from above and in front */

  for (int count = 1; count <= 2; count++) {
    AetSpheres s = {.count = count, .ny = N, .nx = N, .centre = centre, .colour = (const float(*)[3])colour, .radius = 1, .scale = 20};

    AetKernelSpheresSee(count, centre, 1, N, N, 20, depth, who);
    for (int i = 0; i < count; i++) AetRotate(R, &centre[3 * i], &from_light[3 * i]);
    AetKernelSpheresSee(count, from_light, 1, N, N, 20, light_depth, light_who);
    memcpy(s.to_light, R, sizeof R);
    s.depth = depth, s.who = who, s.light_n = N, s.light_depth = light_depth, s.light_scale = 20;
    AetKernelSpheresShade(&s, 1, rgb[count - 1]);
    for (int p = 0; p < N * N; p++) {
      if (who[p] == 0) sum[count - 1] += rgb[count - 1][3 * p];
      for (int k = 0; k < 3; k++)
        if (!(rgb[count - 1][3 * p + k] >= 0 && rgb[count - 1][3 * p + k] < 2)) sum[0] = -1;
    }
  }
  AET_TEST(sum[0] > 0 && sum[1] < 0.7 * sum[0]);
}

/* Magnified, a linear image stays linear between the outer pixel centres, row 0 at the bottom. */
static void TestImageIsMagnified(void)
{
  enum { SIZE = 8, ZOOM = 5 };
  float     image[SIZE * SIZE];
  AetCanvas canvas = {SIZE * ZOOM, SIZE * ZOOM, NULL};
  double    worst = 0;

  canvas.rgb = (float *)calloc((size_t)(3 * canvas.ny * canvas.nx), sizeof(float));
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++) image[y * SIZE + x] = (float)(x + 2 * y);
  AetKernelCanvasImage(&canvas, 0, 0, ZOOM, image, SIZE, SIZE, 0, 24);
  for (int y = 3; y < SIZE * ZOOM - 3; y++)
    for (int x = 3; x < SIZE * ZOOM - 3; x++) {
      double u = (x + 0.5) / ZOOM - 0.5, v = SIZE - 0.5 - (y + 0.5) / ZOOM;

      worst = fmax(worst, fabs(canvas.rgb[3 * (y * SIZE * ZOOM + x)] - pow((u + 2 * v) / 24, 1.3)));
    }
  AET_TEST_CLOSE(worst, 0, 1e-5);
  free(canvas.rgb);
}

/* A ring covers 2 pi r t pixels; outside the canvas it is cut and nothing is written beyond. */
static void TestRing(void)
{
  const float white[3] = {1, 1, 1};
  AetCanvas   canvas = {100, 100, NULL};
  double      sum = 0;

  canvas.rgb = (float *)calloc(3 * 100 * 100, sizeof(float));
  AetKernelCanvasRing(&canvas, 47.3, 52.9, 20, 3, white, 1);
  for (int p = 0; p < 100 * 100; p++) sum += canvas.rgb[3 * p];
  AET_TEST_CLOSE(sum, 2 * M_PI * 20 * 3, 4);
  AetKernelCanvasRing(&canvas, -5, 110, 30, 3, white, 1);
  AetKernelCanvasBox(&canvas, -10, -10, 2000, 2000, white);
  AET_TEST(canvas.rgb[3 * 9999] == 1);
  free(canvas.rgb);
}

/* Bytes are sRGB of the mean linear light: middle grey 0.2140 is byte 127 or 128; half black, half white is 188. */
static void TestBytes(void)
{
  float         rgb[12] = {0};
  AetCanvas     canvas = {2, 2, rgb};
  unsigned char bytes[3];

  for (int i = 0; i < 12; i++) rgb[i] = 0.2140f;
  AetKernelCanvasToBytes(&canvas, 2, bytes);
  AET_TEST(bytes[0] == 127 || bytes[0] == 128);
  for (int i = 0; i < 12; i++) rgb[i] = i < 6;
  AetKernelCanvasToBytes(&canvas, 2, bytes);
  AET_TEST(bytes[1] == 188);
}

/* All letters and digits are drawn, and no two alike (a name must be readable). */
static void TestFont(void)
{
  static const char all[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-";
  int               alike = 0;

  for (const char *a = all; *a; a++)
    for (const char *b = all; *b && b < a; b++) alike += !AetKernelGlyph(*a) || !memcmp(AetKernelGlyph(*a), AetKernelGlyph(*b), 5);
  AET_TEST(alike <= 1); /* O and 0 may be one */
  AET_TEST(AetKernelGlyph(' ') == NULL);
}

static void TestEditDistance(void)
{
  AET_TEST(AetEditDistance("run", "run") == 0);
  AET_TEST(AetEditDistance("kitten", "sitting") == 3);
  AET_TEST(AetEditDistance("", "abc") == 3);
  AET_TEST(AetEditDistance("trace", "tarce") == 2);
}

static const AetOption      options[] = {{"quick", AET_OPTION_BOOL, "", "false", 0, 0, NULL, "a flag"},
                                         {"shift", AET_OPTION_REAL, "", "0", 0, 0, NULL, "a number"}};
static const AetOptionTable table = {"test", "test", options, 2};

/* Values are not files; a flag does not swallow the file behind it; a negative number is a value. */
static void TestArguments(void)
{
  char        *argv[] = {"aet4d",  "compare", "-shift", "-3.5",    "a.yaml", "-quick", "b.h5",
                         "-quick", "no",      "c.xyz",  "--shift", "2",      "d.yml",  "-help"};
  AetArguments arguments;

  AET_TEST_CALL(AetOptionsRegister(&table));
  AET_TEST_CALL(AetArgumentsParse((int)(sizeof argv / sizeof argv[0]), argv, &arguments));
  AET_TEST(arguments.command && !strcmp(arguments.command, "compare"));
  AET_TEST(arguments.configs == 2 && !strcmp(arguments.config[1], "d.yml"));
  AET_TEST(arguments.files == 2 && !strcmp(arguments.file[0], "b.h5") && !strcmp(arguments.file[1], "c.xyz"));
  AET_TEST(arguments.help && !arguments.version);
}

AET_TEST_MAIN("drawing and words", {"spheres are seen", TestSpheresAreSeen}, {"shadow", TestShadow},
              {"an image is magnified", TestImageIsMagnified}, {"ring", TestRing}, {"bytes", TestBytes}, {"font", TestFont},
              {"edit distance", TestEditDistance}, {"arguments", TestArguments})
