// The 8-bit float formats, as numbers: code = sign, exponent field, mantissa field.
#pragma once
#include "bits.h"

typedef struct vk_f8_format {
  int mantissa_bits;
  int bias;
  uint8_t largest;    // code of the largest finite magnitude
  uint8_t overflow;   // code of what lies beyond it
  uint8_t nan;        // code of NaN, without sign
  bool signed_special; // overflow and NaN keep the sign, and there is a negative zero
} vk_f8_format;

static const vk_f8_format vk_e4m3 = {3, 7, 0x7e, 0x7e, 0x7f, true}; // saturates, as torch does
static const vk_f8_format vk_e5m2 = {2, 15, 0x7b, 0x7c, 0x7f, true};
static const vk_f8_format vk_e4m3fnuz = {3, 8, 0x7f, 0x80, 0x80, false};
static const vk_f8_format vk_e5m2fnuz = {2, 16, 0x7f, 0x80, 0x80, false};

static inline float vk_from_f8(uint8_t code, vk_f8_format f) {
  uint32_t magnitude = code & 0x7f, sign = (uint32_t)(code & 0x80) << 24;
  if (!f.signed_special && code == 0x80) return vk_float(0x7fc00000u);
  if (f.signed_special && magnitude > f.largest)
    return vk_float(sign | (magnitude == f.overflow && f.overflow != f.nan ? 0x7f800000u : 0x7fc00000u));
  // As an f32 with the same fields it is too small by 2^(127 - bias); the product is exact, subnormals included.
  float scaled = vk_float(magnitude << (23 - f.mantissa_bits)) * vk_float((uint32_t)(254 - f.bias) << 23);
  return vk_float(vk_word(scaled) | sign);
}

static inline uint8_t vk_to_f8(float x, vk_f8_format f) {
  uint32_t word = vk_word(x), magnitude = word & 0x7fffffffu;
  uint8_t sign = f.signed_special ? (uint8_t)(word >> 24 & 0x80) : 0;
  if (magnitude > 0x7f800000u) return sign | f.nan;
  int drop = 23 - f.mantissa_bits;
  uint32_t smallest_normal = (uint32_t)(128 - f.bias) << 23, code;
  if (magnitude < smallest_normal) {
    // Adding a power of two whose last place is the format's makes the processor round to it, once.
    float shifter = vk_float((uint32_t)(128 - f.bias + drop) << 23);
    code = vk_word(vk_float(magnitude) + shifter) - vk_word(shifter);
  } else {
    uint32_t rounded = magnitude + ((1u << (drop - 1)) - 1) + (magnitude >> drop & 1);
    code = (rounded >> drop) - ((uint32_t)(127 - f.bias) << f.mantissa_bits);
  }
  if (code > f.largest) return sign | f.overflow;
  if (!f.signed_special && code) sign = (uint8_t)(word >> 24 & 0x80);
  return sign | (uint8_t)code;
}

/// E8M0 is a bare power of two, 2^(code - 127); 255 is NaN.
static inline float vk_from_e8m0(uint8_t code) {
  return vk_float(code == 255 ? 0x7fc00000u : code == 0 ? 0x00400000u : (uint32_t)code << 23);
}
