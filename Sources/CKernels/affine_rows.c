// Rows of weights to unsigned codes of a few bits with a scale and a bias a group, as `mx.quantize` makes them on a CPU (mlx 0.32,
// mode "affine"), to the bit. One group at a time is widened to f32; the loops over it are left to the compiler.
#include <float.h>
#include <math.h>

#include "CKernels.h"
#include "scalar.h"
#include "scalar/bits.h"

enum { LARGEST_GROUP = 1024 };

static float rounded(float x, vk_type type) {
  return type == VK_BF16 ? vk_from_bf16(vk_to_bf16(x)) : type == VK_F16 ? vk_from_f16(vk_to_f16(x)) : x;
}

/// Half to even, for what is less than 2^22 or is cut off afterwards.
static inline float whole(float x) {
  const float shift = 0x1.8p23f;
  return (x + shift) - shift;
}

/// The scale and bias of a group, before they are stored. The end that is farther from 0 gets a code exactly.
static void fit(const float *values, size_t count, float most, float *scale, float *bias) {
  float low = INFINITY, high = -INFINITY;
  for (size_t i = 0; i < count; i++) {
    high = values[i] > high ? values[i] : high;
    low = values[i] < low ? values[i] : low;
  }
  bool is_low = fabsf(low) > fabsf(high);
  float step = (high - low) / most, edge = is_low ? low : high;
  step = step > 1e-7f ? step : 1e-7f;
  *scale = is_low ? step : -step;
  *bias = 0;
  float steps = rintf(edge / *scale);
  if (steps != 0) {
    *scale = edge / steps;
    *bias = edge;
  }
}

size_t vk_quantize_affine(const void *source, vk_type type, size_t rows, size_t width, size_t group, unsigned bits,
                          uint32_t *words, float *scales, float *biases, vk_quantization_sums *sums) {
  const float most = (float)((1u << bits) - 1);
  const size_t groups = width / group, a_word = 32 / bits, element = type == VK_F32 ? 4 : 2;
  float values[LARGEST_GROUP], codes[LARGEST_GROUP];
  for (size_t row = 0; row < rows; row++) {
    vk_quantization_sums row_sums = {0, 0};
    for (size_t g = 0; g < groups; g++) {
      size_t place = row * groups + g;
      vk_scalar_to_f32((const char *)source + place * group * element, type, values, group);
      float scale, bias, all = 0;
      for (size_t i = 0; i < group; i++) all += values[i] * 0; // 0 where all are numbers
      fit(values, group, most, &scale, &bias);
      float stored_scale = rounded(scale, type), stored_bias = rounded(bias, type);
      if (all != 0 || !isfinite(stored_scale) || !isfinite(stored_bias)) return row;
      scales[place] = stored_scale;
      biases[place] = stored_bias;
      if (!words) continue;
      // Against the scale and bias as they are before they are stored.
      for (size_t i = 0; i < group; i++) {
        float code = whole((values[i] - bias) / scale);
        codes[i] = code < 0 ? 0 : code > most ? most : code;
      }
      uint32_t *target = words + place * (group / a_word);
      for (size_t w = 0; w < group / a_word; w++) {
        uint32_t word = 0;
        for (size_t k = 0; k < a_word; k++) word |= (uint32_t)codes[w * a_word + k] << (k * bits);
        target[w] = word;
      }
      for (size_t i = 0; i < group; i++) {
        double value = values[i], back = rounded(rounded(codes[i] * stored_scale, type) + stored_bias, type);
        row_sums.signal += value * value;
        row_sums.error += (value - back) * (value - back);
      }
    }
    if (sums) sums[row] = row_sums;
  }
  return rows;
}
