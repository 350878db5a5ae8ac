// Parts of attention over ranges of keys to the whole.
#include <math.h>

#include "attention.h"

void vk_attention_join(const vk_attention *a, const float *parts, size_t count) {
  size_t rows = a->queries * a->group, width = a->width, stride = vk_part_stride(a);
  for (size_t row = 0; row < rows; row++) {
    const float *first = parts + row * stride;
    float *out = vk_out_row(a, row);
    float largest = -INFINITY, sum = 0;
    for (size_t part = 0; part < count; part++) largest = fmaxf(largest, first[part * rows * stride + width]);
    for (size_t i = 0; i < width; i++) out[i] = 0;
    for (size_t part = 0; part < count; part++) {
      const float *values = first + part * rows * stride;
      if (values[width + 1] == 0) continue; // sees nothing of this range
      float factor = exp2f(values[width] - largest);
      sum += factor * values[width + 1];
      for (size_t i = 0; i < width; i++) out[i] += factor * values[i];
    }
    if (sum != 0)
      for (size_t i = 0; i < width; i++) out[i] /= sum;
  }
}
