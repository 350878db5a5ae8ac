// Exact int8 dot products with AVX2: both sides widened to 16 bits.
#include "../tables.h"
#if VK_HAS_X86
#include <immintrin.h>

#include "../vector/includes.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define VK_WIDTH 8
#define VK_HAS_F16 1
#define VK_NAME(x) avx2_##x
#include "../vector/vector.h"

enum { VK_DOT_STEP = 16 };
typedef __m256i vk_dots;

VK_INLINE __m256i vk_sixteen(const int8_t *p) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)p)); }

VK_INLINE vk_dots vk_dot(vk_dots sums, const int8_t *w, const int8_t *x) {
  return _mm256_add_epi32(sums, _mm256_madd_epi16(vk_sixteen(w), vk_sixteen(x)));
}

VK_INLINE int32_t vk_dot_sum(vk_dots sums, int32_t x_sum) {
  (void)x_sum;
  return __builtin_reduce_add((vi)sums);
}

#include "../vector/rows_s8.h"

void vk_avx2_s8_multiply_rows(const vk_product *p, size_t first, size_t end) { avx2_s8_multiply_rows(p, first, end); }
#pragma clang attribute pop
#endif
