// Sums that say how far two runs of numbers are apart, in f64: 8 lanes, each summed in order, joined pairwise at the end.
//
// One body, compiled twice: the lanes and their order are the same whatever instructions carry them out, and nothing is
// fused, so every machine gives the same sums.
#include <math.h>
#include <string.h>

#include "CKernels.h"

enum { LANES = 8 };
typedef float floats __attribute__((vector_size(LANES * sizeof(float))));
typedef double doubles __attribute__((vector_size(LANES * sizeof(double))));
typedef long long flags __attribute__((vector_size(LANES * sizeof(long long))));

static inline double joined(const doubles *lanes) {
  double sums[LANES];
  memcpy(sums, lanes, sizeof sums);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

static inline __attribute__((always_inline)) void step(const floats *x, const floats *y, doubles *difference, doubles *first,
                                                       doubles *second, doubles *product, doubles *largest) {
  doubles a = __builtin_convertvector(*x, doubles), b = __builtin_convertvector(*y, doubles);
  doubles d = a - b;
  *difference += d * d;
  *first += a * a;
  *second += b * b;
  *product += a * b;
  doubles size = (doubles)((flags)d & 0x7fffffffffffffffLL);
  // A NaN is larger than anything, and stays.
  flags keeps = (*largest >= size) | (*largest != *largest);
  *largest = (doubles)(((flags)*largest & keeps) | ((flags)size & ~keeps));
}

static inline __attribute__((always_inline)) vk_comparison compare(const float *a, const float *b, size_t count) {
  doubles difference = {0}, first = {0}, second = {0}, product = {0}, largest = {0};
  floats x = {0}, y = {0};
  size_t index = 0;
  for (; index + LANES <= count; index += LANES) {
    memcpy(&x, a + index, sizeof x);
    memcpy(&y, b + index, sizeof y);
    step(&x, &y, &difference, &first, &second, &product, &largest);
  }
  if (index < count) {
    x = (floats){0}, y = (floats){0};
    memcpy(&x, a + index, (count - index) * sizeof(float));
    memcpy(&y, b + index, (count - index) * sizeof(float));
    step(&x, &y, &difference, &first, &second, &product, &largest);
  }
  vk_comparison result = {joined(&difference), joined(&first), joined(&second), joined(&product), 0};
  for (int lane = 0; lane < LANES; lane++)
    if (result.largest == result.largest && !(result.largest >= largest[lane])) result.largest = largest[lane];
  return result;
}

#if defined(__x86_64__)
static __attribute__((target("avx2"))) vk_comparison compare_avx2(const float *a, const float *b, size_t count) {
  return compare(a, b, count);
}
#endif

vk_comparison vk_compare(const float *a, const float *b, size_t count) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return compare_avx2(a, b, count);
#endif
  return compare(a, b, count);
}
