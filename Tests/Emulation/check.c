// Runs a table of kernels that this machine cannot run natively against the scalar one, on lengths that straddle vectors,
// panels, blocks and chunks. Prints the number of cases; exits 1 on the first difference.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tables.h"

static uint64_t state;
static uint64_t draw(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}
static float uniform(void) { return (float)((double)(draw() >> 11) * 0x1p-52 - 1); }
static float normal(void) { return uniform() + uniform() + uniform() + uniform(); }

static const vk_kernels *scalar = &vk_scalar_kernels, *tried;
static long cases;

static float *floats(size_t count, float scale) {
  float *x = aligned_alloc(64, (count * sizeof *x + 127) / 64 * 64);
  for (size_t i = 0; i < count; i++) x[i] = normal() * scale;
  return x;
}
static void fail(const char *what, size_t a, size_t b, size_t c) {
  printf("%s: %s differs from scalar at %zu, %zu, %zu\n", vk_isa_name(tried->isa), what, a, b, c);
  exit(1);
}
static void near(const char *what, const float *a, const float *b, size_t count, double tolerance, size_t x, size_t y) {
  double largest = 0, worst = 0;
  for (size_t i = 0; i < count; i++) largest = fmax(largest, fabs(b[i])), worst = fmax(worst, fabs((double)a[i] - b[i]));
  if (!(worst <= tolerance * largest)) fail(what, x, y, count);
  cases++;
}

static const size_t lengths[] = {1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 3420, 4304};
#define EACH(i, list) for (size_t i = 0; i < sizeof list / sizeof *list; i++)

static void check_elementwise(size_t n) {
  float *x = floats(2 * n, 2), *u = floats(2 * n, 1), *w = floats(2 * n, 1), *a = floats(2 * n, 1), *b = floats(2 * n, 1);
  for (int f = VK_IDENTITY; f <= VK_RELU; f++) {
    tried->activate(f, x, a, n), scalar->activate(f, x, b, n);
    near("activate", a, b, n, 2e-6, n, (size_t)f);
  }
  tried->layer_norm(x, w, u, 1e-5f, a, 2, n), scalar->layer_norm(x, w, u, 1e-5f, b, 2, n);
  near("layer_norm", a, b, 2 * n, 2e-6, n, 0);
  tried->rms_norm(x, w, 1e-5f, a, 2, n), scalar->rms_norm(x, w, 1e-5f, b, 2, n);
  near("rms_norm", a, b, 2 * n, 2e-6, n, 0);
  memcpy(a, x, 8 * n), memcpy(b, x, 8 * n);
  tried->softmax(a, 0.7f, 2, n), scalar->softmax(b, 0.7f, 2, n);
  near("softmax", a, b, 2 * n, 4e-6, n, 0);
  memcpy(a, x, 8 * n), memcpy(b, x, 8 * n);
  tried->rotate(a, u, w, 1, 1, 2 * n, 2 * n), scalar->rotate(b, u, w, 1, 1, 2 * n, 2 * n);
  near("rotate", a, b, 2 * n, 1e-6, n, 0);

  int8_t *p = malloc(n), *q = malloc(n);
  float s, t;
  if (tried->quantize_token(x, n, p, &s) != scalar->quantize_token(x, n, q, &t) || s != t || memcmp(p, q, n))
    fail("quantize_token", n, 0, 0);
  static const vk_type types[] = {VK_F32, VK_BF16, VK_F16};
  EACH(i, types) {
    void *source = malloc(4 * n);
    scalar->from_f32(x, source, types[i], n);
    if (tried->absmax(source, types[i], n) != scalar->absmax(source, types[i], n)) fail("absmax", n, i, 0);
    vk_quantization_sums sums = {0, 0}, sums2 = {0, 0};
    tried->quantize(source, types[i], n, 0.03f, p, &sums), scalar->quantize(source, types[i], n, 0.03f, q, &sums2);
    if (memcmp(p, q, n) || fabs(sums.error - sums2.error) > 1e-5 * sums2.error + 1e-12) fail("quantize", n, i, 0);
    free(source), cases++;
  }
  for (int type = VK_F32; type <= VK_F8_E5M2FNUZ; type++) {
    char *c = calloc(n, 8), *d = calloc(n, 8);
    tried->from_f32(x, c, type, n), scalar->from_f32(x, d, type, n);
    if (memcmp(c, d, 8 * n)) fail("from_f32", n, (size_t)type, 0);
    tried->to_f32(d, type, a, n), scalar->to_f32(d, type, b, n);
    if (memcmp(a, b, 4 * n)) fail("to_f32", n, (size_t)type, 0);
    free(c), free(d), cases++;
  }
  free(x), free(u), free(w), free(a), free(b), free(p), free(q);
}

/// Every 8- and 16-bit code; NaNs only have to stay NaNs.
static void check_codes(void) {
  for (int type = VK_BF16; type <= VK_F8_E5M2FNUZ; type++) {
    if (type == VK_F64) continue;
    size_t bytes = type == VK_BF16 || type == VK_F16 ? 2 : 1, count = (size_t)1 << 8 * bytes;
    uint16_t *wide = malloc(2 * count);
    uint8_t *narrow = malloc(count);
    float *a = floats(count, 1), *b = floats(count, 1);
    for (size_t i = 0; i < count; i++) wide[i] = (uint16_t)i, narrow[i] = (uint8_t)i;
    const void *codes = bytes == 2 ? (void *)wide : narrow;
    tried->to_f32(codes, type, a, count), scalar->to_f32(codes, type, b, count);
    for (size_t i = 0; i < count; i++)
      if (memcmp(a + i, b + i, 4) && !(isnan(a[i]) && isnan(b[i]))) fail("to_f32 of code", i, (size_t)type, 0);
    free(wide), free(narrow), free(a), free(b), cases++;
  }
}

static void attend(const vk_kernels *kernels, vk_attention a) {
  size_t rows = a.queries * a.group, packed_bytes = kernels->attention_packed_bytes(a.keys, a.width);
  void *packed = aligned_alloc(64, packed_bytes / 64 * 64 + 64);
  void *scratch = aligned_alloc(64, kernels->attention_scratch_bytes(a.keys, a.width) / 64 * 64 + 64);
  kernels->attention_pack(&a, 0, a.keys, packed);
  kernels->attention(&a, packed, 0, rows, scratch);
  free(packed), free(scratch);
}

static void attend_in_parts(const vk_kernels *kernels, vk_attention a) {
  size_t stride = a.queries * a.group * (a.width + 2), half = a.keys / 2;
  float *parts = malloc(2 * stride * sizeof *parts);
  void *scratch = aligned_alloc(64, kernels->attention_scratch_bytes(a.keys, a.width) / 64 * 64 + 64);
  kernels->attention_part(&a, 0, half, parts, scratch);
  kernels->attention_part(&a, half, a.keys, parts + stride, scratch);
  vk_attention_join(&a, parts, 2);
  free(parts), free(scratch);
}

static void check_attention(size_t queries, size_t keys, size_t width) {
  size_t group = 3, row = group * width, count = queries * row;
  float *q = floats(count, 1), *k = floats(keys * width, 1), *v = floats(keys * width, 1);
  float *a = floats(count, 1), *b = floats(count, 1);
  vk_range *causal = malloc(queries * sizeof *causal);
  for (size_t i = 0; i < queries; i++) causal[i] = (vk_range){(ptrdiff_t)(i % 5), (ptrdiff_t)(i * keys / queries) + 2};
  for (int how = 0; how < 3; how++) {
    vk_attention one = {.queries = queries, .keys = keys, .width = width, .group = group, .query = q, .key = k,
                        .value = v, .query_stride = row, .key_stride = width, .value_stride = width,
                        .visible = how ? causal : NULL, .out = b, .out_stride = row, .scale = 0.3f,
                        .soft_cap = how == 2 ? 3.0f : 0};
    attend(scalar, one);
    one.out = a, attend(tried, one);
    near("attention", a, b, count, 4e-6, keys, width);
    if (queries * group > tried->attention_few_rows) continue;
    attend_in_parts(tried, one);
    near("attention in parts", a, b, count, 4e-6, keys, width);
  }
  free(q), free(k), free(v), free(a), free(b), free(causal);
}

enum { DRAWN_UNIFORM, DRAWN_NORMAL, DRAWN_HEAVY, DRAWN_LOWEST, DRAWN_MIXED, DRAWS };
static int8_t *codes(size_t count, int how) {
  int8_t *x = malloc(count ? count : 1);
  for (size_t i = 0; i < count; i++) {
    float value = how == DRAWN_UNIFORM  ? 128 * uniform()
                  : how == DRAWN_NORMAL ? 31 * normal()
                  : how == DRAWN_HEAVY  ? 12 * normal() * (draw() % 100 ? 1 : 8)
                  : how == DRAWN_LOWEST ? -128
                                        : (draw() & 1 ? 127 : -128);
    x[i] = (int8_t)rintf(fmaxf(-128, fminf(127, value)));
  }
  return x;
}

/// One product with `kernels`: integers for int8, finished values for f32.
static void multiply(const vk_kernels *kernels, bool s8, const void *tokens, const float *scales, vk_product product) {
  const vk_product_kernels *k = kernels->products;
  size_t block_rows = s8 ? k->s8_block_rows : k->f32_block_rows;
  size_t bytes = s8 ? k->s8_block_bytes(product.depth) : k->f32_block_bytes(product.depth);
  size_t blocks = (product.rows + block_rows - 1) / block_rows, depth = product.depth;
  char *packed = aligned_alloc(64, blocks * bytes + 64);
  for (size_t block = 0; block < blocks; block++) {
    size_t row = block * block_rows, rows = product.rows - row < block_rows ? product.rows - row : block_rows;
    if (s8)
      k->s8_pack((const int8_t *)tokens + row * depth, scales + row, depth, rows, depth, packed + block * bytes);
    else
      k->f32_pack((const float *)tokens + row * depth, depth, rows, depth, packed + block * bytes);
  }
  product.tokens = packed;
  (s8 ? k->s8_multiply : k->f32_multiply)(&product, 0, blocks, 0, (product.columns + 15) / 16);
  free(packed);
}

static void check_products(size_t rows, size_t columns, size_t depth) {
  size_t panels = (columns + 15) / 16, count = rows * columns;
  float *scales = floats(rows, 0.01f), *weight_scales = floats(columns, 0.01f), *bias = floats(columns, 1);
  float *other = floats(count, 1), *a = floats(count, 1), *b = floats(count, 1);
  int32_t *p = calloc(count, 4), *q = calloc(count, 4);
  vk_product product = {.rows = rows, .columns = columns, .depth = depth, .out_stride = columns};
  for (int how = 0; how < DRAWS; how++) {
    int8_t *tokens = codes(rows * depth, how), *weights = codes(columns * depth, how);
    void *packed = aligned_alloc(64, vk_s8_weights_bytes(columns, depth) + 64);
    vk_s8_pack_weights(weights, columns, depth, 0, panels, packed);
    product.weights = packed, product.weight_scales = weight_scales;
    product.integers = p, multiply(tried, true, tokens, scales, product);
    product.integers = q, multiply(scalar, true, tokens, scales, product);
    if (memcmp(p, q, count * 4)) fail("s8_multiply", rows, columns, depth);
    product.integers = NULL, product.bias = bias, product.activation = VK_GELU, product.factor = other;
    product.out = a, multiply(tried, true, tokens, scales, product);
    product.out = b, multiply(scalar, true, tokens, scales, product);
    near("s8_multiply values", a, b, count, 3e-6, depth, columns);
    free(tokens), free(weights), free(packed);
  }
  float *tokens = floats(rows * depth, 1), *weights = floats(columns * depth, 1);
  void *packed = aligned_alloc(64, vk_f32_weights_bytes(columns, depth) + 64);
  tried->pack_weights(weights, VK_F32, columns, depth, 0, panels, packed);
  product.weights = packed, product.factor = NULL, product.residual = other, product.activation = VK_IDENTITY;
  product.out = a, multiply(tried, false, tokens, NULL, product);
  product.out = b, multiply(scalar, false, tokens, NULL, product);
  near("f32_multiply", a, b, count, 3e-6, depth, columns);
  free(tokens), free(weights), free(packed), free(scales), free(weight_scales), free(bias), free(other);
  free(a), free(b), free(p), free(q);
}

/// Products with weights as files have them, at an odd address.
static void check_rows(size_t rows, size_t columns, size_t depth) {
  size_t count = rows * columns, row_bytes = vk_f32_row_bytes(depth);
  float *x = floats(rows * depth, 1), *w = floats(columns * depth, 1), *a = floats(count, 1), *b = floats(count, 1);
  char *placed = aligned_alloc(64, rows * row_bytes + 64), *bytes = (char *)malloc(columns * depth * 4 + 1) + 1;
  for (size_t row = 0; row < rows; row++) vk_f32_place_row(x + row * depth, depth, placed + row * row_bytes);
  vk_product product = {.rows = rows, .columns = columns, .depth = depth, .out_stride = columns, .tokens = placed,
                        .weights = bytes};
  static const vk_type types[] = {VK_F32, VK_BF16, VK_F16};
  EACH(i, types) {
    void *aligned = malloc(columns * depth * 4);
    scalar->from_f32(w, aligned, types[i], columns * depth);
    memcpy(bytes, aligned, columns * depth * (types[i] == VK_F32 ? 4 : 2)), free(aligned);
    product.out = a, tried->products->f32_multiply_rows(&product, types[i], 0, columns);
    product.out = b, scalar->products->f32_multiply_rows(&product, types[i], 0, columns);
    near("f32_multiply_rows", a, b, count, 3e-6, depth, columns);
  }
  int32_t *p = calloc(count, 4), *q = calloc(count, 4);
  int8_t *tokens = codes(rows * depth, DRAWN_UNIFORM), *weights = codes(columns * depth, DRAWN_UNIFORM);
  memcpy(bytes, weights, columns * depth);
  row_bytes = vk_s8_row_bytes(depth);
  char *placed_codes = aligned_alloc(64, rows * row_bytes);
  for (size_t row = 0; row < rows; row++)
    vk_s8_place_row(tokens + row * depth, 1, depth, placed_codes + row * row_bytes);
  product.tokens = placed_codes;
  product.integers = p, tried->products->s8_multiply_rows(&product, 0, columns);
  product.integers = q, scalar->products->s8_multiply_rows(&product, 0, columns);
  if (memcmp(p, q, count * 4)) fail("s8_multiply_rows", rows, columns, depth);
  cases++;
  free(bytes - 1), free(placed), free(placed_codes), free(x), free(w), free(a), free(b), free(p), free(q);
  free(tokens), free(weights);
}

int main(int count, char **arguments) {
  state = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
  printf("seed %llu\n", (unsigned long long)state);
#if VK_HAS_NEON
  tried = &vk_neon_kernels;
#else
  tried = &vk_avx512vnni_kernels;
#endif
  check_codes();
  EACH(i, lengths) check_elementwise(lengths[i]);
  static const size_t widths[] = {1, 13, 16, 64, 72, 80}, tokens[] = {1, 4, 16, 25, 129};
  EACH(i, widths) EACH(j, tokens) check_attention(tokens[j], tokens[4 - j], widths[i]);
  EACH(i, lengths) check_products(13, 49, lengths[i]);
  static const size_t rows[] = {1, 5, 6, 7, 11, 12, 25, 97}, columns[] = {1, 15, 16, 17, 31, 32, 33, 257};
  EACH(i, rows) EACH(j, columns) check_products(rows[i], columns[j], 65);
  EACH(i, lengths) check_rows(3, 7, lengths[i]);
  for (size_t row = 1; row <= VK_MOST_ROWS; row++) check_rows(row, 67, 100);
  check_products(7, 33, 588), check_products(7, 33, 1176), check_products(3, 17, 0);
  printf("%s equals scalar in %ld cases\n", vk_isa_name(tried->isa), cases);
  return 0;
}
