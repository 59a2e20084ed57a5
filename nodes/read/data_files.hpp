#pragma once

// What the path given as training data stands for.

#include <string>
#include <vector>

#include <forebay/nodes/read/record_table.hpp>

namespace forebay {

/// .rec files, or one folder of images.
struct DataFiles {
  std::vector<RecordFile> records;
  std::string image_folder;  // when there are no records
};

/// `data`: a .rec, a folder that holds .rec files (taken in sorted order), several of these
/// separated by ';', or a folder of images. `index`: the .idx of each .rec, separated by ';'; when
/// empty, the one beside a .rec is used where there is one. Throws `Error`.
DataFiles find_data(const std::string& data, const std::string& index);

}  // namespace forebay
