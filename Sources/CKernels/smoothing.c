// Powers of two on the elements of weights, and the sums that say what int8 would cost rows and columns.
#include <math.h>

#include "CKernels.h"
#include "scalar.h"
#include "scalar/bits.h"

void vk_rescale(void *values, vk_type type, const int8_t *exponents, size_t count) {
  enum { BLOCK = 256 };
  const size_t element = type == VK_F32 ? 4 : 2;
  float block[BLOCK];
  for (size_t start = 0; start < count; start += BLOCK) {
    size_t size = count - start < BLOCK ? count - start : BLOCK;
    char *place = (char *)values + start * element;
    vk_scalar_to_f32(place, type, block, size);
    for (size_t i = 0; i < size; i++) block[i] *= vk_float((uint32_t)(127 + exponents[start + i]) << 23);
    vk_scalar_from_f32(block, place, type, size);
  }
}

void vk_column_strengths(const float *values, size_t rows, size_t width, float *peaks, double *squares) {
  for (size_t row = 0; row < rows; row++) {
    const float *x = values + row * width;
    for (size_t column = 0; column < width; column++) {
      float magnitude = fabsf(x[column]);
      peaks[column] = magnitude > peaks[column] ? magnitude : peaks[column];
      squares[column] += (double)x[column] * x[column];
    }
  }
}

double vk_squared_row_peaks(const float *values, size_t rows, size_t width, const float *factors) {
  enum { LANES = 16 };
  double sum = 0;
  for (size_t row = 0; row < rows; row++) {
    const float *x = values + row * width;
    float peaks[LANES] = {0}, peak = 0;
    size_t column = 0;
    for (; column + LANES <= width; column += LANES)
      for (size_t lane = 0; lane < LANES; lane++) {
        float magnitude = fabsf(x[column + lane] * factors[column + lane]);
        peaks[lane] = magnitude > peaks[lane] ? magnitude : peaks[lane];
      }
    for (; column < width; column++) {
      float magnitude = fabsf(x[column] * factors[column]);
      peak = magnitude > peak ? magnitude : peak;
    }
    for (size_t lane = 0; lane < LANES; lane++) peak = peaks[lane] > peak ? peaks[lane] : peak;
    sum += (double)peak * peak;
  }
  return sum;
}
