#include <forebay/nodes/reduce/nccl.hpp>

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include <forebay/nodes/random.hpp>
#include <forebay/nodes/reduce/all_reduce.hpp>
#include <forebay/nodes/train/replica.hpp>
#include <support/error_of.hpp>

#include "fake_nccl.hpp"

namespace forebay {
namespace {

using test::error_of;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

std::string gpu(std::size_t rank) { return "GPU " + std::to_string(rank) + " (fake)"; }

class FakeMark final : public NcclMark {
 public:
  explicit FakeMark(const FakeStream& stream) : stream_(stream) {}

  void set() override { place_ = stream_.queued; }
  bool is_past() const override { return stream_.done >= place_; }

 private:
  const FakeStream& stream_;
  int place_ = 0;
};

class NcclTest : public testing::Test {
 protected:
  // In place of GPUs' streams.
  std::vector<NcclRank> ranks(std::size_t count) {
    std::vector<NcclRank> ranks;
    streams_ = std::vector<FakeStream>(count);
    for (FakeStream& stream : streams_) {
      ranks.push_back({.name = gpu(ranks.size()),
                       .stream = &stream,
                       .use = [] {},
                       .make_mark = [&stream] { return std::make_unique<FakeMark>(stream); }});
    }
    return ranks;
  }

  static NcclOptions options(std::chrono::milliseconds deadline = 20s) {
    return {.deadline = deadline, .poll = 1ms, .library = FOREBAY_FAKE_NCCL};
  }

  FakeNccl fake_;
  std::vector<FakeStream> streams_;
  FakeNcclLibrary library_{FOREBAY_FAKE_NCCL, fake_};
};

template <class Value>
std::vector<void*> pointers(std::vector<std::vector<Value>>& values) {
  std::vector<void*> pointers;
  for (auto& each : values) pointers.push_back(each.data());
  return pointers;
}

TEST_F(NcclTest, AveragesOverAllRanksInPlace) {
  for (const std::size_t count : {1, 2, 8}) {
    NcclMean mean(ranks(count), options());
    std::vector<std::vector<float>> values(count);
    float expected = 0;
    for (std::size_t rank = 0; rank < count; ++rank) {
      values[rank] = std::vector<float>(5, static_cast<float>(rank * rank));
      expected += static_cast<float>(rank * rank) / static_cast<float>(count);
    }
    mean.queue(pointers(values), 5, NcclType::kFloat32, "bucket 0");
    mean.wait();
    for (const auto& each : values) EXPECT_EQ(each, std::vector<float>(5, expected));
  }
  EXPECT_EQ(fake_.destroyed, 11);
  EXPECT_EQ(fake_.aborted, 0);
}

TEST_F(NcclTest, AveragesSixteenBitNumbers) {
  NcclMean mean(ranks(2), options());
  std::vector<std::vector<__half>> halves{{__float2half(1.5F)}, {__float2half(-4.5F)}};
  std::vector<std::vector<__nv_bfloat16>> bfloats{{__float2bfloat16(3)}, {__float2bfloat16(5)}};
  mean.queue(pointers(halves), 1, NcclType::kFloat16, "bucket 0");
  mean.queue(pointers(bfloats), 1, NcclType::kBfloat16, "bucket 1");
  mean.wait();
  EXPECT_EQ(__half2float(halves[0][0]), -1.5F);
  EXPECT_EQ(__half2float(halves[1][0]), -1.5F);
  EXPECT_EQ(__bfloat162float(bfloats[1][0]), 4);
}

// What CPU replicas average by themselves.
TEST_F(NcclTest, GivesReplicasTheGradientThatTheHostGives) {
  const Network network = resnet(20, {3, 8, 8}, 10);
  Weights weights(network);
  weights.initialise(1);
  std::vector<std::vector<float>> gradients(2, std::vector<float>(weights.parameters().size()));
  std::vector<GradientBucket> buckets;
  for (std::size_t rank : {0U, 1U}) {
    const auto replica = make_cpu_replica(network, {.rows = 2, .bucket_bytes = 50'000});
    replica->load_parameters(weights, 0, weights.parameters().size());
    std::vector<float> images(2 * 3 * 8 * 8);
    Random random(rank);
    for (float& value : images) value = static_cast<float>(random.normal());
    const std::vector<int> labels{1, 7};
    buckets.clear();
    replica->forward_backward({images.data(), labels, 2}, [&](const GradientBucket& bucket) {
      buckets.push_back(bucket);
      std::ranges::copy(bucket.values, gradients[rank].begin() + static_cast<int>(bucket.begin));
    });
  }
  ASSERT_GT(buckets.size(), 2U);
  std::vector<float> expected(weights.parameters().size());
  all_reduce_mean(std::vector<BucketPart>{{gradients[0], 2}, {gradients[1], 2}}, expected);
  NcclMean mean(ranks(2), options());
  for (const GradientBucket& bucket : buckets) {
    const std::vector<void*> parts{&gradients[0][bucket.begin], &gradients[1][bucket.begin]};
    mean.queue(parts, bucket.values.size(), NcclType::kFloat32,
               "bucket " + std::to_string(bucket.index));
  }
  mean.wait();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(gradients[0][i], expected[i], 1e-6F * std::abs(expected[i])) << i;
  }
  EXPECT_EQ(gradients[0], gradients[1]);
}

TEST_F(NcclTest, NamesTheGpuThatAnErrorIsReportedOf) {
  fake_.breaks_at = 1;
  NcclMean mean(ranks(3), options());
  std::vector<std::vector<float>> values(3, {1});
  const auto wait = [&] {
    mean.queue(pointers(values), 1, NcclType::kFloat32, "bucket 0");
    mean.wait();
  };
  const std::string error = error_of(wait);
  EXPECT_THAT(error, StartsWith("GPU 1 (fake): NCCL reports unhandled cuda error; see what"));
  EXPECT_EQ(fake_.aborted, 3);
  EXPECT_EQ(error_of([&] { mean.check(); }), error) << "from then on";
  EXPECT_EQ(error_of(wait), error);
}

TEST_F(NcclTest, AbortsACollectiveThatDoesNotEnd) {
  fake_.never_ends_at = 2;
  NcclMean mean(ranks(3), options(50ms));
  std::vector<std::vector<float>> values(3, {1});
  mean.queue(pointers(values), 1, NcclType::kFloat32, "bucket 4");
  EXPECT_THAT(error_of([&] { mean.wait(); }),
              StartsWith("GPU 2 (fake) does not end bucket 4 within 0.05 s; see what nvidia-smi"));
  EXPECT_EQ(fake_.aborted, 3);
}

TEST_F(NcclTest, NamesTheGpuThatDoesNotComeToACollective) {
  NcclMean mean(ranks(3), options(50ms));
  ++streams_[1].queued;  // work that is never done
  std::vector<std::vector<float>> values(3, {1});
  mean.queue(pointers(values), 1, NcclType::kFloat32, "bucket 4");
  EXPECT_THAT(
      error_of([&] { mean.wait(); }),
      StartsWith("GPU 1 (fake) has not come to bucket 4 within 0.05 s, so the others wait"));
  EXPECT_EQ(fake_.aborted, 3);
}

TEST_F(NcclTest, EndsWithCollectivesThatAreNotDone) {
  fake_.never_ends_at = 0;
  std::vector<std::vector<float>> values(2, {1});
  {
    NcclMean mean(ranks(2), options());
    mean.queue(pointers(values), 1, NcclType::kFloat32, "bucket 0");
  }
  EXPECT_EQ(fake_.aborted, 2);
  library_.use(nullptr);
}

TEST_F(NcclTest, SaysWhyThereAreNoCommunicators) {
  fake_.init_fails_at = 1;
  EXPECT_THAT(error_of([&] { NcclMean(ranks(2), options()); }),
              StartsWith("GPU 1 (fake): NCCL reports some error"));
  EXPECT_EQ(fake_.aborted, 2);
  fake_.init_fails_at = -1;
  fake_.init_hangs = true;
  EXPECT_THAT(error_of([&] { NcclMean(ranks(2), options(20ms)); }),
              StartsWith("GPU 0 (fake) does not make the communicators within 0.02 s"));
}

TEST_F(NcclTest, NeedsAGpu) {
  EXPECT_EQ(error_of([&] { NcclMean({}, options()); }),
            "no GPUs to average over; give one or more");
}

TEST_F(NcclTest, IsThere) { EXPECT_EQ(why_no_nccl(FOREBAY_FAKE_NCCL), ""); }

TEST(Nccl, SaysWhatToDoWithoutALibrary) {
  const auto load = [] { NcclMean({{.name = "GPU 0"}}, {.library = "libforebay-none.so.2"}); };
  EXPECT_THAT(error_of(load), StartsWith("cannot load NCCL, which averages the gradients of"));
  EXPECT_THAT(error_of(load), HasSubstr("libforebay-none.so.2"));
  EXPECT_THAT(error_of(load), HasSubstr("LD_LIBRARY_PATH"));
  EXPECT_EQ(why_no_nccl("libforebay-none.so.2"), error_of(load));
}

TEST_F(NcclTest, RefusesAVersionThatIsTooOld) {
  fake_.version = 21003;
  EXPECT_EQ(error_of([&] { NcclMean(ranks(1), options()); }),
            "this NCCL is of version 2.10; install 2.14 or newer");
}

}  // namespace
}  // namespace forebay
