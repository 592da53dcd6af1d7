# version.h with the version and, at build time, the commit.
set(AET_COMMIT unknown)
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/.git)
  execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --short=12 HEAD WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
                  OUTPUT_VARIABLE AET_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT AET_COMMIT)
  set(AET_COMMIT unknown)
endif()
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/generated/aet_version.h CONTENT
"#define AET_VERSION \"@PROJECT_VERSION@\"\n#define AET_COMMIT \"@AET_COMMIT@\"\n" @ONLY)
