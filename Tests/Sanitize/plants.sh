#!/usr/bin/env bash
# Plants one fault of each kind in a copy of the C sources and wants it reported: who finds nothing might not look.
# Argument: a word of those to plant.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
failed=0 only=${1:-}

# plant WHAT FILE FROM TO STEP REPORT: FILE with its one FROM made TO must make `run.sh STEP` fail with REPORT.
plant() {
  local what=$1 file=$2 from=$3 to=$4 step=$5 report=$6 copy="$work/Sources" log="$work/log"
  [[ $what == *"$only"* ]] || return 0
  rm -rf "$copy" && mkdir "$copy" && cp -r Sources/{CKernels,CHDF5,CImages,CSHA256} "$copy"
  FROM=$from TO=$to perl -0pi -e '$n = s/\Q$ENV{FROM}\E/$ENV{TO}/; END { exit !$n }' "$copy/$file" ||
    { echo "plant: $file no longer has: $from"; failed=1; return; }
  if SOURCES=$copy Tests/Sanitize/run.sh "$step" >"$log" 2>&1; then
    echo "NOT FOUND: $what ($file)"; failed=1
  elif ! grep -qE "$report" "$log"; then
    echo "NOT FOUND, fails otherwise: $what ($file)"; tail -20 "$log"; failed=1
  else
    echo "found: $what ($file): $(grep -m 1 -oE "$report.*" "$log" | cut -c 1-150)"
  fi
}

plant "24 floats walked in steps of 16" CKernels/vector/query_block.h \
  'VK_ROW_LANES = (VK_QUERY_ROWS + VK_WIDTH - 1) / VK_WIDTH * VK_WIDTH,' 'VK_ROW_LANES = VK_QUERY_ROWS,' \
  address 'AddressSanitizer: use-after-poison'
plant "an index past the end of an array" CKernels/vector/attention_part.h \
  'memcpy(panel[k], values + k * a->value_stride + column, (a->width - column) * sizeof(float));' \
  'memcpy(panel[k], values + k * a->value_stride + column, VK_PANEL_COLUMNS * sizeof(float));' \
  address 'AddressSanitizer: (SEGV|use-after-poison)'
plant "an index past the end of a local array" CKernels/vector/rows_s8.h \
  'int32_t sums[VK_MOST_ROWS][VK_S8_ROWS_COLUMNS];' 'int32_t sums[VK_MOST_ROWS - 1][VK_S8_ROWS_COLUMNS];' \
  address '(AddressSanitizer: stack-buffer-overflow|runtime error: index)'
plant "weights of a file read as if aligned" CKernels/vector/widen.h \
  'default: return vk_load_any(p);' 'default: return *(const vf *)p;' address 'runtime error: load of misaligned address'
plant "scratch that is not filled" CKernels/vector/attention_part.h \
  'memset(block.queries, 0, block.rows * block.out_stride * sizeof(float));' '' \
  memory 'MemorySanitizer: use-of-uninitialized-value'
plant "sums that all threads share" CKernels/vector/products.h \
  '_Alignas(64) float sums[VK_SUM_ROWS][VK_SUM_STRIDE];' '_Alignas(64) static float sums[VK_SUM_ROWS][VK_SUM_STRIDE];' \
  threads 'ThreadSanitizer: data race'
plant "an index past the end on ARM" CKernels/vector/rotate.h \
  'for (; i + VK_WIDTH <= half; i += VK_WIDTH) {' 'for (; i < half; i += VK_WIDTH) {' neon 'AddressSanitizer: (SEGV|use-after-poison)'
plant "libhdf5 told of a write that failed" CHDF5/output.c \
  'if (!output->error) output->error = write_all(output->file, address, count, bytes);' \
  'if (!output->error) output->error = write_all(output->file, address, count, bytes); if (output->error) return -1;' \
  shims '(AddressSanitizer: |is not closed|is not made)'
plant "a row too few between two passes" CImages/resize.c \
  'if (!(middle = malloc((size_t)rows * to.width * 3))) goto done;' \
  'if (!(middle = malloc((size_t)(rows - 1) * to.width * 3))) goto done;' shims 'AddressSanitizer: heap-buffer-overflow'
exit $failed
