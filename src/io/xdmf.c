/* The XDMF beside an HDF5 volume, by which ParaView opens it with its scale. */
#include "io/io_private.h"
#include <string.h>

/* The text between tags, its special letters replaced. */
static void EscapeXml(const char *text, char *result, size_t size)
{
  size_t used = 0;

  result[0] = 0;
  for (; *text && used + 8 < size; text++) {
    const char *word = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : NULL;
    if (word)
      used += (size_t)snprintf(result + used, size - used, "%s", word);
    else
      result[used++] = *text, result[used] = 0;
  }
}

PetscErrorCode AetXdmfWrite(const char *path, const char *hdf5, const ptrdiff_t n[3], double step)
{
  const char *slash = strrchr(hdf5, '/');
  char        name[600], text[3000];
  int         length;

  PetscFunctionBegin;
  EscapeXml(slash ? slash + 1 : hdf5, name, sizeof name); /* relative: the two files move together */
  length = snprintf(
      text, sizeof text,
      "<?xml version=\"1.0\" ?>\n"
      "<Xdmf Version=\"3.0\">\n"
      "  <Domain>\n"
      "    <Grid Name=\"volume\" GridType=\"Uniform\">\n"
      "      <Topology TopologyType=\"3DCoRectMesh\" Dimensions=\"%td %td %td\"/>\n"
      "      <Geometry GeometryType=\"ORIGIN_DXDYDZ\">\n"
      "        <DataItem Format=\"XML\" Dimensions=\"3\" NumberType=\"Float\">%.12g %.12g %.12g</DataItem>\n"
      "        <DataItem Format=\"XML\" Dimensions=\"3\" NumberType=\"Float\">%.12g %.12g %.12g</DataItem>\n"
      "      </Geometry>\n"
      "      <Attribute Name=\"intensity\" AttributeType=\"Scalar\" Center=\"Node\">\n"
      "        <DataItem Format=\"HDF\" Dimensions=\"%td %td %td\" NumberType=\"Float\" Precision=\"4\">%s:/volume/data</DataItem>\n"
      "      </Attribute>\n"
      "    </Grid>\n"
      "  </Domain>\n"
      "</Xdmf>\n",
      n[0], n[1], n[2], -(double)(n[0] / 2) * step, -(double)(n[1] / 2) * step, -(double)(n[2] / 2) * step, step, step, step, n[0], n[1],
      n[2], name);
  PetscCall(AetTextWrite(path, text, (size_t)length));
  PetscFunctionReturn(PETSC_SUCCESS);
}
