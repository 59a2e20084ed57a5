#include <forebay/nodes/image/augment.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/image/opencv.hpp>

namespace forebay {
namespace {

/// A step's result, kept per thread: no step of a sample allocates once it has seen the size.
class Scratch {
 public:
  static constexpr std::size_t kMostKept = std::size_t{16} << 20;

  cv::Mat take(ImageSize size, int channels) {
    const auto wanted = static_cast<std::size_t>(size.height) *
                        static_cast<std::size_t>(size.width) * static_cast<std::size_t>(channels);
    return {size.height, size.width, CV_8UC(channels), take_bytes(wanted)};
  }

  void release_large() {
    if (bytes_.capacity() > kMostKept) std::vector<std::uint8_t>().swap(bytes_);
  }

 private:
  std::uint8_t* take_bytes(std::size_t wanted) {
    if (bytes_.size() < wanted) bytes_.resize(wanted);
    return bytes_.data();
  }

  std::vector<std::uint8_t> bytes_;
};

struct Scratches {
  Scratch shorter, padded, higher, sample;
};

thread_local Scratches scratches;

/// Gives back what a large image took, however its sample ends.
struct ReleaseLarge {
  ~ReleaseLarge() {
    auto& [shorter, padded, higher, sample] = scratches;
    for (Scratch* each : {&shorter, &padded, &higher, &sample}) each->release_large();
  }
};

ImageSize padded_size(ImageSize size, int pad) {
  return {size.width + 2 * pad, size.height + 2 * pad};
}

ImageView to_view(const cv::Mat& mat) {
  return {mat.data, mat.rows, mat.cols, mat.channels(), mat.step[0]};
}

ImageSize size_of(const ImageView& view) { return {view.width, view.height}; }

ImageView resize_into(const ImageView& image, ImageSize size, Scratch& scratch) {
  if (size == size_of(image)) return image;
  cv::Mat resized = scratch.take(size, image.channels);
  cv::resize(detail::to_mat(image), resized, resized.size(), 0, 0, cv::INTER_LINEAR);
  return to_view(resized);
}

ImageView pad_into(const ImageView& image, int pad, int fill, Scratch& scratch) {
  if (pad == 0) return image;
  cv::Mat padded = scratch.take(padded_size(size_of(image), pad), image.channels);
  cv::copyMakeBorder(detail::to_mat(image), padded, pad, pad, pad, pad,
                     cv::BORDER_CONSTANT | cv::BORDER_ISOLATED, cv::Scalar::all(fill));
  return to_view(padded);
}

Interval aspect_ratio_range(const AugmentOptions& options) {
  const double most = options.max_random_aspect_ratio;
  if (options.min_random_aspect_ratio) return {*options.min_random_aspect_ratio, most};
  return {1 - most, 1 + most};
}

void check_range(const char* name, double value, double low, double high) {
  if (!(value >= low && value <= high)) {
    throw Error(fmt::format("{} is {}; give {} to {}", name, value, low, high));
  }
}

void check_order(const char* name, Interval range) {
  if (!(range.low > 0 && range.low <= range.high && std::isfinite(range.high))) {
    throw Error(
        fmt::format("{} goes from {} to {}; give a range above 0", name, range.low, range.high));
  }
}

constexpr int kMaxSide = 8192;  // a square of kMaxResizedPixels

void check_numbers(const AugmentOptions& options) {
  const ImageShape& shape = options.image_shape;
  if ((shape.channels != 1 && shape.channels != 3) || shape.height < 1 || shape.width < 1) {
    throw Error(fmt::format("--image-shape is {},{},{}; give 3 or 1 channels, height and width",
                            shape.channels, shape.height, shape.width));
  }
  if (options.resize != -1 && (options.resize < 1 || options.resize > kMaxSide)) {
    throw Error(fmt::format("--resize is {}; give a length of 1 to {} pixels, or -1",
                            options.resize, kMaxSide));
  }
  if (options.pad_size < 0 || options.pad_size > kMaxSide / 2) {
    throw Error(
        fmt::format("--pad-size is {}; give 0 to {} pixels", options.pad_size, kMaxSide / 2));
  }
  check_range("--fill-value", options.fill_value, 0, 255);
  check_range("--max-random-area", options.max_random_area, 0, 1);
  check_range("--brightness", options.brightness, 0, 1);
  check_range("--contrast", options.contrast, 0, 1);
  check_range("--saturation", options.saturation, 0, 1);
  for (float std_dev : options.rgb_std) {
    if (!(std_dev > 0)) throw Error(fmt::format("--rgb-std has {}; give numbers above 0", std_dev));
  }
}

const AugmentOptions& checked(const AugmentOptions& options) {
  check_numbers(options);
  const Interval area{options.min_random_area, options.max_random_area};
  const Interval ratio = aspect_ratio_range(options);
  check_order("--min/max-random-area", area);
  check_order("--min/max-random-aspect-ratio", ratio);
  if (options.random_resized_crop && options.random_crop) {
    throw Error("--random-crop and --random-resized-crop are both on; choose one");
  }
  if (!options.random_resized_crop && (area != Interval{} || ratio != Interval{})) {
    throw Error(
        "--min/max-random-area and --min/max-random-aspect-ratio need --random-resized-crop 1");
  }
  return options;
}

}  // namespace

AugmentOptions imagenet_train(ImageShape shape) {
  return {.image_shape = shape,
          .random_resized_crop = true,
          .min_random_area = 0.08,
          .max_random_area = 1,
          .min_random_aspect_ratio = 3.0 / 4.0,
          .max_random_aspect_ratio = 4.0 / 3.0,
          .random_mirror = true,
          .rgb_std = {58.393f, 57.12f, 57.375f}};
}

AugmentOptions imagenet_validation(ImageShape shape) {
  const int side = std::max(shape.height, shape.width);
  return {.image_shape = shape, .resize = side * 256 / 224, .rgb_std = {58.393f, 57.12f, 57.375f}};
}

Augment::Augment(const AugmentOptions& options)
    : options_(checked(options)),
      random_area_{{options.min_random_area, options.max_random_area}, aspect_ratio_range(options)},
      jitter_{options.brightness, options.contrast, options.saturation},
      normalise_(options.image_shape.width, options.image_shape.channels, options.rgb_mean,
                 options.rgb_std) {}

void Augment::check(ImageSize image) const {
  ImageSize size = image;
  const auto becomes = [&size](ImageSize next) { check_growth(std::exchange(size, next), next); };
  if (options_.resize != -1) becomes(short_edge_size(size, options_.resize));
  becomes(padded_size(size, options_.pad_size));
  becomes(at_least_high(size, options_.image_shape.height));
  becomes(at_least_wide(size, options_.image_shape.width));
}

ImageSize Augment::sample_size() const {
  return {options_.image_shape.width, options_.image_shape.height};
}

Crop Augment::needed_part(ImageSize image, Random random) const {
  if (options_.resize != -1 || options_.pad_size != 0) return all_of(image);
  return cut(image, random).value_or(all_of(image));
}

/// The crop of an image of this size that becomes the sample; nothing where the image is too small
/// and has to be enlarged before.
std::optional<Crop> Augment::cut(ImageSize image, Random& random) const {
  if (options_.random_resized_crop &&
      (random_area_.area != Interval{} || random_area_.aspect_ratio != Interval{})) {
    if (const auto part = random_resized_crop(image, random_area_, random)) return part;
  }
  const ImageSize size = sample_size();
  if (image.width < size.width || image.height < size.height) return std::nullopt;
  return options_.random_crop ? random_crop(image, size, random) : center_crop(image, size);
}

/// The sample's pixels, in the image itself or in this thread's scratch memory.
ImageView Augment::crop(const ImagePart& image, Random& random) const {
  auto& [shorter, padded, higher, sample] = scratches;
  const ImageSize size = sample_size();
  ImageSize whole = image.whole;
  ImageView view = image.pixels.view();
  if (options_.resize != -1) {
    whole = short_edge_size(whole, options_.resize);
    view = resize_into(view, whole, shorter);
  }
  whole = padded_size(whole, options_.pad_size);
  view = pad_into(view, options_.pad_size, options_.fill_value, padded);
  if (const auto part = cut(whole, random)) {
    const Crop& place = image.place;  // at 0, 0 where it has been resized or padded
    return resize_into(view.part({part->y - place.y, part->x - place.x, part->height, part->width}),
                       size, sample);
  }
  // In two steps, as MXNet: one would give other pixels.
  view = resize_into(view, at_least_high(size_of(view), size.height), higher);
  view = resize_into(view, at_least_wide(size_of(view), size.width), sample);
  return view.part(options_.random_crop ? random_crop(size_of(view), size, random)
                                        : center_crop(size_of(view), size));
}

void Augment::operator()(const Image& image, Random random, SampleOut out) const {
  (*this)(whole_image(image), random, out);
}

void Augment::operator()(const ImagePart& image, Random random, SampleOut out) const {
  if (image.pixels.channels() != options_.image_shape.channels) {
    throw Error(fmt::format("the image has {} channels and the sample {}; decode to as many",
                            image.pixels.channels(), options_.image_shape.channels));
  }
  check(image.whole);
  detail::keep_opencv_single_threaded();
  const ReleaseLarge release;
  const ImageView view = crop(image, random);
  if (!jitter_.any()) {
    normalise_(view, draw_mirror(random), out);
    return;
  }
  Image sample = image.pixels.pool().take(view.height, view.width, view.channels);
  for (int y = 0; y < view.height; ++y) std::memcpy(sample.row(y), view.row(y), sample.stride());
  finish(sample, random, out);
}

/// Changes the colours of a sample that nobody else holds.
void Augment::finish(Image& sample, Random& random, SampleOut out) const {
  jitter_color(sample, draw_color_jitter(jitter_, random));
  normalise_(sample.view(), draw_mirror(random), out);
}

Mirror Augment::draw_mirror(Random& random) const {
  return options_.random_mirror && random.coin() ? Mirror::kYes : Mirror::kNo;
}

bool Augment::one_resize_of_planes() const {
  return options_.pad_size == 0 && options_.image_shape.channels == 3;
}

/// The size before the crop.
ImageSize Augment::resized(ImageSize image) const {
  return options_.resize == -1 ? image : short_edge_size(image, options_.resize);
}

/// What becomes the sample with one resize.
std::optional<Region> Augment::region(ImageSize image, Random& random) const {
  if (!one_resize_of_planes()) return std::nullopt;
  const ImageSize whole = resized(image);
  const auto part = cut(whole, random);
  if (!part) return std::nullopt;
  const double per_x = static_cast<double>(image.width) / whole.width;
  const double per_y = static_cast<double>(image.height) / whole.height;
  return Region{part->y * per_y, part->x * per_x, part->height * per_y, part->width * per_x};
}

std::optional<WantedPart> Augment::wanted_planes(ImageSize image, Random random) const {
  const auto sampled = region(image, random);
  if (!sampled) return std::nullopt;
  const int top = static_cast<int>(sampled->y), left = static_cast<int>(sampled->x);
  const int bottom = static_cast<int>(std::ceil(sampled->y + sampled->height));
  const int right = static_cast<int>(std::ceil(sampled->x + sampled->width));
  return WantedPart{
      {top, left, std::min(bottom, image.height) - top, std::min(right, image.width) - left},
      sample_size()};
}

PlanesFor Augment::planes_for(ImageSize image) const {
  if (!one_resize_of_planes()) return PlanesFor::kNone;
  const ImageSize whole = resized(image), sample = sample_size();
  return whole.width < sample.width || whole.height < sample.height ? PlanesFor::kSome
                                                                    : PlanesFor::kAll;
}

void Augment::operator()(const YccPart& image, Random random, SampleOut out) const {
  const Region sampled = region(image.whole, random).value();
  if (!jitter_.any()) {
    sample_planes(image, sampled, sample_size(), draw_mirror(random), options_.rgb_mean,
                  options_.rgb_std, out);
    return;
  }
  Image sample =
      image.memory.pool().take(options_.image_shape.height, options_.image_shape.width, 3);
  sample_planes(image, sampled, sample_size(), Mirror::kNo, options_.rgb_mean, options_.rgb_std,
                sample.row(0));
  finish(sample, random, out);
}

}  // namespace forebay
