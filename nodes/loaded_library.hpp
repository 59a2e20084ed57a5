#pragma once

// Libraries that are loaded when they are needed, so that programs start without them.

#include <string>
#include <vector>

namespace forebay {

/// One that stays loaded: such libraries have threads of their own. Thread-safe.
class LoadedLibrary {
 public:
  /// For what is said where it is missing or too old.
  struct Facts {
    std::string name;      // "NCCL"
    std::string purpose;   // "averages the gradients of several GPUs"
    std::string file;      // "libnccl.so.2"
    std::string package;   // Python's that has it
    std::string versions;  // what to install: "version 2.14 or newer"
  };

  /// The first of `files` that the dynamic linker finds. Throws `Error`, with what to do, where it
  /// finds none.
  LoadedLibrary(Facts facts, const std::vector<std::string>& files);

  /// Sets `function` to the one of that name. Throws `Error`, with what to do, where there is none.
  template <class Function>
  void find(Function*& function, const char* name) const {
    function = reinterpret_cast<Function*>(address(name));
  }

 private:
  void* address(const char* name) const;

  Facts facts_;
  void* library_ = nullptr;
};

}  // namespace forebay
