// Portable SIMD: the files in this folder are compiled once for each instruction set, at its vector width.
//
// The including file defines
//   VK_WIDTH    floats in a vector (4, 8 or 16)
//   VK_NAME(x)  the symbol of kernel x for this instruction set
// and switches the instruction set on with `#pragma clang attribute push`, so no compiler flag is needed.
// Elements past the last full vector are handled by the same code on a copy padded to a full vector.
#pragma once
#include "includes.h"

#define VK_INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(4 * VK_WIDTH)));
typedef int32_t vi __attribute__((vector_size(4 * VK_WIDTH)));
typedef uint32_t vu __attribute__((vector_size(4 * VK_WIDTH)));
typedef uint16_t vh __attribute__((vector_size(2 * VK_WIDTH)));
typedef uint8_t vb __attribute__((vector_size(VK_WIDTH)));
typedef int8_t vc __attribute__((vector_size(VK_WIDTH)));
typedef double vd __attribute__((vector_size(8 * VK_WIDTH)));

VK_INLINE vf vk_load(const float *p) {
  vf x;
  memcpy(&x, p, sizeof x);
  return x;
}

VK_INLINE void vk_store(float *p, vf x) { memcpy(p, &x, sizeof x); }

VK_INLINE vf vk_load_part(const float *p, size_t count) {
  vf x = {0};
  memcpy(&x, p, count * sizeof(float));
  return x;
}

VK_INLINE void vk_store_part(float *p, vf x, size_t count) { memcpy(p, &x, count * sizeof(float)); }

VK_INLINE vf vk_splat(float x) { return x - (vf){0}; }
VK_INLINE vf vk_fma(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }
VK_INLINE vf vk_select(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }
/// The larger; `b` where `a` is NaN.
VK_INLINE vf vk_max(vf a, vf b) { return vk_select(a > b, a, b); }
VK_INLINE vf vk_min(vf a, vf b) { return vk_select(a < b, a, b); }
VK_INLINE vf vk_abs(vf x) { return (vf)((vi)x & 0x7fffffff); }
VK_INLINE float vk_sum(vf x) {
  float sum = 0;
  for (int half = VK_WIDTH / 2; half; half /= 2)
    for (int i = 0; i < half; i++) x[i] += x[i + half];
  return sum + x[0];
}
VK_INLINE float vk_largest(vf x) {
  float largest = x[0];
  for (int i = 1; i < VK_WIDTH; i++) largest = x[i] > largest ? x[i] : largest;
  return largest;
}
