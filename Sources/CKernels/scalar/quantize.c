// int8 codes, one value at a time: the oracle of `quantize` on every instruction set.
#include <math.h>

#include "../scalar.h"
#include "bits.h"

static inline float element(const void *source, vk_type type, size_t i) {
  switch (type) {
  case VK_BF16: return vk_from_bf16(((const vk_any_u16 *)source)[i]);
  case VK_F16: return vk_from_f16(((const vk_any_u16 *)source)[i]);
  default: return ((const vk_any_f32 *)source)[i];
  }
}

static inline int8_t code(float x, float scale, float most) {
  float q = x / scale;
  q = q > -most - 1 ? q : -most - 1; // NaN lands here
  q = q < most ? q : most;
  return (int8_t)rintf(q);
}

float vk_scalar_absmax(const void *source, vk_type type, size_t count) {
  // Magnitudes order like their words, with NaN above infinity.
  uint32_t largest = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t word = vk_word(element(source, type, i)) & 0x7fffffffu;
    if (word > largest) largest = word;
  }
  return vk_float(largest);
}

void vk_scalar_quantize(const void *source, vk_type type, size_t count, float scale, float most,
                        int8_t *codes, vk_quantization_sums *sums) {
  double signal = 0, error = 0;
  for (size_t i = 0; i < count; i++) {
    float x = element(source, type, i);
    codes[i] = code(x, scale, most);
    double difference = (double)x - (double)codes[i] * scale;
    signal += (double)x * x;
    error += difference * difference;
  }
  sums->signal += signal;
  sums->error += error;
}

int32_t vk_scalar_quantize_token(const float *x, size_t count, int8_t *codes, float *scale) {
  float step = vk_scalar_absmax(x, VK_F32, count) / 127.5f;
  if (step == 0) step = 0x1p-23f;
  *scale = step;
  int32_t sum = 0;
  for (size_t i = 0; i < count; i++) {
    codes[i] = code(x[i], step, 127);
    sum += codes[i];
  }
  return sum;
}
