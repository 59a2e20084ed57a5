#pragma once

// Lines, strips and their axes, as SVG for a page with the style of the report.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace forebay::detail {

/// A place on the time axis that something happened at: a line with a number, or without for 0.
struct Mark {
  double at = 0;  // seconds
  std::size_t number = 0;
};

/// Time, common to all plots.
struct TimeAxis {
  double length = 0;  // seconds
  std::vector<Mark> marks = {};
};

struct PlotLine {
  std::string name;
  std::vector<std::pair<double, double>> points;  // seconds, value; NaN interrupts it
  bool dots = false;                              // each point is one by itself
};

/// Lines over time, from 0 up.
struct Plot {
  std::string title;
  std::string unit = {};  // of its values: "%"
  double top = 0;         // 0: what nearly all values need; the others are cut off
  std::vector<PlotLine> lines = {};
};

/// Shares of a time that add up to 1 at most, one on the other.
struct Strip {
  std::vector<std::vector<double>> layers;  // of equal pieces; NaN: not known
  std::vector<std::string> classes;         // of each layer
  std::string title;                        // for a pointer that rests on it
};

/// A stretch of time in one colour.
struct Span {
  double begin = 0, end = 0;  // seconds
  std::size_t colour = 0;
  std::string title;
};

/// With its title, and a legend where it has several lines. Widths are in pixels.
std::string plot_figure(const Plot& plot, const TimeAxis& axis, double width, double height);
/// As wide as what it is in.
std::string strip_svg(const Strip& strip);
/// The time below strips.
std::string time_svg(const TimeAxis& axis, double width);
/// Spans side by side, with the time below.
std::string span_svg(const std::vector<Span>& spans, const TimeAxis& axis, double width);

/// "0:42", "1:05:00".
std::string clock(double seconds);
/// In three digits or more, with commas: "0.0123", "387", "1,281,167".
std::string short_number(double value);
/// The class of the `i`th line or span, "c0"; from the last colour on all have that.
std::string colour_class(std::size_t i);

}  // namespace forebay::detail
