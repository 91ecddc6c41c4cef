// SPDX-License-Identifier: BSD-3-Clause
//
// Any bytes: what the examination lets pass must be readable both ways, and rebuilt
// minimal it must hold the same elements, be found, and bear edits.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "types/listpack.h"

namespace skarn {
namespace {

std::vector<std::string> Texts(ListpackView view) {
  std::vector<std::string> texts;
  view.ForEach(
      [&](const ListpackElement& element) { texts.push_back(element.ToString()); });
  return texts;
}

void CheckBackwards(ListpackView view, const std::vector<std::string>& texts) {
  size_t position = view.end();
  for (size_t i = texts.size(); i-- > 0;) {
    position = view.Previous(position);
    SKARN_CHECK(view.At(position) == Bytes(texts[i]));
  }
  SKARN_CHECK(position == view.first());
}

// Erases every other element and puts the first in its place at the end, in exact
// buffers.
void Edit(std::string bytes, std::vector<std::string> texts) {
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string text = texts[i];
    const ListpackItem item{Bytes(text)};
    ListpackView view(bytes);
    const size_t position = view.Seek(i);
    const size_t erased_bytes = view.SizeWithErased(position, 1);
    const auto block = std::make_unique<uint8_t[]>(bytes.size());
    bytes.copy(reinterpret_cast<char*>(block.get()), bytes.size());
    ListpackEditor editor(block.get(), bytes.size());
    editor.Erase(position);
    SKARN_CHECK(editor.view().size_bytes() == erased_bytes);
    editor.Append(item);
    bytes.assign(editor.view().bytes());
    texts.erase(texts.begin() + static_cast<std::ptrdiff_t>(i));
    texts.push_back(text);
    if (i > 8) break;
  }
  SKARN_CHECK(Texts(ListpackView(bytes)) == texts);
  SKARN_CHECK(ExamineListpack(bytes) == ListpackHealth::kMinimal);
}

void TryOne(Bytes bytes) {
  const ListpackHealth health = ExamineListpack(bytes);
  if (health == ListpackHealth::kBroken) return;
  const ListpackView view(bytes);
  const std::vector<std::string> texts = Texts(view);
  SKARN_CHECK(view.count() == texts.size());
  CheckBackwards(view, texts);

  std::string rebuilt;
  ListpackBuilder builder(rebuilt);
  for (const std::string& text : texts) builder.Append(Bytes(text));
  builder.Finish();
  SKARN_CHECK(ExamineListpack(rebuilt) == ListpackHealth::kMinimal);
  SKARN_CHECK(Texts(ListpackView(rebuilt)) == texts);
  if (health == ListpackHealth::kMinimal)
    SKARN_CHECK(view.size_bytes() == rebuilt.size());
  for (size_t i = 0; i < texts.size() && i < 16; ++i) {
    const size_t found = ListpackView(rebuilt).Find(Bytes(texts[i]));
    SKARN_CHECK(ListpackView(rebuilt).At(found) == Bytes(texts[i]));
  }
  Edit(rebuilt, texts);
}

}  // namespace
}  // namespace skarn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  skarn::TryOne({reinterpret_cast<const char*>(data), size});
  return 0;
}
