# Builds for AArch64 on an x86-64 Debian or Ubuntu machine, and runs tests under QEMU.
# Needs the packages of packages.txt. CMake reads this file several times, also for its own checks.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(SKARN_ARM64_TRIPLET aarch64-linux-gnu)

set(CMAKE_C_COMPILER ${SKARN_ARM64_TRIPLET}-gcc)
set(CMAKE_CXX_COMPILER ${SKARN_ARM64_TRIPLET}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${SKARN_ARM64_TRIPLET})

# Debian keeps the libraries of other architectures beside its own, in /usr/lib/TRIPLET, and shares
# /usr/include. What is found in /usr/lib/x86_64-linux-gnu must never be taken.
set(CMAKE_FIND_ROOT_PATH /usr/${SKARN_ARM64_TRIPLET} /)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_IGNORE_PREFIX_PATH /usr/lib/x86_64-linux-gnu)
set(CMAKE_SYSTEM_IGNORE_PATH /usr/lib/x86_64-linux-gnu /lib/x86_64-linux-gnu
  /usr/lib/x86_64-linux-gnu/cmake)

# libjemalloc-dev of two architectures cannot be installed together, and the header is the same in
# both: take that, and give the library of libjemalloc2:arm64 the name which the linker looks for.
set(SKARN_ARM64_LIBRARIES ${CMAKE_BINARY_DIR}/arm64-libraries)
file(MAKE_DIRECTORY ${SKARN_ARM64_LIBRARIES})
file(CREATE_LINK /usr/lib/${SKARN_ARM64_TRIPLET}/libjemalloc.so.2
  ${SKARN_ARM64_LIBRARIES}/libjemalloc.so SYMBOLIC)
file(WRITE ${SKARN_ARM64_LIBRARIES}/jemalloc.pc
  "Name: jemalloc\nDescription: memory allocator\nVersion: 5.3.0\n"
  "Libs: -L${SKARN_ARM64_LIBRARIES} -ljemalloc\n")
list(APPEND CMAKE_LIBRARY_PATH ${SKARN_ARM64_LIBRARIES})
set(ENV{PKG_CONFIG_PATH} "")
set(ENV{PKG_CONFIG_LIBDIR}
  ${SKARN_ARM64_LIBRARIES}:/usr/lib/${SKARN_ARM64_TRIPLET}/pkgconfig:/usr/share/pkgconfig)

# Tests run under QEMU, once for each CPU model the script names.
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/../../tests/unit/arch/run_arm64.sh)
