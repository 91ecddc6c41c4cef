// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/rdb_skip.h"

#include <fmt/format.h>

namespace skarn {

namespace {

constexpr size_t kStreamIdBytes = 16;

void SkipStrings(RdbReader& reader, uint64_t count) {
  for (uint64_t i = 0; i < count && reader.ok(); ++i) reader.SkipString();
}

void SkipLengths(RdbReader& reader, int count) {
  for (int i = 0; i < count; ++i) reader.Length();
}

void SkipTextDouble(RdbReader& reader) {
  const uint8_t size_bytes = reader.Byte();  // 253 to 255 are nan, inf and -inf.
  if (size_bytes < 253) reader.Skip(size_bytes);
}

void SkipPairs(RdbReader& reader, void (*skip_second)(RdbReader&)) {
  const uint64_t count = reader.Length();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    reader.SkipString();
    skip_second(reader);
  }
}

void SkipQuicklist2(RdbReader& reader) {
  const uint64_t count = reader.Length();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    reader.Length();  // Plain or packed.
    reader.SkipString();
  }
}

void SkipHashMetadata(RdbReader& reader) {
  const uint64_t count = reader.Length();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    reader.Length();
    SkipStrings(reader, 2);
  }
}

// What the versions of streams have added to one another.
struct StreamLayout {
  bool has_counters =
      false;  // First and largest deleted id, entries added, entries read.
  bool has_active_time = false;  // Of consumers.
  bool has_producers = false;    // Behind the groups.
  bool has_orphans = false;      // Behind the consumers of each group.
};

void SkipIds(RdbReader& reader, uint64_t count) {
  for (uint64_t i = 0; i < count && reader.ok(); ++i) reader.Skip(kStreamIdBytes);
}

void SkipStreamGroup(RdbReader& reader, StreamLayout layout) {
  reader.SkipString();
  SkipLengths(reader, layout.has_counters ? 3 : 2);
  const uint64_t pending = reader.Length();
  for (uint64_t i = 0; i < pending && reader.ok(); ++i) {
    reader.Skip(kStreamIdBytes + sizeof(int64_t));
    reader.Length();
  }
  const uint64_t consumers = reader.Length();
  for (uint64_t i = 0; i < consumers && reader.ok(); ++i) {
    reader.SkipString();
    reader.Skip(layout.has_active_time ? 16 : 8);
    SkipIds(reader, reader.Length());
  }
  if (layout.has_orphans) SkipIds(reader, reader.Length());
}

void SkipStream(RdbReader& reader, StreamLayout layout) {
  const uint64_t nodes = reader.Length();
  for (uint64_t i = 0; i < nodes && reader.ok(); ++i) SkipStrings(reader, 2);
  SkipLengths(reader, layout.has_counters ? 8 : 3);
  const uint64_t groups = reader.Length();
  for (uint64_t i = 0; i < groups && reader.ok(); ++i) SkipStreamGroup(reader, layout);
  if (!layout.has_producers) return;
  SkipLengths(reader, 2);
  const uint64_t producers = reader.Length();
  for (uint64_t i = 0; i < producers && reader.ok(); ++i) {
    reader.SkipString();
    const uint64_t count = reader.Length();
    for (uint64_t j = 0; j < count && reader.ok(); ++j) {
      reader.SkipString();
      SkipLengths(reader, 2);
    }
  }
  SkipLengths(reader, 2);
}

void SkipArray(RdbReader& reader) {
  const uint64_t count = reader.Length();
  if (reader.Length() == 1) reader.Length();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    reader.Length();
    const uint64_t tag = reader.Length();
    if (tag == 0 || tag == 3) {
      reader.SkipString();
    } else if (tag == 1 || tag == 2) {
      reader.Skip(8);
    } else {
      reader.SetFailed("unknown tag in an array");
    }
  }
}

void SkipCommon(RdbReader& reader, uint8_t type) {
  switch (type) {
    case kRdbString:
    case kRdbHashZipmap:
    case kRdbListZiplist:
    case kRdbSetIntset:
    case kRdbZsetZiplist:
    case kRdbHashZiplist:
    case kRdbHashListpack:
    case kRdbZsetListpack:
    case kRdbSetListpack:
      return reader.SkipString();
    case kRdbList:
    case kRdbSet:
    case kRdbListQuicklist:
      return SkipStrings(reader, reader.Length());
    case kRdbZset:
      return SkipPairs(reader, &SkipTextDouble);
    case kRdbZset2:
      return SkipPairs(reader, [](RdbReader& r) { r.Skip(sizeof(double)); });
    case kRdbHash:
      return SkipPairs(reader, [](RdbReader& r) { r.SkipString(); });
    case kRdbModule2:
      reader.Length();
      return SkipRdbModuleItems(reader);
    case kRdbListQuicklist2:
      return SkipQuicklist2(reader);
    case kRdbStreamListpacks:
      return SkipStream(reader, {});
    case kRdbStreamListpacks2:
      return SkipStream(reader, {.has_counters = true});
    case kRdbStreamListpacks3:
      return SkipStream(reader, {.has_counters = true, .has_active_time = true});
    default:
      return reader.SetFailed(UnsupportedRdbType(type, reader.dialect()));
  }
}

// Types from 22 on, which Redis counts otherwise than Valkey.
void SkipRedis(RdbReader& reader, uint8_t type) {
  StreamLayout stream{
      .has_counters = true, .has_active_time = true, .has_producers = true};
  switch (type) {
    case kRdbHashMetadata:
      reader.Skip(sizeof(int64_t));
      return SkipHashMetadata(reader);
    case kRdbHashMetadataPreGa:
      return SkipHashMetadata(reader);
    case kRdbHashListpackEx:
      reader.Skip(sizeof(int64_t));
      return reader.SkipString();
    case kRdbHashListpackExPreGa:
      return reader.SkipString();
    case 27:
      stream.has_orphans = true;
      return SkipStream(reader, stream);
    case 26:
      return SkipStream(reader, stream);
    case 28:
      return SkipArray(reader);
    case 29:
      SkipStrings(reader, reader.Length());
      return reader.SkipString();
    case 30:
      return reader.SkipString();
    case 31: {
      const uint64_t fields = reader.Length();
      SkipStrings(reader, fields);
      return SkipStrings(reader, fields);
    }
    case 33:
      return SkipLengths(reader, 1);
    default:
      return reader.SetFailed(UnsupportedRdbType(type, reader.dialect()));
  }
}

}  // namespace

Result<> SkipRdbValue(RdbReader& reader, uint8_t type) {
  if (type < kRdbHash2) {
    SkipCommon(reader, type);
  } else if (reader.dialect() == RdbDialect::kRedis) {
    SkipRedis(reader, type);
  } else if (type == kRdbHash2) {
    SkipPairs(reader, [](RdbReader& r) {
      r.SkipString();
      r.Skip(sizeof(int64_t));
    });
  } else {
    reader.SetFailed(UnsupportedRdbType(type, reader.dialect()));
  }
  return reader.status();
}

void SkipRdbModuleItems(RdbReader& reader) {
  while (reader.ok()) {
    switch (reader.Length()) {
      case 0:
        return;  // The end; also what a failed reader gives.
      case 1:
      case 2:
        reader.Length();
        break;
      case 3:
        reader.Skip(4);
        break;
      case 4:
        reader.Skip(8);
        break;
      case 5:
        reader.SkipString();
        break;
      default:
        reader.SetFailed("unknown item in the data of a module");
    }
  }
}

std::string UnsupportedRdbType(uint8_t type, RdbDialect dialect) {
  return fmt::format("type {} ({}) is not supported by this version", type,
                     RdbTypeName(type, dialect));
}

}  // namespace skarn
