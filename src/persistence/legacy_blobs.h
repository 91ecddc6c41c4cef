// SPDX-License-Identifier: BSD-3-Clause
//
// Ziplists and zipmaps: the blobs that older servers kept small values in, read only
// (reference: formats.md, sections 6 and 7). Cursors over bytes from outside; they trust
// none of them. Threads: none of their own. The blob outlives its cursor and every view
// that came from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "types/listpack.h"

namespace skarn {

class ZiplistCursor {
 public:
  explicit ZiplistCursor(Bytes blob);
  // The next element; none at the end and as soon as something is wrong.
  std::optional<ListpackElement> Next();
  // False if what was read so far is no ziplist; at the end the whole blob is judged.
  bool is_valid() const { return is_valid_; }

 private:
  bool EndIsValid() const;
  bool SkipPreviousSize();
  std::optional<ListpackElement> Element();
  size_t left() const { return blob_.size() - 1 - at_; }  // Before the terminator.

  Bytes blob_;
  size_t at_ = 0;
  size_t entry_from_ = 0;
  size_t entry_bytes_ = 0;  // Of the entry before.
  size_t count_ = 0;
  bool is_valid_ = true;
};

class ZipmapCursor {
 public:
  struct Pair {
    Bytes field;
    Bytes value;
  };
  explicit ZipmapCursor(Bytes blob);
  // The next pair; none at the end and as soon as something is wrong.
  std::optional<Pair> Next();
  bool is_valid() const { return is_valid_; }

 private:
  std::optional<size_t> Length();
  std::optional<Bytes> Take(size_t size_bytes);

  Bytes blob_;
  size_t at_ = 1;
  size_t count_ = 0;
  bool is_valid_ = true;
};

}  // namespace skarn
