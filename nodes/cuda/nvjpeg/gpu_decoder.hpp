#pragma once

// Decoding of JPEGs on a GPU, without CUDA's types.

#include <cstddef>
#include <functional>
#include <string>

#include <forebay/nodes/cuda/gpus.hpp>
#include <forebay/nodes/image/planes.hpp>

namespace forebay {

/// How many calls of one decoder it is worth to make at once, each from a thread that waits.
constexpr std::size_t kGpuDecodeCalls = 64;

/// What a call under way takes at most of the GPU's memory, and of pinned memory, besides what
/// nvJPEG takes.
constexpr std::size_t kGpuDecodeBytes = std::size_t{4} << 20;

/// Makes what does as `decode_planes` does, on a GPU, through nvJPEG. It gives nothing for images
/// that `decode_planes` does not take, that nvJPEG refuses, whose planes are more than
/// kGpuDecodeBytes, and that do not end as a JPEG does. Pixels are not those of `decode_planes` to
/// the bit, and damage inside compressed data is found only as far as nvJPEG reports it. Calls wait
/// for the GPU, and those that wait at the same time are decoded together. An empty `library`
/// stands for NVIDIA's.
///
/// Where the GPU's memory is short for a call, it gives nothing. Where the GPU or nvJPEG fails,
/// `tell`, which any thread may call, gets one line that says how, and from then on the decoder
/// gives nothing; and one before, where the GPU's decoding engine does and its multiprocessors take
/// over.
///
/// Throws `Error`, with what to do, where nvJPEG cannot be loaded or refuses the GPU.
PlanesDecoder make_gpu_decoder(const GpuId& gpu, std::function<void(const std::string& line)> tell,
                               const std::string& library = {});

}  // namespace forebay
