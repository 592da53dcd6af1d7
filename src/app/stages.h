/* The stages: each takes one domain object, gives another, and describes itself in the summary. They know nothing of files. */
#ifndef AET_APP_STAGES_H
#define AET_APP_STAGES_H

#include "prepare.h"
#include <aet4d/aet4d.h>

/* The tilt series with refined angles and shifts: `recon_angles_*`; sets tilt.angles_mean_change_deg, ... and the record of `prepared`.
   Collective on tilt->comm. */
PetscErrorCode AetStageRefineAngles(AetTiltSeries tilt, AetSummary summary, AetPrepared *prepared);
/* The tilt series with orientations and shifts of which nothing was known: `recon_orientations_*`; sets tilt.orientations_misfit, ... The
   series loses the views without light. Collective on tilt->comm. */
PetscErrorCode AetStageFindOrientations(AetTiltSeries tilt, AetSummary summary);
/* Tilt series to volume: `recon_*`; sets recon.method, recon.r1, ... Its state is kept in the file `checkpoint` under `key`
   (AetReconSetCheckpoint). The caller destroys the volume. Collective on tilt->comm. */
PetscErrorCode AetStageReconstruct(AetTiltSeries tilt, AetSummary summary, const char *checkpoint, const char *key, AetVolume *volume);
/* Settings of that by evidence (`recon_auto`): prints the table, sets recon.auto.settings, ... Freed by AetReconScanFree. Collective on
   tilt->comm. */
PetscErrorCode AetStageScan(AetTiltSeries tilt, AetSummary summary, AetScan *scan);
/* Resolution of that by half sets; sets recon.resolution_05_angstrom, ... Freed by AetResolutionFree. Collective on tilt->comm. */
PetscErrorCode AetStageHalfSets(AetTiltSeries tilt, AetSummary summary, AetResolution *resolution);
/* Whether `recon_filter` asks for a filter. Not collective. */
PetscErrorCode AetStageIsFiltered(PetscBool *filtered);
/* Filters the volume in place: `recon_filter*`; sets recon.filter, recon.filter_kept_fraction, ... Collective on volume->comm. */
PetscErrorCode AetStageFilter(AetVolume volume, AetSummary summary);
/* Atoms of the unfiltered volume, and how those of the filtered one differ: sets trace.unfiltered_count, trace.filter_only and
   trace.unfiltered_only, the atoms without a partner within half of trace_min_distance_angstrom. The caller destroys `atoms`. Collective.
 */
PetscErrorCode AetStageTraceUnfiltered(AetVolume unfiltered, AetAtoms filtered, AetSummary summary, AetAtoms *atoms);
/* Volume to atoms: `trace_*`; sets trace.count, ... The caller destroys the atoms. Collective on volume->comm. */
PetscErrorCode AetStageTrace(AetVolume volume, AetSummary summary, AetAtoms *atoms);
/* Atoms refined in place against the tilt series, and their list corrected: `refine_*`; sets refine.r1, refine.sigma_median_pm,
   refine.added,
   ... `volume`: what it holds away from the atoms is taken off the images
   (NULL: nothing). Writes the edits of the list as the table `edits` where it was corrected, else removes it
   (NULL: no table). Collective on tilt->comm. */
PetscErrorCode AetStageRefine(AetAtoms atoms, AetTiltSeries tilt, AetVolume volume, const char *edits, AetSummary summary);

#endif
