/* Clusters of fivefold symmetry, built atom by atom. */
#include "simulate/kernel/cluster.h"
#include <math.h>

enum { CORNERS = 12, EDGES = 30, FACES = 20 };

/* Corners at distance 1; edges and faces are pairs and triples of corners at the distance of neighbours. */
typedef struct {
  double corner[CORNERS][3];
  int    edge[EDGES][2], face[FACES][3];
} Icosahedron;

static int Neighbours(const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] > 0.4 && a != b; /* cosine 0.447 of neighbours, -0.447 of the next */
}

static void MakeIcosahedron(Icosahedron *ico)
{
  const double golden = (1 + sqrt(5)) / 2, size = sqrt(1 + golden * golden);
  int          edges = 0, faces = 0;

  for (int c = 0; c < CORNERS; c++) {
    const int axis = c / 4;
    ico->corner[c][axis] = 0;
    ico->corner[c][(axis + 1) % 3] = (c & 1 ? -1 : 1) / size;
    ico->corner[c][(axis + 2) % 3] = (c & 2 ? -1 : 1) * golden / size;
  }
  for (int a = 0; a < CORNERS; a++)
    for (int b = a + 1; b < CORNERS; b++) {
      if (!Neighbours(ico->corner[a], ico->corner[b])) continue;
      ico->edge[edges][0] = a, ico->edge[edges++][1] = b;
      for (int c = b + 1; c < CORNERS; c++)
        if (Neighbours(ico->corner[a], ico->corner[c]) && Neighbours(ico->corner[b], ico->corner[c]))
          ico->face[faces][0] = a, ico->face[faces][1] = b, ico->face[faces++][2] = c;
    }
}

size_t AetKernelMackayCount(int shells)
{
  size_t count = 1;

  for (size_t k = 1; k <= (size_t)shells; k++) count += 10 * k * k + 2;
  return count;
}

/* i corners a, j corners b and l corners c. */
static void Add(const Icosahedron *ico, const int corner[3], const int weight[3], double radial, AetSite name, AetClusterAtom *atom)
{
  for (int x = 0; x < 3; x++) {
    atom->x[x] = 0;
    for (int p = 0; p < 3; p++) atom->x[x] += radial * weight[p] * ico->corner[corner[p]][x];
  }
  atom->site = name;
}

void AetKernelMackay(int shells, double nearest, AetClusterAtom *atom)
{
  Icosahedron  ico;
  const double tangential = 2 * sqrt((1 - 1 / sqrt(5)) / 2), radial = 2 * nearest / (1 + tangential);
  size_t       at = 1;

  MakeIcosahedron(&ico);
  atom[0] = (AetClusterAtom){{0, 0, 0}, {0, 0, 0}};
  for (int k = 1; k <= shells; k++) {
    int number = 0;
    for (int c = 0; c < CORNERS; c++) Add(&ico, (int[3]){c, c, c}, (int[3]){k, 0, 0}, radial, (AetSite){k, 0, number++}, &atom[at++]);
    for (int e = 0; e < EDGES; e++)
      for (int i = 1; i < k; i++)
        Add(&ico, (int[3]){ico.edge[e][0], ico.edge[e][1], 0}, (int[3]){i, k - i, 0}, radial, (AetSite){k, 1, number++}, &atom[at++]);
    for (int f = 0; f < FACES; f++)
      for (int i = 1; i < k; i++)
        for (int j = 1; i + j < k; j++) Add(&ico, ico.face[f], (int[3]){i, j, k - i - j}, radial, (AetSite){k, 2, number++}, &atom[at++]);
  }
}

size_t AetKernelDecahedronCount(int edge)
{
  const size_t m = (size_t)edge;

  return m * (5 * m * m + 1) / 6;
}

/* Layers of rings: ring 0 is the axis, ring r holds 5 r columns of the edge - r atoms that are left. */
void AetKernelDecahedron(int edge, double nearest, AetClusterAtom *atom)
{
  size_t at = 0;

  for (int ring = 0; ring < edge; ring++)
    for (int column = 0; column < (ring ? 5 * ring : 1); column++) {
      const int    sector = ring ? column / ring : 0, part = ring ? column % ring : 0;
      const double one = 2 * M_PI / 5 * sector, two = one + 2 * M_PI / 5, r = nearest * sqrt(3) / 2;

      for (int n = 0; n < edge - ring; n++, at++) {
        const int height = 2 * n - (edge - ring - 1); /* in halves of the distance */
        atom[at].site = (AetSite){ring, column, height};
        atom[at].x[0] = r * ((ring - part) * cos(one) + part * cos(two));
        atom[at].x[1] = r * ((ring - part) * sin(one) + part * sin(two));
        atom[at].x[2] = nearest / 2 * height;
      }
    }
}
