// SPDX-License-Identifier: BSD-3-Clause
//
// A recorded machine of tests/fixtures/machines/, unpacked into a directory that goes
// with the object. The format is told in tests/harness/machine.py. Threads: one.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

#include <gtest/gtest.h>

#include "machine/facts.h"

#ifndef SKARN_MACHINES  // The build names the folder; this is it from the checkout.
#define SKARN_MACHINES "tests/fixtures/machines"
#endif

namespace skarn {

class MachineTree {
 public:
  MachineTree() {
    char name[] = "/tmp/skarn-machine-XXXXXX";
    root_ = mkdtemp(name);
  }
  explicit MachineTree(const std::string& machine) : MachineTree() {
    std::ifstream file(SKARN_MACHINES "/" + machine + ".tree");
    EXPECT_TRUE(file.is_open()) << machine;
    std::string head, content;
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with("@ ")) {
        content += line + "\n";
        continue;
      }
      if (!head.empty()) Add(head, content);
      head = line.substr(2);
      content.clear();
    }
    Add(head, content);
  }
  ~MachineTree() { std::filesystem::remove_all(root_); }
  MachineTree(const MachineTree&) = delete;
  MachineTree& operator=(const MachineTree&) = delete;

  const std::string& root() const { return root_; }
  MachineFiles files() const { return MachineFiles(root_); }

  void Write(const std::string& path, const std::string& content) {
    const std::filesystem::path full = root_ + "/" + path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << content;
  }

 private:
  void Add(const std::string& head, const std::string& content) {
    const size_t arrow = head.find(" -> "), equals = head.find(" = ");
    if (arrow != std::string::npos) {
      const std::filesystem::path full = root_ + "/" + head.substr(0, arrow);
      std::filesystem::create_directories(full.parent_path());
      std::filesystem::create_symlink(head.substr(arrow + 4), full);
    } else if (equals != std::string::npos) {
      std::string bytes;
      for (size_t i = equals + 3; i + 1 < head.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(head.substr(i, 2), nullptr, 16));
      }
      Write(head.substr(0, equals), bytes);
    } else if (head.ends_with('/')) {
      std::filesystem::create_directories(root_ + "/" + head);
    } else {
      AddRange(head, content);
    }
  }

  void AddRange(const std::string& path, const std::string& content) {
    static const std::regex kRange("\\{(\\d+)-(\\d+)\\}"), kNumber("\\{(-\\d+)?\\}");
    std::smatch range, number;
    if (!std::regex_search(path, range, kRange)) return Write(path, content);
    for (int i = std::stoi(range[1]); i <= std::stoi(range[2]); ++i) {
      std::string text = content;
      while (std::regex_search(text, number, kNumber)) {
        const int less = number[1].matched ? std::stoi(number[1]) : 0;
        text = number.prefix().str() + std::to_string(i + less) + number.suffix().str();
      }
      Write(range.prefix().str() + std::to_string(i) + range.suffix().str(), text);
    }
  }

  std::string root_;
};

}  // namespace skarn
