#include <train_imagenet/try_step.hpp>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <exception>
#include <fstream>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <common/clock.hpp>
#include <forebay/nodes/batch/batch.hpp>
#include <forebay/nodes/network/weights.hpp>
#include <train_imagenet/devices.hpp>
#include <train_imagenet/host_memory.hpp>
#include <train_imagenet/session.hpp>

namespace forebay {
namespace {

// As many batches as a run has alive, all of them written to.
std::vector<BatchHandle> made_up_batches(const TrainOptions& options) {
  const auto rows = static_cast<std::size_t>(options.batch_size);
  BatchPool pool(rows, options.image_shape);
  std::vector<BatchHandle> batches(batches_alive(options));
  for (BatchHandle& batch : batches) {
    batch = pool.take();
    std::memset(batch->images, 0, byte_size(batch));
    std::ranges::fill(batch->labels, 0);
  }
  return batches;
}

// Seconds of a step of all replicas at once.
double step(const std::vector<std::unique_ptr<Replica>>& replicas, const Batch& batch,
            std::size_t rows) {
  const double begin = seconds_now();
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < replicas.size(); ++i) {
      threads.emplace_back([&, i] {
        const auto labels = std::span(batch.labels).subspan(i * rows, rows);
        replicas[i]->forward_backward({batch.row(i * rows), labels, rows},
                                      [](const GradientBucket&) {});
      });
    }
  }
  return seconds_now() - begin;
}

// Seconds of the fastest, with all that a run holds: the weights and the optimizer's too.
double steps_in_this_process(const TrainOptions& options, int count) {
  const Network network = make_network(options);
  const auto replicas = make_replicas(options, network, [](const std::string&) {});
  const Weights weights(network), velocity(network);
  for (const auto& replica : replicas) {
    replica->load_parameters(weights, 0, weights.parameters().size());
  }
  const std::vector<BatchHandle> batches = made_up_batches(options);
  double fastest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < count; ++i) {
    fastest = std::min(fastest, step(replicas, *batches.front(), rows_per_device(options)));
  }
  return fastest;
}

// Ends with what there is to say in `pipe`: a number of seconds, or why there is none.
[[noreturn]] void be_the_child(const TrainOptions& options, int steps, int pipe) {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::ofstream("/proc/self/oom_score_adj") << 1000;  // when memory runs out, this one goes
  std::string said;
  int code = 0;
  try {
    said = std::to_string(steps_in_this_process(options, steps));
  } catch (const std::exception& error) {
    said = error.what(), code = 1;
  }
  [[maybe_unused]] const ssize_t written = write(pipe, said.data(), said.size());
  _exit(code);
}

std::string read_all(int pipe) {
  std::string text;
  std::array<char, 256> part{};
  for (;;) {
    const ssize_t count = read(pipe, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
  }
}

TriedStep ended(int status, const std::string& said) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return {fmt::format("signal {} ended it{}", signal,
                        signal == SIGKILL ? ", as where memory runs out" : "")};
  }
  if (WEXITSTATUS(status) != 0) return {said};
  TriedStep step;
  std::from_chars(said.data(), said.data() + said.size(), step.seconds);
  return step;
}

TriedStep try_steps(const TrainOptions& options, int count) {
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) throw system_error("making a pipe", errno);
  const pid_t child = fork();
  if (child < 0) throw system_error("making a process to try a step in", errno);
  if (child == 0) be_the_child(options, count, pipe[1]);
  close(pipe[1]);
  const std::string said = read_all(pipe[0]);
  close(pipe[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return ended(status, said);
}

}  // namespace

TriedStep try_step(const TrainOptions& options) { return try_steps(options, 1); }

TriedStep time_step(const TrainOptions& options) { return try_steps(options, 3); }

}  // namespace forebay
