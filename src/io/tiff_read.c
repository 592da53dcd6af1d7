/* TIFF stacks: pages of one size, one number a pixel. */
#include "io/io_private.h"
#include "io/tiff_private.h"
#include <math.h>
#include <string.h>

#define AET_TIFF_RATIO 1100.0 /* no compression of images does better than deflate's 1032 */

/* ---------------------------------------------------------------- messages */

static char             aet_tiff_why[200];
static TIFFErrorHandler aet_tiff_error, aet_tiff_warning;

static void KeepError(const char *module, const char *format, va_list arguments)
{
  vsnprintf(aet_tiff_why, sizeof aet_tiff_why, format, arguments);
}

void AetTiffQuiet(void)
{
  aet_tiff_why[0] = 0;
  aet_tiff_error = TIFFSetErrorHandler(KeepError);
  aet_tiff_warning = TIFFSetWarningHandler(NULL);
}

void AetTiffLoud(void)
{
  TIFFSetErrorHandler(aet_tiff_error);
  TIFFSetWarningHandler(aet_tiff_warning);
}

const char *AetTiffWhy(void)
{
  return aet_tiff_why[0] ? aet_tiff_why : "no reason given";
}

/* ---------------------------------------------------------------- pages */

typedef struct {
  uint32_t  nx, ny;
  AetScalar type;
  PetscBool skipped, complex_data; /* a thumbnail */
} Page;

typedef struct {
  char      path[PETSC_MAX_PATH_LEN];
  TIFF     *tiff;
  Page      page;
  ptrdiff_t pages, at, directory; /* page that directory is at */
  double    pixel_angstrom;
} AetTiff;

static PetscBool TiffRecognise(const AetFileHead *head)
{
  static const unsigned char marks[4][4] = {{'I', 'I', 42, 0}, {'M', 'M', 0, 42}, {'I', 'I', 43, 0}, {'M', 'M', 0, 43}};

  for (int i = 0; i < 4; i++)
    if (head->length >= 4 && !memcmp(head->bytes, marks[i], 4)) return PETSC_TRUE;
  return PETSC_FALSE;
}

static AetScalar TypeOf(unsigned bits, unsigned kind)
{
  if (kind == SAMPLEFORMAT_IEEEFP)
    return bits == 16 ? AET_SCALAR_F16 : bits == 32 ? AET_SCALAR_F32 : bits == 64 ? AET_SCALAR_F64 : AET_SCALAR_NONE;
  if (kind == SAMPLEFORMAT_INT)
    return bits == 8    ? AET_SCALAR_I8
           : bits == 16 ? AET_SCALAR_I16
           : bits == 32 ? AET_SCALAR_I32
           : bits == 64 ? AET_SCALAR_I64
                        : AET_SCALAR_NONE;
  if (kind == SAMPLEFORMAT_UINT || kind == SAMPLEFORMAT_VOID)
    return bits == 8    ? AET_SCALAR_U8
           : bits == 16 ? AET_SCALAR_U16
           : bits == 32 ? AET_SCALAR_U32
           : bits == 64 ? AET_SCALAR_U64
                        : AET_SCALAR_NONE;
  return AET_SCALAR_NONE;
}

/* The page that libtiff stands at. */
static PetscErrorCode DescribePage(const AetTiff *file, Page *page)
{
  uint16_t bits = 1, kind = SAMPLEFORMAT_UINT, channels = 1;
  uint32_t subfile = 0;

  PetscFunctionBegin;
  memset(page, 0, sizeof *page);
  TIFFGetField(file->tiff, TIFFTAG_SUBFILETYPE, &subfile);
  page->skipped = (PetscBool)((subfile & FILETYPE_REDUCEDIMAGE) != 0);
  AetCheck(TIFFGetField(file->tiff, TIFFTAG_IMAGEWIDTH, &page->nx) && TIFFGetField(file->tiff, TIFFTAG_IMAGELENGTH, &page->ny) &&
               page->nx > 0 && page->ny > 0,
           AET_ERR_READ, "%s: page %td has no size", file->path, file->pages);
  TIFFGetFieldDefaulted(file->tiff, TIFFTAG_BITSPERSAMPLE, &bits);
  TIFFGetFieldDefaulted(file->tiff, TIFFTAG_SAMPLEFORMAT, &kind);
  TIFFGetFieldDefaulted(file->tiff, TIFFTAG_SAMPLESPERPIXEL, &channels);
  page->complex_data = (PetscBool)(kind == SAMPLEFORMAT_COMPLEXIEEEFP || kind == SAMPLEFORMAT_COMPLEXINT);
  page->type = TypeOf(bits, kind);
  if (page->skipped) PetscFunctionReturn(PETSC_SUCCESS);
  AetCheck(channels == 1, AET_ERR_DATA, "%s: page %td: expected one number a pixel, found %d (a colour picture?)", file->path, file->pages,
           (int)channels);
  AetCheck(page->type != AET_SCALAR_NONE || page->complex_data, AET_ERR_DATA,
           "%s: page %td: expected numbers of 8, 16, 32 or 64 bits, found %d bits of kind %d", file->path, file->pages, (int)bits,
           (int)kind);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ImageJ says the unit in the description, and pixels per unit as the resolution. */
static double PixelAngstrom(TIFF *tiff)
{
  static const struct {
    const char *name;
    double      angstrom;
  } units[] = {{"angstrom", 1}, {"Angstrom", 1}, {"A\n", 1},      {"\xc3\x85", 1}, {"\\u00C5", 1},
               {"nm", 10},      {"pm", 0.01},    {"micron", 1e4}, {"um", 1e4}};
  const char *text = NULL, *unit;
  float       per_unit = 0;

  if (!TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text) || !text || strncmp(text, "ImageJ=", 7)) return 0;
  unit = strstr(text, "\nunit=");
  if (!unit || !TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &per_unit) || !(per_unit > 0) || !isfinite(per_unit)) return 0;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (!strncmp(unit + 6, units[i].name, strlen(units[i].name))) return units[i].angstrom / per_unit;
  return 0;
}

/* Goes through all pages: they have one size and type, and the file can hold them. */
static PetscErrorCode SurveyPages(AetTiff *file, ptrdiff_t file_bytes)
{
  double needed;

  PetscFunctionBegin;
  do {
    Page page;
    PetscCall(DescribePage(file, &page));
    if (page.skipped) continue;
    if (file->pages == 0) {
      file->page = page;
      file->pixel_angstrom = PixelAngstrom(file->tiff);
    }
    AetCheck(page.nx == file->page.nx && page.ny == file->page.ny && page.type == file->page.type, AET_ERR_DATA,
             "%s: page %td: expected %u×%u %s as the first, found %u×%u %s", file->path, file->pages, (unsigned)file->page.ny,
             (unsigned)file->page.nx, AetScalarName(file->page.type), (unsigned)page.ny, (unsigned)page.nx, AetScalarName(page.type));
    file->pages++;
    needed = (double)file->pages * (double)page.nx * (double)page.ny * (double)AetScalarSize(page.type);
    AetCheck(needed <= AET_TIFF_RATIO * (double)file_bytes, AET_ERR_READ, "%s: %td pages of %u×%u cannot be in %td bytes", file->path,
             file->pages, (unsigned)page.ny, (unsigned)page.nx, file_bytes);
  } while (TIFFReadDirectory(file->tiff));
  /* a page that cannot be read looks like the last one, but leaves an error behind */
  AetCheck(!aet_tiff_why[0], AET_ERR_READ, "%s: the file is damaged or truncated after page %td: %s", file->path, file->pages,
           AetTiffWhy());
  AetCheck(file->pages > 0, AET_ERR_DATA, "%s: expected images, found thumbnails only", file->path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OpenTiff(AetTiff *file)
{
  ptrdiff_t file_bytes;

  PetscFunctionBegin;
  PetscCall(AetFileSize(file->path, &file_bytes));
  file->tiff = TIFFOpen(file->path, "rm"); /* m: never mapped, so that a file cut while we read is an error and no signal */
  AetCheck(file->tiff, AET_ERR_READ, "%s: the TIFF file is damaged or truncated: %s", file->path, AetTiffWhy());
  PetscCall(SurveyPages(file, file_bytes));
  file->at = -1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TiffClose(void **state)
{
  AetTiff *file = *state;

  PetscFunctionBegin;
  AetTiffQuiet();
  if (file && file->tiff) TIFFClose(file->tiff);
  AetTiffLoud();
  PetscCall(PetscFree(file));
  *state = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode NewTiff(const char *path, void **state)
{
  AetTiff       *file;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscNew(&file));
  snprintf(file->path, sizeof file->path, "%s", path);
  *state = file;
  AetTiffQuiet();
  code = OpenTiff(file);
  AetTiffLoud();
  if (code) PetscCall(TiffClose(state));
  PetscFunctionReturn(code);
}

static PetscErrorCode TiffInspect(const char *path, ptrdiff_t file_bytes, AetFormat *format, AetArrayList *list)
{
  void          *state;
  AetTiff       *file;
  ptrdiff_t      n[3];
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(NewTiff(path, &state));
  file = state;
  n[0] = file->pages, n[1] = file->page.ny, n[2] = file->page.nx;
  code = AetArrayListAdd(list, "", 3, n, file->page.complex_data ? "complex" : AetScalarName(file->page.type), PETSC_TRUE,
                         file->pixel_angstrom);
  PetscCall(TiffClose(&state));
  PetscFunctionReturn(code);
}

static PetscErrorCode TiffOpen(const char *path, const AetArrayInfo *info, void **state)
{
  AetTiff *file;

  PetscFunctionBegin;
  PetscCall(NewTiff(path, state));
  file = *state;
  if (file->pages == info->n[0] && file->page.ny == info->n[1] && file->page.nx == info->n[2]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TiffClose(state));
  PetscFunctionReturn(AetRaise(AET_ERR_READ, "%s: the file changed while it was read", path));
}

/* Goes to a page, counted without thumbnails. */
static PetscErrorCode GoToPage(AetTiff *file, ptrdiff_t page)
{
  Page here;

  PetscFunctionBegin;
  if (page < file->at || file->at < 0) {
    AetCheck(TIFFSetDirectory(file->tiff, 0), AET_ERR_READ, "%s: the first page cannot be read: %s", file->path, AetTiffWhy());
    PetscCall(DescribePage(file, &here));
    file->at = here.skipped ? -1 : 0;
  }
  while (file->at < page) {
    AetCheck(TIFFReadDirectory(file->tiff), AET_ERR_READ, "%s: page %td cannot be read: %s", file->path, page, AetTiffWhy());
    PetscCall(DescribePage(file, &here));
    if (!here.skipped) file->at++;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Strips of whole rows, one after the other. */
static PetscErrorCode ReadStrips(const AetTiff *file, size_t row_bytes, char *raw)
{
  const size_t total = row_bytes * file->page.ny;
  size_t       done = 0;

  PetscFunctionBegin;
  for (uint32_t strip = 0; strip < TIFFNumberOfStrips(file->tiff) && done < total; strip++) {
    const tmsize_t got = TIFFReadEncodedStrip(file->tiff, strip, raw + done, (tmsize_t)(total - done));
    AetCheck(got > 0, AET_ERR_READ, "%s: page %td cannot be read: %s", file->path, file->at, AetTiffWhy());
    done += (size_t)got;
  }
  AetCheck(done == total, AET_ERR_READ, "%s: page %td: expected %zu bytes, found %zu", file->path, file->at, total, done);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadTiles(const AetTiff *file, size_t row_bytes, char *raw)
{
  const size_t   number = AetScalarSize(file->page.type);
  const tmsize_t bytes = TIFFTileSize(file->tiff);
  uint32_t       width = 0, height = 0;
  char          *tile;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  TIFFGetField(file->tiff, TIFFTAG_TILEWIDTH, &width);
  TIFFGetField(file->tiff, TIFFTAG_TILELENGTH, &height);
  AetCheck(width > 0 && height > 0 && bytes > 0 && (double)bytes >= (double)width * height * (double)number &&
               width <= file->page.nx + 4096 && height <= file->page.ny + 4096,
           AET_ERR_READ, "%s: page %td: the sizes of its tiles are damaged", file->path, file->at);
  PetscCall(PetscMalloc((size_t)bytes, &tile));
  for (uint32_t y = 0; y < file->page.ny && !code; y += height)
    for (uint32_t x = 0; x < file->page.nx && !code; x += width) {
      const size_t rows = PetscMin(height, file->page.ny - y), columns = PetscMin(width, file->page.nx - x);
      if (TIFFReadTile(file->tiff, tile, x, y, 0, 0) < 0)
        code = AetRaise(AET_ERR_READ, "%s: page %td cannot be read: %s", file->path, file->at, AetTiffWhy());
      else
        for (size_t r = 0; r < rows; r++) memcpy(raw + (y + r) * row_bytes + x * number, tile + r * width * number, columns * number);
    }
  PetscCall(PetscFree(tile));
  PetscFunctionReturn(code);
}

static PetscErrorCode ReadPages(AetTiff *file, ptrdiff_t first, ptrdiff_t count, char *raw, AetScalar as, void *values)
{
  const size_t numbers = (size_t)file->page.nx * file->page.ny, row_bytes = file->page.nx * AetScalarSize(file->page.type);

  PetscFunctionBegin;
  for (ptrdiff_t p = 0; p < count; p++) {
    PetscCall(GoToPage(file, first + p));
    if (TIFFIsTiled(file->tiff))
      PetscCall(ReadTiles(file, row_bytes, raw));
    else
      PetscCall(ReadStrips(file, row_bytes, raw));
    if (as == AET_SCALAR_F32)
      AetConvertToFloat(file->page.type, numbers, raw, (float *)values + (size_t)p * numbers);
    else
      AetConvertToDouble(file->page.type, numbers, raw, (double *)values + (size_t)p * numbers);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TiffRead(void *state, ptrdiff_t first, ptrdiff_t count, AetScalar as, void *values)
{
  AetTiff       *file = state;
  char          *raw;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc((size_t)file->page.nx * file->page.ny * AetScalarSize(file->page.type), &raw));
  AetTiffQuiet();
  code = ReadPages(file, first, count, raw, as, values);
  AetTiffLoud();
  PetscCall(PetscFree(raw));
  PetscFunctionReturn(code);
}

const AetReader AetReaderTiff = {AET_FORMAT_TIFF, PETSC_TRUE, PETSC_FALSE, TiffRecognise, TiffInspect, TiffOpen, TiffRead, TiffClose};
