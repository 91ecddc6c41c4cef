# One artifact per architecture that runs on every distribution from glibc 2.34 on and on every CPU
# from the baseline on. Included by the presets `package` and `package-arm64` (SKARN_PACKAGE).
# What holds it together is tested by tests/packages/artifact_test.py.

# Static, since the distributions have other versions or none: jemalloc, liburing, the C++ library.
# {fmt} is compiled in from its headers: Debian's package has no static library.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
set(SKARN_FMT fmt::fmt-header-only)
add_link_options(-static-libstdc++ -static-libgcc)

# ccache without the base directory of other builds: with it, paths in debug information are relative,
# and without ccache they are not.
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# Same sources, same bytes: no folder of this machine in the program, and no random name. With link
# time optimisation each file needs a seed of its own.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -fno-record-gcc-switches)
set(CMAKE_CXX_COMPILE_OBJECT
  "<CMAKE_CXX_COMPILER> <DEFINES> <INCLUDES> <FLAGS> -frandom-seed=<OBJECT> -o <OBJECT> -c <SOURCE>")
add_link_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -Wl,--build-id=sha1)

set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
set(CMAKE_CXX_COMPILE_OPTIONS_IPO -flto=1 -fno-fat-lto-objects)

# Assertions inside the C++ library (_GLIBCXX_ASSERTIONS) are left out: they stand in every hot loop.
include(CheckPIESupported)
check_pie_supported()
# Control flow protection (-fcf-protection, -mbranch-protection) only counts once the libraries of the
# distribution that are linked in have it too.
add_compile_options(-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection
  -Wformat -Werror=format-security)
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack,--as-needed)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  add_compile_options(-march=x86-64-v2 -mtune=generic -fcf-protection)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  # Kernels with pages of 4, 16 and 64 KB map segments that stand 64 KB apart.
  add_compile_options(-march=armv8-a -moutline-atomics -mbranch-protection=standard)
  add_link_options(-Wl,-z,max-page-size=65536)
endif()

# Functions of a newer glibc than the oldest we serve, as the linked libraries ask for them. The one
# who asks comes last on the link line, hence -u.
add_library(skarn_old_glibc STATIC
  ${CMAKE_CURRENT_LIST_DIR}/arc4random.cc ${CMAKE_CURRENT_LIST_DIR}/dl_find_object.cc)
set_target_properties(skarn_old_glibc PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
add_link_options(-Wl,-u,_dl_find_object,-u,arc4random)
set(SKARN_ARTIFACT_LIBRARIES skarn_old_glibc)
