/* A nucleus of chemical order in a disordered alloy. */
#include "simulate/kernel/nucleus.h"
#include <math.h>

double AetKernelNucleusOrder(double distance, double radius, double width)
{
  return (1 - tanh((distance - radius) / width)) / (1 + tanh(radius / width));
}
