#include <forebay/graph/report/plot.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <forebay/graph/inspect/svg.hpp>
#include <forebay/graph/inspect/text.hpp>

namespace forebay::detail {
namespace {

// The room around a plot for its axes, pixels.
constexpr double kLeft = 46, kRight = 10, kTop = 8, kBottom = 20;

constexpr std::size_t kColours = 8;  // of the style

std::string begin_svg(const char* kind, double width, double height, const std::string& title) {
  return std::string("<svg class=\"") + kind + "\" role=\"img\" viewBox=\"0 0 " +
         svg_number(width) + " " + svg_number(height) + "\"><title>" + xml_text(title) + "</title>";
}

std::string line(const char* kind, double x1, double y1, double x2, double y2) {
  return std::string("<line class=\"") + kind + "\"" + svg_attribute("x1", x1) +
         svg_attribute("y1", y1) + svg_attribute("x2", x2) + svg_attribute("y2", y2) + "/>";
}

// Where things are in a plot.
struct Box {
  double left, right, top, bottom;
  double length, most;  // of what the axes show

  double x(double seconds) const {
    return left + (right - left) * seconds / std::max(length, 1e-3);
  }
  double y(double value) const {
    return bottom - (bottom - top) * std::clamp(value / most, 0.0, 1.0);
  }
};

// A number above `value` that is easily halved.
double ceiling(double value) {
  if (!(value > 0)) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0}) {
    if (value <= step * power * 1.0001) return step * power;
  }
  return 10 * power;
}

// Where a few values are much higher than all others, those are cut off.
double most_of(const Plot& plot) {
  if (plot.top > 0) return plot.top;
  std::vector<double> values;
  for (const PlotLine& each : plot.lines) {
    for (const auto& [at, value] : each.points) {
      if (!std::isnan(value)) values.push_back(value);
    }
  }
  if (values.empty()) return 1;
  std::ranges::sort(values);
  const double usual = values[(values.size() - 1) * 19 / 20], most = values.back();
  return ceiling(most > 3 * usual && usual > 0 ? 1.2 * usual : most);
}

// Seconds between two words of the axis, of which there are eight at most.
double time_step(double length) {
  for (const double step : {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800,
                            21600, 43200, 86400}) {
    if (length / step <= 8) return step;
  }
  return 86400 * std::ceil(length / 8 / 86400);
}

std::string time_words(const Box& box) {
  std::string out;
  const double step = time_step(box.length);
  for (double at = 0; at <= box.length; at += step) {
    const double x = box.x(at);
    const char* kind = at == 0 ? "begin" : x > box.right - 12 ? "end" : "middle";
    out += line("tick", x, box.bottom, x, box.bottom + 3) +
           svg_words(kind, x, box.bottom + 14, clock(at));
  }
  return out;
}

std::string marks(const Box& box, const TimeAxis& axis) {
  std::string out;
  for (const Mark& mark : axis.marks) {
    const double x = box.x(mark.at);
    out += line(mark.number == 0 ? "restart" : "mark", x, box.top, x, box.bottom);
  }
  return out;
}

std::string grid(const Box& box, const std::string& unit) {
  std::string out;
  for (const double part : {0.0, 0.5, 1.0}) {
    const double y = box.y(part * box.most);
    out += line("grid", box.left, y, box.right, y);
    out += svg_words("end", box.left - 5, y + 4, short_number(part * box.most) + unit);
  }
  return out;
}

std::string path_of(const PlotLine& drawn, const Box& box) {
  std::string path;
  bool on = false;
  for (const auto& [at, value] : drawn.points) {
    if (std::isnan(value)) {
      on = false;
      continue;
    }
    path += on ? 'L' : 'M';
    path += svg_number(box.x(at)) + " " + svg_number(box.y(value));
    on = true;
  }
  return path;
}

std::string dots(const PlotLine& drawn, const Box& box, const std::string& colour) {
  std::string out;
  for (const auto& [at, value] : drawn.points) {
    out += "<circle class=\"" + colour + "\"" + svg_attribute("cx", box.x(at)) +
           svg_attribute("cy", box.y(value)) + " r=\"2.2\"><title>" + clock(at) + ": " +
           short_number(value) + "</title></circle>";
  }
  return out;
}

std::string draw(const PlotLine& drawn, const Box& box, std::size_t i) {
  const std::string colour = colour_class(i);
  const std::string path = path_of(drawn, box);
  std::string out = path.empty() ? "" : "<path class=\"line " + colour + "\" d=\"" + path + "\"/>";
  if (drawn.dots) out += dots(drawn, box, colour);
  return out;
}

std::string legend(const Plot& plot) {
  if (plot.lines.size() < 2) return "";
  std::string out = "<span class=\"legend\">";
  for (std::size_t i = 0; i < plot.lines.size(); ++i) {
    out += "<i class=\"key " + colour_class(i) + "\"></i>" + xml_text(plot.lines[i].name) + " ";
  }
  return out + "</span>";
}

// The upper edge of what the layers up to `count` add up to, and the lower one of the last of them,
// as a closed path of pieces one wide and `height` high.
std::string layer_path(const Strip& strip, std::size_t layer, double height) {
  const std::size_t pieces = strip.layers.front().size();
  std::string path;
  for (std::size_t i = 0; i < pieces; ++i) {
    double below = 0;
    for (std::size_t k = 0; k < layer; ++k) below += strip.layers[k][i];
    const double value = strip.layers[layer][i];
    const double high = std::round(height * std::clamp(below + value, 0.0, 1.0));
    const double low = std::round(height * std::clamp(below, 0.0, 1.0));
    if (!(high > low)) continue;
    path.append("M").append(std::to_string(i)).append(" ").append(svg_number(height - high));
    path.append("h1v").append(svg_number(high - low)).append("h-1z");
  }
  return path;
}

}  // namespace

std::string colour_class(std::size_t i) {
  return std::string(1, 'c').append(std::to_string(std::min(i, kColours - 1)));
}

std::string clock(double seconds) {
  const auto all = static_cast<long long>(std::llround(seconds));
  char text[48];
  if (all >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", all / 3600, all / 60 % 60, all % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld", all / 60, all % 60);
  }
  return text;
}

std::string short_number(double value) {
  char text[64];
  std::snprintf(text, sizeof text, value < 100 ? "%.3g" : "%.0f", value);
  std::string digits = text;
  if (digits.find_first_not_of("0123456789") != digits.npos) return digits;
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string plot_figure(const Plot& plot, const TimeAxis& axis, double width, double height) {
  const Box box{kLeft, width - kRight, kTop, height - kBottom, axis.length, most_of(plot)};
  std::string out = "<figure><figcaption>" + xml_text(plot.title) + legend(plot) + "</figcaption>";
  out += begin_svg("plot", width, height, plot.title) + grid(box, plot.unit) + time_words(box);
  out += marks(box, axis);
  for (std::size_t i = 0; i < plot.lines.size(); ++i) out += draw(plot.lines[i], box, i);
  return out + "</svg></figure>\n";
}

std::string strip_svg(const Strip& strip) {
  constexpr double kHeight = 24;
  const std::size_t pieces = strip.layers.front().size();
  std::string out =
      "<svg class=\"strip\" role=\"img\" preserveAspectRatio=\"none\" viewBox=\"0 0 " +
      std::to_string(pieces) + " " + svg_number(kHeight) + "\"><title>" + xml_text(strip.title) +
      "</title>";
  for (std::size_t i = 0; i < strip.layers.size(); ++i) {
    out += "<path class=\"" + strip.classes[i] + "\" d=\"" + layer_path(strip, i, kHeight) + "\"/>";
  }
  return out + "</svg>";
}

std::string time_svg(const TimeAxis& axis, double width) {
  const Box box{1, width - 1, 0, 1, axis.length, 1};
  return begin_svg("plot", width, 18, "time") + time_words(box) + "</svg>";
}

std::string span_svg(const std::vector<Span>& spans, const TimeAxis& axis, double width) {
  const Box box{1, width - 1, 14, 44, axis.length, 1};
  std::string out = begin_svg("plot", width, 62, "what limited the run");
  for (const Span& span : spans) {
    const double x = box.x(span.begin);
    out += "<rect class=\"" + colour_class(span.colour) + "\"" + svg_attribute("x", x) +
           svg_attribute("y", box.top) + svg_attribute("width", box.x(span.end) - x) +
           svg_attribute("height", box.bottom - box.top) + "><title>" + xml_text(span.title) +
           "</title></rect>";
  }
  out += marks(box, axis);
  for (const Mark& mark : axis.marks) {
    if (mark.number == 0) continue;
    out += svg_words("middle", box.x(mark.at), 10, std::to_string(mark.number));
  }
  return out + time_words(box) + "</svg>";
}

}  // namespace forebay::detail
