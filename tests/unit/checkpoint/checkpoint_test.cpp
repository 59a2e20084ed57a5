#include <forebay/nodes/checkpoint/checkpoint.hpp>

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>

#include <forebay/nodes/checkpoint/safetensors.hpp>
#include "helpers.hpp"

namespace forebay {
namespace {

using testing::ElementsAre;

class CheckpointTest : public FolderTest {
 protected:
  std::string model_error(const std::string& file, const Network& network) {
    Weights weights(network);
    return error_of([&] { load_model(file, network, weights); });
  }

  const Network network_ = tiny_network();
  const std::string advice_ = "; use the network that the checkpoint was saved from";
};

TEST_F(CheckpointTest, NamesItsFiles) {
  EXPECT_EQ(checkpoint_stem("runs/a", 3), "runs/a-0003");
  EXPECT_EQ(checkpoint_stem("a", 12345), "a-12345");
  EXPECT_EQ(model_path("a-0003"), "a-0003.safetensors");
  EXPECT_EQ(state_path("a-0003"), "a-0003.state.safetensors");
}

TEST_F(CheckpointTest, LoadsWhatItSaved) {
  TinyRun(network_, 25).save(path("a-0002"));
  EXPECT_THAT(files(), ElementsAre("a-0002.safetensors", "a-0002.state.safetensors"));
  expect_run(path("a-0002"), network_, 25);
}

TEST_F(CheckpointTest, KeepsTheLossScaleOfFloat16) {
  TinyRun run(network_, 2);
  run.state.loss_scaling = {.scale = 0.1F, .good_steps = 1999};  // 0.1 is no short binary fraction
  run.save(path("a-0002"));
  EXPECT_EQ(load_state(path("a-0002")), run.state);
  run.state.loss_scaling.reset();
  run.save(path("a-0003"));
  const Metadata metadata = read_safetensors_metadata(path("a-0003.state.safetensors"));
  EXPECT_FALSE(metadata.contains("loss_scale"));
}

TEST_F(CheckpointTest, RefusesALossScaleThatNoTrainingLeaves) {
  const auto error = [&](const LossScaling& scaling) {
    TinyRun run(network_, 2);
    run.state.loss_scaling = scaling;
    run.save(path("a-0002"));
    return error_of([&] { load_state(path("a-0002")); });
  };
  const std::string reading = "reading \"" + path("a-0002.state.safetensors") + "\": its ";
  for (const char* scale : {"0", "-1", "inf", "nan"}) {
    EXPECT_EQ(error({.scale = std::stof(scale)}),
              reading + "\"loss_scale\" is \"" + scale + "\", not a number above 0; it is damaged");
  }
  for (const std::int64_t steps : {-1, 2000}) {
    EXPECT_EQ(error({.good_steps = steps}), reading + "\"loss_scale_good_steps\" is \"" +
                                                std::to_string(steps) +
                                                "\", not one of 0 to 1999; it is damaged");
  }
}

TEST_F(CheckpointTest, OverwritesAFormerOne) {
  TinyRun(network_, 25).save(path("a-0002"));
  TinyRun(network_, 26).save(path("a-0002"));
  expect_run(path("a-0002"), network_, 26);
}

TEST_F(CheckpointTest, SavesTheModelUnderTorchsNames) {
  TinyRun(network_, 25).save(path("a-0002"));
  const SafetensorsFile ours(path("a-0002.safetensors"));
  const SafetensorsFile torchs(FOREBAY_FIXTURES "/checkpoint/network.safetensors");
  ASSERT_EQ(ours.tensors().size(), torchs.tensors().size());
  for (std::size_t i = 0; i < ours.tensors().size(); ++i) {
    EXPECT_EQ(ours.tensors()[i].name, torchs.tensors()[i].name);
    EXPECT_EQ(ours.tensors()[i].type, torchs.tensors()[i].type);
    EXPECT_EQ(ours.tensors()[i].shape, torchs.tensors()[i].shape);
  }
  EXPECT_EQ(ours.metadata().at("format"), "pt");
  EXPECT_EQ(ours.metadata().at("network"), "tiny");
  EXPECT_EQ(ours.metadata().at("epoch"), "2");
}

TEST_F(CheckpointTest, LoadsAModelOfTorch) {
  Weights weights(network_);
  load_model(FOREBAY_FIXTURES "/checkpoint/network.safetensors", network_, weights);
  // The n-th tensor of the state_dict holds n + index / 64; numbers 3, 4 and 5 are the norm's
  // running mean, running variance and counter.
  const auto first = [&](std::size_t i) {
    return weights.parameters()[weights.parameter_offset(i)];
  };
  EXPECT_EQ(first(0), 0.0F);
  EXPECT_EQ(weights.parameters()[107], 107.0F / 64);
  EXPECT_EQ(first(1), 1.0F);
  EXPECT_EQ(first(2), 2.0F);
  EXPECT_EQ(first(3), 6.0F);
  EXPECT_EQ(first(4), 7.0F);
  EXPECT_EQ(weights.parameters().back(), 7.0F + 1.0F / 64);
  EXPECT_EQ(weights.buffers()[0], 3.0F);
  EXPECT_EQ(weights.buffers()[7], 4.0F + 3.0F / 64);
  EXPECT_EQ(weights.batches_tracked, 17);
}

TEST_F(CheckpointTest, LoadsOlderModelsWithoutCounters) {
  const SafetensorsFile torchs(FOREBAY_FIXTURES "/checkpoint/network.safetensors");
  std::vector<StoredTensor> tensors(torchs.tensors().begin(), torchs.tensors().end());
  std::erase_if(tensors, [](const StoredTensor& t) { return t.type == "I64"; });
  AtomicFile file(path("old"));
  write_safetensors(file, tensors, {});
  file.sync();
  file.commit();
  EXPECT_EQ(model_error(path("old"), network_), "");
}

TEST_F(CheckpointTest, RefusesAnotherNetworkByItsFirstTensorOfAnotherShape) {
  TinyRun(network_, 25).save(path("a-0002"));
  Network other = tiny_network();
  other.name = "tiny-5";
  other.parameters[3].shape = {5, 4};
  other.parameters[4].shape = {5};
  EXPECT_EQ(model_error(path("a-0002.safetensors"), other),
            "loading \"" + path("a-0002.safetensors") +
                "\" (tiny) into tiny-5: tensor \"fc.weight\" is [2, 4] in the file and [5, 4] in "
                "the network" +
                advice_);
  Weights weights(other);
  EXPECT_EQ(error_of([&] { load_checkpoint(path("a-0002"), other, weights); }),
            model_error(path("a-0002.safetensors"), other));
}

TEST_F(CheckpointTest, RefusesAMissingTensorAndAnUnknownOne) {
  TinyRun(network_, 25).save(path("a-0002"));
  const std::string begin = "loading \"" + path("a-0002.safetensors") + "\" (tiny) into tiny: ";
  Network more = tiny_network();
  more.parameters.push_back({"fc2.bias", {3}, ParameterRole::kBias, 2});
  EXPECT_EQ(model_error(path("a-0002.safetensors"), more),
            begin + "the file has no tensor \"fc2.bias\" [3]" + advice_);
  Network fewer = tiny_network();
  fewer.parameters.pop_back();
  EXPECT_EQ(model_error(path("a-0002.safetensors"), fewer),
            begin + "the network has no tensor \"fc.bias\" [2]" + advice_);
}

TEST_F(CheckpointTest, RefusesAnotherType) {
  const std::string fixture = FOREBAY_FIXTURES "/checkpoint/types.safetensors";
  Network half;
  half.name = "half";
  half.parameters = {{"half", {3}, ParameterRole::kWeight, 0}};
  EXPECT_EQ(model_error(fixture, half),
            "loading \"" + fixture +
                "\" into half: tensor \"half\" is F16 in the file; only F32 can be loaded" +
                advice_);
}

TEST_F(CheckpointTest, ARefusedLoadLeavesTheWeights) {
  TinyRun(network_, 25).save(path("a-0002"));
  std::string model = content_of(path("a-0002.safetensors"));
  model.back() = static_cast<char>(model.back() ^ 1);
  write_file(path("a-0002.safetensors"), model);
  TinyRun run(network_, 3);
  EXPECT_EQ(error_of([&] { load_checkpoint(path("a-0002"), network_, run.weights); }),
            "loading \"" + path("a-0002.safetensors") +
                "\" (tiny) into tiny: its values do not match their checksum; the file is damaged, "
                "use another checkpoint");
  EXPECT_TRUE(
      std::ranges::equal(run.weights.parameters(), TinyRun(network_, 3).weights.parameters()));
}

TEST_F(CheckpointTest, FindsDamageInTheState) {
  TinyRun(network_, 25).save(path("a-0002"));
  std::string state = content_of(path("a-0002.state.safetensors"));
  state.back() = static_cast<char>(state.back() ^ 1);
  write_file(path("a-0002.state.safetensors"), state);
  TinyRun run(network_, 3);
  EXPECT_EQ(error_of([&] { load_checkpoint(path("a-0002"), network_, run.weights); }),
            "loading \"" + path("a-0002.state.safetensors") +
                "\" (tiny) into tiny: its values do not match their checksum; the file is damaged, "
                "use another checkpoint");
  EXPECT_TRUE(
      std::ranges::equal(run.weights.parameters(), TinyRun(network_, 3).weights.parameters()));
}

TEST_F(CheckpointTest, SaysThatAModelOfTorchHasNoStateToResume) {
  std::filesystem::copy_file(FOREBAY_FIXTURES "/checkpoint/network.safetensors",
                             path("a-0001.safetensors"));
  Weights weights(network_);
  EXPECT_EQ(error_of([&] { load_checkpoint(path("a-0001"), network_, weights); }),
            "reading \"" + path("a-0001.safetensors") +
                "\": it is a model without training state; load it as a model instead of resuming");
}

TEST_F(CheckpointTest, TellsWhetherThereIsAState) {
  TinyRun(network_, 25).save(path("a-0002"));
  EXPECT_TRUE(has_state(path("a-0002")));
  // A crash between the renames.
  std::filesystem::rename(path("a-0002.state.safetensors"), path("a-0002.state.safetensors.tmp"));
  EXPECT_TRUE(has_state(path("a-0002")));
  // A crash while writing it.
  write_file(path("a-0002.state.safetensors.tmp"), "half of");
  EXPECT_FALSE(has_state(path("a-0002")));
  EXPECT_FALSE(has_state(path("a-0003")));
}

TEST_F(CheckpointTest, RemovesBothFiles) {
  TinyRun(network_, 25).save(path("a-0002"));
  TinyRun(network_, 25).save(path("a-0003"));
  remove_checkpoint(path("a-0002"));
  EXPECT_THAT(files(), ElementsAre("a-0003.safetensors", "a-0003.state.safetensors"));
  std::filesystem::remove(path("a-0003.state.safetensors"));
  remove_checkpoint(path("a-0003"));
  EXPECT_THAT(files(), testing::IsEmpty());
}

TEST_F(CheckpointTest, AFullDiskLeavesTheFormerCheckpoint) {
  TinyRun(network_, 25).save(path("a-0002"));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlim_t model = std::filesystem::file_size(path("a-0002.safetensors"));
  const rlim_t whole = std::filesystem::file_size(path("a-0002.state.safetensors"));
  for (rlim_t most : {rlim_t{0}, rlim_t{100}, model - 1, model, whole - 1}) {
    const rlimit limit{most, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string error = error_of([&] { TinyRun(network_, 26).save(path("a-0002")); });
    setrlimit(RLIMIT_FSIZE, &before);
    const char* full = most < model ? "a-0002.safetensors" : "a-0002.state.safetensors";
    EXPECT_EQ(error,
              "saving \"" + path(full) + "\": File too large; what was there before is untouched");
    EXPECT_THAT(files(), ElementsAre("a-0002.safetensors", "a-0002.state.safetensors"));
    expect_run(path("a-0002"), network_, 25);
  }
}

TEST_F(CheckpointTest, ADiskFullAtTheStateLeavesTheFormerCheckpoint) {
  TinyRun(network_, 25).save(path("a-0002"));
  std::filesystem::create_symlink("/dev/full", path("a-0002.state.safetensors.tmp"));
  EXPECT_EQ(error_of([&] { TinyRun(network_, 26).save(path("a-0002")); }),
            "saving \"" + path("a-0002.state.safetensors") +
                "\": No space left on device; what was there before is untouched");
  EXPECT_THAT(files(), ElementsAre("a-0002.safetensors", "a-0002.state.safetensors"));
  expect_run(path("a-0002"), network_, 25);
}

TEST_F(CheckpointTest, ChecksThatThePrefixIsWritable) {
  check_writable(path("new/folders/a"));
  EXPECT_TRUE(std::filesystem::is_empty(path("new/folders")));
  write_file(path("file"), "");
  EXPECT_EQ(error_of([&] { check_writable(path("file/a")); }),
            "checkpoints \"" + path("file/a") +
                "-*\" cannot be saved: Not a directory; choose another prefix");
  EXPECT_EQ(error_of([&] { check_writable("/proc/a"); }),
            "checkpoints \"/proc/a-*\" cannot be saved: saving \"/proc/a-probe\": No such file or "
            "directory; what was there before is untouched; choose another prefix");
}

}  // namespace
}  // namespace forebay
