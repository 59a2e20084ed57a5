#include <forebay/graph/inspect/svg.hpp>

#include <cstdio>

#include <forebay/graph/inspect/text.hpp>

namespace forebay::detail {

std::string svg_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  std::string result = text;
  if (result.ends_with(".0")) result.resize(result.size() - 2);
  return result == "-0" ? "0" : result;
}

std::string svg_attribute(const char* name, double value) {
  return std::string(" ") + name + "=\"" + svg_number(value) + "\"";
}

std::string svg_words(const char* kind, double x, double y, const std::string& text) {
  return std::string("<text class=\"") + kind + "\"" + svg_attribute("x", x) +
         svg_attribute("y", y) + ">" + xml_text(text) + "</text>";
}

}  // namespace forebay::detail
