#include <forebay/nodes/sim/sim_profile.hpp>

#include <algorithm>
#include <cmath>

namespace forebay {
namespace {

struct Line {
  SimPoint through;
  double slope = 0;  // seconds per row

  double at(std::size_t rows) const {
    return through.seconds +
           slope * (static_cast<double>(rows) - static_cast<double>(through.rows));
  }
};

Line line(const SimPoint& a, const SimPoint& b) {
  return {a, (b.seconds - a.seconds) / static_cast<double>(b.rows - a.rows)};
}

double in_proportion(const SimPoint& point, std::size_t rows) {
  return point.seconds * static_cast<double>(rows) / static_cast<double>(point.rows);
}

}  // namespace

SimNetwork sim_network(const Network& network) {
  double activations = 0;
  for (const Layer& layer : network.layers) {
    activations +=
        static_cast<double>(layer.output.channels) * layer.output.height * layer.output.width;
  }
  return {network.name, static_cast<double>(forward_flops(network)),
          static_cast<double>(parameter_count(network)), activations};
}

SimProfile scaled_to(const SimProfile& profile, const Network& network) {
  SimProfile scaled = profile;
  scaled.network = sim_network(network);
  const double time = scaled.network.flops / profile.network.flops;
  for (SimPoint& point : scaled.points) point.seconds *= time;
  scaled.fixed_bytes *= scaled.network.parameters / profile.network.parameters;
  scaled.row_bytes *= scaled.network.activations / profile.network.activations;
  return scaled;
}

double step_seconds(const SimProfile& profile, std::size_t rows) {
  const std::vector<SimPoint>& points = profile.points;
  if (points.size() == 1) return in_proportion(points[0], rows);
  if (rows <= points[0].rows) {
    return std::max(line(points[0], points[1]).at(rows), in_proportion(points[0], rows));
  }
  const auto above = std::ranges::lower_bound(points, rows, {}, &SimPoint::rows);
  if (above != points.end()) return line(*(above - 1), *above).at(rows);
  Line last = line(points[points.size() - 2], points.back());
  last.slope = std::max(last.slope, 0.0);  // measuring may err
  last.through = points.back();
  return last.at(rows);
}

double bytes_for_rows(const SimProfile& profile, std::size_t rows) {
  return profile.fixed_bytes + profile.row_bytes * static_cast<double>(rows);
}

std::size_t most_rows(const SimProfile& profile) {
  const double rows = std::floor((profile.device_bytes - profile.fixed_bytes) / profile.row_bytes);
  return rows < 1 ? 0 : static_cast<std::size_t>(std::min(rows, 1e9));
}

}  // namespace forebay
