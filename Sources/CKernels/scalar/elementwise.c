// Norms, activation functions, softmax and rotation in plain C, with double accumulators: the oracle of the SIMD ones.
#include <math.h>

#include "../scalar.h"

void vk_scalar_layer_norm(const float *x, const float *weight, const float *bias, float epsilon, float *y, size_t rows,
                          size_t width) {
  for (size_t row = 0; row < rows; row++, x += width, y += width) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < width; i++) sum += x[i];
    double mean = sum / (double)width;
    for (size_t i = 0; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
    double inverse = 1 / sqrt(squares / (double)width + epsilon);
    for (size_t i = 0; i < width; i++)
      y[i] = (float)((x[i] - mean) * inverse * weight[i] + (bias ? bias[i] : 0.0f));
  }
}

void vk_scalar_rms_norm(const float *x, const float *weight, float epsilon, float *y, size_t rows, size_t width) {
  for (size_t row = 0; row < rows; row++, x += width, y += width) {
    double squares = 0;
    for (size_t i = 0; i < width; i++) squares += (double)x[i] * x[i];
    double inverse = 1 / sqrt(squares / (double)width + epsilon);
    for (size_t i = 0; i < width; i++) y[i] = (float)(x[i] * inverse * weight[i]);
  }
}

static double apply(vk_activation function, double x) {
  switch (function) {
  case VK_GELU: return 0.5 * x * (1 + erf(x * M_SQRT1_2));
  case VK_GELU_TANH: return 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  case VK_QUICK_GELU: return x / (1 + exp(-1.702 * x));
  case VK_SILU: return x / (1 + exp(-x));
  case VK_RELU: return x < 0 ? 0 : x;
  case VK_SIGMOID: return 1 / (1 + exp(-x));
  default: return x;
  }
}

void vk_scalar_activate(vk_activation function, const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = (float)apply(function, x[i]);
}

void vk_scalar_softmax(float *x, float scale, size_t rows, size_t width) {
  for (size_t row = 0; row < rows; row++, x += width) {
    double largest = -INFINITY, sum = 0;
    for (size_t i = 0; i < width; i++) largest = fmax(largest, (double)x[i] * scale);
    for (size_t i = 0; i < width; i++) sum += exp((double)x[i] * scale - largest);
    for (size_t i = 0; i < width; i++) x[i] = (float)(exp((double)x[i] * scale - largest) / sum);
  }
}

void vk_scalar_add(const float *a, const float *b, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = a[i] + b[i];
}

void vk_scalar_rotate(float *x, const float *cosines, const float *sines, size_t tokens, size_t heads, size_t width,
                      size_t head_stride, size_t token_stride) {
  size_t half = width / 2;
  for (size_t token = 0; token < tokens; token++)
    for (size_t head = 0; head < heads; head++) {
      float *a = x + token * token_stride + head * head_stride, *b = a + half;
      for (size_t i = 0; i < half; i++) {
        double c = cosines[token * half + i], s = sines[token * half + i], first = a[i], second = b[i];
        a[i] = (float)(first * c - second * s);
        b[i] = (float)(second * c + first * s);
      }
    }
}
