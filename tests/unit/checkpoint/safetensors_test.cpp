#include <forebay/nodes/checkpoint/safetensors.hpp>

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include <forebay/nodes/random.hpp>
#include "helpers.hpp"

namespace forebay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

const std::string kTypes = FOREBAY_FIXTURES "/checkpoint/types.safetensors";

template <typename Value>
std::vector<Value> values_of(const SafetensorsFile& file, std::string_view name) {
  const StoredTensor* tensor = file.find(name);
  if (tensor == nullptr) return {};
  std::vector<Value> values(tensor->bytes.size() / sizeof(Value));
  if (!values.empty()) std::memcpy(values.data(), tensor->bytes.data(), tensor->bytes.size());
  return values;
}

// A file that never meets a disk, for thousands of damaged ones.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("forebay", MFD_CLOEXEC)) {}
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  void set(const std::string& content) {
    ASSERT_EQ(ftruncate(descriptor_, 0), 0);
    ASSERT_EQ(pwrite(descriptor_, content.data(), content.size(), 0),
              static_cast<ssize_t>(content.size()));
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

class SafetensorsTest : public FolderTest {
 protected:
  // A file with this header and `size` bytes of values.
  std::string file_with(const std::string& header, std::size_t size) {
    std::uint64_t length = header.size();
    std::string content(8, '\0');
    std::memcpy(content.data(), &length, 8);
    write_file(path("x"), content + header + std::string(size, '\1'));
    return path("x");
  }

  // The part of the error between the file's name and the advice.
  std::string refusal(const std::string& file) {
    std::string error = error_of([&] { SafetensorsFile{file}; });
    EXPECT_EQ(error, error_of([&] { read_safetensors_metadata(file); }));
    const std::string begin = "reading \"" + file + "\": ";
    const std::string end = "; it is damaged or no safetensors file";
    EXPECT_TRUE(error.starts_with(begin)) << error;
    EXPECT_TRUE(error.ends_with(end)) << error;
    if (!error.starts_with(begin) || !error.ends_with(end)) return error;
    return error.substr(begin.size(), error.size() - begin.size() - end.size());
  }
};

TEST_F(SafetensorsTest, ReadsWhatTheReferenceWrites) {
  const SafetensorsFile file(kTypes);
  EXPECT_THAT(file.metadata(), UnorderedElementsAre(Pair("format", "pt")));
  EXPECT_EQ(file.tensors().size(), 9u);
  EXPECT_EQ(file.find("float")->type, "F32");
  EXPECT_EQ(file.find("float")->shape, (TensorShape{2, 3}));
  EXPECT_THAT(values_of<float>(file, "float"), ElementsAre(0.5F, -1, 2, 3, 1e-30F, -0.0F));
  EXPECT_THAT(values_of<std::uint16_t>(file, "half"), ElementsAre(0x3c00, 0x4000, 0xc400));
  EXPECT_THAT(values_of<std::uint16_t>(file, "brain"), ElementsAre(0x3f80));
  EXPECT_THAT(values_of<double>(file, "double"), ElementsAre(0.1));
  EXPECT_EQ(file.find("counter")->shape, TensorShape{});
  EXPECT_THAT(values_of<std::int64_t>(file, "counter"), ElementsAre(123456789012));
  EXPECT_THAT(values_of<std::int8_t>(file, "small"), ElementsAre(-1, 2));
  EXPECT_THAT(values_of<std::uint8_t>(file, "flags"), ElementsAre(1, 0, 1));
  EXPECT_EQ(file.find("empty")->shape, (TensorShape{0, 4}));
  EXPECT_THAT(values_of<float>(file, "empty"), IsEmpty());
  EXPECT_THAT(values_of<std::int32_t>(file, "a \"quoted\" n\xc3\xa4me"), ElementsAre(7));
  EXPECT_EQ(file.find("other"), nullptr);
}

TEST_F(SafetensorsTest, WritesTheReferencesBytes) {
  for (const char* name : {"types", "network"}) {
    const std::string fixture =
        FOREBAY_FIXTURES "/checkpoint/" + std::string(name) + ".safetensors";
    const SafetensorsFile read(fixture);
    AtomicFile file(path(name));
    std::vector<StoredTensor> tensors(read.tensors().rbegin(), read.tensors().rend());
    write_safetensors(file, tensors, read.metadata());
    file.sync();
    file.commit();
    EXPECT_TRUE(content_of(path(name)) == content_of(fixture)) << name;
  }
}

TEST_F(SafetensorsTest, RefusesToWriteTwoTensorsOfOneName) {
  AtomicFile file(path("x"));
  const StoredTensor tensor{"a", "F32", {0}, {}};
  EXPECT_EQ(error_of([&] {
              write_safetensors(file, {tensor, tensor}, {});
            }),
            "writing safetensors: two tensors are named \"a\"");
}

TEST_F(SafetensorsTest, SaysWhichFileIsMissing) {
  EXPECT_EQ(error_of([&] { SafetensorsFile{path("no")}; }),
            "reading \"" + path("no") + "\": No such file or directory");
}

TEST_F(SafetensorsTest, RefusesAWrongLength) {
  write_file(path("x"), "1234567");
  EXPECT_EQ(refusal(path("x")), "it has 7 bytes, fewer than the header's length takes");
  write_file(path("x"), std::string(8, '\xff'));
  EXPECT_EQ(refusal(path("x")),
            "its header would have 18446744073709551615 bytes; 100000000 are allowed");
  write_file(path("x"), std::string("\x03\0\0\0\0\0\0\0{}", 10));
  EXPECT_EQ(refusal(path("x")), "its header would have 3 bytes, the file has 2 after the length");
  EXPECT_EQ(refusal(folder_.path()), "it has 0 bytes, fewer than the header's length takes");
}

TEST_F(SafetensorsTest, RefusesAWrongHeader) {
  EXPECT_EQ(refusal(file_with("", 0)), "its header does not begin with \"{\"");
  EXPECT_EQ(refusal(file_with(" {}", 0)), "its header does not begin with \"{\"");
  EXPECT_EQ(refusal(file_with("{\"a\"", 0)), "its header is not valid JSON");
  EXPECT_EQ(refusal(file_with("{} x", 0)), "its header is not valid JSON");
  EXPECT_EQ(refusal(file_with("{\"\xff\":{}}", 0)), "its header is not valid JSON");
  EXPECT_EQ(refusal(file_with("{\"a\":" + std::string(100000, '['), 0)),
            "its header is nested too deep");
  EXPECT_EQ(refusal(file_with(R"({"__metadata__":[]})", 0)), "its metadata is not an object");
  EXPECT_EQ(refusal(file_with(R"({"__metadata__":{"a":1}})", 0)), "its metadata \"a\" is not text");
  EXPECT_EQ(refusal(file_with(R"({"__metadata__":{"a":"1","a":"2"}})", 0)),
            "its header has \"a\" twice");
}

TEST_F(SafetensorsTest, RefusesAWrongTensorByName) {
  const auto one = [&](const std::string& description, std::size_t size = 8) {
    return refusal(file_with("{\"w\":" + description + "}", size));
  };
  EXPECT_EQ(one("3"), "tensor \"w\" is not described by dtype, shape and data_offsets");
  EXPECT_EQ(one(R"({"dtype":"F32","shape":[2]})"),
            "tensor \"w\" is not described by dtype, shape and data_offsets");
  EXPECT_EQ(one(R"({"dtype":32,"shape":[2],"data_offsets":[0,8]})"),
            "tensor \"w\" has a type that is not text");
  EXPECT_EQ(one(R"({"dtype":"F31","shape":[2],"data_offsets":[0,8]})"),
            "tensor \"w\" has the unknown type \"F31\"");
  EXPECT_EQ(one(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"),
            "tensor \"w\" has a shape that is not a list of sizes");
  EXPECT_EQ(one(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})"),
            "tensor \"w\" has a shape that is not a list of sizes");
  EXPECT_EQ(one(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"),
            "tensor \"w\" has data_offsets that are not a begin and an end");
  EXPECT_EQ(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8,8]})"),
            "tensor \"w\" has data_offsets that are not a begin and an end");
  EXPECT_EQ(one(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]})"),
            "tensor \"w\" has the impossible shape [4294967296, 4294967296]");
  EXPECT_EQ(one(R"({"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]})"),
            "tensor \"w\" has the impossible shape [0, 18446744073709551615]");
  EXPECT_EQ(one(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"),
            "tensor \"w\" has 8 bytes; F32 [3] takes 12");
  EXPECT_EQ(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{})"),
            "its header has \"w\" twice");
}

TEST_F(SafetensorsTest, RefusesHolesOverlapsAndLeftovers) {
  const auto two = [&](const char* second, std::size_t size) {
    const std::string tensor = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)";
    return refusal(file_with(
        tensor + R"("b":{"dtype":"F32","shape":[1],"data_offsets":)" + second + "}}", size));
  };
  EXPECT_EQ(two("[12,16]", 16), "tensor \"b\" begins at byte 12 of the values, not at 8");
  EXPECT_EQ(two("[4,8]", 8), "tensor \"b\" begins at byte 4 of the values, not at 8");
  EXPECT_EQ(two("[8,12]", 13), "its tensors take 12 bytes, the file has 13 after the header");
  EXPECT_EQ(two("[8,12]", 11), "its tensors take 12 bytes, the file has 11 after the header");
  EXPECT_EQ(refusal(file_with("{}", 1)),
            "its tensors take 0 bytes, the file has 1 after the header");
}

TEST_F(SafetensorsTest, RefusesEveryTruncation) {
  const std::string whole = content_of(kTypes);
  MemoryFile file;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    file.set(whole.substr(0, size));
    EXPECT_THROW(SafetensorsFile{file.path()}, Error) << size;
  }
}

TEST_F(SafetensorsTest, SurvivesEveryFlippedBitOfTheHeader) {
  const std::string whole = content_of(kTypes);
  MemoryFile file;
  std::uint64_t header = 0;
  std::memcpy(&header, whole.data(), 8);
  int refused = 0;
  for (std::size_t bit = 0; bit < (8 + header) * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    file.set(damaged);
    try {
      SafetensorsFile{file.path()};  // another name, for one, is as good as the old one
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, static_cast<int>(header) * 4);
}

TEST_F(SafetensorsTest, SurvivesRandomDamage) {
  const std::string whole = content_of(kTypes);
  MemoryFile file;
  Random random(20);
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = whole;
    for (std::uint64_t n = 1 + random.below(6); n > 0; --n) {
      const std::string_view marks = "{}[]\",:0123456789-eE.\\ tfn";
      const char mark =
          random.coin() ? marks[random.below(marks.size())] : static_cast<char>(random.below(256));
      const std::uint64_t at = random.below(damaged.size());
      if (random.below(4) == 0) {
        damaged.erase(at, 1 + random.below(20));
      } else {
        damaged[at] = mark;
      }
    }
    file.set(damaged);
    try {
      SafetensorsFile{file.path()};
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace forebay
