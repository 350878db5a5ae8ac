// Rows of weights to the codes and scales of ggml's blocks, as gguf-py's quantizers make them, to the bit.
#include <math.h>

#include "CKernels.h"
#include "scalar.h"
#include "scalar/bits.h"

#pragma STDC FP_CONTRACT OFF

enum { BLOCK = 32 };

/// `d`, and the codes that it gives: of 8 bits `round(x / d)` with halves away from 0, of 4 bits `trunc(x / d + 8.5)` up to 15, less 8.
static float fit(const float *values, unsigned bits, int8_t *codes) {
  float peak = 0;
  for (size_t i = 0; i < BLOCK; i++) peak = fabsf(values[i]) > fabsf(peak) ? values[i] : peak;
  float d = bits == 8 ? fabsf(peak) / 127 : peak / -8, inverse = 1 / d;
  if (!isfinite(inverse)) inverse = 0; // so small that its F16 is 0
  for (size_t i = 0; i < BLOCK; i++) {
    float steps = values[i] * inverse;
    if (bits == 8) {
      codes[i] = (int8_t)roundf(steps);
    } else {
      int code = (int)(steps + 8.5f);
      codes[i] = (int8_t)((code < 15 ? code : 15) - 8);
    }
  }
  return d;
}

size_t vk_quantize_ggml(const void *source, vk_type type, size_t rows, size_t width, unsigned bits, int8_t *codes,
                        float *scales, vk_quantization_sums *sums) {
  const size_t element = type == VK_F32 ? 4 : 2;
  float values[BLOCK];
  for (size_t row = 0; row < rows; row++) {
    vk_quantization_sums row_sums = {0, 0};
    for (size_t start = row * width; start < (row + 1) * width; start += BLOCK) {
      float all = 0;
      vk_scalar_to_f32((const char *)source + start * element, type, values, BLOCK);
      for (size_t i = 0; i < BLOCK; i++) all += values[i] * 0; // 0 where all are numbers
      if (all != 0) return row;
      float scale = vk_from_f16(vk_to_f16(fit(values, bits, codes + start)));
      if (!isfinite(scale)) return row;
      scales[start / BLOCK] = scale;
      for (size_t i = 0; i < BLOCK; i++) {
        double value = values[i], apart = value - (double)codes[start + i] * scale;
        row_sums.signal += value * value;
        row_sums.error += apart * apart;
      }
    }
    if (sums) sums[row] = row_sums;
  }
  return rows;
}
