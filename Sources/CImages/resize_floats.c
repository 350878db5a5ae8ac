// torch's antialiased bilinear and bicubic interpolate of f32 on a CPU (ATen's UpSampleKernel.cpp), to the bit as torch 2.13 is built for
// x86-64 with fused multiply and add. The passes and the kernel are those of resize.c, but nothing is rounded to bytes, the
// weights are f32, and sums are taken in the order that the compiler chose there: the first product, then blocks of four
// products, each rounded and added, and what is left of less than four fused one by one.
#include "CImages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

// For each output place: the first input it reads, how many, and their weights.
typedef struct {
  int length, *first, *count;
  float *weights;
} taps;

static void release(taps *t) {
  free(t->first);
  free(t->count);
  free(t->weights);
}

// Keys' kernel with a = -0.5, x at least 0.
static float bicubic(float x) {
  const float a = -0.5f;
  if (x < 1) return fmaf(fmaf(a + 2, x, -(a + 3)) * x, x, 1);
  if (x < 2) return fmaf(fmaf(fmaf(a, x, -5 * a), x, 8 * a), x, -4 * a);
  return 0;
}

static float bilinear(float x) { return x < 1 ? 1 - x : 0; }

static int plan(taps *t, uint32_t from, uint32_t to, cimages_filter filter) {
  float scale = (float)from / (float)to, reach = filter == CIMAGES_BICUBIC ? 2 : 1, support = scale >= 1 ? reach * scale : reach;
  float inverse = scale >= 1 ? 1 / scale : 1, (*kernel)(float) = filter == CIMAGES_BICUBIC ? bicubic : bilinear;
  t->length = (int)ceilf(support) * 2 + 1;
  t->first = malloc(to * sizeof(int));
  t->count = malloc(to * sizeof(int));
  t->weights = malloc((size_t)to * (size_t)t->length * sizeof(float));
  if (!t->first || !t->count || !t->weights) return 1;
  for (uint32_t place = 0; place < to; place++) {
    float centre = (float)(scale * (place + 0.5)), sum = 0, *weights = t->weights + (size_t)place * (size_t)t->length;
    int low = (int)(centre - support + 0.5), high = (int)(centre + support + 0.5);
    if (low < 0) low = 0;
    if (high > (int)from) high = (int)from;
    int count = high - low < t->length ? high - low : t->length;
    float start = (float)low - centre;
    for (int i = 0; i < count; i++)
      sum += weights[i] = kernel(fabsf((float)(((double)((float)i + start) + 0.5) * inverse)));
    if (sum != 0)
      for (int i = 0; i < count; i++) weights[i] /= sum;
    t->first[place] = low;
    t->count[place] = count;
  }
  return 0;
}

// The weighted sum of `count` values that are `stride` apart.
static float weighted(const float *values, size_t stride, const float *weights, int count) {
  float sum = values[0] * weights[0];
  int i = 1;
  for (; i + 4 <= count; i += 4)
    for (int k = i; k < i + 4; k++) sum += values[(size_t)k * stride] * weights[k];
  for (; i < count; i++) sum = fmaf(values[(size_t)i * stride], weights[i], sum);
  return sum;
}

int cimages_resize_planes(const float *source, size_t planes, cimages_size from, float *target, cimages_size to,
                          cimages_filter filter) {
  taps across = {0}, down = {0};
  int failed = 1, rows_pass = from.width != to.width, columns_pass = from.height != to.height;
  float *middle = NULL;
  if (rows_pass && plan(&across, from.width, to.width, filter)) goto done;
  if (columns_pass && plan(&down, from.height, to.height, filter)) goto done;
  size_t lines = planes * from.height;
  if (rows_pass && columns_pass && !(middle = malloc(lines * to.width * sizeof(float)))) goto done;
  const float *rows = source;
  if (rows_pass) {
    float *out = columns_pass ? middle : target;
    for (size_t y = 0; y < lines; y++)
      for (uint32_t x = 0; x < to.width; x++)
        out[y * to.width + x] = weighted(source + y * from.width + across.first[x], 1,
                                         across.weights + (size_t)x * (size_t)across.length, across.count[x]);
    rows = out;
  }
  if (columns_pass) {
    for (size_t plane = 0; plane < planes; plane++)
      for (uint32_t y = 0; y < to.height; y++)
        for (uint32_t x = 0; x < to.width; x++)
          target[(plane * to.height + y) * to.width + x] =
              weighted(rows + (plane * from.height + (size_t)down.first[y]) * to.width + x, to.width,
                       down.weights + (size_t)y * (size_t)down.length, down.count[y]);
  } else if (!rows_pass) {
    memcpy(target, source, lines * to.width * sizeof(float));
  }
  failed = 0;
done:
  release(&across);
  release(&down);
  free(middle);
  return failed;
}

void cimages_pool_planes(const float *source, size_t planes, cimages_size from, float *target, cimages_size to) {
  for (size_t plane = 0; plane < planes; plane++, source += (size_t)from.width * from.height)
    for (uint32_t row = 0; row < to.height; row++) {
      uint64_t top = (uint64_t)row * from.height / to.height, bottom = ((row + 1ull) * from.height + to.height - 1) / to.height;
      for (uint32_t column = 0; column < to.width; column++) {
        uint64_t left = (uint64_t)column * from.width / to.width;
        uint64_t right = ((column + 1ull) * from.width + to.width - 1) / to.width;
        float sum = 0;
        for (uint64_t y = top; y < bottom; y++)
          for (uint64_t x = left; x < right; x++) sum += source[y * from.width + x];
        *target++ = sum / (float)(bottom - top) / (float)(right - left);
      }
    }
}
