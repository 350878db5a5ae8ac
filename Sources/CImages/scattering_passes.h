// The passes of scattering.c over pictures, for one instruction set: VARIANT(name) is what a function is called there. None
// fuses a product with a sum, so that all give the same bits.
#pragma STDC FP_CONTRACT OFF

// One pass of Stockham's transform at one place: `radix` runs of `from`, `step` numbers apart, to as many in a row in `to`, the
// j-th turned by `turns[j]`.
static inline __attribute__((always_inline)) void VARIANT(butterfly)(
  const struct resolution *r, int radix, size_t run, const float *restrict re, const float *restrict im, size_t step,
  float *restrict out_re, float *restrict out_im, const int *turns, int sign) {
  float c[4], s[4];
  for (int j = 0; j < radix && j < 4; j++) c[j] = r->cosines[turns[j]], s[j] = sign * r->sines[turns[j]];
  if (radix == 2)
    for (size_t i = 0; i < run; i++) {
      const float a = re[i], b = im[i], x = re[step + i], y = im[step + i], d = a - x, e = b - y;
      out_re[i] = a + x, out_im[i] = b + y;
      out_re[run + i] = c[1] * d - s[1] * e, out_im[run + i] = c[1] * e + s[1] * d;
    }
  else if (radix == 3) {
    const float half = 0.5f, slope = sign * 0.866025403784438647f;
    for (size_t i = 0; i < run; i++) {
      const float sum_re = re[step + i] + re[2 * step + i], sum_im = im[step + i] + im[2 * step + i];
      const float d_re = slope * (re[step + i] - re[2 * step + i]), d_im = slope * (im[step + i] - im[2 * step + i]);
      const float m_re = re[i] - half * sum_re, m_im = im[i] - half * sum_im;
      const float x1 = m_re - d_im, y1 = m_im + d_re, x2 = m_re + d_im, y2 = m_im - d_re;
      out_re[i] = re[i] + sum_re, out_im[i] = im[i] + sum_im;
      out_re[run + i] = c[1] * x1 - s[1] * y1, out_im[run + i] = c[1] * y1 + s[1] * x1;
      out_re[2 * run + i] = c[2] * x2 - s[2] * y2, out_im[2 * run + i] = c[2] * y2 + s[2] * x2;
    }
  } else
    for (size_t i = 0; i < run; i++) {
      const float p_re = re[i] + re[2 * step + i], p_im = im[i] + im[2 * step + i];
      const float q_re = re[i] - re[2 * step + i], q_im = im[i] - im[2 * step + i];
      const float u_re = re[step + i] + re[3 * step + i], u_im = im[step + i] + im[3 * step + i];
      const float v_re = sign * (re[step + i] - re[3 * step + i]), v_im = sign * (im[step + i] - im[3 * step + i]);
      const float x1 = q_re - v_im, y1 = q_im + v_re, x2 = p_re - u_re, y2 = p_im - u_im, x3 = q_re + v_im, y3 = q_im - v_re;
      out_re[i] = p_re + u_re, out_im[i] = p_im + u_im;
      out_re[run + i] = c[1] * x1 - s[1] * y1, out_im[run + i] = c[1] * y1 + s[1] * x1;
      out_re[2 * run + i] = c[2] * x2 - s[2] * y2, out_im[2 * run + i] = c[2] * y2 + s[2] * x2;
      out_re[3 * run + i] = c[3] * x3 - s[3] * y3, out_im[3 * run + i] = c[3] * y3 + s[3] * x3;
    }
}

// The same of any radix.
static void VARIANT(long_butterfly)(
  const struct resolution *r, int radix, size_t run, struct spectrum from, size_t step, struct spectrum to, const int *turns,
  int sign) {
  for (int j = 0; j < radix; j++) {
    float *restrict re = to.re + run * (size_t)j, *restrict im = to.im + run * (size_t)j;
    for (int k = 0; k < radix; k++) {
      const int turn = (int)((turns[j] + (long)j * k * (r->n / radix)) % r->n);
      const float c = r->cosines[turn], s = sign * r->sines[turn];
      const float *restrict a = from.re + step * (size_t)k, *restrict b = from.im + step * (size_t)k;
      if (k == 0)
        for (size_t i = 0; i < run; i++) re[i] = c * a[i] - s * b[i], im[i] = c * b[i] + s * a[i];
      else
        for (size_t i = 0; i < run; i++) re[i] += c * a[i] - s * b[i], im[i] += c * b[i] + s * a[i];
    }
  }
}

// Stockham's transform along the first axis of [n][width]; `sign` -1 forwards, +1 back (not scaled). Result in `x`.
static void VARIANT(transform)(const struct resolution *r, int width, struct spectrum x, struct spectrum y, int sign) {
  struct spectrum from = x, to = y;
  int n = r->n, stride = 1;
  for (const int *factor = r->factors; *factor; factor++) {
    const int radix = *factor, m = n / radix;
    const size_t run = (size_t)stride * width, step = run * (size_t)m;
    for (int p = 0; p < m; p++) {
      const struct spectrum source = {from.re + run * (size_t)p, from.im + run * (size_t)p};
      const struct spectrum goal = {to.re + run * (size_t)(radix * p), to.im + run * (size_t)(radix * p)};
      int turns[7];  // exp(sign 2 pi i p j / n)
      for (int j = 0; j < radix; j++) turns[j] = (int)((long)p * j * (r->n / n) % r->n);
      switch (radix) {
        case 2: VARIANT(butterfly)(r, 2, run, source.re, source.im, step, goal.re, goal.im, turns, sign); break;
        case 3: VARIANT(butterfly)(r, 3, run, source.re, source.im, step, goal.re, goal.im, turns, sign); break;
        case 4: VARIANT(butterfly)(r, 4, run, source.re, source.im, step, goal.re, goal.im, turns, sign); break;
        default: VARIANT(long_butterfly)(r, radix, run, source, step, goal, turns, sign);
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
static void VARIANT(transpose)(int n, float *restrict to, const float *restrict from) {
  for (int plane = 0; plane < planes; plane++)
    for (int row = 0; row < n; row++)
      for (int column = 0; column < n; column++)
        to[(size_t)column * planes * n + plane * n + row] = from[(size_t)row * planes * n + plane * n + column];
}

// In two dimensions; what comes out is transposed, and so are the filters. `x` and `y` swap roles: the result is in `y`.
static void VARIANT(transform_plane)(const struct resolution *r, struct spectrum x, struct spectrum y, int sign) {
  VARIANT(transform)(r, planes * r->n, x, y, sign);
  VARIANT(transpose)(r->n, y.re, x.re);
  VARIANT(transpose)(r->n, y.im, x.im);
  VARIANT(transform)(r, planes * r->n, y, x, sign);
}

// `to` = `from` filtered and sampled every `step`-th place, both in frequency: [n / step][planes * n / step].
static void VARIANT(filter)(int n, int step, const float *wavelet, struct spectrum from, struct spectrum to) {
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
static void VARIANT(modulus)(const struct resolution *r, struct spectrum x, struct spectrum y) {
  VARIANT(transform_plane)(r, x, y, 1);
  const size_t count = (size_t)r->n * planes * r->n;
  const float scale = 1.0f / ((float)r->n * r->n);
  for (size_t i = 0; i < count; i++) y.re[i] = scale * sqrtf(y.re[i] * y.re[i] + y.im[i] * y.im[i]);
  memset(y.im, 0, sizeof(float) * count);
  VARIANT(transform_plane)(r, y, x, -1);
}

// The low-pass part of `from`, without its border, as channel `channel` of every plane.
static void VARIANT(average)(
  const struct cimages_scattering *s, int level, struct spectrum from, struct spectrum x, struct spectrum y, float *out,
  int channel, int channels) {
  const struct resolution *last = &s->resolutions[s->scales];
  VARIANT(filter)(s->resolutions[level].n, 1 << (s->scales - level), s->lowpass[level], from, x);
  VARIANT(transform_plane)(last, x, y, 1);
  const int side = last->n - 2;
  const float scale = 1.0f / ((float)last->n * last->n);
  for (int plane = 0; plane < planes; plane++)
    for (int row = 0; row < side; row++)
      for (int column = 0; column < side; column++)
        out[(((size_t)plane * channels + channel) * side + row) * side + column] =
          scale * y.re[(size_t)(row + 1) * planes * last->n + plane * last->n + column + 1];
}

static int VARIANT(scatter)(const struct cimages_scattering *s, const float *picture, float *out) {
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
  VARIANT(transform_plane)(full, x, whole, -1);
  VARIANT(average)(s, 0, whole, x, y, out, 0, channels);
  const int wavelets = s->scales * s->angles;
  int next = 1 + wavelets;
  for (int n1 = 0; n1 < wavelets; n1++) {
    const int j1 = n1 / s->angles;
    VARIANT(filter)(n, 1 << j1, s->wavelets[n1 * s->scales], whole, first);
    VARIANT(modulus)(&s->resolutions[j1], first, x);
    VARIANT(average)(s, j1, first, x, y, out, 1 + n1, channels);
    for (int n2 = (j1 + 1) * s->angles; n2 < wavelets; n2++) {
      const int j2 = n2 / s->angles;
      VARIANT(filter)(s->resolutions[j1].n, 1 << (j2 - j1), s->wavelets[n2 * s->scales + j1], first, second);
      VARIANT(modulus)(&s->resolutions[j2], second, x);
      VARIANT(average)(s, j2, second, x, y, out, next++, channels);
    }
  }
  free(memory);
  return 0;
}
