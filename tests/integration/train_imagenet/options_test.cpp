#include <train_imagenet/options.hpp>

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <forebay/nodes/cuda/make_replica.hpp>
#include <forebay/nodes/image/augment.hpp>
#include <train_imagenet/data.hpp>

namespace forebay {
namespace {

// The options of a command line that has training data.
TrainOptions parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--data-train", "t.rec"});
  return parse_options(arguments);
}

std::string error_of(const std::vector<std::string>& arguments) {
  try {
    parse_options(arguments);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

std::string error_with_data(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--data-train", "t.rec"});
  return error_of(arguments);
}

class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text)
      : path_(testing::TempDir() + "train_" + std::to_string(getpid()) + ".ini") {
    std::ofstream(path_) << text;
  }
  ~ConfigFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(OptionsTest, ReadsTheCommandLineOfMxnetsExample) {
  const auto options =
      parse_options({"--network", "resnet", "--num-layers", "18", "--data-train", "T.rec",
                     "--data-val", "V.rec", "--batch-size", "64", "--data-nthreads", "3"});
  EXPECT_EQ(options.network, "resnet");
  EXPECT_EQ(options.num_layers, 18);
  EXPECT_EQ(options.data_train, "T.rec");
  EXPECT_EQ(options.data_val, "V.rec");
  EXPECT_EQ(options.batch_size, 64);
  EXPECT_EQ(options.data_nthreads, 3);
}

TEST(OptionsTest, TunesUnlessTheNumberOfThreadsIsGiven) {
  EXPECT_EQ(parse({}).tune, Tune::kOnce);
  EXPECT_EQ(parse({}).data_nthreads, std::nullopt);
  EXPECT_EQ(parse({"--data-nthreads", "auto"}).tune, Tune::kOnce);
  EXPECT_EQ(parse({"--data-nthreads", "8"}).tune, Tune::kOff);
  EXPECT_EQ(parse({"--data-nthreads", "8", "--tune", "once"}).tune, Tune::kOnce);
  EXPECT_EQ(parse({"--tune", "always"}).tune, Tune::kAlways);
  EXPECT_EQ(parse({"--tune", "off"}).data_nthreads, std::nullopt);
  EXPECT_FALSE(parse({"--decode.concurrency", "8"}).tune_given);
  EXPECT_TRUE(parse({"--decode.concurrency", "8", "--tune", "once"}).tune_given);
  EXPECT_EQ(error_with_data({"--data-nthreads", "0"}),
            "--data-nthreads is '0'; give a whole number from 1 to 1024");
  EXPECT_EQ(error_with_data({"--data-nthreads", "many"}),
            "--data-nthreads is 'many'; give auto or a whole number from 1 to 1024");
  EXPECT_EQ(error_with_data({"--tune", "on"}), "--tune is 'on'; give off, once or always");
}

TEST(OptionsTest, HasMxnetsDefaults) {
  const auto options = parse({});
  EXPECT_EQ(options.num_layers, 50);
  EXPECT_EQ(options.num_epochs, 80);
  EXPECT_EQ(options.lr, 0.1);
  EXPECT_EQ(options.lr_step_epochs, (std::vector{30, 60}));
  EXPECT_EQ(options.mom, 0.9);
  EXPECT_EQ(options.wd, 0.0001);
  EXPECT_EQ(options.batch_size, 128);
  EXPECT_EQ(options.disp_batches, 20);
  EXPECT_EQ(options.image_shape, (ImageShape{3, 224, 224}));
  EXPECT_EQ(options.num_classes, 1000);
  EXPECT_EQ(options.warmup_epochs, 0);
  EXPECT_EQ(options.devices, (std::vector<DeviceName>{{"cpu", 0}}));
}

TEST(OptionsTest, AcceptsValuesAfterSpaceAndEqualsSign) {
  const auto options =
      parse({"--lr=0.5", "--mom", "0", "--gpus=", "--data-train-idx", "", "--wd=1e-5"});
  EXPECT_EQ(options.lr, 0.5);
  EXPECT_EQ(options.mom, 0);
  EXPECT_EQ(options.devices, (std::vector<DeviceName>{{"cpu", 0}}));  // an empty list of GPUs
  EXPECT_EQ(options.wd, 1e-5);
}

TEST(OptionsTest, LetsTheLaterOfTwoEqualFlagsCount) {
  EXPECT_EQ(parse({"--lr", "0.1", "--lr", "0.2"}).lr, 0.2);
}

TEST(OptionsTest, ReadsTheSchedulesOfMxnetAndItsOwn) {
  EXPECT_EQ(parse({"--lr-step-epochs", "5, 8,20"}).lr_step_epochs, (std::vector{5, 8, 20}));
  for (const std::string text : {"pow 2", "pow2", "pow-2"}) {
    const auto options = parse({"--lr-step-epochs", text});
    EXPECT_EQ(options.lr_schedule, LrSchedule::kPolynomial) << text;
    EXPECT_EQ(options.lr_power, 2) << text;
  }
  EXPECT_EQ(parse({"--lr-schedule", "cosine"}).lr_schedule, LrSchedule::kCosine);
  EXPECT_EQ(parse({"--lr-schedule=pow 0.5"}).lr_power, 0.5);
}

TEST(OptionsTest, ReadsDevicesAndNodeSettings) {
  const auto options = parse({"--devices", "cpu:0,cpu:1", "--decode.concurrency=8", "--batch.queue",
                              "4", "--decode.queue_bytes=64M", "--forward-backward[1].queue=2"});
  EXPECT_EQ(options.devices, (std::vector<DeviceName>{{"cpu", 0}, {"cpu", 1}}));
  EXPECT_EQ(options.node_settings,
            (std::vector<NodeSetting>{{"batch", "queue", "4"},
                                      {"decode", "concurrency", "8"},
                                      {"decode", "queue_bytes", "64M"},
                                      {"forward-backward[1]", "queue", "2"}}));
}

TEST(OptionsTest, ReadsSimulatedDevices) {
  const auto options = parse({"--devices", "sim:2:V100", "--forward-backward[1].queue=2"});
  EXPECT_EQ(options.devices, (std::vector<DeviceName>{{"sim", 0, "V100"}, {"sim", 1, "V100"}}));
  EXPECT_TRUE(simulated(options.devices));
  EXPECT_EQ(parse({"--devices", "sim:16"}).devices[15], (DeviceName{"sim", 15, "K80"}));
}

TEST(OptionsTest, ReadsAConfigFileThatTheCommandLineOverrides) {
  const ConfigFile file(
      "# a run\nbatch-size = 64\nlr=0.4\nresume = true\nmodel-prefix = out/r18\n"
      "lr-schedule = pow 2\ndecode.concurrency = 2\n[batch]\nqueue = 3\n");
  const auto options = parse({"--config", file.path(), "--lr", "0.2", "--decode.concurrency=5"});
  EXPECT_EQ(options.batch_size, 64);
  EXPECT_EQ(options.lr, 0.2);
  EXPECT_TRUE(options.resume);
  EXPECT_EQ(options.model_prefix, "out/r18");
  EXPECT_EQ(options.lr_power, 2);
  EXPECT_EQ(options.node_settings,
            (std::vector<NodeSetting>{{"batch", "queue", "3"}, {"decode", "concurrency", "5"}}));
}

TEST(OptionsTest, NamesTheConfigFileInErrors) {
  const ConfigFile unknown("batch-sise = 64\n");
  EXPECT_EQ(error_with_data({"--config", unknown.path()}),
            unknown.path() + ": unknown flag --batch-sise; did you mean --batch-size?");
  const ConfigFile wrong("lr = fast\n");
  EXPECT_EQ(error_with_data({"--config=" + wrong.path()}),
            wrong.path() + ": --lr is 'fast'; give a number above 0");
  const ConfigFile broken("lr\n");
  EXPECT_EQ(error_with_data({"--config", broken.path()}),
            broken.path() +
                ": the options configuration file contains an invalid line 'lr'; give "
                "lines such as batch-size = 128");
  EXPECT_EQ(error_with_data({"--config", "/nowhere.ini"}),
            "--config is '/nowhere.ini', which cannot be read; give an INI file");
  EXPECT_EQ(error_with_data({"--config", "/"}),
            "--config is '/', which cannot be read; give an INI file");
}

TEST(OptionsTest, SuggestsTheNearestFlagAndGuessesNone) {
  EXPECT_EQ(error_with_data({"--data-nthread", "4"}),
            "unknown flag --data-nthread; did you mean --data-nthreads?");
  EXPECT_EQ(error_with_data({"--model", "alexnet"}),
            "unknown flag --model; did you mean --model-prefix?");
  EXPECT_EQ(error_with_data({"--batch_size=3"}),
            "unknown flag --batch_size; did you mean --batch-size?");
  EXPECT_EQ(error_with_data({"--gpu", "0"}), "unknown flag --gpu; did you mean --gpus?");
  EXPECT_EQ(error_with_data({"--epochs", "9"}),
            "unknown flag --epochs; did you mean --num-epochs?");
  EXPECT_EQ(error_with_data({"--quicksilver"}), "unknown flag --quicksilver; --help lists them");
}

TEST(OptionsTest, RefusesMxnetsOtherFlagsByNameButAcceptsTheirDefaults) {
  EXPECT_EQ(error_with_data({"--pca-noise", "0.1"}),
            "--pca-noise is not supported yet; leave it out");
  EXPECT_EQ(error_with_data({"--use-imagenet-data-augmentation", "1"}),
            "--use-imagenet-data-augmentation is not supported yet; use --augment imagenet");
  EXPECT_EQ(
      error_with_data({"--pca-noise", "0.0", "--monitor=0", "--gc-type", "none", "--max-crop-size",
                       "-1", "--max-random-scale=1.0", "--profile-worker-suffix="}),
      "accepted");
}

TEST(OptionsTest, RefusesMxnetsOtherValuesByName) {
  EXPECT_EQ(error_with_data({"--dtype", "float16"}),
            "--dtype float16 is for GPUs; give bfloat16 or float32");
  EXPECT_EQ(error_with_data({"--reduce-dtype", "float16"}),
            "--reduce-dtype float16 needs the loss scale of --dtype float16; give bfloat16 or "
            "float32");
  EXPECT_EQ(error_with_data({"--kv-store", "dist_sync"}),
            "--kv-store dist_sync is not supported yet; give device or local");
  EXPECT_EQ(error_with_data({"--network", "vgg"}),
            "--network vgg is not supported yet; give resnet, lenet or mlp");
  EXPECT_EQ(error_with_data({"--optimizer", "adam"}),
            "--optimizer adam is not supported yet; give sgd, nag or lars");
  EXPECT_EQ(error_with_data({"--kv-store", "local"}), "accepted");
}

// What is in the way of training on a GPU differs from machine to machine, and is the last thing
// looked for.
TEST(OptionsTest, SaysWhatIsInTheWayOfGpusAndPointsToCpuDevices) {
  const auto in_the_way = [](const std::vector<int>& numbers) {
    const std::string why = why_unusable(find_gpus(), numbers);
    return why.empty() ? why_no_cuda_replicas() : why;
  };
  const auto expect = [&](const std::string& flag, const std::string& value,
                          const std::vector<int>& numbers) {
    const std::string why = in_the_way(numbers);
    EXPECT_EQ(error_with_data({"--" + flag, value}),
              why.empty() ? "accepted"
                          : fmt::format("--{} is '{}' but {}, or use --devices cpu:0,cpu:1", flag,
                                        value, why));
  };
  expect("gpus", "0,1", {0, 1});
  expect("devices", "cuda:0", {0});
  EXPECT_EQ(error_with_data({"--gpus", "0", "--devices", "cpu:0"}),
            "--gpus '0' and --devices 'cpu:0' exclude each other; give one of them");
  EXPECT_EQ(error_with_data({"--gpus", "", "--devices", "cpu:0"}), "accepted");
  EXPECT_EQ(error_with_data({"--gpus", "0,x"}), "--gpus is '0,x'; give numbers of GPUs, e.g. 0,1");
  EXPECT_EQ(error_with_data({"--gpus", "0,0"}), "--gpus is '0,0'; give numbers of GPUs, e.g. 0,1");
}

TEST(OptionsTest, DecodesOnGpusWhereThereAreSome) {
  EXPECT_EQ(error_with_data({"--gpu-decode"}),
            "--gpu-decode is for GPUs; give some with --gpus, or leave it out");
}

TEST(OptionsTest, NamesTheFlagWhoseValueIsMissing) {
  EXPECT_EQ(error_with_data({"--lr"}), "--lr has no value; give one");
  EXPECT_EQ(error_with_data({"--model-prefix", "--lr", "0.1"}),
            "--model-prefix has no value; give one before --lr");
  EXPECT_EQ(error_with_data({"--model-prefix", "--unknown"}),
            "--model-prefix has no value; give one before --unknown");
  EXPECT_EQ(error_with_data({"--resume=yes"}), "--resume takes no value; leave the value out");
  EXPECT_EQ(error_with_data({"--decode.concurrency="}), "--decode.concurrency has no value");
  EXPECT_EQ(error_with_data({"train.rec"}),
            "unexpected argument 'train.rec'; flags begin with two dashes");
  EXPECT_EQ(error_with_data({"-lr", "1"}),
            "unexpected argument '-lr'; flags begin with two dashes");
  EXPECT_EQ(error_with_data({"--decode.*=3"}),
            "--decode.* names no node's setting; give --NODE.SETTING, e.g. --decode.concurrency 8");
}

TEST(OptionsTest, RefusesSettingsThatNoNodeHas) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"--decoder.concurrency", "2"},
       "--decoder.concurrency: no node is named decoder; did you mean --decode.concurrency?"},
      {{"--evaluate[1].queue", "2"},
       "--evaluate[1].queue: no node is named evaluate[1]; did you mean --evaluate[0].queue?"},
      {{"--nosuch.queue", "2"},
       "--nosuch.queue: no node is named nosuch; give one of read, decode, slot, augment, batch, "
       "step, scatter, gather, all-reduce, update, step-end, weights-new, sum, log, made-up, "
       "count, "
       "forward-backward[0], evaluate[0]"},
      {{"--decode.threads", "2"},
       "decode has no setting 'threads'; it has concurrency, queue, queue_bytes, on_error, "
       "skip_limit, order, run_on"},
      {{"--decode.concurrency", "0"}, "decode.concurrency is 0; give 1 or more"},
  };
  for (const auto& [arguments, error] : cases) EXPECT_EQ(error_with_data(arguments), error);
  EXPECT_EQ(error_with_data({"--evaluate[1].queue", "2", "--devices", "cpu:0,cpu:1"}), "accepted");

  const ConfigFile file("[decode]\nconcurrency = many\n");
  EXPECT_EQ(error_with_data({"--config", file.path()}),
            file.path() +
                ": decode.concurrency is 'many'; give a whole number, with K, M or G for "
                "powers of 1024");
}

TEST(OptionsTest, SaysWhatToGiveForAWrongValue) {
  const std::string kDevices =
      "; give CPU replicas that differ, e.g. cpu:0,cpu:1, or cpu:auto, GPUs, e.g. cuda:0,cuda:1, "
      "or "
      "a number of simulated devices of one kind, e.g. sim:16:K80";
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"--lr", "fast"}, "--lr is 'fast'; give a number above 0"},
      {{"--lr", "nan"}, "--lr is 'nan'; give a number above 0"},
      {{"--lr", "-1"}, "--lr is '-1'; give a number above 0"},
      {{"--mom", "1"}, "--mom is '1'; give a number from 0 to below 1"},
      {{"--batch-size", "0"}, "--batch-size is '0'; give a whole number, 1 or more"},
      {{"--batch-size", "12.5"}, "--batch-size is '12.5'; give max or a whole number, 1 or more"},
      {{"--batch-size", "99999999999"},
       "--batch-size is '99999999999'; give a whole number, 1 or more"},
      {{"--fill-value", "256"}, "--fill-value is '256'; give a whole number from 0 to 255"},
      {{"--random-crop", "yes"}, "--random-crop is 'yes'; give 0 or 1"},
      {{"--brightness", "1.5"}, "--brightness is '1.5'; give a number from 0 to 1"},
      {{"--image-shape", "3,224"},
       "--image-shape is '3,224'; give channels (1 or 3), height and width, e.g. 3,224,224"},
      {{"--rgb-std", "1,0,1"},
       "--rgb-std is '1,0,1'; give three numbers above 0, e.g. 58.393,57.12,57.375"},
      {{"--lr-step-epochs", "60,30"},
       "--lr-step-epochs is '60,30'; give epochs that rise, e.g. 30,60"},
      {{"--lr-step-epochs", "30,"}, "--lr-step-epochs is '30,'; give epochs that rise, e.g. 30,60"},
      {{"--lr-schedule", "linear"}, "--lr-schedule is 'linear'; give step, cosine or 'pow N'"},
      {{"--lr-schedule", "pow x"},
       "the learning rate's schedule is 'pow x'; give 'pow N' with a number above 0, e.g. 'pow 2'"},
      {{"--devices", "cpu:0,cpu:0"}, "--devices is 'cpu:0,cpu:0'" + kDevices},
      {{"--devices", "cpu:0,sim:2"}, "--devices is 'cpu:0,sim:2'" + kDevices},
      {{"--devices", "sim:2,cpu:0"}, "--devices is 'sim:2,cpu:0'" + kDevices},
      {{"--devices", "sim:0"}, "--devices is 'sim:0'" + kDevices},
      {{"--devices", "sim:2:"}, "--devices is 'sim:2:'" + kDevices},
      {{"--devices", "sim:4:K81"},
       "--devices is 'sim:4:K81': device profile K81: cannot read it; give a file, or one of K80, "
       "V100, A100, H100, H200"},
      {{"--devices", "sim:3:K80", "--batch-size", "7"},
       "--batch-size is 7, which 3 devices cannot share evenly; give a multiple of 3, e.g. 6"},
      {{"--devices", "sim:2:K80", "--model-prefix", "m"},
       "simulated --devices learn nothing; leave out --model-prefix"},
      {{"--devices", "sim:2", "--dtype", "bfloat16"},
       "--dtype bfloat16 is for the CPU; simulated --devices take the times of their profiles: "
       "leave it out"},
      {{"--devices", "sim:2", "--reduce-dtype", "bfloat16"},
       "--reduce-dtype bfloat16 is of no use to simulated --devices, which average no gradients; "
       "leave it out"},
      {{"--host-cores", "8"},
       "--host-cores is given without simulated --devices; give some, e.g. sim:16:K80"},
      {{"--host-cores", "0", "--devices", "sim:2"},
       "--host-cores is '0'; give a whole number from 1 to 4096"},
      {{"--devices", "sim:2", "--host-decode-rate", "100"},
       "--host-decode-rate is given without --host-cores; give the host's cores too"},
      {{"--devices", "sim:2", "--host-cores", "8", "--benchmark", "1"},
       "--host-cores and --benchmark 1 exclude each other; give one of them"},
      {{"--devices", "sim:2", "--record-profile", "p.json"},
       "--record-profile needs a training on real devices; leave out --devices sim"},
      {{"--batch-size", "maxx"}, "--batch-size is 'maxx'; give max or a whole number, 1 or more"},
      {{"--host-memory", "4GB"}, "--host-memory is '4GB'; give a size, e.g. 512M or 4G"},
      {{"--host-memory", "0"}, "--host-memory is '0'; give a size, e.g. 512M or 4G"},
      {{"--cache", "8G"}, "--cache is '8G'; give ram:SIZE, e.g. ram:8G"},
      {{"--cache", "disk:8G"}, "--cache is 'disk:8G'; give ram:SIZE, e.g. ram:8G"},
      {{"--cache", "ram:"}, "--cache is 'ram:'; give ram:SIZE, e.g. ram:8G"},
      {{"--cache", "ram:0"}, "--cache is 'ram:0'; give ram:SIZE, e.g. ram:8G"},
      {{"--cache", "ram:-1G"}, "--cache is 'ram:-1G'; give ram:SIZE, e.g. ram:8G"},
      {{"--cache", "ram:8G", "--devices", "sim:1:V100", "--host-cores", "8"},
       "--cache and --host-cores exclude each other; give one of them"},
      {{"--on-bad-image", "ignore"}, "--on-bad-image is 'ignore'; give stop or skip"},
      {{"--top-k", "3"}, "--top-k is '3'; give 0 or 5"},
      {{"--num-layers", "19"},
       "--num-layers is 19; give 18, 34, 50, 101 or 152, or 20 or 56 for small images"},
  };
  for (const auto& [arguments, error] : cases) EXPECT_EQ(error_with_data(arguments), error);
}

TEST(OptionsTest, RefusesValuesThatContradictEachOther) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"--batch-size", "7", "--devices", "cpu:0,cpu:1"},
       "--batch-size is 7, which 2 devices cannot share evenly; give a multiple of 2, e.g. 6"},
      {{"--load-epoch", "3"},
       "--load-epoch is given without --model-prefix; give the prefix of the checkpoints"},
      {{"--resume"},
       "--resume is given without --model-prefix; give the prefix of the checkpoints"},
      {{"--resume", "--load-epoch=1", "--model-prefix=p"},
       "--load-epoch and --resume exclude each other; give one of them"},
      {{"--resume", "--overwrite", "--model-prefix=p"},
       "--overwrite and --resume exclude each other; give one of them"},
      {{"--overwrite"},
       "--overwrite is given without --model-prefix; give the prefix of the checkpoints"},
      {{"--load-epoch", "80", "--model-prefix", "p"},
       "--load-epoch is 80 and --num-epochs is 80, so nothing is left to train; give more epochs"},
      {{"--min-random-area", "0.9", "--max-random-area", "0.5"},
       "--min-random-area is 0.9 but --max-random-area is 0.5; give a minimum that is not above "
       "the maximum"},
      {{"--min-random-aspect-ratio", "2"},
       "--min-random-aspect-ratio is 2 but --max-random-aspect-ratio is 1.3333333333333333; give a "
       "minimum that is not above the maximum"},
      {{"--max-random-aspect-ratio", "1.5"},
       "--max-random-aspect-ratio is 1.5, which alone means 1 - 1.5 to 1 + 1.5; give "
       "--min-random-aspect-ratio too"},
      {{"--random-crop", "1", "--random-resized-crop", "1"},
       "--random-crop 1 and --random-resized-crop 1 exclude each other; give one of them"},
      {{"--augment", "none", "--min-random-area", "0.5"},
       "--min-random-area needs --random-resized-crop 1; give both or none"},
      {{"--random-crop", "1", "--max-random-area", "0.5"},
       "--max-random-area needs --random-resized-crop 1; give both or none"},
      {{"--random-resized-crop", "0", "--max-random-aspect-ratio", "1.5"},
       "--max-random-aspect-ratio needs --random-resized-crop 1; give both or none"},
      {{"--test-io", "1", "--benchmark", "1"},
       "--test-io 1 and --benchmark 1 exclude each other; give one of them"},
      {{"--benchmark", "1", "--model-prefix", "p", "--resume"},
       "--benchmark 1 trains on made-up images; leave out --model-prefix"},
      {{"--benchmark", "1", "--resume"},
       "--benchmark 1 trains on made-up images; leave out --resume"},
      {{"--benchmark", "1", "--cache", "ram:1G"},
       "--benchmark 1 reads no images; leave out --cache"},
      {{"--benchmark", "1", "--load-epoch", "1"},
       "--benchmark 1 trains on made-up images; leave out --load-epoch"},
      {{"--data-val-idx", "v.idx"}, "--data-val-idx is given without --data-val; give both"},
      {{"--num-classes", "5", "--top-k", "5"},
       "--top-k is 5 but --num-classes is 5; give --top-k 0"},
  };
  for (const auto& [arguments, error] : cases) EXPECT_EQ(error_with_data(arguments), error);
}

TEST(OptionsTest, RefusesTwoSchedules) {
  const auto error = [](const std::string& schedule, const std::string& steps) {
    return error_with_data({"--lr-schedule", schedule, "--lr-step-epochs", steps});
  };
  EXPECT_EQ(error("cosine", "30,60"),
            "--lr-step-epochs '30,60' has no use with --lr-schedule 'cosine'; give one of them");
  EXPECT_EQ(error("step", "pow 2"),
            "--lr-step-epochs 'pow 2' has no use with --lr-schedule 'step'; give one of them");
  EXPECT_EQ(error("pow 3", "pow 2"),
            "--lr-step-epochs 'pow 2' has no use with --lr-schedule 'pow 3'; give one of them");
  EXPECT_EQ(error("pow 2", "10"),
            "--lr-step-epochs '10' has no use with --lr-schedule 'pow 2'; give one of them");
  EXPECT_EQ(error("step", "10,20"), "accepted");
  EXPECT_EQ(error("pow 2", "pow-2"), "accepted");
}

TEST(OptionsTest, AsksForTrainingDataWhereItIsNeeded) {
  EXPECT_EQ(error_of({}),
            "--data-train is missing; give a .rec file or a folder of images, or --benchmark 1");
  EXPECT_EQ(error_of({"--benchmark", "1"}), "accepted");
  EXPECT_EQ(error_of({"--summary"}), "accepted");
  EXPECT_EQ(error_of({"--help"}), "accepted");
  EXPECT_EQ(error_of({"-h"}), "accepted");
}

TEST(OptionsTest, AugmentsAsForImageNetUnlessToldOtherwise) {
  const auto standard = parse({});
  EXPECT_TRUE(standard.random_resized_crop);
  EXPECT_TRUE(standard.random_mirror);
  EXPECT_EQ(standard.min_random_area, 0.08);
  EXPECT_EQ(standard.val_resize, 256);

  const auto none = parse({"--augment", "none"});
  EXPECT_FALSE(none.random_resized_crop);
  EXPECT_FALSE(none.random_mirror);
  EXPECT_EQ(none.max_random_aspect_ratio, 0);
  EXPECT_EQ(none.val_resize, 0);
}

TEST(OptionsTest, ResizesForValidationByTheLongerSideOfTheSample) {
  EXPECT_EQ(parse({"--image-shape", "3,112,224"}).val_resize, 256);
  EXPECT_EQ(parse({"--image-shape", "3,299,299"}).val_resize, 341);
  EXPECT_EQ(parse({"--image-shape", "3,112,224", "--val-resize", "130"}).val_resize, 130);
}

TEST(OptionsTest, LetsAugmentationFlagsChangePartsOfThePresetInAnyOrder) {
  const auto options = parse({"--random-mirror", "1", "--augment", "none"});
  EXPECT_TRUE(options.random_mirror);
  EXPECT_FALSE(options.random_resized_crop);

  const auto cropped = parse({"--random-crop", "1"});
  EXPECT_TRUE(cropped.random_crop);
  EXPECT_FALSE(cropped.random_resized_crop);

  const auto neutral = parse({"--augment", "none", "--min-random-area", "1.0"});
  EXPECT_FALSE(neutral.random_resized_crop);

  const auto around_one = parse({"--max-random-aspect-ratio", "0.25"});
  EXPECT_FALSE(around_one.min_random_aspect_ratio.has_value());
}

TEST(OptionsTest, GivesTheImagePathWhatItAcceptsForEveryCrop) {
  const std::vector<std::string> cases[] = {{},
                                            {"--augment", "none"},
                                            {"--random-crop", "1"},
                                            {"--random-resized-crop", "0"},
                                            {"--augment", "none", "--random-crop", "1"},
                                            {"--augment", "none", "--random-resized-crop", "1"}};
  for (const auto& arguments : cases) {
    EXPECT_NO_THROW(Augment(train_path(parse(arguments)).augment))
        << testing::PrintToString(arguments);
  }
}

}  // namespace
}  // namespace forebay
