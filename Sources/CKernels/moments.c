// What one run of numbers is like: extremes, sum, and how many are zero or no numbers, in f64; 8 lanes, joined at the end.
//
// As in `compare.c`, one body is compiled twice: lanes and order are the same whatever instructions carry them out.
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

/// `count` numbers, at most LANES, from `index` on; what is missing is NaN.
INLINE doubles loaded(const void *numbers, bool is_double, size_t index, size_t count) {
  if (is_double) {
    doubles x = (doubles){0} + (double)NAN;
    memcpy(&x, (const char *)numbers + index * sizeof(double), count * sizeof(double));
    return x;
  }
  floats x = (floats){0} + NAN;
  memcpy(&x, (const char *)numbers + index * sizeof(float), count * sizeof(float));
  return __builtin_convertvector(x, doubles);
}

INLINE flags ordinary(doubles x) { return (flags)((flags)x & 0x7fffffffffffffffLL) < 0x7ff0000000000000LL; }
INLINE doubles chosen(flags mask, doubles yes, doubles no) { return (doubles)(((flags)yes & mask) | ((flags)no & ~mask)); }

INLINE double joined(doubles x) { return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7])); }
INLINE size_t counted(flags x) {
  long long sum = 0;
  for (int lane = 0; lane < LANES; lane++) sum -= x[lane];
  return (size_t)sum;
}

INLINE vk_moments moments(const void *numbers, bool is_double, size_t count) {
  doubles least = (doubles){0} + (double)INFINITY, most = -least, sum = {0};
  flags usable = {0}, zeros = {0}, nans = {0};
  for (size_t index = 0; index < count; index += LANES) {
    bool whole = index + LANES <= count;
    doubles x = whole ? loaded(numbers, is_double, index, LANES) : loaded(numbers, is_double, index, count - index);
    flags is_finite = ordinary(x);
    least = chosen(is_finite & (x < least), x, least);
    most = chosen(is_finite & (x > most), x, most);
    sum += chosen(is_finite, x, (doubles){0});
    usable += is_finite;
    zeros += x == 0;
    nans += x != x;
  }
  size_t padding = (LANES - count % LANES) % LANES;
  vk_moments result = {INFINITY, -INFINITY, joined(sum), counted(usable), counted(zeros), counted(nans) - padding};
  for (int lane = 0; lane < LANES; lane++) {
    if (least[lane] < result.minimum) result.minimum = least[lane];
    if (most[lane] > result.maximum) result.maximum = most[lane];
  }
  return result;
}

INLINE double spread(const void *numbers, bool is_double, size_t count, double mean) {
  doubles sum = {0};
  for (size_t index = 0; index < count; index += LANES) {
    bool whole = index + LANES <= count;
    doubles x = whole ? loaded(numbers, is_double, index, LANES) : loaded(numbers, is_double, index, count - index);
    doubles distance = chosen(ordinary(x), x - mean, (doubles){0});
    sum += distance * distance;
  }
  return joined(sum);
}

#if defined(__x86_64__)
#define AVX2 static __attribute__((target("avx2")))
AVX2 vk_moments moments_f32_avx2(const void *numbers, size_t count) { return moments(numbers, false, count); }
AVX2 vk_moments moments_f64_avx2(const void *numbers, size_t count) { return moments(numbers, true, count); }
AVX2 double spread_f32_avx2(const void *numbers, size_t count, double mean) {
  return spread(numbers, false, count, mean);
}
AVX2 double spread_f64_avx2(const void *numbers, size_t count, double mean) {
  return spread(numbers, true, count, mean);
}
#endif

vk_moments vk_moments_of(const void *numbers, bool is_double, size_t count) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2"))
    return is_double ? moments_f64_avx2(numbers, count) : moments_f32_avx2(numbers, count);
#endif
  return is_double ? moments(numbers, true, count) : moments(numbers, false, count);
}

double vk_spread_of(const void *numbers, bool is_double, size_t count, double mean) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2"))
    return is_double ? spread_f64_avx2(numbers, count, mean) : spread_f32_avx2(numbers, count, mean);
#endif
  return is_double ? spread(numbers, true, count, mean) : spread(numbers, false, count, mean);
}
