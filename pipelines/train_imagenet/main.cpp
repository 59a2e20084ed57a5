// Trains an image classifier with the command line of MXNet's train_imagenet.py.
//
//     read ─► decode ─► slot ─► augment ─► batch ─► step ─┬► forward-backward[0] ─┐
//                                                  ▲      └► forward-backward[n] ─┴► gather ─► ...
//                                                  └─ weights new ◄─ update ◄─ all-reduce ◄─┘

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <common/interrupt.hpp>
#include <forebay/graph/error.hpp>
#include <forebay/graph/inspect/serve_web.hpp>
#include <forebay/graph/record/recorder.hpp>
#include <train_imagenet/checkpoints.hpp>
#include <train_imagenet/devices.hpp>
#include <train_imagenet/fastest_split.hpp>
#include <train_imagenet/flags.hpp>
#include <train_imagenet/host_memory.hpp>
#include <train_imagenet/host_simulation.hpp>
#include <train_imagenet/largest_batch.hpp>
#include <train_imagenet/record_profile.hpp>
#include <train_imagenet/report.hpp>
#include <train_imagenet/session.hpp>
#include <train_imagenet/test_io.hpp>

namespace {

using namespace forebay;

constexpr int kFailed = 1, kWrongUse = 2, kInterrupted = 130;

void serve_web_page(const TrainOptions& options, Log& log) {
  if (options.inspect_http.empty()) return;
  try {
    log.info("Inspect this run at " +
             serve_web({options.inspect_http, options.inspect_token_file}));
  } catch (const Error& error) {
    const std::string why = error.what();
    throw Error("--inspect-http " + options.inspect_http + ": " + why +
                (why.ends_with("needs a token") ? "; give --inspect-token-file FILE" : ""));
  }
}

// What --record asks for; without it nothing.
std::unique_ptr<Recorder> record(const TrainOptions& options, Log& log) {
  if (options.record.empty()) return nullptr;
  const bool goes_on = options.resume || options.load_epoch;
  const Existing existing = goes_on             ? Existing::kContinue
                            : options.overwrite ? Existing::kReplace
                                                : Existing::kRefuse;
  try {
    return std::make_unique<Recorder>(RecorderOptions{
        options.record, existing,
        [&log](const std::string& why) { log.info("--record: " + why + "; training goes on"); }});
  } catch (const Error& error) {
    throw Error(std::string("--record: ") + error.what());
  }
}

// With what is to be found out of the cores and the memory that there are.
TrainOptions planned(const TrainOptions& given, Log& log) {
  const bool splits = found_at_start(given.devices) && !given.test_io;
  const bool fits = given.batch_size == 0 || given.host_memory;
  if (!splits && !fits) return given;
  refuse_another_runs_checkpoints(given);
  const TrainOptions options = splits ? with_fastest_split(given, log) : given;
  if (!fits || InterruptWatch::seen()) return options;
  const DataFacts data = look_at_data(options);
  return with_host_memory(with_largest_batch(options, data, log), data, log);
}

int train(const TrainOptions& given) {
  const InterruptWatch watch(
      "\nFinishing the step under way; again to stop at once without saving.\n");
  Log log(stderr, given.log_prefix, python_time_stamp);
  log.info(start_message(given));
  const TrainOptions options = planned(given, log);  // before there are other threads
  if (InterruptWatch::seen()) return kInterrupted;
  serve_web_page(options, log);
  if (options.test_io) {
    const auto recorder = record(options, log);
    std::cout << read_report(test_io(options, log));
    return InterruptWatch::seen() ? kInterrupted : 0;
  }
  if (options.host_cores) {
    std::cout << simulate_host(options, log);
    return InterruptWatch::seen() ? kInterrupted : 0;
  }
  if (!options.record_profile.empty()) check_record(options);
  Session session(options, log);
  const SessionResult result = [&] {
    const auto recorder = record(options, log);
    return session.train();
  }();
  if (!options.record_profile.empty()) log.info(record_profile(options, result));
  if (result.images > 0) std::cout << report(result, options.price_per_hour);
  if (!result.interrupted) return 0;
  log.info(interrupted_message(options));
  return kInterrupted;
}

// The error of a node begins with its name; what `decode` cannot read may be left out.
std::string with_advice(const std::string& error, OnError on_bad_image) {
  if (!error.starts_with("decode: ")) return error;
  return error + (on_bad_image == OnError::kStop
                      ? "; give --on-bad-image skip to leave such images out"
                      : "; give a larger --bad-image-limit to leave out more");
}

int run(const TrainOptions& options) {
  if (options.help) {
    std::cout << help_text();
  } else if (options.help_markdown) {
    std::cout << help_markdown();
  } else if (options.version) {
    std::cout << "train_imagenet " FOREBAY_VERSION "\n";
  } else if (options.summary) {
    const Network network = make_network(options);
    std::cout << summary(network);
    if (const std::string type = describe_precision(options); !type.empty()) {
      std::cout << "computed in " << type << '\n';
    }
    if (const std::string optimizer = describe_optimizer(options); !optimizer.empty()) {
      std::cout << "updated by " << optimizer << '\n';
    }
    if (const std::string fusions = describe_fusions(options, network); !fusions.empty()) {
      std::cout << fusions << '\n';
    }
  } else {
    try {
      return train(options);
    } catch (const Error& error) {
      throw Error(with_advice(error.what(), options.on_bad_image));
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // at a limit of file sizes, saving fails like on a full disk
  int code_of_failure = kWrongUse;
  try {
    const TrainOptions options = parse_options({argv + 1, argv + argc});
    code_of_failure = kFailed;
    return run(options);
  } catch (const std::exception& error) {
    std::cerr << "train_imagenet: " << error.what() << '\n';
    return code_of_failure;
  }
}
