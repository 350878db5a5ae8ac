// Wavelet scattering of pictures (Mallat 2012; Bruna and Mallat 2013), two orders, with the Morlet filters, the mirrored
// border and the order of channels of Kymatio's Scattering2D. Arithmetic in f32; filters are made in f64.
#include "CImages.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { most_factors = 16, planes = 3 };

// Side `n` of a square at one resolution, and what a Fourier transform of that length needs.
struct resolution {
  int n;
  int factors[most_factors];
  float *cosines, *sines;
};

struct cimages_scattering {
  int size, scales, angles;
  struct resolution *resolutions;  // scales + 1: the padded side halved again and again
  float **wavelets;                // [scales * angles][scales]: at each resolution where it is used, else null
  float **lowpass;                 // [scales]
};

// A signal of [n][width] complex numbers in two planes.
struct spectrum {
  float *re, *im;
};

static int factorise(int n, int *factors) {
  int count = 0;
  for (const int *f = (const int[]){4, 2, 3, 5, 7, 0}; *f; f++)
    while (n % *f == 0 && count < most_factors - 1) factors[count++] = *f, n /= *f;
  factors[count] = 0;
  return n == 1;
}

// Stockham's transform along the first axis of [n][width]; `sign` -1 forwards, +1 back (not scaled). Result in `x`.
static void transform(const struct resolution *r, int width, struct spectrum x, struct spectrum y, int sign) {
  struct spectrum from = x, to = y;
  int n = r->n, stride = 1;
  for (const int *factor = r->factors; *factor; factor++) {
    const int radix = *factor, m = n / radix;
    const size_t run = (size_t)stride * width;
    for (int p = 0; p < m; p++)
      for (int j = 0; j < radix; j++) {
        float *restrict re = to.re + run * (size_t)(radix * p + j), *restrict im = to.im + run * (size_t)(radix * p + j);
        for (int k = 0; k < radix; k++) {
          // exp(sign 2 pi i (p j / n + j k / radix))
          const int turn = (int)(((long)p * j * (r->n / n) + (long)j * k * (r->n / radix)) % r->n);
          const float c = r->cosines[turn], s = sign * r->sines[turn];
          const float *restrict a = from.re + run * (size_t)(p + m * k), *restrict b = from.im + run * (size_t)(p + m * k);
          if (k == 0)
            for (size_t i = 0; i < run; i++) re[i] = c * a[i] - s * b[i], im[i] = c * b[i] + s * a[i];
          else
            for (size_t i = 0; i < run; i++) re[i] += c * a[i] - s * b[i], im[i] += c * b[i] + s * a[i];
        }
      }
    const struct spectrum other = from;
    from = to, to = other;
    n = m, stride *= radix;
  }
  if (from.re != x.re) {
    memcpy(x.re, from.re, sizeof(float) * (size_t)r->n * width);
    memcpy(x.im, from.im, sizeof(float) * (size_t)r->n * width);
  }
}

// Each of the planes side by side in [n][planes * n] turned about its diagonal.
static void transpose(int n, float *restrict to, const float *restrict from) {
  for (int plane = 0; plane < planes; plane++)
    for (int row = 0; row < n; row++)
      for (int column = 0; column < n; column++)
        to[(size_t)column * planes * n + plane * n + row] = from[(size_t)row * planes * n + plane * n + column];
}

// In two dimensions; what comes out is transposed, and so are the filters. `x` and `y` swap roles: the result is in `y`.
static void transform_plane(const struct resolution *r, struct spectrum x, struct spectrum y, int sign) {
  transform(r, planes * r->n, x, y, sign);
  transpose(r->n, y.re, x.re);
  transpose(r->n, y.im, x.im);
  transform(r, planes * r->n, y, x, sign);
}

// `to` = `from` filtered and sampled every `step`-th place, both in frequency: [n / step][planes * n / step].
static void filter(int n, int step, const float *wavelet, struct spectrum from, struct spectrum to) {
  const int m = n / step;
  const float scale = 1.0f / (step * step);
  memset(to.re, 0, sizeof(float) * (size_t)m * planes * m);
  memset(to.im, 0, sizeof(float) * (size_t)m * planes * m);
  for (int row = 0; row < n; row++)
    for (int plane = 0; plane < planes; plane++)
      for (int block = 0; block < step; block++) {
        const size_t source = (size_t)row * planes * n + plane * n + block * m;
        const float *restrict w = wavelet + (size_t)row * n + block * m;
        float *restrict re = to.re + (size_t)(row % m) * planes * m + plane * m;
        float *restrict im = to.im + (size_t)(row % m) * planes * m + plane * m;
        const float *restrict a = from.re + source, *restrict b = from.im + source;
        for (int i = 0; i < m; i++) re[i] += scale * w[i] * a[i], im[i] += scale * w[i] * b[i];
      }
}

// Back in space, the modulus, and its spectrum, which is left in `x`; `y` is for work.
static void modulus(const struct resolution *r, struct spectrum x, struct spectrum y) {
  transform_plane(r, x, y, 1);
  const size_t count = (size_t)r->n * planes * r->n;
  const float scale = 1.0f / ((float)r->n * r->n);
  for (size_t i = 0; i < count; i++) y.re[i] = scale * sqrtf(y.re[i] * y.re[i] + y.im[i] * y.im[i]);
  memset(y.im, 0, sizeof(float) * count);
  transform_plane(r, y, x, -1);
}

// The low-pass part of `from`, without its border, as channel `channel` of every plane.
static void average(
  const struct cimages_scattering *s, int level, struct spectrum from, struct spectrum x, struct spectrum y, float *out,
  int channel, int channels) {
  const struct resolution *last = &s->resolutions[s->scales];
  filter(s->resolutions[level].n, 1 << (s->scales - level), s->lowpass[level], from, x);
  transform_plane(last, x, y, 1);
  const int side = last->n - 2;
  const float scale = 1.0f / ((float)last->n * last->n);
  for (int plane = 0; plane < planes; plane++)
    for (int row = 0; row < side; row++)
      for (int column = 0; column < side; column++)
        out[(((size_t)plane * channels + channel) * side + row) * side + column] =
          scale * y.re[(size_t)(row + 1) * planes * last->n + plane * last->n + column + 1];
}

int cimages_scattering_channels(int scales, int angles) {
  return 1 + scales * angles + scales * (scales - 1) / 2 * angles * angles;
}

int cimages_scatter(const struct cimages_scattering *s, const float *picture, float *out) {
  const struct resolution *full = &s->resolutions[0];
  const int n = full->n, border = (n - s->size) / 2, channels = cimages_scattering_channels(s->scales, s->angles);
  const size_t count = (size_t)n * planes * n;
  float *memory = malloc(sizeof(float) * 10 * count);
  if (!memory) return 1;
  struct spectrum parts[5];
  for (int i = 0; i < 5; i++) parts[i] = (struct spectrum){memory + 2 * i * count, memory + (2 * i + 1) * count};
  const struct spectrum whole = parts[0], first = parts[1], second = parts[2], x = parts[3], y = parts[4];
  for (int row = 0; row < n; row++)
    for (int plane = 0; plane < planes; plane++)
      for (int column = 0; column < n; column++) {
        int r = abs(row - border), c = abs(column - border);
        r = r < s->size ? r : 2 * s->size - 2 - r, c = c < s->size ? c : 2 * s->size - 2 - c;
        x.re[(size_t)row * planes * n + plane * n + column] = picture[((size_t)plane * s->size + r) * s->size + c];
      }
  memset(x.im, 0, sizeof(float) * count);
  transform_plane(full, x, whole, -1);
  average(s, 0, whole, x, y, out, 0, channels);
  const int wavelets = s->scales * s->angles;
  int next = 1 + wavelets;
  for (int n1 = 0; n1 < wavelets; n1++) {
    const int j1 = n1 / s->angles;
    filter(n, 1 << j1, s->wavelets[n1 * s->scales], whole, first);
    modulus(&s->resolutions[j1], first, x);
    average(s, j1, first, x, y, out, 1 + n1, channels);
    for (int n2 = (j1 + 1) * s->angles; n2 < wavelets; n2++) {
      const int j2 = n2 / s->angles;
      filter(s->resolutions[j1].n, 1 << (j2 - j1), s->wavelets[n2 * s->scales + j1], first, second);
      modulus(&s->resolutions[j2], second, x);
      average(s, j2, second, x, y, out, next++, channels);
    }
  }
  free(memory);
  return 0;
}

// A Gabor function on an n x n torus, summed over its 25 nearest copies: `re` and `im` are [n][n].
static void gabor(int n, double sigma, double theta, double xi, double slant, double *re, double *im) {
  const double c = cos(theta), s = sin(theta), unit = 1 / (2 * sigma * sigma), flat = slant * slant;
  const double xx = (c * c + flat * s * s) * unit, yy = (s * s + flat * c * c) * unit, xy = 2 * (1 - flat) * s * c * unit;
  const double norm = slant / (2 * 3.1415 * sigma * sigma);
  memset(re, 0, sizeof(double) * (size_t)n * n);
  memset(im, 0, sizeof(double) * (size_t)n * n);
  for (int copy = 0; copy < 25; copy++)
    for (int row = 0; row < n; row++)
      for (int column = 0; column < n; column++) {
        const double x = row + (copy / 5 - 2) * n, y = column + (copy % 5 - 2) * n;
        const double exponent = -(xx * x * x + xy * x * y + yy * y * y);
        if (exponent < -60) continue;
        const double envelope = norm * exp(exponent), phase = xi * (x * c + y * s);
        re[row * n + column] += envelope * cos(phase);
        im[row * n + column] += envelope * sin(phase);
      }
}

// The real part of the two-dimensional spectrum, transposed: [n][n].
static void spectrum_of(int n, double *re, double *im, double *work, double *out) {
  double *c = work, *s = work + n, *a = work + 2 * n, *b = a + (size_t)n * n;
  for (int i = 0; i < n; i++) c[i] = cos(2 * M_PI * i / n), s[i] = -sin(2 * M_PI * i / n);
  for (int k = 0; k < n; k++)
    for (int column = 0; column < n; column++) {
      double sum_re = 0, sum_im = 0;
      for (int row = 0; row < n; row++) {
        const int turn = k * row % n;
        sum_re += c[turn] * re[row * n + column] - s[turn] * im[row * n + column];
        sum_im += c[turn] * im[row * n + column] + s[turn] * re[row * n + column];
      }
      a[k * n + column] = sum_re, b[k * n + column] = sum_im;
    }
  for (int k = 0; k < n; k++)
    for (int l = 0; l < n; l++) {
      double sum = 0;
      for (int column = 0; column < n; column++) {
        const int turn = l * column % n;
        sum += c[turn] * a[k * n + column] - s[turn] * b[k * n + column];
      }
      out[l * n + k] = sum;
    }
}

// The lowest frequencies, which is what a coarser grid holds.
static float *cropped(const double *spectrum, int n, int m) {
  float *crop = malloc(sizeof(float) * (size_t)m * m);
  for (int row = 0; crop && row < m; row++)
    for (int column = 0; column < m; column++)
      crop[row * m + column] =
        (float)spectrum[(row < (m + 1) / 2 ? row : row + n - m) * n + (column < (m + 1) / 2 ? column : column + n - m)];
  return crop;
}

void cimages_scattering_free(struct cimages_scattering *s) {
  if (!s) return;
  for (int i = 0; s->resolutions && i <= s->scales; i++) free(s->resolutions[i].cosines), free(s->resolutions[i].sines);
  for (int i = 0; s->wavelets && i < s->scales * s->angles * s->scales; i++) free(s->wavelets[i]);
  for (int i = 0; s->lowpass && i < s->scales; i++) free(s->lowpass[i]);
  free(s->resolutions), free(s->wavelets), free(s->lowpass), free(s);
}

struct cimages_scattering *cimages_scattering_make(int size, int scales, int angles) {
  if (scales < 1 || scales > 6 || angles < 1 || angles > 16 || size < 1 << scales || size > 1024 || size % (1 << scales))
    return NULL;
  struct cimages_scattering *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  *s = (struct cimages_scattering){.size = size, .scales = scales, .angles = angles};
  const int n = size + 2 * (1 << scales), wavelets = scales * angles;
  s->resolutions = calloc((size_t)scales + 1, sizeof *s->resolutions);
  s->wavelets = calloc((size_t)wavelets * scales, sizeof *s->wavelets);
  s->lowpass = calloc((size_t)scales, sizeof *s->lowpass);
  double *work = malloc(sizeof(double) * ((size_t)n * n * 7 + 2 * n));
  int whole = s->resolutions && s->wavelets && s->lowpass && work;
  for (int j = 0; whole && j <= scales; j++) {
    struct resolution *r = &s->resolutions[j];
    r->n = n >> j;
    r->cosines = malloc(sizeof(float) * r->n), r->sines = malloc(sizeof(float) * r->n);
    whole = r->cosines && r->sines && factorise(r->n, r->factors);
    for (int i = 0; whole && i < r->n; i++)
      r->cosines[i] = (float)cos(2 * M_PI * i / r->n), r->sines[i] = (float)sin(2 * M_PI * i / r->n);
  }
  const size_t area = (size_t)n * n;
  double *re = work, *im = re + area, *flat = im + area, *zero = flat + area, *out = zero + area, *rest = out + area;
  for (int index = 0; whole && index < wavelets; index++) {
    const int j = index / angles, theta = index % angles;
    const double angle = (angles - angles / 2 - 1 - theta) * M_PI / angles, sigma = 0.8 * (1 << j), slant = 4.0 / angles;
    gabor(n, sigma, angle, 0.75 * M_PI / (1 << j), slant, re, im);
    gabor(n, sigma, angle, 0, slant, flat, zero);
    double sum_re = 0, sum_im = 0, sum = 0;
    for (size_t i = 0; i < area; i++) sum_re += re[i], sum_im += im[i], sum += flat[i];
    for (size_t i = 0; i < area; i++) re[i] -= sum_re / sum * flat[i], im[i] -= sum_im / sum * flat[i];
    spectrum_of(n, re, im, rest, out);
    for (int level = 0; whole && level < (j > 0 ? j : 1); level++)
      whole = (s->wavelets[index * scales + level] = cropped(out, n, n >> level)) != NULL;
  }
  if (whole) {
    gabor(n, 0.8 * (1 << (scales - 1)), 0, 0, 1, re, im);
    spectrum_of(n, re, im, rest, out);
  }
  for (int level = 0; whole && level < scales; level++) whole = (s->lowpass[level] = cropped(out, n, n >> level)) != NULL;
  free(work);
  if (whole) return s;
  cimages_scattering_free(s);
  return NULL;
}
