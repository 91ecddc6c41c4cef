// SPDX-License-Identifier: BSD-3-Clause
//
// Throws through several frames: linked with packaging/build/dl_find_object.cc and the
// static libraries of the packages, it must find its way to the handler.
#include <cstdio>
#include <stdexcept>
#include <string>

namespace {

struct Counted {
  explicit Counted(int* count) : count(count) {}
  ~Counted() { ++*count; }
  int* count;
};

[[gnu::noinline]] int Throw(int depth, int* unwound) {
  const Counted frame(unwound);
  if (depth == 0) throw std::runtime_error("from below");
  return Throw(depth - 1, unwound) + 1;
}

}  // namespace

int main() {
  int unwound = 0;
  try {
    Throw(9, &unwound);
  } catch (const std::exception& error) {
    std::printf("caught %s after %d frames\n", error.what(), unwound);
    return unwound == 10 ? 0 : 1;
  }
  return 1;
}
