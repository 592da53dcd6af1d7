/* The files of raw frames: what was measured, and the truth about it. */
#include "simulate/frames_private.h"
#include <aet4d/io.h>
#include <string.h>

static const char *const aet_angle_text[3] = {"rotation about z, applied last", "tilt about y", "rotation about x, applied first"};

/* Angles of this rank's views as three columns. */
static PetscErrorCode WriteAngles(AetFile file, const char *group, const AetFramesTruth *truth, const double (*angles_deg)[3], int more,
                                  const AetColumn *column)
{
  AetColumn      columns[8] = {{"phi", "deg", aet_angle_text[0], AET_COLUMN_DOUBLE, 1, NULL},
                               {"theta", "deg", aet_angle_text[1], AET_COLUMN_DOUBLE, 1, NULL},
                               {"psi", "deg", aet_angle_text[2], AET_COLUMN_DOUBLE, 1, NULL}};
  double        *values;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(3 * (size_t)truth->views, &values));
  for (ptrdiff_t v = 0; v < truth->views; v++)
    for (int a = 0; a < 3; a++) values[a * truth->views + v] = angles_deg[v][a];
  for (int a = 0; a < 3; a++) columns[a].data = values + a * truth->views;
  for (int c = 0; c < more; c++) columns[3 + c] = column[c];
  code = AetFileWriteTable(file, group, (PetscInt)truth->views, 3 + more, columns);
  if (!code) code = AetFileWriteText(file, group, "convention", "zyx");
  PetscCall(PetscFree(values));
  PetscFunctionReturn(code);
}

/* Tables are small and complete on every rank: rank 0 brings all rows, as a truth of that many views; the others none. */
static AetFramesTruth Rows(MPI_Comm comm, const AetFramesTruth *truth)
{
  AetFramesTruth rows = *truth;
  int            rank;

  MPI_Comm_rank(comm, &rank);
  if (rank) rows.views = rows.frames = 0;
  return rows;
}

static PetscErrorCode PutFrames(MPI_Comm comm, const AetFramesTruth *truth, const float *images, AetFile file)
{
  const ptrdiff_t   n[4] = {truth->views, truth->frames, truth->ny, truth->nx};
  const char *const names[4] = {"view", "frame", "y", "x"}, *const units[4] = {"", "", "angstrom", "angstrom"};
  const double         steps[4] = {1, 1, truth->pixel_angstrom, truth->pixel_angstrom};
  const AetFramesTruth rows = Rows(comm, truth);
  const AetColumn      scan = {"scan", "deg", "direction of the fast scan on the image", AET_COLUMN_DOUBLE, 1, rows.scan_deg};

  PetscFunctionBegin;
  PetscCall(AetFileWriteArray4(file, "frames", n, names, units, steps, images));
  PetscCall(AetFileWriteNumber(file, "frames", "pixel_angstrom", truth->pixel_angstrom));
  PetscCall(WriteAngles(file, "views", &rows, (const double(*)[3])rows.nominal_deg, 0, NULL));
  PetscCall(AetFileWriteTable(file, "scans", (PetscInt)rows.frames, 1, &scan));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- the truth */

static PetscErrorCode PutNumbers(const AetFramesTruth *truth, AetFile file)
{
  static const char *const monomials[AET_SCAN_TERMS] = {"x", "y", "xx", "xy", "yy", "xxx", "xxy", "xyy", "yyy"};
  const struct {
    const char *key;
    double      value;
  } numbers[] = {{"pixel_angstrom", truth->pixel_angstrom},
                 {"gain", truth->gain},
                 {"offset", truth->offset},
                 {"read_noise", truth->read_noise},
                 {"electrons_per_integral", truth->counts},
                 {"line_jitter_px", truth->jitter},
                 {"background", truth->background},
                 {"background_film", truth->film},
                 {"background_film_angstrom", truth->film_angstrom}};

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    PetscCall(AetFileWriteNumber(file, "truth", numbers[i].key, numbers[i].value));
  for (int a = 0; a < 2; a++)
    for (int t = 0; t < AET_SCAN_TERMS; t++) {
      char key[32];

      snprintf(key, sizeof key, "%c_%s", "xy"[a], monomials[t]);
      PetscCall(AetFileWriteNumber(file, "truth/distortion", key, truth->distortion[a][t]));
    }
  PetscCall(AetFileWriteText(file, "truth/distortion", "meaning",
                             "place on the object, px from the centre, of pixel (x, y) from the centre of an image: sums of these terms"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What rate and jitter displace the lines by: [view][frame][line][x, y], lines beyond those of a frame zero. */
static PetscErrorCode PutLines(MPI_Comm comm, const AetFramesTruth *truth, AetFile file)
{
  const ptrdiff_t   lines = PetscMax(truth->ny, truth->nx), n[4] = {truth->views, truth->frames, lines, 2};
  const char *const names[4] = {"view", "frame", "line", "axis"}, *const units[4] = {"", "", "", ""};
  const double steps[4] = {1, 1, 1, 1};
  ptrdiff_t    start, count;
  int          rank, size;
  float       *data;
  double(*move)[2];
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(truth->views, rank, size, &start, &count);
  PetscCall(AetAgree(comm, PetscMalloc2((size_t)(count * truth->frames * lines * 2), &data, (size_t)lines, &move)));
  for (ptrdiff_t i = 0; i < count * truth->frames; i++) {
    memset(move, 0, sizeof *move * (size_t)lines);
    AetFramesLineMoves(truth, start + i / truth->frames, i % truth->frames, move);
    for (ptrdiff_t l = 0; l < 2 * lines; l++) data[2 * i * lines + l] = (float)move[0][l];
  }
  code = AetFileWriteArray4(file, "lines", n, names, units, steps, data);
  PetscCall(PetscFree2(data, move));
  PetscFunctionReturn(code);
}

static PetscErrorCode PutTruth(MPI_Comm comm, const AetFramesTruth *truth, AetFile file)
{
  const AetFramesTruth rows = Rows(comm, truth);
  const AetColumn      views[3] = {
           {"shift", "px", "content at x appears at x + shift, pixels of the object", AET_COLUMN_DOUBLE, 2, rows.shift},
           {"rate", "px/line", "drift within a frame, pixels of the image", AET_COLUMN_DOUBLE, 2, rows.rate},
           {"gradient", "", "relative change of the background from the centre to an edge", AET_COLUMN_DOUBLE, 2, rows.gradient}};
  const AetColumn frames = {
      "drift",           "px", "of the middle of the frame, mean 0 over a view, pixels of the image; rows view by view",
      AET_COLUMN_DOUBLE, 2,    rows.drift};
  const AetColumn scans = {"scan", "deg", "direction of the fast scan on the image", AET_COLUMN_DOUBLE, 1, rows.scan_deg};

  PetscFunctionBegin;
  PetscCall(WriteAngles(file, "views", &rows, (const double(*)[3])rows.angles_deg, 3, views));
  PetscCall(AetFileWriteTable(file, "frames", (PetscInt)(rows.views * rows.frames), 1, &frames));
  PetscCall(AetFileWriteTable(file, "scans", (PetscInt)rows.frames, 1, &scans));
  PetscCall(PutNumbers(truth, file));
  PetscCall(PutLines(comm, truth, file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0. */
static PetscErrorCode WriteCsv(const char *path, const AetFramesTruth *truth)
{
  enum { LINE = 320 };
  char          *text;
  size_t         used, room = LINE * ((size_t)(truth->views * truth->frames) + 1);
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(room, &text));
  used = (size_t)snprintf(text, room,
                          "view,frame,scan_deg,phi_deg,theta_deg,psi_deg,theta_told_deg,shift_x_px,shift_y_px,drift_x_px,"
                          "drift_y_px,rate_x_px_per_line,rate_y_px_per_line\n");
  for (ptrdiff_t i = 0; i < truth->views * truth->frames; i++) {
    const ptrdiff_t v = i / truth->frames, f = i % truth->frames;

    used += (size_t)snprintf(text + used, room - used, "%td,%td,%g,%.8g,%.8g,%.8g,%.8g,%.8g,%.8g,%.8g,%.8g,%.8g,%.8g\n", v, f,
                             truth->scan_deg[f], truth->angles_deg[v][0], truth->angles_deg[v][1], truth->angles_deg[v][2],
                             truth->nominal_deg[v][1], truth->shift[v][0], truth->shift[v][1], truth->drift[i][0], truth->drift[i][1],
                             truth->rate[v][0], truth->rate[v][1]);
  }
  code = AetTextWrite(path, text, used);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

/* ---------------------------------------------------------------- the reference */

static PetscErrorCode PutReference(const AetFramesTruth *truth, const AetReferenceTruth *reference, const float *image, AetFile file)
{
  const ptrdiff_t   n[3] = {1, reference->size, reference->size};
  const char *const names[3] = {"image", "y", "x"}, *const units[3] = {"", "angstrom", "angstrom"};
  const double steps[3] = {1, truth->pixel_angstrom, truth->pixel_angstrom};

  PetscFunctionBegin;
  PetscCall(AetFileWriteArray(file, "reference", n, names, units, steps, image));
  PetscCall(AetFileWriteNumber(file, "reference", "lattice_a_angstrom", reference->a));
  PetscCall(AetFileWriteNumber(file, "reference", "lattice_b_angstrom", reference->b));
  PetscCall(AetFileWriteNumber(file, "reference", "lattice_gamma_deg", reference->gamma_deg));
  PetscCall(AetFileWriteNumber(file, "reference", "rotation_deg", reference->rotation_deg));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0 makes the image. */
static PetscErrorCode MakeReference(MPI_Comm comm, const AetFramesTruth *truth, const AetReferenceTruth *reference, float **image)
{
  int            rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  *image = NULL;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) code = PetscMalloc1((size_t)(reference->size * reference->size), image);
  if (rank == 0 && !code) code = AetSimulateReference(truth, reference, *image);
  PetscCall(AetAgree(comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  MPI_Comm                 comm;
  const AetFramesTruth    *truth;
  const AetReferenceTruth *reference;
  const float             *images;
} Content;

/* One file of three. */
static PetscErrorCode WriteFile(const char *folder, const char *name, const Content *content)
{
  char           path[PETSC_MAX_PATH_LEN];
  AetFile        file;
  PetscErrorCode code;

  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  PetscCall(AetFileCreate(content->comm, path, &file));
  if (content->reference)
    code = PutReference(content->truth, content->reference, content->images, file);
  else if (content->images)
    code = PutFrames(content->comm, content->truth, content->images, file);
  else
    code = PutTruth(content->comm, content->truth, file);
  if (code)
    PetscCall(AetFileDestroy(&file));
  else
    code = AetFileClose(&file);
  PetscFunctionReturn(code);
}

PetscErrorCode AetFramesWrite(MPI_Comm comm, const char *folder, const AetFramesTruth *truth, const float *images,
                              const AetReferenceTruth *reference)
{
  const float none = 0; /* of a rank without views */
  Content     content = {comm, truth, NULL, images ? images : &none};
  char        path[PETSC_MAX_PATH_LEN];
  int         rank;
  float      *image;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(WriteFile(folder, "frames.h5", &content));
  content.images = NULL;
  PetscCall(WriteFile(folder, "frames_truth.h5", &content));
  snprintf(path, sizeof path, "%s/frames_truth.csv", folder);
  PetscCall(AetAgree(comm, rank ? PETSC_SUCCESS : WriteCsv(path, truth)));
  if (!reference) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MakeReference(comm, truth, reference, &image));
  content.reference = reference, content.images = image;
  PetscCall(WriteFile(folder, "reference.h5", &content));
  PetscCall(PetscFree(image));
  PetscFunctionReturn(PETSC_SUCCESS);
}
