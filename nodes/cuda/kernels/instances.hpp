// Every element function in each type that a device runs. For the file that defines `launch`, after
// that definition and inside of its namespace: deliberately without #pragma once and includes.

#define FOREBAY_KERNEL(...) template void launch(const __VA_ARGS__&, Index, cudaStream_t)

FOREBAY_KERNEL(MergeMoments);
FOREBAY_KERNEL(UseBatchStatistics);
FOREBAY_KERNEL(UseRunningStatistics);
FOREBAY_KERNEL(MergeGradients);
FOREBAY_KERNEL(FinishGradients);
FOREBAY_KERNEL(MomentsOfSums);
FOREBAY_KERNEL(GradientsOfSums);
FOREBAY_KERNEL(LossOfPart);
FOREBAY_KERNEL(LossOfRow);
FOREBAY_KERNEL(SumLosses);
FOREBAY_KERNEL(SumLanes);
FOREBAY_KERNEL(AddLanes);
FOREBAY_KERNEL(TrustRatio);
FOREBAY_KERNEL(UpdateWeight);
FOREBAY_KERNEL(FindOverflow);
FOREBAY_KERNEL(AdjustLossScale);

#define FOREBAY_KERNELS_OF(Value)                 \
  FOREBAY_KERNEL(PadImages<std::uint8_t, Value>); \
  FOREBAY_KERNEL(PadImages<float, Value>);        \
  FOREBAY_KERNEL(AddFloor<Value>);                \
  FOREBAY_KERNEL(MaskGradient<Value>);            \
  FOREBAY_KERNEL(SumMoments<Value>);              \
  FOREBAY_KERNEL(Normalise<Value>);               \
  FOREBAY_KERNEL(SumGradients<Value>);            \
  FOREBAY_KERNEL(SumMaskedGradients<Value>);      \
  FOREBAY_KERNEL(NormaliseBackward<Value>);       \
  FOREBAY_KERNEL(LendNorm<Value>);                \
  FOREBAY_KERNEL(MaxPool<Value>);                 \
  FOREBAY_KERNEL(MaxPoolBackward<Value>);         \
  FOREBAY_KERNEL(AveragePool<Value>);             \
  FOREBAY_KERNEL(AveragePoolBackward<Value>);     \
  FOREBAY_KERNEL(LossGradient<Value>);            \
  FOREBAY_KERNEL(AddBias<Value>);                 \
  FOREBAY_KERNEL(SumBiasGradient<Value>);         \
  FOREBAY_KERNEL(PackWeights<Value>);             \
  FOREBAY_KERNEL(UnpackGradient<Value>)

FOREBAY_KERNELS_OF(float);
FOREBAY_KERNELS_OF(__half);
FOREBAY_KERNELS_OF(__nv_bfloat16);

FOREBAY_KERNEL(Cast<float, float>);
FOREBAY_KERNEL(Cast<float, __half>);
FOREBAY_KERNEL(Cast<float, __nv_bfloat16>);
FOREBAY_KERNEL(Cast<__half, float>);
FOREBAY_KERNEL(Cast<__nv_bfloat16, float>);
