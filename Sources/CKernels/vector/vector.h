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

/// From any address: what lies in files is aligned to nothing. (A `float *` would promise four bytes.)
VK_INLINE vf vk_load_any(const void *p) {
  vf x;
  memcpy(&x, p, sizeof x);
  return x;
}

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

typedef float vk_four __attribute__((vector_size(16)));

VK_INLINE vk_four vk_four_of(vf x, size_t part) {
  vk_four lanes;
  memcpy(&lanes, (const char *)&x + part * sizeof lanes, sizeof lanes);
  return lanes;
}

/// Sums over every fourth lane.
VK_INLINE vk_four vk_fold(vf x) {
  vk_four sum = vk_four_of(x, 0);
  for (size_t part = 1; part < VK_WIDTH / 4; part++) sum += vk_four_of(x, part);
  return sum;
}

VK_INLINE float vk_sum(vf x) {
  vk_four sum = vk_fold(x);
  sum += __builtin_shufflevector(sum, sum, 2, 3, 0, 1);
  return sum[0] + sum[1];
}

VK_INLINE float vk_largest(vf x) {
  vk_four most = vk_four_of(x, 0);
  for (size_t part = 1; part < VK_WIDTH / 4; part++) most = __builtin_elementwise_max(most, vk_four_of(x, part));
  float a = most[0] > most[1] ? most[0] : most[1], b = most[2] > most[3] ? most[2] : most[3];
  return a > b ? a : b;
}
