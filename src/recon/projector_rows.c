/* Which rows of which slices travel between which ranks. */
#include "recon/projector_private.h"

void AetProjectorBatchViews(AetProjector projector, int rank, ptrdiff_t b, ptrdiff_t *first, ptrdiff_t *count)
{
  ptrdiff_t start, owned, end;

  AetBlock(projector->tilt->views, rank, projector->size, &start, &owned);
  *first = PetscMin(PetscMax(start, b * projector->batch), start + owned);
  end = PetscMax(*first, PetscMin(start + owned, (b + 1) * projector->batch));
  *count = end - *first;
}

void AetProjectorSelect(AetProjector projector, const unsigned char *selected)
{
  projector->selected = selected;
}

ptrdiff_t AetProjectorBatches(AetProjector projector)
{
  return (projector->tilt->views + projector->batch - 1) / projector->batch;
}

/* Appends the rows of the batch's views of rank `owner` that touch the slab of rank `slab`; only counts where rows is NULL. */
static ptrdiff_t ListRows(AetProjector projector, ptrdiff_t b, int owner, int slab, AetSliceRow *rows)
{
  const AetSliceGrid *grid = &projector->grid;
  ptrdiff_t           first, count, y_start, y_count, listed = 0;

  AetProjectorBatchViews(projector, owner, b, &first, &count);
  AetBlock(grid->N[1], slab, projector->size, &y_start, &y_count);
  for (ptrdiff_t slot = 0; slot < count; slot++)
    for (ptrdiff_t i = 0; i < grid->Lv && AetProjectorSees(projector, first + slot); i++) {
      ptrdiff_t qv = i < grid->Lv / 2 ? i : i - grid->Lv;
      if (!AetSliceRowTouches(grid, &projector->axes[first + slot], qv, y_start, y_count)) continue;
      if (rows) rows[listed] = (AetSliceRow){(int)(first + slot), (int)slot, (int)qv};
      listed++;
    }
  return listed;
}

PetscErrorCode AetSliceRowsCreate(AetProjector projector, ptrdiff_t b, AetSliceRows *rows)
{
  const size_t size = (size_t)projector->size;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(size, &rows->mine_count, size, &rows->mine_start, size, &rows->theirs_count, size, &rows->theirs_start));
  rows->mine_total = rows->theirs_total = 0;
  for (int r = 0; r < projector->size; r++) {
    rows->mine_start[r] = (int)rows->mine_total, rows->theirs_start[r] = (int)rows->theirs_total;
    rows->mine_count[r] = (int)ListRows(projector, b, r, projector->rank, NULL);
    rows->theirs_count[r] = (int)ListRows(projector, b, projector->rank, r, NULL);
    rows->mine_total += rows->mine_count[r], rows->theirs_total += rows->theirs_count[r];
  }
  PetscCall(PetscMalloc2((size_t)rows->mine_total, &rows->mine, (size_t)rows->theirs_total, &rows->theirs));
  for (int r = 0; r < projector->size; r++) {
    ListRows(projector, b, r, projector->rank, rows->mine + rows->mine_start[r]);
    ListRows(projector, b, projector->rank, r, rows->theirs + rows->theirs_start[r]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSliceRowsDestroy(AetSliceRows *rows)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(rows->mine_count, rows->mine_start, rows->theirs_count, rows->theirs_start));
  PetscCall(PetscFree2(rows->mine, rows->theirs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSliceRowsCollect(AetProjector projector, const AetSliceRows *rows, const double complex *mine, double complex *theirs)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Alltoallv(mine, rows->mine_count, rows->mine_start, projector->sum_type, theirs, rows->theirs_count, rows->theirs_start,
                             projector->sum_type, projector->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSliceRowsSpread(AetProjector projector, const AetSliceRows *rows, const float complex *theirs, float complex *mine)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Alltoallv(theirs, rows->theirs_count, rows->theirs_start, projector->row_type, mine, rows->mine_count, rows->mine_start,
                             projector->row_type, projector->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
