/* Facts about options: what YAML becomes, what is refused and on which line, and that the reference says the defaults. */
#include "base_test.h"
#include "test_table.h"

static char folder[256];

static void TestValues(void)
{
  static const char text[] = "# a comment\n"
                             "recon:\n"
                             "  iterations: 12\n"
                             "  support: data/mask.mat:m\n"
                             "  extended: yes\n"
                             "tilt: {pixel_angstrom: 3.216e-1, projections: /abs/x.mat}\n"
                             "trace_species: [Ta, 'Pt']\n"
                             "trace: {rotation_deg: [1, -2.5, 3e1]}\n"
                             "tilt_angle_deg: -5\n";
  char              path[512], value[512], expected[600], **words;
  PetscInt          iterations;
  double            pixel, angle, *angles;
  PetscBool         extended, set;
  int               count, method;

  TestFile(folder, "values.yaml", text, sizeof text - 1, path);
  AET_TEST_CALL(AetOptionsInsertYaml(MPI_COMM_WORLD, path));
  AET_TEST_CALL(AetOptionsCheck(MPI_COMM_WORLD));
  AET_TEST(!AetOptionGetInt("recon_iterations", &iterations) && iterations == 12);
  snprintf(expected, sizeof expected, "%s/data/mask.mat:m", folder);
  AET_TEST(!AetOptionGetText("recon_support", value, sizeof value) && !strcmp(value, expected));
  AET_TEST(!AetOptionGetText("tilt_projections", value, sizeof value) && !strcmp(value, "/abs/x.mat"));
  AET_TEST(!AetOptionGetBool("recon_extended", &extended) && extended);
  AET_TEST(!AetOptionGetReal("tilt_pixel_angstrom", &pixel) && pixel == 0.3216);
  AET_TEST(!AetOptionGetReal("tilt_angle_deg", &angle) && angle == -5);
  AET_TEST(!AetOptionGetTexts("trace_species", &count, &words) && count == 2 && !strcmp(words[0], "Ta") && !strcmp(words[1], "Pt"));
  AetTextsFree(&count, &words);
  AET_TEST(!AetOptionGetReals("trace_rotation_deg", &count, &angles) && count == 3 && angles[1] == -2.5 && angles[2] == 30);
  AET_TEST(!PetscFree(angles));
  AET_TEST(!AetOptionGetEnum("recon_method", &method) && method == 0); /* the default */
  AET_TEST(!AetOptionIsSet("recon_method", &set) && !set && !AetOptionIsSet("recon_iterations", &set) && set);
  AET_TEST(AetOptionGetText("tilt_projections", value, 4) == AET_ERR_INPUT && TestMessageHas("values.yaml:6: tilt_projections"));
  AetErrorClear();
}

static void TestOrder(void)
{
  char     path[512];
  PetscInt iterations;

  AET_TEST(!AetOptionGetInt("recon_iterations", &iterations) && iterations == 12);
  TestFile(folder, "later.yaml", "recon_iterations: 13\n", 21, path);
  AET_TEST_CALL(AetOptionsInsertYaml(MPI_COMM_WORLD, path));
  AET_TEST(!AetOptionGetInt("recon_iterations", &iterations) && iterations == 13); /* a later file says more */
  TestFile(folder, "later.yaml", "\n\nrecon_iterations: many\n", 25, path);
  AET_TEST_CALL(AetOptionsInsertYaml(MPI_COMM_WORLD, path));
  AET_TEST(AetOptionsCheck(MPI_COMM_WORLD) == AET_ERR_INPUT && TestMessageHas("later.yaml:3: recon_iterations: expected a whole number"));
  AetErrorClear();
  AET_TEST(AetOptionGetInt("recon_iterations", &iterations) == AET_ERR_INPUT && TestMessageHas("later.yaml:3"));
  AetErrorClear();
  TestFile(folder, "later.yaml", "recon_iterations: 1e2\n", 22, path);
  AET_TEST_CALL(AetOptionsInsertYaml(MPI_COMM_WORLD, path));
  AET_TEST(!AetOptionGetInt("recon_iterations", &iterations) && iterations == 100);
  for (int i = 0; i < 2; i++) { /* a word in place of a section is its switch */
    static const char *const text[] = {"recon_extended: false\n", "recon: extended\n"};
    PetscBool                extended;
    TestFile(folder, "later.yaml", text[i], strlen(text[i]), path);
    AET_TEST_CALL(AetOptionsInsertYaml(MPI_COMM_WORLD, path));
    AET_TEST(!AetOptionGetBool("recon_extended", &extended) && extended == (PetscBool)i);
  }
}

static void TestDamaged(void)
{
  static const struct {
    const char *text, *message;
  } bad[] = {
      {"recon:\n  iterations: 5\n  method: resire\n  iterations: 6\n", ":4: recon_iterations: given twice, first on line 2"},
      {"recon_iterations: 5\nrecon: {iterations: 5}\n", ":2: recon_iterations: given twice, first on line 1"},
      {"recon: extended\nrecon_extended: false\n", ":2: recon_extended: given twice, first on line 1"},
      {"recon: {iterations: 5\n\n\n", ":4: not YAML"},
      {"recon:\n\titerations: 5\n", ":2: not YAML"},
      {"a: 'x\n", ":2: not YAML"},
      {"ok: 1\nbad: \x01\n", ":2: not YAML: control characters"},
      {"ok: 1\nbad: \xff\xfe\n", ":2: not YAML"},
      {"series:\n  - {label: a}\n  - {label: b}\n", ":2: series: expected words or numbers in a list, found maps"},
      {"trace_species: [[Fe], Pt]\n", ":1: trace_species: expected words or numbers in a list, found another list"},
      {"trace_species: ['Fe,Pt']\n", "without commas"},
      {"trace_species: []\n", ":1: trace_species: expected a value, found an empty list"},
      {"recon:\n  iterations:\n", ":2: recon_iterations: expected a value, found none"},
      {"recon_iterations: ~\n", "expected a value"},
      {"a word\n", ":1: expected `key: value` lines, found a text"},
      {"- a\n- b\n", ":1: expected `key: value` lines, found a list"},
      {"a: 1\n---\nb: 2\n", ":2: expected one document, found another"},
      {"a: 1\n--- b: [\n", "not YAML"},
      {"[1, 2]: 3\n", ":1: expected a word as key"},
      {"a b: 3\n", ":1: expected a key of letters, digits and _, found \"a b\""},
      {"-recon_iterations: 3\n", "expected a key of letters"},
      {"9: 3\n", "expected a key of letters"},
      {"a: &x {b: *x}\n", "nested deeper"},
      {"a: *x\n", "not YAML: found undefined alias"},
      {"a: \"x\\0y\"\n", "zero byte"},
  };
  char     path[512];
  PetscInt iterations, before;

  AET_TEST_CALL(AetOptionGetInt("recon_iterations", &before));
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    TestFile(folder, "bad.yaml", bad[i].text, strlen(bad[i].text), path);
    AET_TEST(AetOptionsInsertYaml(MPI_COMM_WORLD, path) == AET_ERR_INPUT && TestMessageHas("bad.yaml") && TestMessageHas(bad[i].message));
    AetErrorClear();
  }
  AET_TEST(!AetOptionGetInt("recon_iterations", &iterations) && iterations == before); /* a damaged file leaves nothing behind */
  AET_TEST(AetOptionsInsertYaml(MPI_COMM_WORLD, folder) == AET_ERR_OPEN && TestMessageHas("folder"));
  AetErrorClear();
  AET_TEST(AetOptionsInsertYaml(MPI_COMM_WORLD, "/nowhere.yaml") == AET_ERR_OPEN && TestMessageHas("/nowhere.yaml: no such file"));
  AetErrorClear();
  for (int i = 0; i < 3; i++) { /* nothing to say is no error */
    static const char *const empty[] = {"", "# only a comment\n", "recon:\n# iterations: 5\n"};
    TestFile(folder, "empty.yaml", empty[i], strlen(empty[i]), path);
    AET_TEST_CALL(AetOptionsInsertYaml(MPI_COMM_WORLD, path));
  }
}

static void TestNestedDeep(void)
{
  char text[4096] = "", path[512];

  for (int i = 0; i < 1000; i++) strcat(text, "{a: ");
  TestFile(folder, "deep.yaml", text, strlen(text), path);
  AET_TEST(AetOptionsInsertYaml(MPI_COMM_WORLD, path) == AET_ERR_INPUT && TestMessageHas("deep.yaml:"));
  AetErrorClear();
}

static void TestScope(void)
{
  char        path[512], label[32], file[512];
  PetscInt    iterations;
  static char text[40000] = "series:\n";

  for (int t = 1; t <= 60; t++) { /* more keys than a fixed table would hold */
    char entry[256];
    snprintf(entry, sizeof entry,
             "  time_%d: {label: t%d, minutes: %d, tilt: {projections: p%d.mat, pixel_angstrom: 0.4}, recon: {iterations: %d, method: "
             "genfire, extended: true}}\n",
             t, t, 9 * t, t, 1000 + t);
    strcat(text, entry);
  }
  TestFile(folder, "series.yaml", text, strlen(text), path);
  AET_TEST_CALL(AetOptionsInsertYaml(MPI_COMM_WORLD, path));
  AET_TEST_CALL(AetOptionsCheck(MPI_COMM_WORLD));
  AET_TEST(!AetOptionGetText("series_time_7_label", label, sizeof label) && !strcmp(label, "t7"));
  AET_TEST_CALL(AetOptionsSetScope("series_time_60_"));
  AET_TEST(!AetOptionGetInt("recon_iterations", &iterations) && iterations == 1060);
  AET_TEST(!AetOptionGetText("tilt_projections", file, sizeof file) && strstr(file, folder) == file && strstr(file, "/p60.mat"));
  AET_TEST_CALL(AetOptionsSetScope("series_time_61_")); /* a time with nothing of its own has the common keys */
  AET_TEST(!AetOptionGetInt("recon_iterations", &iterations) && iterations == 100);
  AET_TEST_CALL(AetOptionsSetScope(NULL));
  AET_TEST(!AetOptionGetInt("recon_iterations", &iterations) && iterations == 100);
}

static void CountUnequal(const AetOption *option, const char *value, void *context)
{
  char expected[256] = "";

  for (const char *c = option->fallback; *c; c++) { /* a list reads back without brackets and spaces */
    const int list = option->type == AET_OPTION_TEXTS || option->type == AET_OPTION_REALS;
    if (!list || !strchr("[] ", *c)) strncat(expected, c, 1);
  }
  if (strcmp(value, expected)) {
    fprintf(stderr, "%s: default \"%s\", read back \"%s\"\n", option->key, expected, value);
    ++*(int *)context;
  }
}

static void TestReference(void)
{
  char   path[512], *text = NULL;
  size_t length = 0;
  FILE  *file = open_memstream(&text, &length);
  int    unequal = 0;

  AET_TEST_CALL(AetOptionsReference(file));
  fclose(file);
  AET_TEST(strstr(text, "# tilt_projections: FILE") == NULL && strstr(text, "  # projections: FILE") != NULL); /* nested, commented out */
  for (size_t i = 0; i < sizeof table_options / sizeof table_options[0]; i++) AET_TEST(strstr(text, table_options[i].help) != NULL);
  TestFile(folder, "reference.yaml", text, length, path);
  free(text);
  AET_TEST_CALL(AetOptionsInsertYaml(MPI_COMM_WORLD, path));
  AET_TEST_CALL(AetOptionsCheck(MPI_COMM_WORLD));
  AET_TEST_CALL(PetscOptionsClearValue(NULL, "-tilt_projections")); /* set by the tests above, without a default */
  AET_TEST_CALL(PetscOptionsClearValue(NULL, "-tilt_pixel_angstrom"));
  AET_TEST_CALL(AetOptionsForEach(CountUnequal, &unequal));
  AET_TEST(unequal == 0);
}

/* Which times there are, from every source of options, in order and once. */
static void TestTimes(void)
{
  PetscInt *numbers;
  int       count, place = 0;

  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-series_time_201_recon_iterations", "5"));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-series_time_201_label", "x"));
  AET_TEST_CALL(AetOptionsTimes(&count, &numbers));
  while (place < count && numbers[place] < 201) place++;
  AET_TEST(place == count - 1 && numbers[place] == 201 && place > 0 && numbers[place - 1] < 201);
  for (int i = 1; i < count; i++) AET_TEST(numbers[i] > numbers[i - 1]);
  AET_TEST(!PetscFree(numbers));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-series_time_007_label", "x"));
  AET_TEST(AetOptionsTimes(&count, &numbers) == AET_ERR_INPUT && TestMessageHas("series_time_007_label: expected times numbered 1, 2"));
  AetErrorClear();
  AET_TEST_CALL(PetscOptionsClearValue(NULL, "-series_time_007_label"));
  AET_TEST_CALL(PetscOptionsClearValue(NULL, "-series_time_201_label"));
  AET_TEST_CALL(PetscOptionsClearValue(NULL, "-series_time_201_recon_iterations"));
}

static void TestHelp(void)
{
  char  *text = NULL;
  size_t length = 0;
  FILE  *file = open_memstream(&text, &length);

  AET_TEST_CALL(AetOptionsHelp(file));
  fclose(file);
  AET_TEST(strstr(text, "-recon_iterations N") && strstr(text, "1 to 100000; default 50") && strstr(text, "resire|genfire"));
  free(text);
}

static void TestMissing(void)
{
  double pixel;

  AET_TEST(AetOptionGetReal("tilt_pixel_angstrom", &pixel) == AET_ERR_INPUT &&
           TestMessageHas("tilt_pixel_angstrom: needed, but not given"));
  AetErrorClear();
}

static void First(void)
{
  TestFolder(folder);
  AET_TEST(folder[0] != 0);
  AET_TEST_CALL(AetOptionsRegister(&AetBaseOptions));
  AET_TEST_CALL(AetOptionsRegister(&test_table));
  AET_TEST_CALL(AetOptionsRegister(&test_table)); /* twice is once */
}

static void Last(void)
{
  TestFolderRemove(folder);
}

AET_TEST_MAIN("options", {"set up", First}, {"values", TestValues}, {"order of files", TestOrder}, {"damaged files", TestDamaged},
              {"deep nesting", TestNestedDeep}, {"time points", TestScope}, {"times", TestTimes}, {"reference", TestReference},
              {"help", TestHelp}, {"missing", TestMissing}, {"clean", Last})
