#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# run_arm64.sh PROGRAM [ARGUMENT...]: runs an AArch64 program under QEMU once for each CPU model of
# interest, and fails if any run fails. The arm64 preset starts every test through it.
#   SKARN_ARM64_CPUS="max"   other models (default: cortex-a72 neoverse-n1 max)
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || {
  echo "run_arm64.sh: no qemu-aarch64; install qemu-user" >&2
  exit 127
}
status=0
for cpu in ${SKARN_ARM64_CPUS:-cortex-a72 neoverse-n1 max}; do
  echo "== $cpu: $1"
  "$qemu" -cpu "$cpu" "$@" || { status=$?; echo "== $cpu: failed with $status" >&2; }
done
exit "$status"
