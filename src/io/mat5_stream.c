/* Elements of MATLAB v5 files: raw or inflated bytes, tags. */
#include "io/mat5_stream.h"
#include "io/kernel/convert.h"
#include <stdint.h>
#include <string.h>

PetscBool AetMatStreamOpen(AetMatStream *stream, FILE *file, ptrdiff_t bytes, PetscBool swap, PetscBool inflated)
{
  stream->file = file;
  stream->left = bytes;
  stream->swap = swap;
  stream->inflated = inflated;
  stream->ended = PETSC_FALSE;
  memset(&stream->z, 0, sizeof stream->z);
  return (PetscBool)(!inflated || inflateInit(&stream->z) == Z_OK);
}

void AetMatStreamClose(AetMatStream *stream)
{
  if (stream->inflated) inflateEnd(&stream->z);
  stream->inflated = PETSC_FALSE;
}

static PetscBool Refill(AetMatStream *stream)
{
  const size_t want = (size_t)PetscMin(stream->left, (ptrdiff_t)sizeof stream->input);

  if (want == 0 || fread(stream->input, 1, want, stream->file) != want) return PETSC_FALSE;
  stream->left -= (ptrdiff_t)want;
  stream->z.next_in = stream->input;
  stream->z.avail_in = (uInt)want;
  return PETSC_TRUE;
}

static PetscBool Inflate(AetMatStream *stream, unsigned char *data, size_t bytes)
{
  while (bytes > 0) {
    const uInt piece = (uInt)PetscMin(bytes, (size_t)1 << 30);
    int        status;
    if (stream->ended) return PETSC_FALSE;
    if (stream->z.avail_in == 0 && !Refill(stream)) return PETSC_FALSE;
    stream->z.next_out = data;
    stream->z.avail_out = piece;
    status = inflate(&stream->z, Z_NO_FLUSH);
    if (status == Z_STREAM_END)
      stream->ended = PETSC_TRUE;
    else if (status != Z_OK && status != Z_BUF_ERROR)
      return PETSC_FALSE;
    data += piece - stream->z.avail_out;
    bytes -= piece - stream->z.avail_out;
  }
  return PETSC_TRUE;
}

PetscBool AetMatStreamRead(AetMatStream *stream, void *data, size_t bytes)
{
  if (stream->inflated) return Inflate(stream, data, bytes);
  if ((ptrdiff_t)bytes > stream->left || fread(data, 1, bytes, stream->file) != bytes) return PETSC_FALSE;
  stream->left -= (ptrdiff_t)bytes;
  return PETSC_TRUE;
}

PetscBool AetMatStreamTag(AetMatStream *stream, AetMatTag *tag)
{
  unsigned char bytes[8];
  uint32_t      words[2];

  if (!AetMatStreamRead(stream, bytes, 8)) return PETSC_FALSE;
  memcpy(words, bytes, 8);
  if (stream->swap) AetSwapBytes(4, 2, words);
  tag->small = (PetscBool)(words[0] >> 16 != 0);
  tag->type = words[0] & 0xffff;
  tag->bytes = tag->small ? words[0] >> 16 : words[1];
  memcpy(tag->data, bytes + 4, 4);
  return (PetscBool)(!tag->small || tag->bytes <= 4);
}

PetscBool AetMatStreamData(AetMatStream *stream, const AetMatTag *tag, void *data, size_t room)
{
  unsigned char padding[8];

  if (tag->bytes > room) return PETSC_FALSE;
  if (tag->small) {
    memcpy(data, tag->data, tag->bytes);
    return PETSC_TRUE;
  }
  return (PetscBool)(AetMatStreamRead(stream, data, tag->bytes) && AetMatStreamRead(stream, padding, (8 - tag->bytes % 8) % 8));
}

PetscBool AetMatStreamFinish(AetMatStream *stream)
{
  unsigned char rest[512];

  if (!stream->inflated) return PETSC_TRUE;
  while (!stream->ended) {
    uInt got;
    int  status;
    if (stream->z.avail_in == 0 && !Refill(stream)) return PETSC_FALSE;
    stream->z.next_out = rest;
    stream->z.avail_out = sizeof rest;
    status = inflate(&stream->z, Z_NO_FLUSH);
    got = (uInt)sizeof rest - stream->z.avail_out;
    if (status == Z_STREAM_END)
      stream->ended = PETSC_TRUE;
    else if (status != Z_OK && !(status == Z_BUF_ERROR && got == 0))
      return PETSC_FALSE;
  }
  return PETSC_TRUE;
}
