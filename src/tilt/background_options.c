/* The options of background and intensity. */
#include <aet4d/tilt.h>

static const AetOption options[] = {
    {"background_method", AET_OPTION_ENUM, "", "auto", 0, 0, "auto|none|plane|laplace",
     "what is taken off every image: a plane through what lies outside the object, or that continued into it by Laplace's equation; auto: "
     "a "
     "plane for frames, else nothing"},
    {"background_normalise", AET_OPTION_ENUM, "", "auto", 0, 0, "auto|none|total",
     "total: every image is scaled so that the object is as bright as in the median image; auto: for frames, else not"},
    {"background_smooth_px", AET_OPTION_REAL, "pixel", "1.5", 0, 50, NULL, "blur of the image in which the object is found"},
    {"background_threshold", AET_OPTION_REAL, "", "0.9", 0.01, 2, NULL,
     "of the object's core, between the dark level (0) and the threshold of Otsu (1)"},
    {"background_dilate_px", AET_OPTION_INT, "pixel", "4", 0, 1000, NULL,
     "the object's mask is wider by this than what stands out of the noise"},
    {"background_laplace_px", AET_OPTION_REAL, "pixel", "8", 0, 200, NULL,
     "blur of the background around the object that is continued into it"},
    {"background_clip", AET_OPTION_BOOL, "", "false", 0, 0, NULL, "negative values become zero, which biases weak images"},
};
AET_OPTION_TABLE(AetBackgroundOptions, "background", "Background and intensity of the images", options);

PetscErrorCode AetBackgroundSettingsFromOptions(PetscBool automatic, AetBackgroundSettings *settings)
{
  int method, normalise;

  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(&AetBackgroundOptions));
  PetscCall(AetOptionGetEnum("background_method", &method));
  PetscCall(AetOptionGetEnum("background_normalise", &normalise));
  settings->method = method ? (AetBackgroundMethod)(method - 1) : automatic ? AET_BACKGROUND_PLANE : AET_BACKGROUND_NONE;
  settings->normalise = normalise ? (AetNormaliseMethod)(normalise - 1) : automatic ? AET_NORMALISE_TOTAL : AET_NORMALISE_NONE;
  PetscCall(AetOptionGetReal("background_smooth_px", &settings->smooth_px));
  PetscCall(AetOptionGetReal("background_threshold", &settings->threshold));
  PetscCall(AetOptionGetInt("background_dilate_px", &settings->dilate_px));
  PetscCall(AetOptionGetReal("background_laplace_px", &settings->laplace_px));
  PetscCall(AetOptionGetBool("background_clip", &settings->clip));
  PetscFunctionReturn(PETSC_SUCCESS);
}
