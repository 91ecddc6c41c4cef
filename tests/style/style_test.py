# SPDX-License-Identifier: BSD-3-Clause
"""Tests of the style checks themselves."""

import unittest

import check
import sources


def source(path, text):
    made = sources.Source.__new__(sources.Source)
    made.path, made.text, made.lines = path, text, text.split("\n")
    return made


class FunctionsTest(unittest.TestCase):
    def found(self, text):
        return [(name, last - first + 1) for name, first, last in sources.functions(text)]

    def test_measures_functions_in_namespaces_and_classes(self):
        text = ("namespace skarn {\nclass A final : public B {\n public:\n"
                "  A() : a_{1}, b_(2) {\n  }\n  int F() const { return 1; }\n private:\n"
                "  int a_{0};\n};\nvoid A::G(int x = {3})\n{\n  if (x) { y(); }\n}\n}\n")
        self.assertEqual(self.found(text), [("A", 2), ("F", 1), ("A::G", 4)])

    def test_passes_over_data(self):
        text = "constexpr Row kRows[] = {\n{.name = \"F(\", .handler = &F},\n};\nint F() {\n}\n"
        self.assertEqual(self.found(text), [("F", 2)])

    def test_knows_operators_templates_and_attributes(self):
        text = ("template <typename T>\nbool operator==(const T& a, const T& b) {\n}\n"
                "SKARN_TARGET(\"avx2\")\nsize_t Count(const uint8_t* p) {\n}\n"
                "Result<int> Open() SKARN_REQUIRES(m) {\n}\nauto F() -> std::vector<int> {\n}\n"
                "enum class E : uint8_t { kA };\nTEST(ATest, Works) {\n}\n")
        self.assertEqual([length for _, length in self.found(text)], [3, 3, 2, 2, 2])

    def test_ignores_braces_in_comments_and_literals(self):
        text = "void F() {\n  // }\n  auto a = \"}\"; char b = '}'; int c = 1'000;\n}\n"
        self.assertEqual(self.found(text), [("F", 4)])


class ChecksTest(unittest.TestCase):
    def lines(self, name, path, text):
        return [line for line, _ in check.CHECKS[name](source(path, text))]

    def test_finds_a_long_function(self):
        body = "void F() {\n" + "  G();\n" * 69 + "}\n"
        self.assertEqual(self.lines("size", "src/base/a.cc", body), [1])
        self.assertEqual(self.lines("size", "src/base/a.cc", "// Data: rows.\n" + body), [])

    def test_finds_includes_out_of_order(self):
        good = '#include "base/a.h"\n#include <vector>\n#include <fmt/core.h>\n#include "base/b.h"'
        self.assertEqual(self.lines("includes", "src/base/a.cc", good), [])
        bad = '#include "base/b.h"\n#include <vector>\n#include "base/a.h"'
        self.assertEqual(self.lines("includes", "src/base/a.cc", bad), [2, 3])

    def test_finds_a_higher_layer(self):
        text = '#include "arch/kernels.h"\n#include "base/b.h"\n#include "net/worker.h"'
        self.assertEqual(self.lines("layers", "src/keyspace/a.cc", text), [3])
        self.assertEqual(self.lines("layers", "src/server/a.cc", text), [])
        self.assertEqual(self.lines("layers", "src/pubsub/a.cc", '#include "script/a.h"'), [1])

    def test_finds_cpu_conditions_in_portable_code(self):
        self.assertEqual(self.lines("portable", "src/base/a.cc", "#if defined(__AVX2__)"), [1])
        self.assertEqual(self.lines("portable", "arch/a.cc", "#if defined(__AVX2__)"), [])


if __name__ == "__main__":
    unittest.main()
