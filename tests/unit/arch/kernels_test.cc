// SPDX-License-Identifier: BSD-3-Clause
#include "arch/kernels.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "supported_kernels.h"

namespace skarn {
namespace {

TEST(KernelsTest, RowsAreNamedOnceAndGenericIsLast) {
  std::set<std::string_view> names;
  for (const Kernels* row : CompiledKernels()) {
    EXPECT_TRUE(names.insert(row->name).second) << row->name;
    EXPECT_NE(row->name, "auto");
    EXPECT_NE(row->is_supported, nullptr);
    EXPECT_NE(row->hash_keys, nullptr);
    EXPECT_NE(row->crc16, nullptr);
    EXPECT_NE(row->crc64, nullptr);
    EXPECT_NE(row->bit_count, nullptr);
    EXPECT_NE(row->bit_operation, nullptr);
    EXPECT_NE(row->parse_int64, nullptr);
  }
  EXPECT_EQ(CompiledKernels().back(), &kGenericKernels);
  EXPECT_TRUE(kGenericKernels.is_supported());
}

TEST(KernelsTest, ForcedRowIsTheOneThatRuns) {
  for (const Kernels* row : CompiledKernels()) {
    SCOPED_TRACE(row->name);
    ASSERT_TRUE(SelectKernels("generic"));
    const Result<> selected = SelectKernels(row->name);
    EXPECT_EQ(selected.has_value(), row->is_supported());
    EXPECT_EQ(&ActiveKernels(), row->is_supported() ? row : &kGenericKernels);
  }
  ASSERT_TRUE(SelectKernels("auto"));
  EXPECT_EQ(&ActiveKernels(), SupportedKernels().front());
}

TEST(KernelsTest, UnknownNameFailsAndChangesNothing) {
  ASSERT_TRUE(SelectKernels("generic"));
  for (const std::string_view name : {"", "mmx", "AVX2", "generic "}) {
    const Result<> selected = SelectKernels(name);
    ASSERT_FALSE(selected);
    EXPECT_NE(selected.error().text.find("generic"), std::string::npos);
    EXPECT_EQ(&ActiveKernels(), &kGenericKernels);
  }
  ASSERT_TRUE(SelectKernels("auto"));
}

}  // namespace
}  // namespace skarn
