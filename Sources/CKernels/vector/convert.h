// Element types to and from f32. What has no vector form here goes to the scalar one.
#pragma once
#include "widen.h"

/// An 8-bit format with `mantissa_bits` and `bias`; `special` is the first magnitude that is no finite number.
VK_INLINE vf vk_widen_f8(const void *p, int mantissa_bits, int bias, uint32_t special, uint32_t infinity) {
  vb codes;
  memcpy(&codes, p, sizeof codes);
  vu wide = __builtin_convertvector(codes, vu), magnitude = wide & 0x7f, sign = (wide & 0x80) << 24;
  vf scale = (vf)((vu){0} + ((uint32_t)(254 - bias) << 23));
  vu finite = (vu)((vf)(magnitude << (23 - mantissa_bits)) * scale);
  vu is_special = (vu)(magnitude >= special), is_infinity = (vu)(magnitude == infinity);
  vu other = (is_infinity & 0x7f800000u) | (~is_infinity & 0x7fc00000u);
  return (vf)(sign | (is_special & other) | (~is_special & finite));
}

/// The formats without infinity and negative zero: 0x80 is NaN.
VK_INLINE vf vk_widen_f8_fnuz(const void *p, int mantissa_bits, int bias) {
  vb codes;
  memcpy(&codes, p, sizeof codes);
  vu wide = __builtin_convertvector(codes, vu), is_nan = (vu)(wide == 0x80);
  vf x = vk_widen_f8(p, mantissa_bits, bias, 0x80, 0x80);
  return (vf)((is_nan & 0x7fc00000u) | (~is_nan & (vu)x));
}

VK_INLINE vf vk_widen_f64(const void *p) {
  vd x;
  memcpy(&x, p, sizeof x);
  return __builtin_convertvector(x, vf);
}

#define VK_WIDEN(BYTES, EXPRESSION)                                                                                    \
  {                                                                                                                    \
    for (; i + VK_WIDTH <= count; i += VK_WIDTH, p += VK_WIDTH * (BYTES)) vk_store(destination + i, EXPRESSION);       \
    vk_scalar_to_f32(p, type, destination + i, count - i);                                                             \
    return;                                                                                                            \
  }

static void VK_NAME(to_f32)(const void *source, vk_type type, float *destination, size_t count) {
  const char *p = source;
  size_t i = 0;
  switch (type) {
  case VK_BF16: VK_WIDEN(2, vk_widen_bf16(p))
  case VK_F16: VK_WIDEN(2, vk_widen_f16(p))
  case VK_F64: VK_WIDEN(8, vk_widen_f64(p))
  case VK_F8_E4M3: VK_WIDEN(1, vk_widen_f8(p, 3, 7, 0x7f, 0x80))
  case VK_F8_E5M2: VK_WIDEN(1, vk_widen_f8(p, 2, 15, 0x7c, 0x7c))
  case VK_F8_E4M3FNUZ: VK_WIDEN(1, vk_widen_f8_fnuz(p, 3, 8))
  case VK_F8_E5M2FNUZ: VK_WIDEN(1, vk_widen_f8_fnuz(p, 2, 16))
  default: vk_scalar_to_f32(source, type, destination, count);
  }
}

VK_INLINE vh vk_narrow_bf16(vf x) {
  vu word = (vu)x, rounded = (word + 0x7fff + (word >> 16 & 1)) >> 16, ordinary = (vu)(x == x);
  return __builtin_convertvector((ordinary & rounded) | (~ordinary & 0x7fc0u), vh);
}

static void VK_NAME(from_f32)(const float *source, void *destination, vk_type type, size_t count) {
  size_t i = 0;
  uint16_t *halves = destination;
  switch (type) {
  case VK_BF16:
    for (; i + VK_WIDTH <= count; i += VK_WIDTH) {
      vh codes = vk_narrow_bf16(vk_load(source + i));
      memcpy(halves + i, &codes, sizeof codes);
    }
    vk_scalar_from_f32(source + i, halves + i, type, count - i);
    return;
#if VK_HAS_F16
  case VK_F16:
    for (; i + VK_WIDTH <= count; i += VK_WIDTH) {
      vk_f16_vector codes = __builtin_convertvector(vk_load(source + i), vk_f16_vector);
      memcpy(halves + i, &codes, sizeof codes);
    }
    vk_scalar_from_f32(source + i, halves + i, type, count - i);
    return;
#endif
  default: vk_scalar_from_f32(source, destination, type, count);
  }
}
