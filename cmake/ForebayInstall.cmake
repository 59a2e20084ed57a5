# cmake --install: libraries, headers, programs, and a package with components graph and nodes.

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Forebay)

install(TARGETS forebay_graph EXPORT forebay_graph)
install(EXPORT forebay_graph NAMESPACE forebay:: FILE ForebayGraph.cmake DESTINATION ${package_dir})
install(DIRECTORY graph DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/forebay FILES_MATCHING PATTERN "*.hpp")
if(NOT FOREBAY_GRAPH_ONLY)
  install(TARGETS forebay_nodes EXPORT forebay_nodes)
  install(EXPORT forebay_nodes NAMESPACE forebay:: FILE ForebayNodes.cmake DESTINATION ${package_dir})
  # Headers over OpenCV, libjpeg, oneDNN and OpenMP are for the sources beside them; CUDA devices are
  # no part of the installed library yet.
  install(DIRECTORY nodes DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/forebay
          FILES_MATCHING PATTERN "*.hpp" PATTERN opencv.hpp EXCLUDE PATTERN libjpeg.hpp EXCLUDE PATTERN onednn.hpp EXCLUDE
          PATTERN parallel.hpp EXCLUDE PATTERN layers EXCLUDE PATTERN cuda EXCLUDE)
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ForebayConfig.cmake.in
  ${PROJECT_BINARY_DIR}/ForebayConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ForebayConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ForebayConfig.cmake ${PROJECT_BINARY_DIR}/ForebayConfigVersion.cmake
  DESTINATION ${package_dir})
