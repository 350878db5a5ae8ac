// The tile of 6 rows by 16 columns; products_s8.h says why it is exact.
#include "../tables.h"
#if VK_HAS_X86
#include "../vector/includes.h"
#include "products_s8.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define VK_WIDTH 8
#define VK_HAS_F16 1
#define VK_NAME(x) avx2_##x
#include "../vector/peak.h"
#include "../vector/products.h"

enum { MOST_CHUNKS = 4, HALF_GROUPS = VK_CHUNK_GROUPS / 2 };
#define EACH_ROW _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)

VK_INLINE __m256i load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
VK_INLINE __m256i broadcast(const void *p) {
  int32_t word;
  memcpy(&word, p, 4);
  return _mm256_set1_epi32(word);
}
VK_INLINE void add_to(int32_t *p, __m256i x) {
  _mm256_storeu_si256((__m256i *)p, _mm256_add_epi32(x, load(p)));
}

/// Adds one group's products of 16 columns and all rows, in 16 bits; in this order, because a compiler that sees many
/// groups at once makes products ahead of their sums, and runs out of registers.
VK_INLINE void add_group(const uint8_t *w, const int8_t *a, __m256i acc[ROWS][2]) {
  __m256i w0 = load(w), w1 = load(w + 32);
  EACH_ROW {
    __m256i t = broadcast(a + 4 * r);
    acc[r][0] = _mm256_add_epi16(acc[r][0], _mm256_maddubs_epi16(w0, t));
    VK_TOUCH(acc[r][0]);
    acc[r][1] = _mm256_add_epi16(acc[r][1], _mm256_maddubs_epi16(w1, t));
    VK_TOUCH(acc[r][1]);
  }
}

/// Adds 16-bit lanes, two a column, to the sums.
VK_INLINE void widen(__m256i acc[ROWS][2], int32_t *sums) {
  const __m256i ones = _mm256_set1_epi16(1);
  EACH_ROW {
    add_to(sums + r * VK_SUM_STRIDE, _mm256_madd_epi16(acc[r][0], ones));
    add_to(sums + r * VK_SUM_STRIDE + 8, _mm256_madd_epi16(acc[r][1], ones));
  }
}

/// Sums `groups` groups in 16 bits from `start`, and adds them to `sums`.
VK_INLINE void sum_narrow(const uint8_t *w, const int8_t *a, size_t groups, const int16_t (*start)[2], int32_t *sums) {
  __m256i acc[ROWS][2];
  EACH_ROW acc[r][0] = acc[r][1] = broadcast(start[r]);
  for (size_t g = 0; g < groups; g++, w += 64, a += 4 * ROWS) add_group(w, a, acc);
  widen(acc, sums);
}

/// The same for any values: 16-bit factors, 32-bit sums. Eight columns at a time, so that all stays in registers.
static __attribute__((noinline)) void sum_wide(const uint8_t *w, const int8_t *a, size_t groups, int32_t *sums) {
  const __m256i low = _mm256_set1_epi16(0xff), offset = _mm256_set1_epi16(128);
  for (int column = 0; column < 16; column += 8) {
    __m256i acc[ROWS];
    EACH_ROW acc[r] = _mm256_setzero_si256();
    for (size_t g = 0; g < groups; g++) {
      __m256i both = load(w + 64 * g + 4 * column);
      __m256i even = _mm256_sub_epi16(_mm256_and_si256(both, low), offset);
      __m256i odd = _mm256_sub_epi16(_mm256_srli_epi16(both, 8), offset);
      EACH_ROW {
        __m256i t = broadcast(a + 4 * (g * ROWS + (size_t)r));
        __m256i t_even = _mm256_srai_epi16(_mm256_slli_epi16(t, 8), 8), t_odd = _mm256_srai_epi16(t, 8);
        acc[r] = _mm256_add_epi32(acc[r], _mm256_madd_epi16(even, t_even));
        acc[r] = _mm256_add_epi32(acc[r], _mm256_madd_epi16(odd, t_odd));
      }
    }
    EACH_ROW add_to(sums + r * VK_SUM_STRIDE + column, acc[r]);
  }
}

/// Whether no sum of products in a lane can leave 16 bits. Rounding cannot take a product of 2^30 or more below it.
VK_INLINE bool fits(float weight_squares, float token_squares) { return weight_squares * token_squares < 0x1p30f; }

/// One half of a chunk, `half` counted over the whole depth.
VK_INLINE void sum_half(const uint8_t *weights, vk_s8_squares squares, block_parts parts, size_t half, int32_t *sums) {
  const uint8_t *w = weights + half * HALF_GROUPS * 64;
  const int8_t *a = parts.codes + half * HALF_GROUPS * 4 * ROWS;
  if (__builtin_expect(!fits(squares.half[half], parts.half[half]), 0)) {
    sum_wide(w, a, HALF_GROUPS, sums);
    return;
  }
  __m256i acc[ROWS][2];
  EACH_ROW acc[r][0] = acc[r][1] = broadcast(parts.lanes[half][r]);
#pragma clang loop unroll(full)
  for (int g = 0; g < HALF_GROUPS; g++) add_group(w + g * 64, a + g * 4 * ROWS, acc);
  widen(acc, sums);
}

/// Whole chunks wherever they fit, several at once where they do.
static void sum_chunks(const uint8_t *weights, vk_s8_squares squares, block_parts parts, size_t first, size_t end,
                       int32_t *sums) {
  for (size_t chunk = first, next; chunk < end; chunk = next) {
    next = chunk + 1;
    float weight_squares = squares.whole[chunk], token_squares = parts.whole[chunk];
    if (__builtin_expect(!fits(weight_squares, token_squares), 0)) {
      sum_half(weights, squares, parts, 2 * chunk, sums);
      sum_half(weights, squares, parts, 2 * chunk + 1, sums);
      continue;
    }
    union {
      int16_t lanes[8][2];
      __m256i all;
    } start = {.all = _mm256_add_epi16(load(parts.lanes[2 * chunk]), load(parts.lanes[2 * chunk + 1]))};
    for (; next < end && next < chunk + MOST_CHUNKS; next++) {
      weight_squares += squares.whole[next];
      token_squares += parts.whole[next];
      if (!fits(weight_squares, token_squares)) break;
      start.all = _mm256_add_epi16(start.all, load(parts.lanes[2 * next]));
      start.all = _mm256_add_epi16(start.all, load(parts.lanes[2 * next + 1]));
    }
    sum_narrow(weights + chunk * VK_CHUNK * VK_PANEL_COLUMNS, parts.codes + chunk * VK_CHUNK * ROWS,
               (next - chunk) * VK_CHUNK_GROUPS, start.lanes, sums);
  }
}

/// Whether most chunks fit whole; if not, looking at them first only costs mispredicted branches.
VK_INLINE bool mostly_whole(const float *weight_squares, const float *token_squares, size_t count) {
  int failing = 0;
  for (size_t i = 0; i < count; i++) failing += !fits(weight_squares[i], token_squares[i]);
  return failing * 4 <= (int)count;
}

static void tile(const vk_product *p, size_t block, size_t panel, size_t panels, size_t first, size_t end, void *out) {
  (void)panels;
  block_parts parts = parts_of((const char *)p->tokens + block * parts_of(NULL, p->depth).bytes, p->depth);
  vk_s8_weights packed = vk_s8_weights_in(p->weights, p->columns, p->depth);
  const uint8_t *weights = packed.codes + panel * vk_s8_panel_bytes(p->depth);
  vk_s8_squares squares = vk_s8_weight_squares(packed, p->depth, panel);
  int32_t *sums = out;

  if (first == 0)
    EACH_ROW {
      __m256i start = _mm256_set1_epi32(parts.starts[r]);
      _mm256_storeu_si256((__m256i *)(sums + r * VK_SUM_STRIDE), start);
      _mm256_storeu_si256((__m256i *)(sums + r * VK_SUM_STRIDE + 8), start);
    }
  if (mostly_whole(squares.whole + first, parts.whole + first, end - first))
    sum_chunks(weights, squares, parts, first, end, sums);
  else
    for (size_t half = 2 * first; half < 2 * end; half++) sum_half(weights, squares, parts, half, sums);

  const __m256i ones = _mm256_set1_epi16(1);
  uint32_t index = first ? parts.corrections_end[first - 1] : 0;
  for (uint32_t stop = end ? parts.corrections_end[end - 1] : 0; index < stop; index++) {
    correction entry = parts.corrections[index];
    const uint8_t *w = weights + entry.group * 64;
    int32_t *row = sums + entry.row * VK_SUM_STRIDE;
    __m256i rest = broadcast(entry.rest);
    add_to(row, _mm256_madd_epi16(_mm256_maddubs_epi16(load(w), rest), ones));
    add_to(row + 8, _mm256_madd_epi16(_mm256_maddubs_epi16(load(w + 32), rest), ones));
  }
}

void vk_avx2_s8_multiply(const vk_product *p, size_t first_block, size_t end_block, size_t first_panel,
                         size_t end_panel) {
  // 20 chunks of a panel are 10 KB, of a block 6 KB.
  vk_drive(p, first_block, end_block, first_panel, end_panel, ROWS, 1, vk_chunks(p->depth), 20,
           parts_of(NULL, p->depth).bytes, tile);
}

size_t vk_avx2_s8_peak(size_t turns) {
  VK_PEAK(__m256i, 64, _mm256_set1_epi8(1), sums[i] = _mm256_add_epi16(sums[i], _mm256_maddubs_epi16(a, b));
          VK_TOUCH(a));
}
#pragma clang attribute pop
#endif
