/* The registry of commands and the options of the program. */
#include "app.h"
#include "convert_atoms.h"
#include "preflight.h"
#include "replicas.h"
#include "run_series.h"

static const AetOption options[] = {
    {"pictures", AET_OPTION_BOOL, "", "true", 0, 0, NULL, "run draws slices.png and atoms.png, analyse analyse.png"},
    {"picture_view_deg", AET_OPTION_REALS, "degree", "[-20, 25, 12]", 0, 0, NULL,
     "phi, theta, psi from which atoms.png sees the atoms (as a view of a tilt series)"},
    {"picture_width", AET_OPTION_INT, "pixel", "1000", 100, 10000, NULL, "width of atoms.png"},
};
AET_OPTION_TABLE(AetAppOptions, "pictures", "Pictures", options);

static const AetOptionTable *const run_tables[] = {&AetBaseOptions,
                                                   &AetPreflightOptions,
                                                   &AetAppOptions,
                                                   &AetTiltOptions,
                                                   AET_PREPARE_TABLES,
                                                   &AetReconOptions,
                                                   &AetAngleOptions,
                                                   &AetOrientationOptions,
                                                   &AetTraceOptions,
                                                   &AetRefineOptions,
                                                   &AetCorrectOptions,
                                                   &AetBootstrapOptions,
                                                   &AetAnalyseOptions,
                                                   &AetDistOptions,
                                                   &AetSeriesRunOptions,
                                                   &AetSeriesJointOptions,
                                                   &AetRegistrationOptions,
                                                   &AetTrackOptions,
                                                   NULL};
static const AetOptionTable *const prepare_tables[] = {
    &AetBaseOptions,  &AetPreflightOptions,   &AetTiltOptions, AET_PREPARE_TABLES,   &AetReconOptions,
    &AetAngleOptions, &AetOrientationOptions, &AetDistOptions, &AetSeriesRunOptions, NULL};
static const AetOptionTable *const reconstruct_tables[] = {
    &AetBaseOptions,  &AetPreflightOptions,   &AetTiltOptions, AET_PREPARE_TABLES,   &AetReconOptions,
    &AetAngleOptions, &AetOrientationOptions, &AetDistOptions, &AetSeriesRunOptions, NULL};
static const AetOptionTable *const simulate_tables[] = {&AetBaseOptions,           &AetSimulateOptions,   &AetSimulateSeriesOptions,
                                                        &AetSimulateFramesOptions, &AetMultisliceOptions, NULL};
static const AetOptionTable *const plan_tables[] = {&AetBaseOptions, &AetSimulateOptions, &AetMultisliceOptions, &AetRefineOptions, NULL};
static const AetOptionTable *const compare_tables[] = {&AetBaseOptions, &AetCompareOptions, NULL};
static const AetOptionTable *const analyse_tables[] = {&AetBaseOptions, &AetAppOptions, &AetAnalyseOptions, NULL};
static const AetOptionTable *const convert_tables[] = {&AetBaseOptions, &AetConvertOptions, NULL};
static const AetOptionTable *const track_tables[] = {&AetBaseOptions,    &AetAppOptions,   &AetRegistrationOptions,
                                                     &AetAnalyseOptions, &AetTrackOptions, NULL};
static const AetOptionTable *const app_tables[] = {&AetBaseOptions, NULL};
static const AetOptionTable *const no_tables[] = {NULL};

const AetCommand AetCommands[] = {
    {"run", "[config.yaml ...] [-key value ...]",
     "the whole chain of the config, of one time or of several: tilt series, volume, atoms, refined atoms; skips what is unchanged",
     run_tables, 0, 0, PETSC_FALSE, AetCommandRun},
    {"prepare", "[config.yaml ...] [-key value ...]", "measured images and angles to tilt.h5", prepare_tables, 0, 0, PETSC_FALSE,
     AetCommandPrepare},
    {"reconstruct", "[config.yaml ...] [-key value ...]", "tilt series to volume.h5", reconstruct_tables, 0, 0, PETSC_FALSE,
     AetCommandReconstruct},
    {"trace", "[config.yaml ...] [VOLUME] [-key value ...]",
     "volume to atoms.h5 and atoms.xyz (VOLUME: any volume file; else the run's own)", run_tables, 0, 1, PETSC_FALSE, AetCommandTrace},
    {"refine", "[config.yaml ...] [ATOMS] [-key value ...]",
     "atoms and tilt series to refined atoms with uncertainties (ATOMS: any atom file; else the run's own)", run_tables, 0, 1, PETSC_FALSE,
     AetCommandRefine},
    {"analyse", "[config.yaml ...] [MODEL] [-key value ...]",
     "atoms to their structure: order, nuclei, and all that is told per atom (MODEL: any atom file; else the run's own)", analyse_tables, 0,
     1, PETSC_FALSE, AetCommandAnalyse},
    {"track", "[config.yaml ...] [FILE FILE ...] [-key value ...]",
     "atoms of several times to sites, nuclei and events with probabilities (FILEs in the order of time; else those of the config's "
     "series)",
     track_tables, 0, 64, PETSC_FALSE, AetCommandTrack},
    {"simulate", "[config.yaml ...] [-key value ...]", "a described particle to its measurements and the truth about them", simulate_tables,
     0, 0, PETSC_FALSE, AetCommandSimulate},
    {"plan", "[config.yaml ...] [-key value ...]",
     "a described measurement to what it can show: resolution, missing wedge, dose, standard deviations", plan_tables, 0, 0, PETSC_FALSE,
     AetCommandPlan},
    {"compare", "FOUND TRUTH [-key value ...]", "two atom files to recall, precision, r.m.s.d., species agreement", compare_tables, 2, 2,
     PETSC_FALSE, AetCommandCompare},
    {"info", "FILE ...", "what files hold: format, arrays, pixel size, atoms by species, where they came from", app_tables, 1, 64,
     PETSC_FALSE, AetCommandInfo},
    {"convert", "IN OUT [-key value ...]",
     "a file to another format: .h5/.emd, .mrc, .tif; atoms, or a part of them: .h5, .xyz, .vasp or POSCAR, .cif, .lmp (LAMMPS data)",
     convert_tables, 2, 2, PETSC_FALSE, AetCommandConvert},
    {"reference", "", "every option with its default, as configs/reference.yaml", no_tables, 0, 0, PETSC_TRUE, AetCommandReference},
    {NULL, NULL, NULL, NULL, 0, 0, PETSC_FALSE, NULL},
};
