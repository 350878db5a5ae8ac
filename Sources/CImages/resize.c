// Pillow's Image.resize for 8-bit RGB (libImaging/Resample.c) and torch's antialiased interpolate of uint8 on a CPU
// with AVX2 (ATen's UpSampleKernel.cpp, which torchvision calls), each to the bit.
//
// Both are the same separable convolution, whose kernel is stretched when shrinking (antialiasing): along the rows,
// then along the columns, each rounded to 8 bits. Weights are computed in double, normalised to sum 1 and rounded to
// fixed point, so that the result does not depend on the machine. They differ in two things:
//   - Pillow has 22 bits behind the point. torch wants its weights in 16 bits, so it takes, for each pass, as many
//     bits (22 at most) as leave the largest weight below 2^15: 14 or 15 when enlarging, more when shrinking.
//   - torch always takes the rows first.
#include "CImages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// 8 bits of a value and 2 for sums outside its range leave 22 of 32.
enum { MAXIMUM_PRECISION = 32 - 8 - 2 };

typedef struct {
  double (*weight)(double);
  double support;
} kernel;

static double box(double x) { return x > -0.5 && x <= 0.5 ? 1 : 0; }

static double bilinear(double x) {
  x = fabs(x);
  return x < 1 ? 1 - x : 0;
}

static double hamming(double x) {
  x = fabs(x);
  if (x == 0) return 1;
  if (x >= 1) return 0;
  x *= M_PI;
  return sin(x) / x * (0.54 + 0.46 * cos(x));
}

static double bicubic(double x) {
  const double a = -0.5;
  x = fabs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

static double sinc(double x) {
  if (x == 0) return 1;
  x *= M_PI;
  return sin(x) / x;
}

static double lanczos(double x) { return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0; }

static const kernel kernels[] = {
    [CIMAGES_BOX] = {box, 0.5},         [CIMAGES_BILINEAR] = {bilinear, 1}, [CIMAGES_HAMMING] = {hamming, 1},
    [CIMAGES_BICUBIC] = {bicubic, 2},   [CIMAGES_LANCZOS] = {lanczos, 3},
};

// For each output place: the first input it reads, how many, and their fixed-point weights.
typedef struct {
  int length;
  int precision; // bits behind the point
  int32_t *first, *count;
  int32_t *weights; // length per output place
} taps;

static void release(taps *t) {
  free(t->first);
  free(t->count);
  free(t->weights);
}

// One axis: `from` places become `to`.
typedef struct {
  uint32_t from;
  double scale, stretch, support;
  kernel k;
} axis;

static axis axis_between(uint32_t from, uint32_t to, kernel k) {
  double scale = (double)from / to, stretch = scale < 1 ? 1 : scale;
  return (axis){from, scale, stretch, k.support * stretch, k};
}

// Writes the weights of one output place, which sum to 1, and returns their number.
static int weigh(axis a, uint32_t place, int length, double *weights, int32_t *first) {
  double centre = (place + 0.5) * a.scale, sum = 0, inverse = 1.0 / a.stretch;
  int low = (int)(centre - a.support + 0.5), high = (int)(centre + a.support + 0.5);
  if (low < 0) low = 0;
  if (high > (int)a.from) high = (int)a.from;
  int count = high - low < length ? high - low : length;
  for (int i = 0; i < count; i++) sum += weights[i] = a.k.weight((i + low - centre + 0.5) * inverse);
  if (sum != 0)
    for (int i = 0; i < count; i++) weights[i] /= sum;
  *first = low;
  return count;
}

// torch's bits behind the point: the most with which the largest weight, rounded, stays below 2^15.
static int torch_precision(axis a, uint32_t to, int length, double *weights) {
  double largest = 0;
  int32_t first;
  for (uint32_t place = 0; place < to; place++)
    for (int i = weigh(a, place, length, weights, &first); i-- > 0;)
      if (weights[i] > largest) largest = weights[i];
  int precision = 0;
  while (precision < MAXIMUM_PRECISION && (int)(0.5 + largest * (1 << (precision + 1))) < 1 << 15) precision++;
  return precision;
}

static int plan(taps *t, uint32_t from, uint32_t to, kernel k, cimages_arithmetic arithmetic) {
  axis a = axis_between(from, to, k);
  t->length = (int)ceil(a.support) * 2 + 1;
  t->first = malloc(to * sizeof(int32_t));
  t->count = malloc(to * sizeof(int32_t));
  t->weights = calloc((size_t)to * (size_t)t->length, sizeof(int32_t));
  double *exact = malloc((size_t)t->length * sizeof(double));
  if (!t->first || !t->count || !t->weights || !exact) {
    free(exact);
    return 1;
  }
  t->precision = arithmetic == CIMAGES_TORCH ? torch_precision(a, to, t->length, exact) : MAXIMUM_PRECISION;
  for (uint32_t place = 0; place < to; place++) {
    int32_t *weights = t->weights + (size_t)place * (size_t)t->length;
    int count = weigh(a, place, t->length, exact, &t->first[place]);
    for (int i = 0; i < count; i++)
      weights[i] = (int32_t)((exact[i] < 0 ? -0.5 : 0.5) + exact[i] * (1 << t->precision));
    t->count[place] = count;
  }
  free(exact);
  return 0;
}

static inline uint8_t clip(int32_t sum, int precision) {
  int32_t value = sum >> precision;
  return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

static void along_rows(const uint8_t *source, uint32_t stride, uint32_t rows, uint8_t *target, uint32_t width,
                       const taps *t) {
  for (uint32_t y = 0; y < rows; y++) {
    const uint8_t *line = source + (size_t)y * stride * 3;
    uint8_t *out = target + (size_t)y * width * 3;
    for (uint32_t x = 0; x < width; x++) {
      const uint8_t *in = line + (size_t)t->first[x] * 3;
      const int32_t *w = t->weights + (size_t)x * (size_t)t->length;
      int32_t r = 1 << (t->precision - 1), g = r, b = r;
      for (int i = 0; i < t->count[x]; i++) {
        r += in[3 * i] * w[i];
        g += in[3 * i + 1] * w[i];
        b += in[3 * i + 2] * w[i];
      }
      out[3 * x] = clip(r, t->precision);
      out[3 * x + 1] = clip(g, t->precision);
      out[3 * x + 2] = clip(b, t->precision);
    }
  }
}

// `skipped`: rows of the picture that `source` leaves out at the top. `sums` holds one line.
static void along_columns(const uint8_t *source, int32_t skipped, uint8_t *target, uint32_t width, uint32_t height,
                          const taps *t, int32_t *sums) {
  size_t line = (size_t)width * 3;
  for (uint32_t y = 0; y < height; y++) {
    const uint8_t *in = source + (size_t)(t->first[y] - skipped) * line;
    const int32_t *w = t->weights + (size_t)y * (size_t)t->length;
    for (size_t i = 0; i < line; i++) sums[i] = 1 << (t->precision - 1);
    for (int k = 0; k < t->count[y]; k++)
      for (size_t i = 0; i < line; i++) sums[i] += in[(size_t)k * line + i] * w[k];
    for (size_t i = 0; i < line; i++) target[(size_t)y * line + i] = clip(sums[i], t->precision);
  }
}

// Pillow 13 shrinks the columns first where that drops more than twice the pixels that the rows would; older versions
// always take the rows first. The order shows in the last bit, because each pass rounds.
static int columns_first(cimages_size from, cimages_size to) {
  int64_t rows = (int64_t)from.height - to.height, columns = (int64_t)from.width - to.width;
  return rows > 0 && rows > 2 * columns;
}

int cimages_resize(const uint8_t *source, cimages_size from, uint8_t *target, cimages_size to,
                   cimages_filter filter, cimages_arithmetic arithmetic) {
  taps across = {0}, down = {0};
  uint8_t *middle = NULL;
  int32_t *sums = NULL;
  int failed = 1;
  int rows_pass = from.width != to.width, columns_pass = from.height != to.height;
  if (!rows_pass && !columns_pass) {
    memcpy(target, source, (size_t)from.width * from.height * 3);
    return 0;
  }
  if (rows_pass && plan(&across, from.width, to.width, kernels[filter], arithmetic)) goto done;
  if (columns_pass && plan(&down, from.height, to.height, kernels[filter], arithmetic)) goto done;
  int columns_lead = arithmetic == CIMAGES_PILLOW && columns_pass && columns_first(from, to);
  size_t line = columns_lead || !rows_pass ? from.width : to.width;
  if (columns_pass && !(sums = malloc(line * 3 * sizeof(int32_t)))) goto done;
  if (!columns_pass) {
    along_rows(source, from.width, from.height, target, to.width, &across);
  } else if (!rows_pass) {
    along_columns(source, 0, target, to.width, to.height, &down, sums);
  } else if (columns_lead) {
    if (!(middle = malloc((size_t)to.height * from.width * 3))) goto done;
    along_columns(source, 0, middle, from.width, to.height, &down, sums);
    along_rows(middle, from.width, to.height, target, to.width, &across);
  } else {
    // Only rows that the second pass reads go through the first.
    int32_t first = down.first[0];
    uint32_t rows = (uint32_t)(down.first[to.height - 1] + down.count[to.height - 1] - first);
    if (!(middle = malloc((size_t)rows * to.width * 3))) goto done;
    along_rows(source + (size_t)first * from.width * 3, from.width, rows, middle, to.width, &across);
    along_columns(middle, first, target, to.width, to.height, &down, sums);
  }
  failed = 0;
done:
  release(&across);
  release(&down);
  free(middle);
  free(sums);
  return failed;
}
