/* The smallest program that uses the installed library. */
#include <aet4d/aet4d.h>
#include <stdio.h>

int main(int argc, char **argv)
{
  if (AetInitialize(&argc, &argv)) return 1;
  printf("aet4d %s of commit %s\n", AetVersion(), AetCommit());
  return AetFinalize() ? 1 : 0;
}
