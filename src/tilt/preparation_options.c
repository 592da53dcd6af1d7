/* The options of `prepare` as a whole. */
#include <aet4d/tilt.h>

static const AetOption options[] = {
    {"prepare_transforms", AET_OPTION_FILE, "", "none", 0, 0, "none",
     "the tilt.h5 of another signal of the same scans: this one is moved as that was (drift, shifts, angles), and nothing is estimated"},
    {"prepare_picture", AET_OPTION_BOOL, "", "true", 0, 0, NULL, "prepare.png shows images before and after, where prepare changes any"},
};
AET_OPTION_TABLE(AetPrepareOptions, "prepare", "The preparation of the images as a whole", options);
