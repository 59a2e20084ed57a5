// What one core can do at most: arithmetic through oneDNN's product of matrices, and memory.
//
//   bench_roofline
//
// Prints GFLOP/s of products of 1024 x 1024 matrices in float32 and bfloat16, and GB/s of reading,
// and of reading and writing, arrays that fit the second-level cache, that fit the third, and that
// may fit none; best of several runs.

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include <forebay/nodes/widest.hpp>

namespace {

using dnnl::memory;
using forebay::widest;

template <class Body>
double best_seconds(const Body& body) {
  double best = 1e9;
  for (int run = 0; run < 20; ++run) {
    const auto start = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  return best;
}

void arithmetic(const char* name, memory::data_type type) {
  constexpr memory::dim kSize = 1024;
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  const memory::desc any({kSize, kSize}, type, memory::format_tag::any);
  const dnnl::matmul::primitive_desc layout(dnnl::matmul::desc(any, any, any), engine);
  const memory a(layout.src_desc(), engine), b(layout.weights_desc(), engine),
      c(layout.dst_desc(), engine);
  const dnnl::matmul product(layout);
  const double seconds = best_seconds([&] {
    product.execute(stream, {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}});
    stream.wait();
  });
  std::printf("%-9s %7.0f GFLOP/s\n", name, 2e-9 * kSize * kSize * kSize / seconds);
}

/// Adds up integers, whose order the compiler may change, modulo 2^32.
void sum_loop(const unsigned* values, std::size_t size, unsigned* result) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += values[i];
  *result += sum;
}

void scale_loop(const float* from, std::size_t size, float* to) {
  for (std::size_t i = 0; i < size; ++i) to[i] = 2 * from[i];
}

/// Reads `bytes`, then reads half of them and writes the other half.
void memory_speed(std::size_t bytes) {
  const std::size_t size = bytes / sizeof(unsigned);
  const std::vector<unsigned> values(size, 1);
  std::vector<float> floats(size);
  const std::size_t times = std::max<std::size_t>(1, (std::size_t{64} << 20) / bytes);
  unsigned sum = 0;
  const double reading = best_seconds([&] {
    for (std::size_t i = 0; i < times; ++i) widest<sum_loop>(values.data(), size, &sum);
  });
  float* half = floats.data() + size / 2;
  const double writing = best_seconds([&] {
    for (std::size_t i = 0; i < times; ++i) widest<scale_loop>(floats.data(), size / 2, half);
  });
  const double gigabytes = 1e-9 * static_cast<double>(bytes * times);
  std::printf("%4zu MiB: read %5.1f GB/s, read and written %5.1f GB/s%s\n", bytes >> 20,
              gigabytes / reading, gigabytes / writing, sum == 0 ? " (nothing)" : "");
}

}  // namespace

int main() {
  omp_set_num_threads(1);
  arithmetic("float32", memory::data_type::f32);
  arithmetic("bfloat16", memory::data_type::bf16);
  for (std::size_t mebibytes : {1, 16, 1024}) memory_speed(mebibytes << 20);
  return 0;
}
