// SPDX-License-Identifier: BSD-3-Clause
//
// _dl_find_object for a glibc that has none: it came with 2.35, and the unwinder in GCC
// 12's libgcc.a calls it for every frame of a thrown exception. Linked into the packaged
// program, this definition keeps the C library's from being asked for. It goes through
// the loaded objects, as the unwinder itself does where glibc is older; only throws wait
// for it.
#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstdint>

namespace {

struct Search {
  uintptr_t pc;
  dl_find_object* found;
};

// Calls for each loaded object until it returns 1.
int Look(dl_phdr_info* object, size_t, void* data) {
  auto* search = static_cast<Search*>(data);
  const ElfW(Phdr)* eh_frame = nullptr;
  uintptr_t map_start = UINTPTR_MAX;
  uintptr_t map_end = 0;
  bool is_inside = false;
  for (size_t i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    const uintptr_t start = object->dlpi_addr + segment.p_vaddr;
    const uintptr_t end = start + segment.p_memsz;
    if (segment.p_type == PT_GNU_EH_FRAME) eh_frame = &segment;
    if (segment.p_type != PT_LOAD) continue;
    if (start < map_start) map_start = start;
    if (end > map_end) map_end = end;
    is_inside = is_inside || (search->pc >= start && search->pc < end);
  }
  if (!is_inside) return 0;
  if (eh_frame == nullptr) return 1;
  *search->found = {};
  search->found->dlfo_map_start = reinterpret_cast<void*>(map_start);
  search->found->dlfo_map_end = reinterpret_cast<void*>(map_end);
  search->found->dlfo_eh_frame =
      reinterpret_cast<void*>(object->dlpi_addr + eh_frame->p_vaddr);
  return 1;
}

}  // namespace

// 0 if the object around `pc` has frames to unwind, else -1.
extern "C" [[gnu::visibility("hidden")]] int _dl_find_object(
    void* pc, dl_find_object* result) noexcept {
  Search search{reinterpret_cast<uintptr_t>(pc), result};
  result->dlfo_eh_frame = nullptr;
  dl_iterate_phdr(&Look, &search);
  return result->dlfo_eh_frame != nullptr ? 0 : -1;
}
