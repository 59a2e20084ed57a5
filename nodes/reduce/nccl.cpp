#include <forebay/nodes/reduce/nccl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

#include <forebay/graph/error.hpp>
#include <forebay/nodes/reduce/nccl_library.hpp>

namespace forebay {
namespace {

using Clock = std::chrono::steady_clock;
using Marks = std::vector<std::unique_ptr<NcclMark>>;  // by rank

constexpr std::chrono::microseconds kCallPoll{20};  // NCCL takes about 100 to launch
constexpr std::chrono::seconds kEndDeadline{5};
constexpr const char* kAdvice =
    "see what nvidia-smi and the kernel's log (dmesg, Xid) say of it, NCCL_DEBUG=WARN makes NCCL "
    "tell more; go on from the last checkpoint";

ncclDataType_t type_of(NcclType type) {
  switch (type) {
    case NcclType::kFloat16:
      return ncclFloat16;
    case NcclType::kBfloat16:
      return ncclBfloat16;
    case NcclType::kFloat32:
      break;
  }
  return ncclFloat32;
}

}  // namespace

// One mutex guards everything. It is held while NCCL is called, a millisecond or so, but not while
// GPUs work.
class NcclMean::Work {
 public:
  Work(std::vector<NcclRank> ranks, NcclOptions options)
      : ranks_(std::move(ranks)), options_(std::move(options)), nccl_(options_.library) {
    if (ranks_.empty()) throw Error("no GPUs to average over; give one or more");
    connect();
    watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  }

  ~Work() {
    watcher_.request_stop();
    changed_.notify_all();
    if (watcher_.joinable()) watcher_.join();
    const std::lock_guard lock(mutex_);
    if (pending_.empty()) {
      end();
    } else {
      abort_all();
    }
  }

  void queue(std::span<void* const> values, std::size_t count, NcclType type, std::string what) {
    const std::lock_guard lock(mutex_);
    throw_failure();
    std::list<Collective> next = take_spare();
    Collective& collective = next.front();
    collective.what = std::move(what);
    collective.deadline = Clock::now() + options_.deadline;
    set(collective.begun);
    attempt(nccl_.group_start(), collective.what);
    for (std::size_t i = 0; i < ranks_.size(); ++i) {
      attempt(nccl_.all_reduce(values[i], values[i], count, type_of(type), ncclAvg, comms_[i],
                               static_cast<cudaStream_t>(ranks_[i].stream)),
              collective.what);
    }
    attempt(nccl_.group_end(), collective.what);
    settle(collective.deadline, collective.what);
    throw_failure();
    set(collective.ended);
    pending_.splice(pending_.end(), next);
  }

  void check() const {
    const std::lock_guard lock(mutex_);
    throw_failure();
  }

  void wait() const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return pending_.empty(); });
    throw_failure();
  }

 private:
  struct Collective {
    std::string what;
    Clock::time_point deadline;
    Marks begun, ended;
  };

  void connect() {
    ncclUniqueId id{};
    constexpr const char* kWhat = "make the communicators";
    attempt(nccl_.get_unique_id(&id), kWhat);
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    comms_.resize(ranks_.size());
    attempt(nccl_.group_start(), kWhat);
    for (std::size_t i = 0; i < ranks_.size(); ++i) {
      ranks_[i].use();
      attempt(nccl_.init_rank(&comms_[i], static_cast<int>(ranks_.size()), id, static_cast<int>(i),
                              &config),
              kWhat);
    }
    attempt(nccl_.group_end(), kWhat);
    settle(Clock::now() + options_.deadline, kWhat);
    throw_failure();
  }

  // Fails unless the call went well or goes on.
  void attempt(ncclResult_t result, const std::string& what) {
    if (result == ncclSuccess || result == ncclInProgress) return;
    fail(fmt::format("NCCL cannot {}: {}; {}", what, nccl_.error_string(result), kAdvice));
    throw_failure();
  }

  // Until every call is through, or one has failed.
  void settle(Clock::time_point deadline, const std::string& what) {
    for (;;) {
      bool busy = false;
      for (std::size_t i = 0; i < comms_.size() && failure_.empty(); ++i) {
        const ncclResult_t state = state_of(i);
        busy = busy || state == ncclInProgress;
        if (state == ncclInProgress && Clock::now() > deadline) {
          fail(fmt::format("{} does not {} within {}; {}", ranks_[i].name, what, seconds(),
                           kAdvice));
        }
      }
      if (!busy || !failure_.empty()) return;
      std::this_thread::sleep_for(kCallPoll);
    }
  }

  // Fails where NCCL has found an error since.
  ncclResult_t state_of(std::size_t rank) {
    ncclResult_t state = ncclSuccess;
    const ncclResult_t asked = nccl_.get_async_error(comms_[rank], &state);
    if (asked != ncclSuccess) state = asked;
    if (state != ncclSuccess && state != ncclInProgress) {
      fail(fmt::format("{}: NCCL reports {}; {}", ranks_[rank].name, nccl_.error_string(state),
                       kAdvice));
    }
    return state;
  }

  // One that has been, or a new one.
  std::list<Collective> take_spare() {
    std::list<Collective> one;
    if (spare_.empty()) {
      one.push_back({{}, {}, make_marks(), make_marks()});
    } else {
      one.splice(one.begin(), spare_, spare_.begin());
    }
    return one;
  }

  Marks make_marks() const {
    Marks marks;
    for (const NcclRank& rank : ranks_) {
      rank.use();
      marks.push_back(rank.make_mark());
    }
    return marks;
  }

  void set(const Marks& marks) const {
    for (std::size_t i = 0; i < ranks_.size(); ++i) {
      ranks_[i].use();
      marks[i]->set();
    }
  }

  void watch(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      if (failure_.empty()) look();
      changed_.wait_for(lock, options_.poll);
    }
  }

  void look() {
    for (std::size_t i = 0; i < comms_.size() && failure_.empty(); ++i) state_of(i);
    const auto is_past = [](const auto& mark) { return mark->is_past(); };
    while (!pending_.empty() && std::ranges::all_of(pending_.front().ended, is_past)) {
      spare_.splice(spare_.end(), pending_, pending_.begin());
      if (pending_.empty()) changed_.notify_all();
    }
    if (!pending_.empty() && Clock::now() > pending_.front().deadline) {
      fail(why_late(pending_.front()));
    }
  }

  std::string why_late(const Collective& late) const {
    if (std::string names = names_of_others(late.begun); !names.empty()) {
      return fmt::format("{} has not come to {} within {}, so the others wait for it; {}", names,
                         late.what, seconds(), kAdvice);
    }
    return fmt::format("{} does not end {} within {}; {}", names_of_others(late.ended), late.what,
                       seconds(), kAdvice);
  }

  // Those that are not past their marks: "GPU 0 (NVIDIA H200), GPU 1 (NVIDIA H200)".
  std::string names_of_others(const Marks& marks) const {
    std::string names;
    for (std::size_t i = 0; i < marks.size(); ++i) {
      if (!marks[i]->is_past()) names += (names.empty() ? "" : ", ") + ranks_[i].name;
    }
    return names;
  }

  std::string seconds() const {
    return fmt::format("{:.4g} s", std::chrono::duration<double>(options_.deadline).count());
  }

  void fail(std::string why) {
    if (failure_.empty()) failure_ = std::move(why);
    abort_all();
    pending_.clear();
    changed_.notify_all();
  }

  void throw_failure() const {
    if (!failure_.empty()) throw Error(failure_);
  }

  // Lets go the GPUs' kernels and whoever waits for them. All at once: they wait for each other.
  void abort_all() {
    nccl_.group_start();
    for (ncclComm_t comm : std::exchange(comms_, {})) {
      if (comm != nullptr) nccl_.abort(comm);
    }
    nccl_.group_end();
  }

  void end() {
    for (ncclComm_t comm : comms_) nccl_.finalize(comm);
    settle(Clock::now() + kEndDeadline, "end");
    for (ncclComm_t comm : comms_) nccl_.destroy(comm);
  }

  const std::vector<NcclRank> ranks_;
  const NcclOptions options_;
  const NcclLibrary nccl_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<ncclComm_t> comms_;  // by rank; none after a failure
  std::list<Collective> pending_;  // the oldest first
  std::list<Collective> spare_;    // with marks to set again
  std::string failure_;            // the first one
  std::jthread watcher_;
};

std::string why_no_nccl(const std::string& library) {
  try {
    const NcclLibrary nccl(library);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

NcclMean::NcclMean(std::vector<NcclRank> ranks, NcclOptions options)
    : work_(std::make_unique<Work>(std::move(ranks), std::move(options))) {}

NcclMean::~NcclMean() = default;

void NcclMean::queue(std::span<void* const> values, std::size_t count, NcclType type,
                     std::string what) {
  work_->queue(values, count, type, std::move(what));
}

void NcclMean::check() const { work_->check(); }

void NcclMean::wait() const { work_->wait(); }

}  // namespace forebay
