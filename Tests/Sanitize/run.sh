#!/usr/bin/env bash
# Looks for faults that tests of results do not see; `./dev sanitize` installs what is needed.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=Tests/Sanitize

usage() {
  cat <<'TEXT'
usage: ./dev sanitize [PART [ARGUMENT ...]]; without a part, all of them

  kernels [SEED ...]  every table of kernels against the scalar one, each array between guards: address and undefined
                      behaviour for scalar, AVX2, AVX-512 (through SIMDe where this machine has none) and NEON (qemu);
                      uninitialised memory and data races for the tables that this machine runs
  shims [SEED ...]    the C around libjpeg, libpng and libhdf5: pictures cut short and changed, chunks of every filter, files
                      on a disk that fills up at any byte; checksums of records, on ARM too (qemu)
  plants [WORD]       a fault of each kind planted in a copy of the C sources: each must be reported
  swift [FLAG ...]    the Swift tests with the address sanitizer (flags go to `swift test`)
  races [SUITES]      the Swift tests of what runs on several threads, with the thread sanitizer
  full-disk           probe, quantize and convert on disks of 20 sizes that are too small (as root)
  repeat [RUNS]       quantize, convert, generate and probe 50 times on 1, 2 and 3 threads: the same bytes
  hostile [SEED [COUNT [READER ...]]]  COUNT (300) broken inputs for each reader, and a tenth of them through the tool: no
                      crash, an error line with every failure, ten seconds and 2 GB at most
  kill [SEED [COUNT]] convert, quantize and probe killed COUNT (20) times each at random moments and run again: the same output
TEXT
}

work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
export ASAN_OPTIONS=detect_stack_use_after_return=1:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

# MARK: kernels

sources=${SOURCES:-Sources} # plants.sh has a copy
kernels=$sources/CKernels
flags=(-O1 -g -std=gnu17 -Wall -Wextra -Wno-psabi -fno-omit-frame-pointer -I "$kernels/include" -I "$kernels" -I "$here")
x86=(scalar avx2 avx512)
address=(-DVK_GUARDED -fsanitize=address,undefined -fno-sanitize-recover=all)
memory=(-fsanitize=memory -fno-sanitize-recover=all)
threads=(-fsanitize=thread)
# Swift's run-time library for races knows Dispatch, and so wants it.
swift_libraries=$(dirname "$(dirname "$(readlink -f "$(command -v clang)")")")/lib/swift/linux
libraries=(-L "$swift_libraries" -Wl,-rpath,"$swift_libraries" -ldispatch -lBlocksRuntime -lm)
simde=(-mavx2 -mfma -mf16c -DVK_EMULATE_VNNI -DSIMDE_ENABLE_NATIVE_ALIASES -isystem /usr/include -include simde/x86/avx512.h)
aarch64=(--target=aarch64-linux-gnu --sysroot=/ -isystem /usr/aarch64-linux-gnu/include)

# objects NAME "FOLDER ..." FLAG ...: compiles kernels.c and the sources of these folders.
objects() {
  local name=$1 folders=$2 source folder; shift 2
  mkdir "$work/$name.objects"
  for folder in . $folders; do
    for source in "$kernels/$folder"/*.c; do echo "$work/$name.objects/${folder/./all}-$(basename "$source").o" "$source"; done
  done | { echo "$work/$name.objects/kernels.o" "$here/kernels.c"; cat; } | # the longest first
    xargs -P "$(nproc)" -n 2 clang "${flags[@]}" "$@" -c -o
}

# native NAME FLAG ...: the tables of x86-64 in "$work/NAME".
native() {
  local name=$1; shift
  objects "$name" "${x86[*]}" "$@"
  clang -fuse-ld=lld "$@" "$work/$name.objects"/*.o "${libraries[@]}" -o "$work/$name"
}

kernels_on_x86() {
  native address "${address[@]}"
  for seed; do "$work/address" "$seed"; done
  if ! grep -qw avx512_vnni /proc/cpuinfo; then
    echo "this machine lacks AVX-512 VNNI: through SIMDe"
    # SIMDe's names stand in for the intrinsics' own, so no instruction beyond AVX2 is made.
    native simde "${simde[@]}" "${address[@]}"
    for seed; do "$work/simde" "$seed"; done
  fi
}

uninitialised() {
  echo "uninitialised memory:"
  native memory "${memory[@]}"
  "$work/memory" "$1"
}

data_races() {
  echo "data races:"
  native threads "${threads[@]}" -include "$here/seen_by_threads.h"
  "$work/threads" "$1" threads
}

kernels_on_arm() {
  objects neon "scalar neon" "${aarch64[@]}" "${address[@]}" -fno-sanitize=function
  # clang instruments; gcc's run-time library for that machine has the same interface but for calls of functions.
  aarch64-linux-gnu-gcc -fsanitize=address,undefined "$work"/neon.objects/*.o -lm -o "$work/neon"
  # The first machine has the dot product, the second does not. Leaks are looked for by ptrace, which qemu has not.
  for cpu in max cortex-a57; do
    for seed; do
      echo "qemu -cpu $cpu:"
      ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 qemu-aarch64 -L /usr/aarch64-linux-gnu -cpu "$cpu" "$work/neon" "$seed"
    done
  done
}

sanitize_kernels() {
  [ $# -gt 0 ] || set -- 20261121 1
  if [ "$(uname -m)" = x86_64 ]; then
    kernels_on_x86 "$@"
    uninitialised "$1"
    data_races "$1"
  fi
  kernels_on_arm "$1"
}

# MARK: shims

sanitize_shims() {
  # shellcheck disable=SC2046 # words of pkg-config
  clang -fuse-ld=lld "${flags[@]}" "${address[@]}" $(pkg-config --cflags hdf5 libjpeg libpng blosc liblz4 libzstd) -I "$sources/CHDF5/include" \
    -I "$sources/CImages/include" -I "$sources/CSHA256/include" "$here/shims.c" "$sources"/{CHDF5,CImages,CSHA256}/*.c \
    $(pkg-config --libs hdf5 libjpeg libpng blosc liblz4 libzstd) -lm -o "$work/shims"
  for seed in "${@:-1}"; do "$work/shims" "$seed" $(find fixtures/images -name '*.png' -o -name '*.jp*g'); done
  checksums "${@:-1}"
}

checksums() { # SEED ...
  local sources=("$here/crc32c.c" "$sources/CDatasets/crc32c.c") source
  flags+=(-I "${sources[1]%/*}/include")
  clang -fuse-ld=lld "${flags[@]}" "${address[@]}" "${sources[@]}" -lm -o "$work/crc"
  for seed; do "$work/crc" "$seed"; done
  for source in "${sources[@]}"; do
    clang "${flags[@]}" "${aarch64[@]}" -march=armv8-a+crc "${address[@]}" -fno-sanitize=function -c "$source" \
      -o "$work/crc-${source//\//-}.o"
  done
  aarch64-linux-gnu-gcc -fsanitize=address,undefined "$work"/crc-*.o -lm -o "$work/crc-arm"
  ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 qemu-aarch64 -L /usr/aarch64-linux-gnu -cpu max "$work/crc-arm" "$1"
}

# MARK: the whole program

build_flags=(-c release -Xswiftc -enable-testing --explicit-target-dependency-import-check error)

# swift_tests SANITIZER FLAG ...: the Swift tests, in a build of their own.
swift_tests() {
  local build=("${build_flags[@]}" --sanitize "$1" --scratch-path ".build/sanitize-$1")
  if [ "$1" = thread ]; then
    mkdir -p .build/sanitize-thread
    clang -O1 -fPIC -c "$here/mutex_seen_by_threads.c" -o .build/sanitize-thread/mutex.o
    build+=(-Xlinker "$PWD/.build/sanitize-thread/mutex.o")
  fi
  shift
  swift build "${build[@]}" --build-tests
  # Swift keeps what it made once to the end; what C leaks shows in `kernels` and `shims`.
  ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=halt_on_error=1 \
    swift test "${build[@]}" --skip-build "$@"
}

# The tool as it ships, for what runs it many times.
tool() {
  swift build -c release --explicit-target-dependency-import-check error --product vlmtool >&2
  echo "$(swift build -c release --show-bin-path)/vlmtool"
}

# What runs on several threads: kernels, products, attention, streaming writers, hashes, features, folds.
parallel_suites='Parallel|Attention|PackedWeights|MappedWeights|WeightQuantization|SafetensorsWriter|KerasWeights|Quantize'
parallel_suites+='|SHA256|FeatureCache|NestedRidge|HDF5Writer'

part=${1:-all}; shift || true
case "$part" in
  kernels) sanitize_kernels "$@" ;;
  shims) sanitize_shims "$@" ;;
  plants) exec "$here/plants.sh" "$@" ;;
  # What a small address space does cannot be asked of the address sanitizer, which takes terabytes of it.
  swift) swift_tests address --skip littleAddressSpaceIsAnError --skip theExampleRuns "$@" ;;
  races) swift_tests thread --filter "${1:-$parallel_suites}" ;;
  full-disk) exec "$here/full_disk.sh" "$(tool)" ;;
  repeat) exec "$here/repeat.sh" "$(tool)" "$@" ;;
  hostile | kill) exec Tests/Hostile/run.sh "$part" "$@" ;;
  all) for part in kernels shims plants swift races full-disk repeat hostile kill; do echo "== $part"; "$here/run.sh" $part; done ;;
  # One step of `kernels`, for plants.sh.
  address) kernels_on_x86 1 ;;
  memory) uninitialised 1 ;;
  threads) data_races 1 ;;
  neon) kernels_on_arm 1 ;;
  help | -h | --help) usage ;;
  *) usage >&2; exit 64 ;;
esac
