#!/usr/bin/env bash
# Tries the kernels that this machine cannot run: AVX-512 VNNI through SIMDe, NEON through qemu.
# Needs, on Debian: libsimde-dev gcc-aarch64-linux-gnu qemu-user; `./dev emulate` installs them. Arguments are seeds.
set -euo pipefail
cd "$(dirname "$0")/../.."

kernels=Sources/CKernels
flags=(-O2 -std=gnu17 -Wall -Wextra -Wno-psabi -I "$kernels/include" -I "$kernels")
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
seeds=("${@:-20261121}")

x86() {
  # SIMDe's names stand in for the intrinsics' own, so no instruction beyond AVX2 is made.
  clang "${flags[@]}" -mavx2 -mfma -mf16c -DVK_EMULATE_VNNI -DSIMDE_ENABLE_NATIVE_ALIASES \
    -isystem /usr/include -include simde/x86/avx512.h Tests/Emulation/check.c "$kernels"/*.c "$kernels"/{scalar,avx2,avx512}/*.c \
    -lm -o "$work/vnni"
  for seed in "${seeds[@]}"; do "$work/vnni" "$seed"; done
}

neon() {
  clang "${flags[@]}" --target=aarch64-linux-gnu --sysroot=/ -isystem /usr/aarch64-linux-gnu/include \
    -c Tests/Emulation/check.c -o "$work/check.o"
  for file in "$kernels"/*.c "$kernels"/{scalar,neon}/*.c; do
    clang "${flags[@]}" --target=aarch64-linux-gnu --sysroot=/ -isystem /usr/aarch64-linux-gnu/include \
      -c "$file" -o "$work/$(echo "${file%.c}" | tr / -).o"
  done
  aarch64-linux-gnu-gcc -static "$work"/*.o -lm -o "$work/neon"
  # The first machine has the dot product, the second does not.
  for cpu in max cortex-a57; do
    for seed in "${seeds[@]}"; do echo "qemu -cpu $cpu"; qemu-aarch64 -cpu "$cpu" "$work/neon" "$seed"; done
  done
}

x86
neon
