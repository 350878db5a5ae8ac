// LayerNorm, RMSNorm and softmax of rows. Sums run in four independent vectors, so rounding errors stay near sqrt(width/4).
#pragma once
#include "elementary.h"

/// `sum` over the row of EXPRESSION of `v`, a vector that is zero past the end; MASKED zeroes it there again after a shift.
#define VK_ROW_SUM(sum, EXPRESSION)                                                                                    \
  do {                                                                                                                 \
    vf s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, v;                                                                      \
    size_t i = 0;                                                                                                      \
    for (; i + 4 * VK_WIDTH <= width; i += 4 * VK_WIDTH) {                                                             \
      v = vk_load(x + i), s0 += (EXPRESSION);                                                                          \
      v = vk_load(x + i + VK_WIDTH), s1 += (EXPRESSION);                                                               \
      v = vk_load(x + i + 2 * VK_WIDTH), s2 += (EXPRESSION);                                                           \
      v = vk_load(x + i + 3 * VK_WIDTH), s3 += (EXPRESSION);                                                           \
    }                                                                                                                  \
    for (; i + VK_WIDTH <= width; i += VK_WIDTH) v = vk_load(x + i), s0 += (EXPRESSION);                               \
    sum = vk_sum((s0 + s1) + (s2 + s3));                                                                               \
    for (; i < width; i++) v = vk_splat(x[i]), sum += (EXPRESSION)[0];                                                 \
  } while (0)

static void VK_NAME(layer_norm)(const float *x, const float *weight, const float *bias, float epsilon, float *y,
                                size_t rows, size_t width) {
  for (size_t row = 0; row < rows; row++, x += width, y += width) {
    float sum, squares;
    VK_ROW_SUM(sum, v);
    vf mean = vk_splat(sum / (float)width);
    VK_ROW_SUM(squares, (v - mean) * (v - mean));
    vf inverse = vk_splat(1 / sqrtf(squares / (float)width + epsilon));
    size_t i = 0;
    for (; i + VK_WIDTH <= width; i += VK_WIDTH) {
      vf scaled = (vk_load(x + i) - mean) * inverse * vk_load(weight + i);
      vk_store(y + i, bias ? scaled + vk_load(bias + i) : scaled);
    }
    for (; i < width; i++) y[i] = (x[i] - mean[0]) * inverse[0] * weight[i] + (bias ? bias[i] : 0.0f);
  }
}

static void VK_NAME(rms_norm)(const float *x, const float *weight, float epsilon, float *y, size_t rows, size_t width) {
  for (size_t row = 0; row < rows; row++, x += width, y += width) {
    float squares;
    VK_ROW_SUM(squares, v * v);
    float inverse = 1 / sqrtf(squares / (float)width + epsilon);
    size_t i = 0;
    for (; i + VK_WIDTH <= width; i += VK_WIDTH) vk_store(y + i, vk_load(x + i) * inverse * vk_load(weight + i));
    for (; i < width; i++) y[i] = x[i] * inverse * weight[i];
  }
}

static void VK_NAME(softmax)(float *x, float scale, size_t rows, size_t width) {
  for (size_t row = 0; row < rows; row++, x += width) {
    vf most = vk_splat(-INFINITY);
    size_t i = 0;
    for (; i + VK_WIDTH <= width; i += VK_WIDTH) most = vk_max(most, vk_load(x + i) * scale);
    float largest = vk_largest(most);
    for (; i < width; i++) largest = x[i] * scale > largest ? x[i] * scale : largest;

    vf sums = {0};
    for (i = 0; i + VK_WIDTH <= width; i += VK_WIDTH) {
      vf e = vk_exp_nonpositive(vk_load(x + i) * scale - largest);
      sums += e;
      vk_store(x + i, e);
    }
    float sum = vk_sum(sums);
    for (; i < width; i++) sum += x[i] = vk_exp_nonpositive(vk_splat(x[i] * scale - largest))[0];

    float inverse = 1 / sum;
    for (i = 0; i + VK_WIDTH <= width; i += VK_WIDTH) vk_store(x + i, vk_load(x + i) * inverse);
    for (; i < width; i++) x[i] *= inverse;
  }
}
