// How the columns of a matrix are spread: what their usual values span, and mean and squares of what is left when rare values are
// drawn in. In f64, a column a lane: a column's figures do not depend on the columns beside it.
//
// As in `moments.c`, one body is compiled twice: the operations and their order are the same whatever instructions carry them out.
#include <math.h>
#include <string.h>

#include "CKernels.h"

enum { LANES = 8 };
typedef float floats __attribute__((vector_size(LANES * sizeof(float))));
typedef double doubles __attribute__((vector_size(LANES * sizeof(double))));
typedef long long flags __attribute__((vector_size(LANES * sizeof(long long))));
#define INLINE static inline __attribute__((always_inline))
// Vectors as wide as AVX-512's are parameters of inlined functions only, so it is nothing how a call would pass them.
#pragma GCC diagnostic ignored "-Wpsabi"

INLINE doubles chosen(flags mask, doubles yes, doubles no) { return (doubles)(((flags)yes & mask) | ((flags)no & ~mask)); }
INLINE doubles lesser(doubles x, doubles y) { return chosen(x < y, x, y); }
INLINE doubles greater(doubles x, doubles y) { return chosen(x > y, x, y); }
INLINE bool any(flags mask) {
  long long found = 0;
  for (int lane = 0; lane < LANES; lane++) found |= mask[lane];
  return found != 0;
}

/// A search by halves for a value with the one at `index` of the sorted column at or below it, and the next one above it.
typedef struct {
  long long index;
  /// The wanted value is above `below`, and not above `above`.
  doubles below, above, middle;
  flags is_open;
} search;

INLINE search search_for(size_t index, doubles least, doubles most) {
  return (search){(long long)index, least, most, least, (flags){0} - 1};
}

/// Halves what is left, `count` values being at or below `middle`.
INLINE void halve(search *search, flags count) {
  flags reaches = count > search->index;
  search->is_open &= count != search->index + 1;
  search->above = chosen(search->is_open & reaches, search->middle, search->above);
  search->below = chosen(search->is_open & ~reaches, search->middle, search->below);
  // Least values are not below themselves: where they are as many, they are it.
  search->is_open &= ~(reaches & (search->middle == search->below));
  doubles middle = search->below / 2 + search->above / 2;
  flags is_between = (middle > search->below) & (middle < search->above);
  search->middle = chosen(search->is_open, chosen(is_between, middle, search->above), search->middle);
  search->is_open &= is_between;
}

/// The value at `place` of the sorted column, between its neighbours in proportion.
INLINE doubles found(const search *search, doubles value, doubles next, flags count, double share) {
  doubles after = chosen((count > search->index + 1) | (next == (double)INFINITY), value, next);
  return value + share * (after - value);
}

/// `values`: rows of LANES numbers.
INLINE void spread(const doubles *values, size_t rows, double tail, vk_column_spread *spreads, size_t lanes) {
  doubles least = values[0], most = values[0];
  for (size_t row = 1; row < rows; row++) {
    least = lesser(values[row], least);
    most = greater(values[row], most);
  }
  double last = (double)(rows - 1), low_place = tail * last, high_place = (1 - tail) * last;
  search low = search_for((size_t)low_place, least, most), high = search_for((size_t)high_place, least, most);
  while (any(low.is_open | high.is_open)) {
    flags low_count = {0}, high_count = {0};
    for (size_t row = 0; row < rows; row++) {
      low_count -= values[row] <= low.middle;
      high_count -= values[row] <= high.middle;
    }
    halve(&low, low_count);
    halve(&high, high_count);
  }
  const doubles infinite = (doubles){0} + (double)INFINITY;
  doubles low_value = -infinite, low_next = infinite, high_value = -infinite, high_next = infinite;
  flags low_count = {0}, high_count = {0};
  for (size_t row = 0; row < rows; row++) {
    doubles value = values[row];
    flags is_low = value <= low.middle, is_high = value <= high.middle;
    low_count -= is_low;
    high_count -= is_high;
    low_value = greater(chosen(is_low, value, -infinite), low_value);
    high_value = greater(chosen(is_high, value, -infinite), high_value);
    low_next = lesser(chosen(is_low, infinite, value), low_next);
    high_next = lesser(chosen(is_high, infinite, value), high_next);
  }
  doubles from = found(&low, low_value, low_next, low_count, low_place - (double)low.index);
  doubles to = found(&high, high_value, high_next, high_count, high_place - (double)high.index);
  // What is the same in nearly all rows has no usual size; its few other values are all that it tells.
  doubles reach = chosen(to > from, (to - from) / 2, infinite);
  from -= reach;
  to += reach;
  doubles sum = {0}, squares = {0};
  for (size_t row = 0; row < rows; row++) sum += lesser(greater(values[row], from), to);
  doubles mean = sum / (double)rows;
  for (size_t row = 0; row < rows; row++) {
    doubles distance = lesser(greater(values[row], from), to) - mean;
    squares += distance * distance;
  }
  for (size_t lane = 0; lane < lanes; lane++)
    spreads[lane] = (vk_column_spread){from[lane], to[lane], mean[lane], squares[lane]};
}

INLINE size_t columns_spread(
    const void *numbers, bool is_double, size_t rows, size_t stride, size_t columns, double tail, void *scratch,
    vk_column_spread *spreads) {
  doubles *values = scratch;
  size_t bad = SIZE_MAX;
  for (size_t first = 0; first < columns; first += LANES) {
    size_t lanes = columns - first < LANES ? columns - first : LANES;
    flags is_finite = (flags){0} - 1;
    for (size_t row = 0; row < rows; row++) {
      doubles line = {0};
      if (is_double) {
        memcpy(&line, (const double *)numbers + row * stride + first, lanes * sizeof(double));
      } else {
        floats part = {0};
        memcpy(&part, (const float *)numbers + row * stride + first, lanes * sizeof(float));
        line = __builtin_convertvector(part, doubles);
      }
      values[row] = line;
      is_finite &= (flags)((flags)line & 0x7fffffffffffffffLL) < 0x7ff0000000000000LL;
    }
    if (any(~is_finite)) {
      for (size_t row = 0; row < rows; row++)
        for (size_t lane = 0; lane < lanes; lane++)
          if (!isfinite(values[row][lane]) && row * columns + first + lane < bad) bad = row * columns + first + lane;
    } else if (bad == SIZE_MAX) {
      spread(values, rows, tail, spreads + first, lanes);
    }
  }
  return bad;
}

typedef float any_f32 __attribute__((aligned(1), may_alias));
typedef double any_f64 __attribute__((aligned(1), may_alias));

INLINE void standardise(
    const void *numbers, bool is_double, size_t count, const double *least, const double *most, const double *means,
    const double *scales, double *result) {
  for (size_t i = 0; i < count; i++) {
    double x = is_double ? ((const any_f64 *)numbers)[i] : (double)((const any_f32 *)numbers)[i];
    // Neither is true of a NaN.
    x = x < least[i] ? least[i] : x;
    x = x > most[i] ? most[i] : x;
    result[i] = (x - means[i]) * scales[i];
  }
}

#if defined(__x86_64__)
static __attribute__((target("avx2"))) void standardise_f32_avx2(
    const void *numbers, size_t count, const double *least, const double *most, const double *means, const double *scales, double *result) {
  standardise(numbers, false, count, least, most, means, scales, result);
}
#endif

void vk_standardise(
    const void *numbers, bool is_double, size_t count, const double *least, const double *most, const double *means,
    const double *scales, double *result) {
#if defined(__x86_64__)
  if (!is_double && __builtin_cpu_supports("avx2")) return standardise_f32_avx2(numbers, count, least, most, means, scales, result);
#endif
  if (is_double) standardise(numbers, true, count, least, most, means, scales, result);
  else standardise(numbers, false, count, least, most, means, scales, result);
}

#if defined(__x86_64__)
static __attribute__((target("avx2"))) size_t columns_spread_f32_avx2(
    const void *numbers, size_t rows, size_t stride, size_t columns, double tail, void *scratch, vk_column_spread *spreads) {
  return columns_spread(numbers, false, rows, stride, columns, tail, scratch, spreads);
}
static __attribute__((target("avx2"))) size_t columns_spread_f64_avx2(
    const void *numbers, size_t rows, size_t stride, size_t columns, double tail, void *scratch, vk_column_spread *spreads) {
  return columns_spread(numbers, true, rows, stride, columns, tail, scratch, spreads);
}
#endif

size_t vk_column_scratch(size_t rows) { return rows * sizeof(doubles); }

size_t vk_column_spreads(
    const void *numbers, bool is_double, size_t rows, size_t stride, size_t columns, double tail, void *scratch,
    vk_column_spread *spreads) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2"))
    return is_double ? columns_spread_f64_avx2(numbers, rows, stride, columns, tail, scratch, spreads)
                     : columns_spread_f32_avx2(numbers, rows, stride, columns, tail, scratch, spreads);
#endif
  return is_double ? columns_spread(numbers, true, rows, stride, columns, tail, scratch, spreads)
                   : columns_spread(numbers, false, rows, stride, columns, tail, scratch, spreads);
}
