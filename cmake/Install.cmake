include(CMakePackageConfigHelpers)
# the program finds its library wherever the prefix is moved
set_target_properties(aet4d-program PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
install(TARGETS aet4d EXPORT aet4d-targets)
install(TARGETS aet4d-program)
install(DIRECTORY include/aet4d DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/aet4d OPTIONAL)
install(EXPORT aet4d-targets NAMESPACE aet4d:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/aet4d)
configure_package_config_file(cmake/aet4d-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/aet4d-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/aet4d)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/aet4d-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/aet4d-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/aet4d-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/aet4d)
