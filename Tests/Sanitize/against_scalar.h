// What the cases of kernels.c are made of: inputs drawn from a seed, one kernel run in parts as the tool runs it, and the
// comparison of what a table gave with what the scalar one gave.
#pragma once
#include <math.h>

#include "guarded.h"
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
  float *x = ARRAY(float, count);
  for (size_t i = 0; i < count; i++) x[i] = normal() * scale;
  return x;
}
static void fail(const char *what, size_t a, size_t b, size_t c) {
  printf("%s: %s differs from scalar at %zu, %zu, %zu\n", vk_isa_name(tried->isa), what, a, b, c);
  exit(1);
}
/// Within `tolerance` of the largest value; of `terms`, the size of what was added up, where all values are smaller.
static void near_terms(const char *what, const float *a, const float *b, size_t count, double tolerance, double terms,
                       size_t x, size_t y) {
  double largest = terms;
  for (size_t i = 0; i < count; i++) largest = fmax(largest, fabs(b[i]));
  for (size_t i = 0; i < count; i++)
    if (!(fabs((double)a[i] - b[i]) <= tolerance * largest)) fail(what, x, y, count);
  cases++;
}
static void near(const char *what, const float *a, const float *b, size_t count, double tolerance, size_t x, size_t y) {
  near_terms(what, a, b, count, tolerance, 0, x, y);
}

#define EACH(i, list) for (size_t i = 0; i < sizeof list / sizeof *list; i++)
#define BOTH(CALL, ON_TRIED, ON_SCALAR) tried->CALL ON_TRIED, scalar->CALL ON_SCALAR

// MARK: attention

static void attend(const vk_kernels *kernels, vk_attention a) {
  size_t rows = a.queries * a.group, block = kernels->attention_rows, part = rows / 2 / block * block;
  void *packed = BUFFER(kernels->attention_packed_bytes(a.keys, a.width));
  void *scratch = BUFFER(kernels->attention_scratch_bytes(a.keys, a.width));
  size_t half = a.keys / 2 / 16 * 16;
  kernels->attention_pack(&a, 0, half, packed);
  kernels->attention_pack(&a, half, a.keys, packed);
  kernels->attention(&a, packed, part, rows, scratch);
  kernels->attention(&a, packed, 0, part, scratch);
  release(packed), release(scratch);
}

static void attend_in_parts(const vk_kernels *kernels, vk_attention a) {
  size_t stride = a.queries * a.group * (a.width + 2), half = a.keys / 2;
  float *parts = ARRAY(float, 2 * stride);
  void *scratch = BUFFER(kernels->attention_scratch_bytes(a.keys, a.width));
  kernels->attention_part(&a, 0, half, parts, scratch);
  kernels->attention_part(&a, half, a.keys, parts + stride, scratch);
  vk_attention_join(&a, parts, 2);
  release(parts), release(scratch);
}

/// `rows` rows of `width`, `stride` apart: the last ends where its last element does.
static float *strided(size_t rows, size_t width, size_t stride) { return floats((rows - 1) * stride + width, 1); }

static vk_attention an_attention(size_t queries, size_t keys, size_t width, size_t group) {
  size_t row = group * width, stride = width + 5;
  vk_range *causal = ARRAY(vk_range, queries);
  for (size_t i = 0; i < queries; i++) causal[i] = (vk_range){(ptrdiff_t)(i % 5), (ptrdiff_t)(i * keys / queries) + 2};
  return (vk_attention){.queries = queries, .keys = keys, .width = width, .group = group,
                        .query = strided(queries, row, row + 1), .key = strided(keys, width, stride),
                        .value = strided(keys, width, stride + 2), .query_stride = row + 1, .key_stride = stride,
                        .value_stride = stride + 2, .visible = causal, .out_stride = row, .scale = 0.3f};
}

// MARK: products

enum { DRAWN_UNIFORM, DRAWN_NORMAL, DRAWN_HEAVY, DRAWN_LOWEST, DRAWN_MIXED, DRAWS };
static int8_t *codes(size_t count, int how) {
  int8_t *x = ARRAY(int8_t, count);
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

/// Tokens in the blocks of `kernels`.
static void *packed_tokens(const vk_kernels *kernels, bool s8, const void *tokens, const float *scales, size_t rows,
                           size_t depth) {
  const vk_product_kernels *k = kernels->products;
  size_t block_rows = s8 ? k->s8_block_rows : k->f32_block_rows;
  size_t bytes = s8 ? k->s8_block_bytes(depth) : k->f32_block_bytes(depth);
  size_t blocks = (rows + block_rows - 1) / block_rows;
  char *packed = BUFFER(blocks * bytes);
  for (size_t block = 0; block < blocks; block++) {
    size_t row = block * block_rows, count = rows - row < block_rows ? rows - row : block_rows;
    if (s8)
      k->s8_pack((const int8_t *)tokens + row * depth, scales + row, depth, count, depth, packed + block * bytes);
    else
      k->f32_pack((const float *)tokens + row * depth, depth, count, depth, packed + block * bytes);
  }
  return packed;
}

/// One product with `kernels`, in four rectangles: integers for int8, finished values for f32.
static void multiply(const vk_kernels *kernels, bool s8, const void *tokens, const float *scales, vk_product product) {
  const vk_product_kernels *k = kernels->products;
  size_t block_rows = s8 ? k->s8_block_rows : k->f32_block_rows, blocks = (product.rows + block_rows - 1) / block_rows;
  size_t panels = (product.columns + 15) / 16, block = blocks / 2, panel = panels / 3;
  void *packed = packed_tokens(kernels, s8, tokens, scales, product.rows, product.depth);
  product.tokens = packed;
  for (int part = 0; part < 4; part++)
    (s8 ? k->s8_multiply : k->f32_multiply)(&product, part & 1 ? block : 0, part & 1 ? blocks : block,
                                            part & 2 ? panel : 0, part & 2 ? panels : panel);
  release(packed);
}
