/* aet4d: from what a microscope measures to atoms. */
#include "app.h"
#include <signal.h>

int main(int argc, char **argv)
{
  int status;

  if (AetInitialize(&argc, &argv)) return 1;
  /* an end that was asked for is no crash: PETSc's handlers would print a page about it */
  signal(SIGTERM, SIG_DFL);
  signal(SIGHUP, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  status = AetAppRun(argc, argv);
  return AetFinalize() ? 1 : status;
}
