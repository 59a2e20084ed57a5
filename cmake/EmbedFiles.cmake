# cmake -DOUTPUT=web_files.cpp "-DFILES=a;b" -P EmbedFiles.cmake: writes a C++ source whose function
# forebay::detail::web_file gives the text of each file by its name.

set(source "#include <forebay/graph/inspect/web.hpp>\n\nnamespace forebay::detail {\n\n")
string(APPEND source "std::string_view web_file(std::string_view name) {\n")
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME)
  file(READ "${file}" text)
  string(APPEND source "  if (name == \"${name}\") {\n    return R\"forebay(${text})forebay\";\n  }\n")
endforeach()
string(APPEND source "  return {};\n}\n\n}  // namespace forebay::detail\n")
file(WRITE "${OUTPUT}" "${source}")
