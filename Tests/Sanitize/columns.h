// Cases of columns: their spread, standardising, and smoothing of activations into weights. No table of kernels is asked; the
// expected figures are those of plain loops.
#pragma once

#include "against_scalar.h"

/// Columns in f32 and f64, all together and each by itself: the same figures. What the other checks draw is not changed by it.
static void check_columns(size_t columns) {
  const uint64_t before = state;
  static const size_t heights[] = {1, 2, 41, 80};
  EACH(i, heights) {
    size_t rows = heights[i], stride = columns + 3;
    float *x = floats(rows * stride, 1);
    double *y = ARRAY(double, rows * stride);
    for (size_t place = 0; place < rows * stride; place++) y[place] = x[place];
    vk_column_spread *a = ARRAY(vk_column_spread, columns), *b = ARRAY(vk_column_spread, columns), c;
    void *scratch = guarded(vk_column_scratch(rows), 64, 0);
    if (vk_column_spreads(x, false, rows, stride, columns, 0.025, scratch, a) != SIZE_MAX ||
        vk_column_spreads(y, true, rows, stride, columns, 0.025, scratch, b) != SIZE_MAX || memcmp(a, b, columns * sizeof *a))
      fail("column_spreads", columns, rows, 0);
    double *of_floats = ARRAY(double, columns), *of_doubles = ARRAY(double, columns), *ends[4];
    EACH(end, ends) {
      ends[end] = ARRAY(double, columns);
      for (size_t c = 0; c < columns; c++)
        ends[end][c] = end == 0 ? a[c].least / 4 : end == 1 ? a[c].most / 4 : end == 2 ? a[c].mean : 3;
    }
    vk_standardise(x, false, columns, ends[0], ends[1], ends[2], ends[3], of_floats);
    vk_standardise(y, true, columns, ends[0], ends[1], ends[2], ends[3], of_doubles);
    for (size_t c = 0; c < columns; c++)
      if (of_floats[c] != of_doubles[c] || of_doubles[c] != (fmin(fmax(y[c], ends[0][c]), ends[1][c]) - ends[2][c]) * 3)
        fail("standardise", columns, rows, c);
    size_t last = columns - 1;
    vk_column_spreads(x + last, false, rows, stride, 1, 0.025, scratch, &c);
    if (memcmp(&c, a + last, sizeof c)) fail("column_spreads of one", columns, rows, 0);
    x[(rows - 1) * stride + last] = NAN;
    if (vk_column_spreads(x, false, rows, stride, columns, 0.025, scratch, a) != rows * columns - 1)
      fail("column_spreads with NaN", columns, rows, 0);
    release_all(), cases++;
  }
  state = before;
}

/// Powers of two come off again; peaks and squares of columns and rows are those of a plain loop.
static void check_smoothing(size_t width) {
  const uint64_t before = state;
  const size_t rows = 3, n = rows * width;
  float *x = floats(n, 2), *y = ARRAY(float, n), *factors = ARRAY(float, width), *peaks = ARRAY(float, width);
  int8_t *up = ARRAY(int8_t, n), *down = ARRAY(int8_t, n);
  double *squares = ARRAY(double, width), sum = 0;
  for (size_t i = 0; i < n; i++) up[i] = (int8_t)(i % 9), down[i] = -up[i];
  static const vk_type types[] = {VK_F32, VK_BF16, VK_F16};
  EACH(t, types) {
    size_t bytes = types[t] == VK_F32 ? 4 : 2;
    void *source = guarded(n * bytes, bytes, 0), *scaled = guarded(n * bytes, bytes, 0);
    scalar->from_f32(x, source, types[t], n), memcpy(scaled, source, n * bytes);
    vk_rescale(scaled, types[t], up, n);
    scalar->to_f32(scaled, types[t], y, n);
    for (size_t i = 0; i < n; i++) {
      float value;
      scalar->to_f32((char *)source + i * bytes, types[t], &value, 1);
      if (y[i] != ldexpf(value, up[i])) fail("rescale", width, t, i);
    }
    vk_rescale(scaled, types[t], down, n);
    if (memcmp(scaled, source, n * bytes)) fail("rescale back", width, t, 0);
  }
  for (size_t i = 0; i < width; i++) factors[i] = ldexpf(1, up[i]), peaks[i] = 0, squares[i] = 0;
  vk_column_strengths(x, rows, width, peaks, squares);
  for (size_t i = 0; i < width; i++) {
    float peak = 0;
    double square = 0;
    for (size_t row = 0; row < rows; row++) peak = fmaxf(peak, fabsf(x[row * width + i])), square += (double)x[row * width + i] * x[row * width + i];
    if (peak != peaks[i] || square != squares[i]) fail("column_strengths", width, i, 0);
  }
  for (size_t row = 0; row < rows; row++) {
    float peak = 0;
    for (size_t i = 0; i < width; i++) peak = fmaxf(peak, fabsf(x[row * width + i] * factors[i]));
    sum += (double)peak * peak;
  }
  if (vk_squared_row_peaks(x, rows, width, factors) != sum) fail("squared_row_peaks", width, 0, 0);
  release_all(), cases++;
  state = before;
}
