// Rows of weights to symmetric codes: the scale rule, on top of any table's `absmax` and `quantize`.
#include <math.h>

#include "CKernels.h"
#include "scalar/bits.h"

/// The scale as the file will hold it; codes are taken against this one.
static float stored_scale(float absmax, float most, vk_type type) {
  float scale = absmax / (most + 0.5f);
  switch (type) {
  case VK_BF16: scale = vk_from_bf16(vk_to_bf16(scale)); break;
  case VK_F16: scale = vk_from_f16(vk_to_f16(scale)); break;
  default: break;
  }
  if (scale != 0) return scale;
  return type == VK_BF16 ? 0x1p-7f : type == VK_F16 ? 0x1p-10f : 0x1p-23f; // the type's epsilon, as compressed-tensors
}

void vk_round_tokens(const vk_kernels *kernels, float *tokens, size_t rows, size_t width, float scale, int8_t *codes) {
  for (size_t row = 0; row < rows; row++) {
    float *x = tokens + row * width, own = scale;
    vk_quantization_sums sums = {0, 0};
    if (own > 0) kernels->quantize(x, VK_F32, width, own, 127, codes, &sums);
    else kernels->quantize_token(x, width, codes, &own);
    for (size_t i = 0; i < width; i++) x[i] = (float)codes[i] * own;
  }
}

size_t vk_quantize_rows(const vk_kernels *kernels, const void *source, vk_type type, size_t rows, size_t width,
                        size_t group, unsigned bits, vk_type scale_type, int8_t *codes, float *scales,
                        vk_quantization_sums *sums) {
  const float most = (float)((1 << (bits - 1)) - 1);
  size_t element = type == VK_F32 ? 4 : 2, groups = (width + group - 1) / group;
  for (size_t row = 0; row < rows; row++) {
    const char *values = (const char *)source + row * width * element;
    float *row_scales = scales + row * groups;
    for (size_t g = 0; g < groups; g++) {
      size_t first = g * group, count = first + group < width ? group : width - first;
      row_scales[g] = stored_scale(kernels->absmax(values + first * element, type, count), most, scale_type);
      if (!isfinite(row_scales[g])) return row;
    }
    vk_quantization_sums row_sums = {0, 0};
    for (size_t g = 0; g < groups; g++) {
      size_t first = g * group, count = first + group < width ? group : width - first;
      kernels->quantize(values + first * element, type, count, row_scales[g], most, codes + row * width + first, &row_sums);
    }
    if (sums) sums[row] = row_sums;
  }
  return rows;
}
