#include <forebay/nodes/cuda/cudnn/graphs.hpp>

#include <utility>
#include <vector>

#include <forebay/nodes/cuda/ops/convolver.hpp>

namespace forebay::cuda {
namespace {

namespace fe = cudnn_frontend;
using fe::graph::Tensor_attributes;
using Tensor = std::shared_ptr<Tensor_attributes>;
using Mode = fe::PointwiseMode_t;

fe::DataType_t data_type(ValueType type) {
  switch (type) {
    case ValueType::kFloat16:
      return fe::DataType_t::HALF;
    case ValueType::kBfloat16:
      return fe::DataType_t::BFLOAT16;
    case ValueType::kFloat32:
    case ValueType::kTf32:
      break;
  }
  return fe::DataType_t::FLOAT;
}

/// Builds one graph of one convolution.
class Builder {
 public:
  Builder(const Convolution& convolution, ValueType type,
          std::shared_ptr<const fe::DeviceProperties> device)
      : conv_(convolution), type_(data_type(type)) {
    graph_->set_device_properties(std::move(device))
        .set_io_data_type(type_)
        .set_intermediate_data_type(fe::DataType_t::FLOAT)
        .set_compute_data_type(fe::DataType_t::FLOAT);
  }

  std::shared_ptr<fe::graph::Graph> build(ConvolutionGraph kind) {
    switch (kind) {
      case ConvolutionGraph::kForward:
        output(forward(input()));
        break;
      case ConvolutionGraph::kForwardSums:
        sums(forward(input()));
        break;
      case ConvolutionGraph::kNormalisedForward:
        sums(forward(normalised(input())));
        break;
      case ConvolutionGraph::kInputGradient:
        output(input_gradient());
        break;
      case ConvolutionGraph::kNormalisedInputGradient:
        norm_gradient(input_gradient());
        break;
      case ConvolutionGraph::kWeightGradient:
        output(weight_gradient(input()));
        break;
      case ConvolutionGraph::kNormalisedWeightGradient:
        graph_->set_intermediate_data_type(type_);  // the engine wants it so
        output(weight_gradient(normalised(input())));
        break;
    }
    return graph_;
  }

 private:
  /// cuDNN's dimensions are always NCHW; the strides say that memory is NHWC.
  Tensor nhwc(Uid uid, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    return graph_->tensor(Tensor_attributes()
                              .set_uid(uid)
                              .set_dim({n, c, h, w})
                              .set_stride({c * h * w, 1, c * w, c}));
  }
  Tensor input() {
    return nhwc(kInputUid, conv_.rows, conv_.in_channels, conv_.height, conv_.width);
  }
  Tensor weights() {
    return nhwc(kWeightsUid, conv_.out_channels, conv_.in_channels, conv_.kernel, conv_.kernel);
  }
  Tensor output_gradient() {
    return nhwc(kOutputGradientUid, conv_.rows, conv_.out_channels, conv_.out_height(),
                conv_.out_width());
  }
  Tensor by_channel(Uid uid, fe::DataType_t type) {
    const std::int64_t c = conv_.in_channels;
    return graph_->tensor(Tensor_attributes()
                              .set_uid(uid)
                              .set_dim({1, c, 1, 1})
                              .set_stride({c, 1, c, c})
                              .set_data_type(type));
  }
  Tensor pointwise(const Tensor& a, const Tensor& b, Mode mode) {
    return graph_->pointwise(a, b, fe::graph::Pointwise_attributes().set_mode(mode));
  }

  template <class Attributes>
  Attributes windows() const {
    return Attributes()
        .set_padding({conv_.padding, conv_.padding})
        .set_stride({conv_.stride, conv_.stride})
        .set_dilation({1, 1});
  }

  Tensor forward(const Tensor& x) {
    return graph_->conv_fprop(x, weights(), windows<fe::graph::Conv_fprop_attributes>());
  }
  Tensor input_gradient() {
    const Tensor dx = graph_->conv_dgrad(output_gradient(), weights(),
                                         windows<fe::graph::Conv_dgrad_attributes>());
    dx->set_dim({conv_.rows, conv_.in_channels, conv_.height, conv_.width});
    return dx;
  }
  Tensor weight_gradient(const Tensor& x) {
    const Tensor dw =
        graph_->conv_wgrad(output_gradient(), x, windows<fe::graph::Conv_wgrad_attributes>());
    dw->set_dim({conv_.out_channels, conv_.in_channels, conv_.kernel, conv_.kernel});
    return dw;
  }

  Tensor normalised(const Tensor& x) {
    const Tensor scaled = pointwise(x, by_channel(kScaleUid, type_), Mode::MUL);
    const Tensor shifted = pointwise(scaled, by_channel(kShiftUid, type_), Mode::ADD);
    return graph_->pointwise(shifted, fe::graph::Pointwise_attributes().set_mode(Mode::RELU_FWD));
  }

  void output(const Tensor& tensor) {
    tensor->set_output(true).set_data_type(type_).set_uid(kOutputUid);
  }
  void float_output(const Tensor& tensor, std::int64_t uid) {
    tensor->set_output(true).set_data_type(fe::DataType_t::FLOAT).set_uid(uid);
  }

  void sums(const Tensor& y) {
    output(y);
    const auto [sum, squares] = graph_->genstats(y, fe::graph::Genstats_attributes());
    float_output(sum, kSumUid);
    float_output(squares, kSquaresUid);
  }

  void norm_gradient(const Tensor& dx) {
    constexpr auto kFloat = fe::DataType_t::FLOAT;
    const Tensor x = input(), mean = by_channel(kMeanUid, kFloat),
                 inverse_deviation = by_channel(kInverseDeviationUid, kFloat),
                 gamma = by_channel(kGammaUid, kFloat), beta = by_channel(kBetaUid, kFloat);
    const Tensor centred = pointwise(x, mean, Mode::SUB);
    const Tensor normal = pointwise(centred, inverse_deviation, Mode::MUL);
    const Tensor scaled = pointwise(normal, gamma, Mode::MUL);
    const Tensor before_relu = pointwise(scaled, beta, Mode::ADD);
    const Tensor dz = pointwise(dx, before_relu, Mode::RELU_BWD);
    output(dz);
    std::int64_t uid = kGammaGradientUid;
    for (const Tensor& result : graph_->dbn_weight(dz, x, mean, inverse_deviation, gamma,
                                                   fe::graph::DBN_weight_attributes())) {
      float_output(result, uid++);
    }
  }

  const Convolution& conv_;
  const fe::DataType_t type_;
  std::shared_ptr<fe::graph::Graph> graph_ = std::make_shared<fe::graph::Graph>();
};

}  // namespace

std::shared_ptr<fe::graph::Graph> make_graph(const Convolution& convolution, ConvolutionGraph kind,
                                             ValueType type,
                                             std::shared_ptr<const fe::DeviceProperties> device) {
  return Builder(convolution, type, std::move(device)).build(kind);
}

void restrict_plans(fe::graph::Graph& graph, ValueType type) {
  using Note = fe::NumericalNote_t;
  std::vector<Note> unwanted{Note::NONDETERMINISTIC, Note::DOWN_CONVERT_INPUTS};
  if (type == ValueType::kFloat32) unwanted.push_back(Note::TENSOR_CORE);  // those take TF32
  graph.deselect_numeric_notes(unwanted);
  graph.deselect_workspace_greater_than(std::int64_t{kMostWorkspace});
}

}  // namespace forebay::cuda
