// Runs every table of kernels that this machine has against the scalar one, on lengths that straddle vectors, panels,
// blocks and chunks, each array between guards of its own (guarded.h). Prints the number of cases; exits 1 on the first
// difference. Arguments: a seed; `threads` to share the work among threads as the tool does.
#include <pthread.h>

#include "columns.h"

static const size_t lengths[] = {1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 3420, 4304};

static void check_elementwise(size_t n) {
  float *x = floats(2 * n, 2), *u = floats(n, 1), *w = floats(n, 1), *a = ARRAY(float, 2 * n), *b = ARRAY(float, 2 * n);
  for (int f = VK_IDENTITY; f <= VK_SIGMOID; f++) {
    BOTH(activate, (f, x, a, n), (f, x, b, n));
    near("activate", a, b, n, 2e-6, n, (size_t)f);
  }
  BOTH(add, (x, x + n, a, n), (x, x + n, b, n));
  near("add", a, b, n, 0, n, 0);
  BOTH(layer_norm, (x, w, u, 1e-5f, a, 2, n), (x, w, u, 1e-5f, b, 2, n));
  near("layer_norm", a, b, 2 * n, 2e-6, n, 0);
  BOTH(rms_norm, (x, w, 1e-5f, a, 2, n), (x, w, 1e-5f, b, 2, n));
  near("rms_norm", a, b, 2 * n, 2e-6, n, 0);
  // In place.
  memcpy(a, x, 8 * n), memcpy(b, x, 8 * n);
  BOTH(layer_norm, (a, w, NULL, 1e-5f, a, 2, n), (b, w, NULL, 1e-5f, b, 2, n));
  near("layer_norm without bias", a, b, 2 * n, 2e-6, n, 0);
  memcpy(a, x, 8 * n), memcpy(b, x, 8 * n);
  BOTH(softmax, (a, 0.7f, 2, n), (b, 0.7f, 2, n));
  near("softmax", a, b, 2 * n, 4e-6, n, 0);
  vk_comparison c = vk_compare(a, b, 2 * n), d = vk_compare(b, a, 2 * n);
  if (c.difference != d.difference || c.largest != d.largest) fail("compare", n, 0, 0);
  release_all();

  // Two tokens of two heads of 2n, rows apart.
  size_t stride = 4 * n + 3;
  float *cosines = floats(2 * n, 1), *sines = floats(2 * n, 1), *y = floats(stride + 4 * n, 1);
  a = ARRAY(float, stride + 4 * n), b = ARRAY(float, stride + 4 * n);
  memcpy(a, y, (stride + 4 * n) * 4), memcpy(b, y, (stride + 4 * n) * 4);
  BOTH(rotate, (a, cosines, sines, 2, 2, 2 * n, 2 * n, stride), (b, cosines, sines, 2, 2, 2 * n, 2 * n, stride));
  near("rotate", a, b, stride + 4 * n, 1e-6, n, 0);
  // The first elements of each head only.
  size_t part = 2 * ((n + 1) / 2);
  BOTH(rotate, (a, cosines, sines, 2, 2, part, 2 * n, stride), (b, cosines, sines, 2, 2, part, 2 * n, stride));
  near("rotate part", a, b, stride + 4 * n, 1e-6, n, 0);
  release_all();
}

/// A state of `width` x `n` for each of four heads, two sharing keys, over five tokens; and the convolution before it.
static void check_delta_rule(size_t width, size_t n) {
  const uint64_t before = state;
  enum { HEADS = 4, KEYS = 2, TOKENS = 5, TAPS = 4 };
  size_t stride = 2 * KEYS * width + HEADS * n;
  float *x = floats(TOKENS * stride, 1 / sqrtf((float)width)), *gates = floats(2 * TOKENS * HEADS, 1), *s = floats(HEADS * width * n, 1);
  for (size_t i = 0; i < 2 * TOKENS * HEADS; i++) gates[i] = gates[i] < -1 ? 0 : gates[i] > 1 ? 1 : (gates[i] + 1) / 2;
  float *a = ARRAY(float, HEADS * width * n), *b = ARRAY(float, HEADS * width * n);
  memcpy(a, s, HEADS * width * n * 4), memcpy(b, s, HEADS * width * n * 4);
  float *y = ARRAY(float, TOKENS * HEADS * n), *z = ARRAY(float, TOKENS * HEADS * n);
  vk_delta_rule ours = {x, x + KEYS * width, x + 2 * KEYS * width, gates, gates + TOKENS * HEADS, stride, TOKENS, HEADS, KEYS,
                        width, n, a, y}, theirs = ours;
  theirs.state = b, theirs.out = z;
  BOTH(delta_rule, (&ours, 0, HEADS), (&theirs, 0, HEADS));
  near("delta_rule", y, z, TOKENS * HEADS * n, 2e-5, width, n);
  near("delta_rule's state", a, b, HEADS * width * n, 2e-5, width, n);
  release_all();
  float *tokens = floats((TOKENS + TAPS - 1) * n, 1), *weights = floats(TAPS * n, 1);
  y = ARRAY(float, TOKENS * n), z = ARRAY(float, TOKENS * n);
  for (int f = VK_IDENTITY; f <= VK_SIGMOID; f++) {
    BOTH(convolve, (f, tokens, weights, TOKENS, n, TAPS, y), (f, tokens, weights, TOKENS, n, TAPS, z));
    near("convolve", y, z, TOKENS * n, 4e-6, n, (size_t)f);
  }
  release_all();
  state = before;
}

static void check_types(size_t n) {
  float *x = floats(n, 2), *a = ARRAY(float, n), *b = ARRAY(float, n);
  int8_t *p = ARRAY(int8_t, n), *q = ARRAY(int8_t, n);
  float s, t;
  if (tried->quantize_token(x, n, p, &s) != scalar->quantize_token(x, n, q, &t) || s != t || memcmp(p, q, n))
    fail("quantize_token", n, 0, 0);
  static const vk_type types[] = {VK_F32, VK_BF16, VK_F16};
  EACH(i, types) {
    size_t bytes = types[i] == VK_F32 ? 4 : 2;
    void *aligned = guarded(n * bytes, bytes, 0), *source = ANYWHERE(n * bytes);
    scalar->from_f32(x, aligned, types[i], n), memcpy(source, aligned, n * bytes);
    if (tried->absmax(source, types[i], n) != scalar->absmax(source, types[i], n)) fail("absmax", n, i, 0);
    vk_quantization_sums sums = {0, 0}, sums2 = {0, 0};
    for (unsigned bits = 4; bits <= 8; bits += 4) {
      const float most = bits == 8 ? 127 : 7;
      BOTH(quantize, (source, types[i], n, 0.03f, most, p, &sums), (source, types[i], n, 0.03f, most, q, &sums2));
      if (memcmp(p, q, n) || fabs(sums.error - sums2.error) > 1e-5 * sums2.error + 1e-12) fail("quantize", n, i, bits);
    }
    size_t group = n / 3 + 1, groups = (n + group - 1) / group;
    float *scales = ARRAY(float, groups), *scales2 = ARRAY(float, groups);
    for (unsigned bits = 4; bits <= 8; bits += 4)
      if (vk_quantize_rows(tried, source, types[i], 1, n, group, bits, types[i], p, scales, &sums) != 1 ||
          vk_quantize_rows(scalar, source, types[i], 1, n, group, bits, types[i], q, scales2, &sums2) != 1 ||
          memcmp(p, q, n) || memcmp(scales, scales2, groups * 4))
        fail("quantize_rows", n, i, bits);
    for (unsigned bits = 4, width = (unsigned)n / 32 * 32; width && bits <= 8; bits += 4) {
      uint32_t *words = ARRAY(uint32_t, width * bits / 32);
      float *ends = ARRAY(float, width / 32), *biases = ARRAY(float, width / 32);
      if (vk_quantize_affine(source, types[i], 1, width, 32, bits, words, ends, biases, &sums) != 1 ||
          vk_quantize_affine(source, types[i], 1, width, 32, bits, NULL, ends, biases, NULL) != 1)
        fail("quantize_affine", n, i, bits);
      if (vk_quantize_ggml(source, types[i], 1, width, bits, p, ends, &sums) != 1) fail("quantize_ggml", n, i, bits);
      release(words), release(ends), release(biases);
    }
    release(scales), release(scales2), release(source), release(aligned), cases++;
  }
  for (int type = VK_F32; type <= VK_F8_E5M2FNUZ; type++) {
    size_t bytes = type == VK_F64 ? 8 : type == VK_F32 ? 4 : type <= VK_F16 ? 2 : 1;
    char *c = guarded(n * bytes, bytes, 0), *d = guarded(n * bytes, bytes, 0), *e = ANYWHERE(n * bytes);
    BOTH(from_f32, (x, c, type, n), (x, d, type, n));
    if (memcmp(c, d, n * bytes)) fail("from_f32", n, (size_t)type, 0);
    memcpy(e, d, n * bytes);
    BOTH(to_f32, (e, type, a, n), (d, type, b, n));
    if (memcmp(a, b, 4 * n)) fail("to_f32", n, (size_t)type, 0);
    release(c), release(d), release(e), cases++;
  }
  release_all();
}

/// Every 8- and 16-bit code; NaNs only have to stay NaNs.
static void check_codes(void) {
  for (int type = VK_BF16; type <= VK_F8_E5M2FNUZ; type++) {
    if (type == VK_F64) continue;
    size_t bytes = type == VK_BF16 || type == VK_F16 ? 2 : 1, count = (size_t)1 << 8 * bytes;
    uint16_t *wide = ARRAY(uint16_t, count);
    uint8_t *narrow = ARRAY(uint8_t, count);
    float *a = ARRAY(float, count), *b = ARRAY(float, count);
    for (size_t i = 0; i < count; i++) wide[i] = (uint16_t)i, narrow[i] = (uint8_t)i;
    const void *codes = bytes == 2 ? (void *)wide : narrow;
    BOTH(to_f32, (codes, type, a, count), (codes, type, b, count));
    for (size_t i = 0; i < count; i++)
      if (memcmp(a + i, b + i, 4) && !(isnan(a[i]) && isnan(b[i]))) fail("to_f32 of code", i, (size_t)type, 0);
    release_all(), cases++;
  }
}

static void check_attention(size_t queries, size_t keys, size_t width) {
  enum { GROUP = 3 };
  vk_attention one = an_attention(queries, keys, width, GROUP);
  size_t count = queries * GROUP * width;
  const vk_range *causal = one.visible;
  float *a = ARRAY(float, count), *b = ARRAY(float, count);
  for (int how = 0; how < 3; how++) {
    one.visible = how ? causal : NULL, one.soft_cap = how == 2 ? 3.0f : 0;
    one.out = b, attend(scalar, one);
    one.out = a, attend(tried, one);
    near("attention", a, b, count, 4e-6, keys, width);
    if (queries * GROUP > tried->attention_few_rows) continue;
    attend_in_parts(tried, one);
    near("attention in parts", a, b, count, 4e-6, keys, width);
  }
  release_all();
}

static void check_products(size_t rows, size_t columns, size_t depth) {
  size_t panels = (columns + 15) / 16, count = rows * columns;
  float *scales = floats(rows, 0.01f), *weight_scales = floats(columns, 0.01f), *bias = floats(columns, 1);
  float *other = floats(count, 1), *a = ARRAY(float, count), *b = ARRAY(float, count);
  int32_t *p = ARRAY(int32_t, count), *q = ARRAY(int32_t, count);
  vk_product product = {.rows = rows, .columns = columns, .depth = depth, .out_stride = columns};
  for (int how = 0; how < DRAWS; how++) {
    int8_t *tokens = codes(rows * depth, how), *weights = codes(columns * depth, how);
    void *packed = BUFFER(vk_s8_weights_bytes(columns, depth));
    vk_s8_pack_weights(weights, columns, depth, 0, panels / 2, packed);
    vk_s8_pack_weights(weights, columns, depth, panels / 2, panels, packed);
    product.weights = packed, product.weight_scales = weight_scales;
    product.integers = p, multiply(tried, true, tokens, scales, product);
    product.integers = q, multiply(scalar, true, tokens, scales, product);
    if (memcmp(p, q, count * 4)) fail("s8_multiply", rows, columns, depth);
    product.integers = NULL, product.bias = bias, product.activation = VK_GELU, product.factor = other;
    product.out = a, multiply(tried, true, tokens, scales, product);
    product.out = b, multiply(scalar, true, tokens, scales, product);
    near_terms("s8_multiply values", a, b, count, 3e-6, 1, depth, columns);
    release(tokens), release(weights), release(packed);
  }
  float *tokens = floats(rows * depth, 1), *weights = floats(columns * depth, 1);
  void *packed = BUFFER(vk_f32_weights_bytes(columns, depth));
  tried->pack_weights(weights, VK_F32, columns, depth, 0, panels / 2, packed);
  tried->pack_weights(weights, VK_F32, columns, depth, panels / 2, panels, packed);
  product.weights = packed, product.factor = NULL, product.activation = VK_IDENTITY;
  memcpy(a, other, count * 4);
  product.out = a, product.residual = a, multiply(tried, false, tokens, NULL, product); // the residual in place
  product.out = b, product.residual = other, multiply(scalar, false, tokens, NULL, product);
  near_terms("f32_multiply", a, b, count, 3e-6, 1, depth, columns);
  release_all();
}

/// Weights of every type to panels, from an odd address.
static void check_panels(size_t columns, size_t depth) {
  size_t panels = (columns + 15) / 16, bytes = vk_f32_weights_bytes(columns, depth);
  float *w = floats(columns * depth, 1);
  for (int type = VK_F32; type <= VK_F8_E5M2FNUZ; type++) {
    size_t size = type == VK_F64 ? 8 : type == VK_F32 ? 4 : type <= VK_F16 ? 2 : 1;
    void *aligned = guarded(columns * depth * size, size, 0), *source = ANYWHERE(columns * depth * size);
    scalar->from_f32(w, aligned, type, columns * depth), memcpy(source, aligned, columns * depth * size);
    float *a = BUFFER(bytes), *b = BUFFER(bytes);
    BOTH(pack_weights, (source, type, columns, depth, 0, panels, a), (source, type, columns, depth, 0, panels, b));
    if (memcmp(a, b, panels * 16 * depth * 4)) fail("pack_weights", columns, depth, (size_t)type);
    release(aligned), release(source), release(a), release(b), cases++;
  }
  release_all();
}

/// Products with weights as files have them, at an odd address.
static void check_rows(size_t rows, size_t columns, size_t depth) {
  size_t count = rows * columns, row_bytes = vk_f32_row_bytes(depth);
  float *x = floats(rows * depth, 1), *w = floats(columns * depth, 1), *a = ARRAY(float, count), *b = ARRAY(float, count);
  char *placed = BUFFER(rows * row_bytes);
  for (size_t row = 0; row < rows; row++) vk_f32_place_row(x + row * depth, depth, placed + row * row_bytes);
  vk_product product = {.rows = rows, .columns = columns, .depth = depth, .out_stride = columns, .tokens = placed};
  static const vk_type types[] = {VK_F32, VK_BF16, VK_F16};
  EACH(i, types) {
    size_t bytes = columns * depth * (types[i] == VK_F32 ? 4 : 2);
    void *aligned = guarded(bytes, 4, 0), *weights = ANYWHERE(bytes);
    scalar->from_f32(w, aligned, types[i], columns * depth), memcpy(weights, aligned, bytes);
    product.weights = weights;
    product.out = a, tried->products->f32_multiply_rows(&product, types[i], 0, columns);
    product.out = b, scalar->products->f32_multiply_rows(&product, types[i], 0, columns);
    near("f32_multiply_rows", a, b, count, 3e-6, depth, columns);
    release(aligned), release(weights);
  }
  int32_t *p = ARRAY(int32_t, count), *q = ARRAY(int32_t, count);
  int8_t *tokens = codes(rows * depth, DRAWN_UNIFORM), *weights = codes(columns * depth, DRAWN_UNIFORM);
  void *anywhere = ANYWHERE(columns * depth);
  memcpy(anywhere, weights, columns * depth);
  row_bytes = vk_s8_row_bytes(depth);
  char *placed_codes = BUFFER(rows * row_bytes);
  for (size_t row = 0; row < rows; row++)
    vk_s8_place_row(tokens + row * depth, 1, depth, placed_codes + row * row_bytes);
  product.tokens = placed_codes, product.weights = anywhere;
  product.integers = p, tried->products->s8_multiply_rows(&product, 0, columns);
  product.integers = q, scalar->products->s8_multiply_rows(&product, 0, columns);
  if (memcmp(p, q, count * 4)) fail("s8_multiply_rows", rows, columns, depth);
  release_all(), cases++;
}

static void check_all(void) {
  check_codes();
  EACH(i, lengths) check_elementwise(lengths[i]), check_types(lengths[i]), check_columns(lengths[i]), check_smoothing(lengths[i]);
  static const size_t states[][2] = {{1, 1}, {3, 8}, {4, 16}, {128, 128}, {13, 37}, {66, 65}};
  EACH(i, states) check_delta_rule(states[i][0], states[i][1]);
  static const size_t widths[] = {1, 13, 16, 64, 72, 80}, tokens[] = {1, 4, 16, 25, 129};
  EACH(i, widths) EACH(j, tokens) check_attention(tokens[j], tokens[4 - j], widths[i]);
  check_attention(1, 300, 65), check_attention(9, 515, 31); // more than a block of keys
  EACH(i, lengths) check_products(13, 49, lengths[i]);
  static const size_t rows[] = {1, 5, 6, 7, 11, 12, 25, 97}, columns[] = {1, 15, 16, 17, 31, 32, 33, 257};
  EACH(i, rows) EACH(j, columns) check_products(rows[i], columns[j], 65);
  check_products(7, 33, 588), check_products(7, 33, 1176), check_products(3, 17, 0);
  EACH(i, lengths) check_rows(3, 7, lengths[i]), check_panels(19, lengths[i] < 200 ? lengths[i] : 200);
  for (size_t row = 1; row <= VK_MOST_ROWS; row++) check_rows(row, 67, 100);
  if (tried->products->s8_peak(3) == 0 || tried->products->f32_peak(3) == 0) fail("peak", 0, 0, 0);
}

// MARK: threads

enum { THREADS = 4, SHARED_ROWS = 130, SHARED_COLUMNS = 300, SHARED_DEPTH = 100 };
static struct shared {
  vk_product product;
  vk_attention attention;
  const int8_t *weights;
  void *packed, *packed_weights, *scratch[THREADS];
  pthread_barrier_t barrier;
} shared;

/// What is this thread's of `count`, in steps of `grain`.
static void share(size_t thread, size_t count, size_t grain, size_t *first, size_t *end) {
  size_t grains = (count + grain - 1) / grain;
  *first = grains * thread / THREADS * grain, *end = grains * (thread + 1) / THREADS * grain;
  if (*end > count) *end = count;
}

static void *work(void *argument) {
  size_t thread = (size_t)argument, first, end, blocks = (SHARED_ROWS + tried->products->s8_block_rows - 1) /
                                                         tried->products->s8_block_rows;
  share(thread, (SHARED_COLUMNS + 15) / 16, 1, &first, &end);
  vk_s8_pack_weights(shared.weights, SHARED_COLUMNS, SHARED_DEPTH, first, end, shared.packed_weights);
  share(thread, shared.attention.keys, 16, &first, &end);
  tried->attention_pack(&shared.attention, first, end, shared.packed);
  pthread_barrier_wait(&shared.barrier);
  share(thread, blocks, 1, &first, &end);
  tried->products->s8_multiply(&shared.product, first, end, 0, (SHARED_COLUMNS + 15) / 16);
  share(thread, shared.attention.queries * shared.attention.group, tried->attention_rows, &first, &end);
  tried->attention(&shared.attention, shared.packed, first, end, shared.scratch[thread]);
  return NULL;
}

/// One product and one attention, the work shared as the tool shares it; against one thread.
static void check_threads(void) {
  enum { COUNT = SHARED_ROWS * SHARED_COLUMNS };
  const int8_t *tokens = codes(SHARED_ROWS * SHARED_DEPTH, DRAWN_NORMAL);
  shared.weights = codes(SHARED_COLUMNS * SHARED_DEPTH, DRAWN_NORMAL);
  shared.packed_weights = BUFFER(vk_s8_weights_bytes(SHARED_COLUMNS, SHARED_DEPTH));
  shared.product = (vk_product){.rows = SHARED_ROWS, .columns = SHARED_COLUMNS, .depth = SHARED_DEPTH,
                                .out_stride = SHARED_COLUMNS, .weights = shared.packed_weights,
                                .weight_scales = floats(SHARED_COLUMNS, 1), .activation = VK_SILU};
  const float *scales = floats(SHARED_ROWS, 1);
  shared.product.tokens = packed_tokens(tried, true, tokens, scales, SHARED_ROWS, SHARED_DEPTH);
  float *a = ARRAY(float, COUNT), *b = ARRAY(float, COUNT);
  shared.product.out = a;

  shared.attention = an_attention(33, 97, 40, 3);
  size_t out_count = 33 * 3 * 40;
  float *c = ARRAY(float, out_count), *d = ARRAY(float, out_count);
  shared.attention.out = c;
  shared.packed = BUFFER(tried->attention_packed_bytes(97, 40));
  for (size_t t = 0; t < THREADS; t++) shared.scratch[t] = BUFFER(tried->attention_scratch_bytes(97, 40));
  pthread_barrier_init(&shared.barrier, NULL, THREADS);
  pthread_t threads[THREADS];
  for (size_t t = 0; t < THREADS; t++) pthread_create(&threads[t], NULL, work, (void *)t);
  for (size_t t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
  pthread_barrier_destroy(&shared.barrier);

  vk_product alone = shared.product;
  alone.out = b, multiply(tried, true, tokens, scales, alone);
  if (memcmp(a, b, COUNT * 4)) fail("s8_multiply in threads", 0, 0, 0);
  vk_attention one = shared.attention;
  one.out = d, attend(tried, one);
  if (memcmp(c, d, out_count * 4)) fail("attention in threads", 0, 0, 0);
  release_all(), cases++;
}

int main(int count, char **arguments) {
  uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
  bool in_threads = count > 2 && strcmp(arguments[2], "threads") == 0;
#if VK_HAS_NEON
  const vk_kernels *tables[] = {&vk_scalar_kernels, &vk_neon_kernels};
#elif defined(VK_EMULATE_VNNI)
  const vk_kernels *tables[] = {&vk_avx512vnni_kernels};
#else
  const vk_kernels *tables[] = {
      &vk_scalar_kernels, vk_kernels_for(VK_ISA_AVX2), vk_kernels_for(VK_ISA_AVX512VNNI)};
#endif
  EACH(i, tables) {
    if (!(tried = tables[i])) continue;
    for (int side = GUARD_BEHIND; side <= GUARD_BEFORE; side++) {
      guard_side = side, state = seed, cases = 0;
      if (in_threads)
        for (int turn = 0; turn < 20; turn++) check_threads();
      else
        check_all();
    }
    printf("seed %llu: %s equals scalar in %ld cases%s\n", (unsigned long long)seed, vk_isa_name(tried->isa), cases,
           in_threads ? " shared by threads" : ", guards behind and before");
  }
  return 0;
}
