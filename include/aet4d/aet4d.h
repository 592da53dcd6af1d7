/** \file aet4d.h  Umbrella of the public contract. */
#ifndef AET4D_H
#define AET4D_H
#include <aet4d/atoms.h>
#include <aet4d/base.h>
#include <aet4d/dist.h>
#include <aet4d/io.h>
#include <aet4d/recon.h>
#include <aet4d/series.h>
#include <aet4d/simulate.h>
#include <aet4d/structure.h>
#include <aet4d/tilt.h>
#include <aet4d/units.h>
#endif
