// The float types of weights to f32, a vector at a time, from any address.
#pragma once
#include "vector.h"

#if VK_HAS_F16
typedef _Float16 vk_f16_vector __attribute__((vector_size(2 * VK_WIDTH)));
#endif

VK_INLINE vf vk_widen_bf16(const void *p) {
  vh codes;
  memcpy(&codes, p, sizeof codes);
  return (vf)(__builtin_convertvector(codes, vu) << 16);
}

VK_INLINE vf vk_widen_f16(const void *p) {
#if VK_HAS_F16
  vk_f16_vector x;
  memcpy(&x, p, sizeof x);
  return __builtin_convertvector(x, vf);
#else
  float x[VK_WIDTH];
  vk_scalar_to_f32(p, VK_F16, x, VK_WIDTH);
  return vk_load(x);
#endif
}

/// Element i of F32, BF16 or F16.
VK_INLINE const void *vk_at(const void *source, vk_type type, size_t i) {
  return (const char *)source + i * (type == VK_F32 ? 4 : 2);
}

/// One vector of F32, BF16 or F16 from element i on.
VK_INLINE vf vk_widen(const void *source, vk_type type, size_t i) {
  const void *p = vk_at(source, type, i);
  switch (type) {
  case VK_BF16: return vk_widen_bf16(p);
  case VK_F16: return vk_widen_f16(p);
  default: return vk_load_any(p);
  }
}
