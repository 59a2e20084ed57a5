#include <forebay/nodes/sim/sim_training.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <support/error_of.hpp>

namespace forebay {
namespace {

using test::error_of;
using ::testing::HasSubstr;

SimWork microseconds(double time) { return {ServiceTimes::constant(1e3 * time), 1}; }

// 16 K80 in a machine of 64 cores, each of which decodes 100 images/s.
SimTraining sixteen_k80() {
  SimTraining training{.network = resnet(50), .profile = find_sim_profile("K80")};
  training.devices = 16;
  training.batch_size = 704;
  training.cores = 64;
  training.work = with_decode_rate(photo_work(), 100);
  return training;
}

TEST(SimTraining, FourDecodeThreadsStarveSixteenDevices) {
  const SimRun run = simulate(sixteen_k80());
  EXPECT_NEAR(run.images_per_second, 400, 8);
  EXPECT_NEAR(run.devices_busy, 0.5, 0.05);
  EXPECT_GT(run.cores_idle, 0.8);
  EXPECT_EQ(run.run.node("decode").concurrency, 4u);
}

TEST(SimTraining, TheVerdictsChangesGainWhatItPredicts) {
  SimTraining training = sixteen_k80();
  const Verdict verdict = diagnose(simulate(training));
  EXPECT_EQ(verdict.bound, (Bound{Limit::kConcurrency, "decode"}));
  training.changes = verdict.changes;
  const SimRun after = simulate(training);
  EXPECT_GT(after.images_per_second, 700);
  EXPECT_NEAR(after.images_per_second / verdict.predicted, 1, 0.02);
  EXPECT_GT(after.devices_busy, 0.9);
  EXPECT_GT(after.run.node("decode").concurrency, 4u);
}

TEST(SimTraining, ALargerBatchHardlyHelpsWhereDecodingLimits) {
  SimTraining training = sixteen_k80();
  training.batch_size = 1408;
  EXPECT_NEAR(simulate(training).images_per_second, 400, 8);
}

TEST(SimTraining, DevicesLimitWhereTheHostIsFast) {
  SimTraining training = sixteen_k80();
  training.work = {};
  const double rate = simulate(training).images_per_second;
  const SimStep step = plan_sim_step(training.network, {.rows = 44}, training.profile, 16);
  EXPECT_NEAR(rate, 704 / step.seconds, 1);
}

TEST(SimTraining, CoresLimitWhateverTheThreads) {
  SimTraining training = sixteen_k80();
  training.profile = find_sim_profile("H200");
  training.work = {{"decode", microseconds(3000)}, {"augment", microseconds(1000)}};
  training.cores = 2;
  training.decode_threads = 16;
  const SimRun run = simulate(training);
  EXPECT_NEAR(run.images_per_second, 500, 5);  // 4 ms an image on 2 cores
  EXPECT_LT(run.cores_idle, 0.01);
}

TEST(SimTraining, TheHostMayAddUpGradientsAndUpdate) {
  SimTraining training = sixteen_k80();
  training.work = {{"update", microseconds(1e6)}};  // a bucket; they wait for one another
  const SimStep step = plan_sim_step(training.network, {.rows = 44}, training.profile, 16);
  const auto buckets = static_cast<double>(step.buckets.size());
  EXPECT_NEAR(simulate(training).images_per_second, 704 / (step.buckets[0].at + buckets), 2);
}

TEST(SimTraining, RefusesWhatCannotBe) {
  const auto error = [](std::size_t devices, std::size_t batch) {
    return error_of([&] {
      SimTraining training = sixteen_k80();
      training.devices = devices, training.batch_size = batch;
      model_of(training);
    });
  };
  EXPECT_EQ(error(16, 700), "16 devices cannot share a batch of 700 evenly; give a multiple of 16");
  EXPECT_EQ(error(0, 700), "there are 0 devices; give 1 or more");
  EXPECT_THAT(error(16, 16000), HasSubstr("K80: 11.2 GiB hold at most 92 rows of resnet-50"));
  SimTraining training = sixteen_k80();
  training.changes = {{"decoder", "concurrency", 4, 8}};
  EXPECT_THAT(error_of([&] { model_of(training); }), HasSubstr("decoder"));
}

}  // namespace
}  // namespace forebay
