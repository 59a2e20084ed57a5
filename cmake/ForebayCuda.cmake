# Decides whether CUDA devices are built: FOREBAY_WITH_CUDA is TRUE or FALSE afterwards.

set(FOREBAY_WITH_CUDA FALSE)
if(FOREBAY_CUDA STREQUAL "ON")
  find_package(CUDAToolkit REQUIRED)
  set(FOREBAY_WITH_CUDA TRUE)
elseif(FOREBAY_CUDA STREQUAL "AUTO")
  find_package(CUDAToolkit QUIET)
  set(FOREBAY_WITH_CUDA ${CUDAToolkit_FOUND})
elseif(NOT FOREBAY_CUDA STREQUAL "OFF")
  message(FATAL_ERROR "FOREBAY_CUDA is '${FOREBAY_CUDA}'; give AUTO, ON or OFF")
endif()
