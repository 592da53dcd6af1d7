#include <aet4d/aet4d.h>

int main(int argc, char **argv)
{
  if (AetInitialize(&argc, &argv)) return 1;
  return AetFinalize() ? 1 : 0;
}
