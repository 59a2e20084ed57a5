#pragma once

// A limit and where it is, as JSON. For sources that link nlohmann-json; no other header includes
// it.

#include <nlohmann/json.hpp>

#include <forebay/graph/diagnose/diagnose.hpp>

namespace forebay {

NLOHMANN_JSON_SERIALIZE_ENUM(Limit, {{Limit::kUnknown, "unknown"},
                                     {Limit::kConcurrency, "concurrency"},
                                     {Limit::kSerial, "serial"},
                                     {Limit::kReading, "reading"},
                                     {Limit::kCores, "cores"},
                                     {Limit::kDevice, "device"},
                                     {Limit::kLockStep, "lock step"},
                                     {Limit::kAllReduce, "all-reduce"},
                                     {Limit::kQueue, "queue"},
                                     {Limit::kMemory, "memory"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Bound, limit, node)

}  // namespace forebay
