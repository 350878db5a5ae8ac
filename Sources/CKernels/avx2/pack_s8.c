// Tokens to the blocks that products_s8.c multiplies.
#include "../tables.h"
#if VK_HAS_X86
#include "../vector/includes.h"
#include "products_s8.h"
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#define VK_INLINE static inline __attribute__((always_inline))

/// Takes off the code of larger magnitude what makes the pair's sum leave -128...128.
VK_INLINE void tame(int8_t *pair, int8_t *rest) {
  int sum = pair[0] + pair[1];
  int excess = sum > 128 ? sum - 128 : sum < -128 ? sum + 128 : 0;
  int larger = abs(pair[1]) > abs(pair[0]);
  rest[larger] = (int8_t)excess;
  pair[larger] = (int8_t)(pair[larger] - excess);
}

/// Splits a chunk's codes of all rows; returns the number of corrections, or -1 with the codes untouched.
static __attribute__((noinline)) int split(int8_t codes[ROWS][VK_CHUNK], size_t chunk, correction *list) {
  int8_t tamed[ROWS][VK_CHUNK];
  memcpy(tamed, codes, sizeof tamed);
  int count = 0;
  for (int group = 0; group < VK_CHUNK_GROUPS; group++)
    for (int row = 0; row < ROWS; row++) {
      int8_t *four = tamed[row] + 4 * group;
      if (abs(four[0] + four[1]) <= 128 && abs(four[2] + four[3]) <= 128) continue;
      if (count == MOST_CORRECTIONS) return -1;
      correction entry = {(uint16_t)(chunk * VK_CHUNK_GROUPS + (size_t)group), (uint16_t)row, {0}};
      tame(four, entry.rest);
      tame(four + 2, entry.rest + 2);
      list[count++] = entry;
    }
  memcpy(codes, tamed, sizeof tamed);
  return count;
}

/// Four sums of pairs, lanes alternating, to the sums of lane 0 and lane 1 (repeated).
VK_INLINE __m128i by_lane(__m256i pairs) {
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
  return _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
}

VK_INLINE float larger_of(__m128i lanes) {
  int a = _mm_cvtsi128_si32(lanes), b = _mm_extract_epi32(lanes, 1);
  return (float)(a > b ? a : b);
}

/// Rows of 8 words to columns of 8 words.
VK_INLINE void transpose(__m256i r[8]) {
  __m256i a[8], b[8];
  for (int i = 0; i < 8; i += 2) {
    a[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
    a[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 8; i += 4)
    for (int j = 0; j < 2; j++) {
      b[i + 2 * j] = _mm256_unpacklo_epi64(a[i + j], a[i + 2 + j]);
      b[i + 2 * j + 1] = _mm256_unpackhi_epi64(a[i + j], a[i + 2 + j]);
    }
  for (int i = 0; i < 4; i++) {
    r[i] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x20);
    r[i + 4] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x31);
  }
}

/// Bounds, lane sums and codes of one chunk.
VK_INLINE void lay_out(int8_t codes[ROWS][VK_CHUNK], size_t chunk, block_parts parts) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m128i most[2] = {_mm_setzero_si128(), _mm_setzero_si128()}, most_whole = _mm_setzero_si128();
  __m256i rows[8];
  for (int row = 0; row < ROWS; row++) {
    rows[row] = _mm256_loadu_si256((const __m256i *)codes[row]);
    __m128i squares[2];
    for (int half = 0; half < 2; half++) {
      __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(codes[row] + 16 * half)));
      squares[half] = by_lane(_mm256_madd_epi16(x, x));
      most[half] = _mm_max_epi32(most[half], squares[half]);
      __m128i start = _mm_sub_epi32(_mm_setzero_si128(), _mm_slli_epi32(by_lane(_mm256_madd_epi16(x, ones)), 7));
      int32_t lanes = (_mm_cvtsi128_si32(start) & 0xffff) | (int32_t)((uint32_t)_mm_extract_epi32(start, 1) << 16);
      memcpy(parts.lanes[2 * chunk + (size_t)half][row], &lanes, 4);
    }
    most_whole = _mm_max_epi32(most_whole, _mm_add_epi32(squares[0], squares[1]));
  }
  parts.whole[chunk] = larger_of(most_whole);
  parts.half[2 * chunk] = larger_of(most[0]);
  parts.half[2 * chunk + 1] = larger_of(most[1]);

  rows[6] = rows[7] = _mm256_setzero_si256();
  transpose(rows);
  // Each store runs 8 bytes into the next group, which is written after it.
  for (size_t group = 0; group < VK_CHUNK_GROUPS; group++)
    _mm256_storeu_si256((__m256i *)(parts.codes + (chunk * VK_CHUNK_GROUPS + group) * 4 * ROWS), rows[group]);
}

void vk_avx2_s8_pack(const int8_t *codes, const float *scales, size_t stride, size_t rows, size_t depth, void *block) {
  block_parts parts = parts_of(block, depth);
  memset(parts.starts, 0, ROWS * sizeof *parts.starts);
  memcpy(parts.scales, scales, rows * sizeof *scales);
  uint32_t corrections = 0;
  const __m256i ones = _mm256_set1_epi8(1), limit = _mm256_set1_epi16(128);
  for (size_t chunk = 0; chunk < vk_chunks(depth); chunk++) {
    int8_t part[ROWS][VK_CHUNK];
    size_t k = chunk * VK_CHUNK, count = vk_least(VK_CHUNK, depth - k);
    if (count < VK_CHUNK || rows < ROWS) memset(part, 0, sizeof part);
    __m256i wild = _mm256_setzero_si256();
    for (size_t row = 0; row < rows; row++) {
      if (count == VK_CHUNK)
        memcpy(part[row], codes + row * stride + k, VK_CHUNK);
      else
        memcpy(part[row], codes + row * stride + k, count);
      __m256i sums = _mm256_maddubs_epi16(ones, _mm256_loadu_si256((const __m256i *)part[row]));
      wild = _mm256_or_si256(wild, _mm256_cmpgt_epi16(_mm256_abs_epi16(sums), limit));
    }
    int found = _mm256_testz_si256(wild, wild) ? 0 : split(part, chunk, parts.corrections + corrections);
    lay_out(part, chunk, parts);
    if (found < 0)
      parts.whole[chunk] = parts.half[2 * chunk] = parts.half[2 * chunk + 1] = INFINITY;
    for (; found > 0; found--, corrections++) {
      const correction *entry = &parts.corrections[corrections];
      for (int i = 0; i < 4; i++) parts.starts[entry->row] -= 128 * entry->rest[i];
    }
    parts.corrections_end[chunk] = corrections;
  }
}

size_t vk_avx2_s8_block_bytes(size_t depth) { return parts_of(NULL, depth).bytes; }
#pragma clang attribute pop
#endif
