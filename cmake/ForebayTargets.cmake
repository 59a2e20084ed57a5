# What every Forebay target shares: language level, warnings, sanitizers, where things land.

include(GNUInstallDirs)

if(NOT CMAKE_BUILD_TYPE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(FOREBAY_SANITIZER "" CACHE STRING "Value for -fsanitize=, empty for none")
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endif()

# Sources include <forebay/graph/...> and <forebay/nodes/...>, exactly as an installed program
# does; links make the source folders reachable under that name.
set(FOREBAY_INCLUDE_DIR ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${FOREBAY_INCLUDE_DIR}/forebay)
foreach(folder graph nodes)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${FOREBAY_INCLUDE_DIR}/forebay/${folder} SYMBOLIC)
endforeach()

# forebay_defaults(target): C++20, warnings, sanitizer.
function(forebay_defaults target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  set(warnings -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  # What nvcc generates is not pedantic; CMake 3.25 does not know that it has C++20.
  set(cuda_options -std=c++20 -Xcompiler=-Wall,-Wextra)
  if(FOREBAY_WARNINGS_AS_ERRORS)
    list(APPEND warnings -Werror)
    list(APPEND cuda_options -Werror=all-warnings)
  endif()
  target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${warnings}>"
                         "$<$<COMPILE_LANGUAGE:CUDA>:${cuda_options}>")
  if(FOREBAY_SANITIZER)
    target_compile_options(${target} PRIVATE
      "$<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${FOREBAY_SANITIZER};-fno-omit-frame-pointer>")
    target_link_options(${target} PUBLIC -fsanitize=${FOREBAY_SANITIZER})
  endif()
endfunction()

# forebay_program(name source...): an executable in bin/; what it links with is its own business.
function(forebay_program name)
  add_executable(${name} ${ARGN})
  forebay_defaults(${name})
endfunction()
