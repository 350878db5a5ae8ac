// Floats as words and back, and the 16-bit formats, without any instruction-set extension.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// Tensors in files may start at any byte.
typedef uint16_t vk_any_u16 __attribute__((aligned(1), may_alias));
typedef float vk_any_f32 __attribute__((aligned(1), may_alias));
typedef double vk_any_f64 __attribute__((aligned(1), may_alias));

static inline uint32_t vk_word(float x) {
  uint32_t word;
  memcpy(&word, &x, 4);
  return word;
}

static inline float vk_float(uint32_t word) {
  float x;
  memcpy(&x, &word, 4);
  return x;
}

static inline float vk_from_bf16(uint16_t code) { return vk_float((uint32_t)code << 16); }

/// Round to nearest even; every NaN becomes 0x7fc0, as in torch.
static inline uint16_t vk_to_bf16(float x) {
  uint32_t word = vk_word(x);
  if ((word & 0x7fffffffu) > 0x7f800000u) return 0x7fc0;
  return (uint16_t)((word + 0x7fff + (word >> 16 & 1)) >> 16);
}

/// Exact; a signalling NaN becomes quiet, as F16C does.
static inline float vk_from_f16(uint16_t code) {
  uint32_t sign = (uint32_t)(code & 0x8000) << 16, magnitude = code & 0x7fff;
  if (magnitude > 0x7c00) return vk_float(sign | 0x7fc00000u | magnitude << 13);
  if (magnitude == 0x7c00) return vk_float(sign | 0x7f800000u);
  return vk_float(vk_word(vk_float(magnitude << 13) * 0x1p112f) | sign);
}

/// Round to nearest even; overflow gives infinity; a NaN keeps its upper bits and becomes quiet.
static inline uint16_t vk_to_f16(float x) {
  uint32_t word = vk_word(x), magnitude = word & 0x7fffffffu;
  uint16_t sign = (uint16_t)(word >> 16 & 0x8000);
  if (magnitude > 0x7f800000u) return sign | 0x7e00 | (uint16_t)(magnitude >> 13 & 0x3ff);
  if (magnitude >= 0x47800000u) return sign | 0x7c00;
  if (magnitude < 0x38800000u) // subnormal: the addition rounds to multiples of 2^-24
    return sign | (uint16_t)(vk_word(vk_float(magnitude) + 0.5f) - vk_word(0.5f));
  return sign | (uint16_t)((magnitude + 0xfff + (magnitude >> 13 & 1) - 0x38000000u) >> 13);
}
