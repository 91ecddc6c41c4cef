// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "server/server.h"

namespace {

int Fatal(const std::string& text) {
  fmt::print(stderr, "{}\n", text);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  skarn::Config config;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = std::string_view(argv[i]).substr(2);
    const skarn::ConfigDirective* row = skarn::FindDirective(name);
    if (row == nullptr) return Fatal(fmt::format("unknown option {}", argv[i]));
    if (auto set = config.Set(row->key, skarn::Bytes(argv[i + 1])); !set) return Fatal(set.error().text);
  }
  auto server = skarn::Server::Create(std::move(config), "");
  if (!server) return Fatal(server.error().text);
  return (*server)->Run();
}
