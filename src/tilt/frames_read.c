/* The raw frames that the `frames_*` options describe. */
#include "tilt/frames_private.h"
#include <math.h>
#include <string.h>

/* Where the frames are and how many. */
typedef struct {
  char         name[PETSC_MAX_PATH_LEN]; /* what the option says */
  AetFrameList list;                     /* empty: one file */
  PetscBool    per_frame;                /* of a list: one file per frame, else one per view */
  AetLocated   array;                    /* the array, or the one in the first file of the list */
  ptrdiff_t    views, frames, ny, nx;
  double (*angles_deg)[3];
  int    convention;
  double pixel_angstrom;
} Source;

static void SourceFree(Source *source)
{
  AetFrameListFree(&source->list);
  (void)PetscFree(source->angles_deg);
}

/* aet4d's own frames.h5 brings angles and directions along. */
static PetscBool IsOwn(const Source *source)
{
  return (PetscBool)(!source->list.count && source->array.format == AET_FORMAT_EMD && !strcmp(source->array.info.name, "frames/data"));
}

/* Images of an array that are not told apart by views: all of them. */
static ptrdiff_t ImagesIn(const AetArrayInfo *info)
{
  return info->rank == 2 ? 1 : info->rank == 3 ? info->n[0] : info->n[0] * info->n[1];
}

/* ---------------------------------------------------------------- views and frames */

/* The angles; *views is how many there are. Collective. */
static PetscErrorCode ReadAngles(MPI_Comm comm, PetscBool note, Source *source)
{
  char given[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(AetOptionGetEnum("frames_angle_convention", &source->convention));
  PetscCall(AetOptionGetText("frames_angles", given, sizeof given));
  source->views = !source->list.count && source->array.info.rank == 4 ? source->array.info.n[0] : 0;
  if (given[0] || !IsOwn(source)) {
    PetscCall(AetTiltReadAngles(comm, "frames_angles", &source->array, note, &source->views, &source->angles_deg));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  source->convention = AET_ANGLES_ZYX; /* in which they are stored */
  PetscCall(AetAgree(comm, PetscCalloc1((size_t)source->views, &source->angles_deg)));
  PetscCall(AetTiltReadViews(comm, source->array.path, source->views, source->angles_deg));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Frames of a view in `images` of one stack or list, which must come out even. */
static PetscErrorCode DivideImages(Source *source, const char *what, ptrdiff_t images, ptrdiff_t per_view)
{
  PetscFunctionBegin;
  source->frames = per_view ? per_view : images / source->views;
  AetCheck(source->frames >= 1 && source->frames * source->views == images, AET_ERR_DATA,
           "%s: expected the same number of %s for each of %td angles%s, found %td", source->name, what, source->views,
           per_view ? ", as frames_per_view says" : "", images);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One file per view where the first holds the frames of one, or where there is one for each angle. */
static PetscErrorCode DivideList(Source *source, ptrdiff_t per_view)
{
  const AetArrayInfo *info = &source->array.info;
  const ptrdiff_t     inside = ImagesIn(info);

  PetscFunctionBegin;
  AetCheck(info->rank < 4 || info->n[0] == 1, AET_ERR_DATA, "%s: expected the frames of one view, found %td views", source->array.path,
           info->n[0]);
  source->per_frame = (PetscBool)(inside == 1 && (per_view > 1 || (!per_view && source->list.count != source->views)));
  if (source->per_frame) PetscFunctionReturn(DivideImages(source, "files", source->list.count, per_view));
  AetCheck(source->list.count == source->views, AET_ERR_DATA, "%s: expected one file for each of %td angles, found %td", source->name,
           source->views, source->list.count);
  AetCheck(!per_view || inside == per_view, AET_ERR_DATA, "%s: expected %td frames as frames_per_view says, found %td", source->array.path,
           per_view, inside);
  source->frames = inside;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DivideFrames(Source *source)
{
  const AetArrayInfo *info = &source->array.info;
  PetscInt            per_view;

  PetscFunctionBegin;
  PetscCall(AetOptionGetInt("frames_per_view", &per_view));
  source->ny = info->n[info->rank - 2], source->nx = info->n[info->rank - 1];
  if (source->list.count)
    PetscCall(DivideList(source, per_view));
  else if (info->rank == 4) {
    source->frames = info->n[1];
    AetCheck(!per_view || per_view == source->frames, AET_ERR_DATA, "%s: expected %d frames of a view as frames_per_view says, found %td",
             source->name, (int)per_view, source->frames);
  } else
    PetscCall(DivideImages(source, "images", ImagesIn(info), per_view));
  AetCheck(source->frames <= PETSC_MPI_INT_MAX / source->nx / source->ny, AET_ERR_DATA,
           "%s: expected at most 2^31 pixels in the frames of a view, found %td×%td×%td", source->name, source->frames, source->ny,
           source->nx);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- the description */

static PetscErrorCode Describe(MPI_Comm comm, PetscBool note, Source *source)
{
  PetscBool list;

  PetscFunctionBegin;
  PetscCall(AetOptionGetText("frames_files", source->name, sizeof source->name));
  AetCheck(source->name[0], AET_ERR_INPUT, "frames_files: expected the file with the frames, found nothing");
  PetscCall(AetFrameListIs(comm, source->name, &list));
  if (list) PetscCall(AetFrameListRead(comm, source->name, &source->list));
  PetscCall(AetLocateFrames(comm, list ? source->list.file[0] : source->name, &source->array));
  PetscCall(AetTiltChoosePixel("frames_pixel_angstrom", &source->array, &source->pixel_angstrom));
  PetscCall(ReadAngles(comm, note, source));
  PetscCall(DivideFrames(source));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The directions of the option, one for each frame or one for all, else those of the file, else 0. *scan_deg [frames], PetscFree. */
static PetscErrorCode ScanOfOption(const Source *source, PetscBool *found, double *scan_deg)
{
  int     count;
  double *values;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReals("frames_scan_deg", &count, &values));
  *found = (PetscBool)(count > 0);
  for (ptrdiff_t f = 0; f < source->frames && count > 0; f++) scan_deg[f] = values[count == 1 ? 0 : f % count];
  PetscCall(PetscFree(values));
  AetCheck(count <= 1 || count == source->frames, AET_ERR_INPUT,
           "frames_scan_deg: expected one direction, or one for each of the %td frames of a view, found %d", source->frames, count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadScan(MPI_Comm comm, const Source *source, double *scan_deg)
{
  char           column[PETSC_MAX_PATH_LEN + 32];
  PetscBool      found = PETSC_FALSE;
  ptrdiff_t      rows, columns;
  double        *values;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(ScanOfOption(source, &found, scan_deg));
  if (found || !IsOwn(source)) PetscFunctionReturn(PETSC_SUCCESS);
  snprintf(column, sizeof column, "%s:scans/scan", source->array.path);
  PetscCall(AetTableRead(comm, column, &rows, &columns, &values));
  code = rows * columns == source->frames ? PETSC_SUCCESS
                                          : AetRaise(AET_ERR_DATA, "%s: expected one direction for each of %td frames, found %td", column,
                                                     source->frames, rows * columns);
  if (!code) memcpy(scan_deg, values, sizeof *scan_deg * (size_t)source->frames);
  PetscCall(PetscFree(values));
  PetscFunctionReturn(code);
}

/* ---------------------------------------------------------------- the images */

/* `frames` images of one file of the list, read by this rank alone. */
static PetscErrorCode ReadListed(const Source *source, const char *file, ptrdiff_t frames, float *image)
{
  AetLocated          located;
  const AetArrayInfo *info = &located.info;

  PetscFunctionBegin;
  PetscCall(AetLocateFrames(PETSC_COMM_SELF, file, &located));
  AetCheck(info->n[info->rank - 2] == source->ny && info->n[info->rank - 1] == source->nx && ImagesIn(info) == frames &&
               (info->rank < 4 || info->n[0] == 1),
           AET_ERR_DATA, "%s: expected %td images of %td×%td as in %s, found %td of %td×%td", file, frames, source->ny, source->nx,
           source->list.file[0], ImagesIn(info), info->n[info->rank - 2], info->n[info->rank - 1]);
  located.group = info->rank == 3 ? frames : 1;
  PetscCall(AetLocatedRead(PETSC_COMM_SELF, &located, image));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadOwnList(const Source *source, AetFrames set)
{
  const ptrdiff_t files = source->per_frame ? set->frames : 1, frames = set->frames / files;

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < set->v_count * files; i++)
    PetscCall(ReadListed(source, source->list.file[set->v_start * files + i], frames, set->image + i * frames * set->ny * set->nx));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the run was made from. Collective. */
static PetscErrorCode NoteInputs(MPI_Comm comm, const Source *source)
{
  PetscFunctionBegin;
  if (!source->list.count) PetscFunctionReturn(AetProvenanceAddInput(comm, source->array.path));
  PetscCall(AetProvenanceAddInput(comm, source->name));
  for (ptrdiff_t i = 0; i < source->list.count; i++) {
    char path[PETSC_MAX_PATH_LEN], name[256];

    PetscCall(AetAgree(comm, AetFileSplitName(source->list.file[i], path, sizeof path, name, sizeof name)));
    PetscCall(AetProvenanceAddInput(comm, path));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadImages(MPI_Comm comm, Source *source, AetFrames set)
{
  PetscFunctionBegin;
  PetscCall(ReadScan(comm, source, set->scan_deg));
  if (source->list.count)
    PetscCall(AetAgree(comm, ReadOwnList(source, set)));
  else {
    source->array.group = source->array.info.rank == 3 ? source->frames : 1;
    PetscCall(AetLocatedRead(comm, &source->array, set->image));
  }
  PetscCall(NoteInputs(comm, source));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFramesAreGiven(PetscBool *given)
{
  PetscBool projections;

  PetscFunctionBegin;
  PetscCall(AetOptionNamesFile("frames_files", given));
  if (!*given) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetOptionNamesFile("tilt_projections", &projections));
  AetCheck(!projections, AET_ERR_INPUT, "frames_files: expected raw frames or tilt_projections, found both");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFramesReadFromOptions(MPI_Comm comm, AetFrames *set)
{
  Source         source;
  PetscErrorCode code;

  PetscFunctionBegin;
  *set = NULL;
  memset(&source, 0, sizeof source);
  code = Describe(comm, PETSC_TRUE, &source);
  if (!code)
    code = AetFramesCreate(comm, source.views, source.frames, source.ny, source.nx, source.pixel_angstrom,
                           (AetAngleConvention)source.convention, (const double(*)[3])source.angles_deg, NULL, set);
  if (!code) code = ReadImages(comm, &source, *set);
  if (code) PetscCall(AetFramesDestroy(set));
  SourceFree(&source);
  PetscFunctionReturn(code);
}

PetscErrorCode AetFramesHead(MPI_Comm comm, AetTiltSeries *tilt)
{
  Source         source;
  PetscErrorCode code;

  PetscFunctionBegin;
  *tilt = NULL;
  memset(&source, 0, sizeof source);
  code = Describe(comm, PETSC_FALSE, &source);
  if (!code)
    code = AetTiltHeadCreate(comm, source.views, source.ny, source.nx, source.pixel_angstrom, (AetAngleConvention)source.convention,
                             (const double(*)[3])source.angles_deg, PETSC_FALSE, tilt);
  if (!code) (*tilt)->frames = source.frames;
  SourceFree(&source);
  PetscFunctionReturn(code);
}
