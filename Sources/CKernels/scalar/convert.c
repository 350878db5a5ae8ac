// Element types to and from f32, one element at a time: the oracle, and the path for formats that are rarely met.
#include "../scalar.h"
#include "float8.h"

/// Nearest power of two, ties up, as torch does; the smallest one is subnormal in f32 and needs more than a tie.
static uint8_t to_e8m0(float x) {
  uint32_t word = vk_word(x), exponent = word >> 23 & 0xff;
  if (exponent == 255) return 255;
  bool guard = word & 0x400000, rest = word & 0x3fffff;
  if (guard && (exponent > 0 || rest)) exponent++;
  return (uint8_t)exponent;
}

#define EACH(destination_type, expression)                                                                             \
  for (size_t i = 0; i < count; i++) ((destination_type *)destination)[i] = (expression);                              \
  return

void vk_scalar_to_f32(const void *source, vk_type type, float *destination, size_t count) {
  const uint8_t *bytes = source;
  const vk_any_u16 *halves = source;
  switch (type) {
  case VK_F32: memmove(destination, source, count * sizeof(float)); return;
  case VK_F64: EACH(float, (float)((const vk_any_f64 *)source)[i]);
  case VK_BF16: EACH(float, vk_from_bf16(halves[i]));
  case VK_F16: EACH(float, vk_from_f16(halves[i]));
  case VK_F8_E4M3: EACH(float, vk_from_f8(bytes[i], vk_e4m3));
  case VK_F8_E5M2: EACH(float, vk_from_f8(bytes[i], vk_e5m2));
  case VK_F8_E4M3FNUZ: EACH(float, vk_from_f8(bytes[i], vk_e4m3fnuz));
  case VK_F8_E5M2FNUZ: EACH(float, vk_from_f8(bytes[i], vk_e5m2fnuz));
  case VK_F8_E8M0: EACH(float, vk_from_e8m0(bytes[i]));
  }
}

void vk_scalar_from_f32(const float *source, void *destination, vk_type type, size_t count) {
  switch (type) {
  case VK_F32: memmove(destination, source, count * sizeof(float)); return;
  case VK_F64: EACH(double, (double)source[i]);
  case VK_BF16: EACH(uint16_t, vk_to_bf16(source[i]));
  case VK_F16: EACH(uint16_t, vk_to_f16(source[i]));
  case VK_F8_E4M3: EACH(uint8_t, vk_to_f8(source[i], vk_e4m3));
  case VK_F8_E5M2: EACH(uint8_t, vk_to_f8(source[i], vk_e5m2));
  case VK_F8_E4M3FNUZ: EACH(uint8_t, vk_to_f8(source[i], vk_e4m3fnuz));
  case VK_F8_E5M2FNUZ: EACH(uint8_t, vk_to_f8(source[i], vk_e5m2fnuz));
  case VK_F8_E8M0: EACH(uint8_t, to_e8m0(source[i]));
  }
}
