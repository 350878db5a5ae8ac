// Pillow's Image.resize for 8-bit RGB (libImaging/Resample.c), to the bit.
//
// A separable convolution whose kernel is stretched when shrinking (antialiasing): rows first, then columns, each
// rounded to 8 bits. Weights are computed in double, normalised to sum 1 and rounded to 22-bit fixed point, so that
// the result does not depend on the machine.
#include "CImages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PRECISION = 32 - 8 - 2 };

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
  int32_t *first, *count;
  int32_t *weights; // length per output place
} taps;

static void release(taps *t) {
  free(t->first);
  free(t->count);
  free(t->weights);
}

static int plan(taps *t, uint32_t from, uint32_t to, kernel k) {
  double scale = (double)from / to, stretch = scale < 1 ? 1 : scale, support = k.support * stretch;
  t->length = (int)ceil(support) * 2 + 1;
  t->first = malloc(to * sizeof(int32_t));
  t->count = malloc(to * sizeof(int32_t));
  t->weights = calloc((size_t)to * (size_t)t->length, sizeof(int32_t));
  double *exact = malloc((size_t)t->length * sizeof(double));
  if (!t->first || !t->count || !t->weights || !exact) {
    free(exact);
    return 1;
  }
  for (uint32_t place = 0; place < to; place++) {
    double centre = (place + 0.5) * scale, sum = 0, inverse = 1.0 / stretch;
    int low = (int)(centre - support + 0.5), high = (int)(centre + support + 0.5);
    if (low < 0) low = 0;
    if (high > (int)from) high = (int)from;
    int count = high - low;
    for (int i = 0; i < count; i++) sum += exact[i] = k.weight((i + low - centre + 0.5) * inverse);
    int32_t *weights = t->weights + (size_t)place * (size_t)t->length;
    for (int i = 0; i < count; i++) {
      double w = sum != 0 ? exact[i] / sum : exact[i];
      weights[i] = (int32_t)((w < 0 ? -0.5 : 0.5) + w * (1 << PRECISION));
    }
    t->first[place] = low;
    t->count[place] = count;
  }
  free(exact);
  return 0;
}

static inline uint8_t clip(int32_t sum) {
  int32_t value = sum >> PRECISION;
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
      int32_t r = 1 << (PRECISION - 1), g = r, b = r;
      for (int i = 0; i < t->count[x]; i++) {
        r += in[3 * i] * w[i];
        g += in[3 * i + 1] * w[i];
        b += in[3 * i + 2] * w[i];
      }
      out[3 * x] = clip(r);
      out[3 * x + 1] = clip(g);
      out[3 * x + 2] = clip(b);
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
    for (size_t i = 0; i < line; i++) sums[i] = 1 << (PRECISION - 1);
    for (int k = 0; k < t->count[y]; k++)
      for (size_t i = 0; i < line; i++) sums[i] += in[(size_t)k * line + i] * w[k];
    for (size_t i = 0; i < line; i++) target[(size_t)y * line + i] = clip(sums[i]);
  }
}

// Pillow 13 shrinks the columns first where that drops more than twice the pixels that the rows would; older versions
// always take the rows first. The order shows in the last bit, because each pass rounds.
static int columns_first(cimages_size from, cimages_size to) {
  int64_t rows = (int64_t)from.height - to.height, columns = (int64_t)from.width - to.width;
  return rows > 0 && rows > 2 * columns;
}

int cimages_resize(const uint8_t *source, cimages_size from, uint8_t *target, cimages_size to,
                   cimages_filter filter) {
  taps across = {0}, down = {0};
  uint8_t *middle = NULL;
  int32_t *sums = NULL;
  int failed = 1;
  int rows_pass = from.width != to.width, columns_pass = from.height != to.height;
  if (!rows_pass && !columns_pass) {
    memcpy(target, source, (size_t)from.width * from.height * 3);
    return 0;
  }
  if (rows_pass && plan(&across, from.width, to.width, kernels[filter])) goto done;
  if (columns_pass && plan(&down, from.height, to.height, kernels[filter])) goto done;
  int columns_lead = columns_pass && columns_first(from, to);
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
