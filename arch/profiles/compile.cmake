# Writes the profile FILES (separated by |) as a table of C++ to OUTPUT.
string(REPLACE "|" ";" files "${FILES}")
set(rows "")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  string(APPEND rows "    {\"${name}\", R\"profile(${text})profile\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made by arch/profiles/compile.cmake from the files beside it.
#include \"machine/profile.h\"

namespace skarn {
namespace {

constexpr ProfileText kProfiles[] = {
${rows}};

}  // namespace

std::span<const ProfileText> CompiledProfiles() {
  return kProfiles;
}

}  // namespace skarn
")
