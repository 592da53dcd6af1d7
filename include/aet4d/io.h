/** \file io.h  Every file format: foreign arrays in, aet4d's HDF5 out, atoms as tables and extended XYZ. */
#ifndef AET4D_IO_H
#define AET4D_IO_H

#include <aet4d/base.h>
#include <aet4d/dist.h>
#include <aet4d/units.h>

/* A FILE argument is `path` or `path:name`, the array inside the file. Without a name, the only numeric array of the right rank is taken;
   an ambiguity is an error that lists the names. Errors of reading are AET_ERR_OPEN / READ / DATA, agreed over comm; one line names the
   file. */

typedef enum {
  AET_FORMAT_UNKNOWN,
  AET_FORMAT_MAT5,
  AET_FORMAT_MAT73,
  AET_FORMAT_MRC,
  AET_FORMAT_TIFF,
  AET_FORMAT_EMD,  /* HDF5 with Berkeley EMD 0.2 groups, aet4d's own files among them */
  AET_FORMAT_HDF5, /* any other HDF5 */
  AET_FORMAT_XYZ,
  AET_FORMAT_TEXT /* numbers in rows */
} AetFormat;

/** What one array of a file is. */
typedef struct {
  char      name[256];      /* inside the file; "" where the format has one array only */
  int       rank;           /* 1 … 4 */
  ptrdiff_t n[4];           /* slowest first: [k][y][x] or [z][y][x] as in geometry */
  char      type[16];       /* "float32", "uint8", "complex64", "text", … */
  double    pixel_angstrom; /* from the file; 0 where it says nothing */
  PetscBool numeric;
} AetArrayInfo;

AET_EXTERN const char *AetFormatName(AetFormat format);
/** Format from the content (not the name) and the arrays of a file (free with PetscFree). Read on rank 0, agreed, the same everywhere.
 * Collective. */
AET_EXTERN PetscErrorCode AetFileInspect(MPI_Comm comm, const char *path, AetFormat *format, int *count, AetArrayInfo **arrays);
/** Splits `path:name`; `name` is "" if none. A colon that is part of an existing path is not a separator. Not collective. */
AET_EXTERN PetscErrorCode AetFileSplitName(const char *file, char *path, size_t path_size, char *name, size_t name_size);

/** Reads a real 3D array (any numeric type, converted to float) distributed by AetBlock over its slowest axis; `*data` is local
    [count][n1][n2], freed with PetscFree. HDF5 is read by hyperslab on every rank; foreign formats on rank 0, then sent plane by plane.
    A 2D array counts as one plane. NaN or infinite values are an AET_ERR_DATA that names the first such element. Collective. */
AET_EXTERN PetscErrorCode AetArrayRead(MPI_Comm comm, const char *file, AetArrayInfo *info, float **data);
/** Reads a small numeric table as double, complete on every rank: text rows, MAT, HDF5 or `.rawtlt`/`.tlt`. `*values` is [rows][columns],
    freed with PetscFree. A single MAT/HDF5 row vector counts as one column. Collective. */
AET_EXTERN PetscErrorCode AetTableRead(MPI_Comm comm, const char *file, ptrdiff_t *rows, ptrdiff_t *columns, double **values);

/** Writes an array [n0][n1][n2], AetBlock over n0, as `.mrc`/`.st`/`.ali` (mode 2) or `.tif`/`.tiff` (float); temporary + rename. `stack`:
   images of a tilt series, not a volume. `pixel_angstrom` 0 if unknown. Collective. */
AET_EXTERN PetscErrorCode AetArrayWrite(MPI_Comm comm, const char *path, const ptrdiff_t n[3], double pixel_angstrom, PetscBool stack,
                                        const float *data);

AET_EXTERN PetscErrorCode AetVolumeRead(MPI_Comm comm, const char *file, AetVolume *volume);
/** EMD 0.2 group "volume" + provenance, `.xdmf` beside it. `path` ends in .h5/.emd, .mrc (mode 2) or .tif. Collective. */
AET_EXTERN PetscErrorCode AetVolumeWrite(AetVolume volume, const char *path);

/* ---------------------------------------------------------------- aet4d's HDF5 files, written as path.<run id>.tmp and renamed at close */

typedef struct _p_AetFile *AetFile;
typedef enum { AET_COLUMN_DOUBLE, AET_COLUMN_INT } AetColumnType;
/* Rank 0 lays out groups, attributes and contiguous datasets; every rank writes its own rows at their place in the temporary and syncs
   them: a rank that fails is agreed upon and keeps nobody waiting, and the bytes do not depend on the number of ranks. In reading every
   rank opens the file by itself. A file that is being written cannot be read through the same AetFile. */
/** One line of a schema table: a column of a table group. */
typedef struct {
  const char   *name, *unit, *text;
  AetColumnType type;
  int           width; /* numbers per row: 1, or 3 for a vector, …  */
  void         *data;  /* local [count][width] of double or int; in reading, allocated by the reader */
} AetColumn;

/** Creates. Error if the folder is unwritable. Nothing named `path` appears or changes before AetFileClose succeeds. Collective. */
AET_EXTERN PetscErrorCode AetFileCreate(MPI_Comm comm, const char *path, AetFile *file);
AET_EXTERN PetscErrorCode AetFileOpen(MPI_Comm comm, const char *path, AetFile *file);
/** Closes; after AetFileCreate also adds the provenance group and commits. Destroy (after an error) removes the temporary instead.
 * Collective. */
AET_EXTERN PetscErrorCode AetFileClose(AetFile *file);
AET_EXTERN PetscErrorCode AetFileDestroy(AetFile *file);
/** Attributes of a group ("" is the root), created as needed. Reading: AET_ERR_DATA if absent unless `found` is given. Collective. */
AET_EXTERN PetscErrorCode AetFileWriteNumber(AetFile file, const char *group, const char *key, double value);
AET_EXTERN PetscErrorCode AetFileWriteText(AetFile file, const char *group, const char *key, const char *value);
AET_EXTERN PetscErrorCode AetFileReadNumber(AetFile file, const char *group, const char *key, double *value, PetscBool *found);
AET_EXTERN PetscErrorCode AetFileReadText(AetFile file, const char *group, const char *key, char *value, size_t size, PetscBool *found);
/** An EMD 0.2 group `group`: data [n0][n1][n2] distributed by AetBlock over n0, axis vectors dim1 … dim3 from `axis_names`, `axis_units`,
    `axis_steps` (value of element i of axis a: (i - floor(n_a/2))·step for angstrom axes, i·step otherwise). Collective. */
AET_EXTERN PetscErrorCode AetFileWriteArray(AetFile file, const char *group, const ptrdiff_t n[3], const char *const axis_names[3],
                                            const char *const axis_units[3], const double axis_steps[3], const float *data);
/** The same with four axes, [n0][n1][n2][n3]: stacks of frames. Collective. */
AET_EXTERN PetscErrorCode AetFileWriteArray4(AetFile file, const char *group, const ptrdiff_t n[4], const char *const axis_names[4],
                                             const char *const axis_units[4], const double axis_steps[4], const float *data);
/** The distributed array of an EMD group; *data freed with PetscFree. Collective. */
AET_EXTERN PetscErrorCode AetFileReadArray(AetFile file, const char *group, ptrdiff_t n[3], float **data);
/** A table group: one dataset per column (attributes `units`, `description`), rows distributed in contiguous blocks: this rank has
    `count` rows beginning at the sum of the counts of lower ranks. Collective. */
AET_EXTERN PetscErrorCode AetFileWriteTable(AetFile file, const char *group, PetscInt count, int columns, const AetColumn *column);
/** Reads the named columns, rows by AetBlock. A column that is absent gets data = NULL. Free each with PetscFree. Collective. */
AET_EXTERN PetscErrorCode AetFileReadTable(AetFile file, const char *group, PetscInt *count, PetscInt *total, int columns,
                                           AetColumn *column);

/* ---------------------------------------------------------------- extended XYZ */

/** Writes (temporary + rename) on rank 0, rows gathered in order. `symbols[z]` names species index z; columns beyond species and position
    follow as Properties. `comment`: extra key=value text. Collective. */
AET_EXTERN PetscErrorCode AetXyzWrite(MPI_Comm comm, const char *path, PetscInt count, const int *species, int species_count,
                                      const char *const *symbols, const double *position, int columns, const AetColumn *column,
                                      const char *comment);
/** Reads plain or extended XYZ complete on every rank: symbols [n][8], positions [n][3]. Free both with PetscFree. Collective. */
AET_EXTERN PetscErrorCode AetXyzRead(MPI_Comm comm, const char *path, PetscInt *n, char (**symbols)[8], double **position);
/** The same with the remark (may be NULL) and up to 8 further columns of numbers, found by name and complete on every rank as double
   [n][width] (PetscFree each): data NULL where the file has none of that name and width; width 0 asks for any and receives the file's.
   Collective. */
AET_EXTERN PetscErrorCode AetXyzReadColumns(MPI_Comm comm, const char *path, PetscInt *n, char (**symbols)[8], double **position,
                                            char *remark, size_t remark_size, int columns, AetColumn *column);

/* ---------------------------------------------------------------- atomic structures of other programs */

/** Atoms of an XYZ file, a CIF of space group P1, a POSCAR (VASP 5) or a LAMMPS data file (style atomic, orthogonal box), known by its
    content; complete on every rank: symbols [n][8],
    positions [n][3] in Å (PetscFree both). cell [9]: rows a, b, c in Å of all but XYZ, `has_cell` tells. Symmetry, partly occupied
    sites and POSCAR without symbols are errors. Collective. */
AET_EXTERN PetscErrorCode AetStructureRead(MPI_Comm comm, const char *path, PetscInt *n, char (**symbols)[8], double **position,
                                           double cell[9], PetscBool *has_cell);
/** Whether a file begins as a CIF, a POSCAR or a LAMMPS data file does. Collective. */
AET_EXTERN PetscErrorCode AetStructureIs(MPI_Comm comm, const char *path, PetscBool *is);
/** Whether AetStructureWrite has a format for this name: .vasp, .poscar, POSCAR, CONTCAR; .cif; .lmp, .lammps, .data. Not collective. */
AET_EXTERN PetscBool AetStructureWrites(const char *path);
/** Writes atoms (those of rank 0: symbols [n][8], positions [n][3] in Å) in a box that leaves `vacuum_angstrom` of empty space between them
    and their periodic images, moved so that the box begins at 0; temporary + rename. A POSCAR has the atoms ordered by species.
    AET_ERR_INPUT: no atoms, a species that is no element. Collective. */
AET_EXTERN PetscErrorCode AetStructureWrite(MPI_Comm comm, const char *path, PetscInt n, const char (*symbols)[8], const double *position,
                                            double vacuum_angstrom);

#endif
