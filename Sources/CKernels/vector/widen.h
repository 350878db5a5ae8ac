// The float types of weights to f32, a vector at a time.
#pragma once
#include "vector.h"

#if VK_HAS_F16
typedef _Float16 vk_f16_vector __attribute__((vector_size(2 * VK_WIDTH)));
#endif

VK_INLINE vf vk_widen_bf16(const uint16_t *p) {
  vh codes;
  memcpy(&codes, p, sizeof codes);
  return (vf)(__builtin_convertvector(codes, vu) << 16);
}

VK_INLINE vf vk_widen_f16(const uint16_t *p) {
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

/// One vector of F32, BF16 or F16, at any address.
VK_INLINE vf vk_widen(const void *source, vk_type type, size_t i) {
  switch (type) {
  case VK_BF16: return vk_widen_bf16((const uint16_t *)source + i);
  case VK_F16: return vk_widen_f16((const uint16_t *)source + i);
  default: return vk_load((const float *)source + i);
  }
}
