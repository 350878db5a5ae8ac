// Exact int8 dot products with AVX-512 VNNI: weights flipped to u = w + 128, and 128 times the token's sum taken off.
#include "../tables.h"
#if VK_HAS_X86
#include <immintrin.h>

#include "../vector/includes.h"
#include "target.h"
VK_AVX512_BEGIN
#define VK_WIDTH 16
#define VK_HAS_F16 1
#define VK_NAME(x) avx512_##x
#include "../vector/vector.h"

enum { VK_DOT_STEP = 64 };
typedef __m512i vk_dots;

VK_INLINE vk_dots vk_dot(vk_dots sums, const int8_t *w, const int8_t *x) {
  __m512i u = _mm512_xor_si512(_mm512_loadu_si512(w), _mm512_set1_epi8(-128));
  return _mm512_dpbusd_epi32(sums, u, _mm512_loadu_si512(x));
}

VK_INLINE int32_t vk_dot_sum(vk_dots sums, int32_t x_sum) {
  return (int32_t)((uint32_t)__builtin_reduce_add((vi)sums) - 128u * (uint32_t)x_sum);
}

#include "../vector/rows_s8.h"

void vk_avx512_s8_multiply_rows(const vk_product *p, size_t first, size_t end) {
  avx512_s8_multiply_rows(p, first, end);
}
VK_AVX512_END
#endif
