// Attention of a few rows over a range of keys: decoding. Keys and values are read once, where they lie.
//
//     m = -inf, l = 0, o = 0
//     for each VK_KEY_BLOCK keys: s = q k^T           4 keys by up to 3 rows of dot products
//       the row's online softmax, as in attention.h
//       o = c o + p v                                 register tiles on the values' own rows
//     part = o, m, l
//
// The rows are the query heads that share the keys, so a block is read from memory once and from the cache for the rest.
#pragma once
#include "query_block.h"
#include "transpose.h"

enum { VK_FEW_ROWS = 16 }; // at most VK_QUERY_ROWS

/// Sums of four vectors, in the order of their indices.
VK_INLINE vk_four vk_four_sums(const vf x[4]) {
  vk_four p[4];
  for (int i = 0; i < 4; i++) p[i] = vk_fold(x[i]);
  vk_four a = __builtin_shufflevector(p[0], p[1], 0, 4, 1, 5) + __builtin_shufflevector(p[0], p[1], 2, 6, 3, 7);
  vk_four b = __builtin_shufflevector(p[2], p[3], 0, 4, 1, 5) + __builtin_shufflevector(p[2], p[3], 2, 6, 3, 7);
  return __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
}

/// `rows` (a constant) dot products with each of 4 keys; queries are padded with zeros to whole vectors, keys are not.
VK_INLINE void vk_score_few(const float *queries, size_t query_stride, int rows, const float *const keys[4],
                            size_t width, float *scores) {
  vf acc[3][4];
  for (int r = 0; r < rows; r++)
    for (int k = 0; k < 4; k++) acc[r][k] = (vf){0};
  size_t i = 0;
  for (; i + VK_WIDTH <= width; i += VK_WIDTH) {
    vf key[4];
#pragma clang loop unroll(full)
    for (int k = 0; k < 4; k++) key[k] = vk_load(keys[k] + i);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      vf query = vk_load(queries + (size_t)r * query_stride + i);
#pragma clang loop unroll(full)
      for (int k = 0; k < 4; k++) acc[r][k] = vk_fma(query, key[k], acc[r][k]);
    }
  }
  if (i < width)
    for (int k = 0; k < 4; k++) {
      vf key = vk_load_part(keys[k] + i, width - i);
      for (int r = 0; r < rows; r++)
        acc[r][k] = vk_fma(vk_load(queries + (size_t)r * query_stride + i), key, acc[r][k]);
    }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    vk_four sums = vk_four_sums(acc[r]);
    memcpy(scores + r * VK_SCORE_STRIDE, &sums, sizeof sums);
  }
}

/// Scores of all rows by the keys `[key, key + count)`; asks for their values on the way.
VK_INLINE void vk_score_rows(const vk_attention *a, const vk_query_block *block, size_t key, size_t count) {
  for (size_t k = 0; k < count; k += 4) {
    const float *keys[4];
    for (size_t i = 0; i < 4; i++) {
      size_t at = key + vk_least(k + i, count - 1);
      keys[i] = a->key + at * a->key_stride;
      for (size_t x = 0; x < a->width; x += 16) __builtin_prefetch(a->value + at * a->value_stride + x);
    }
    const float *query = block->queries;
    float *scores = block->scores + k;
    size_t left = block->rows;
#define SCORE(ROWS)                                                                                                    \
  for (; left >= ROWS; left -= ROWS, query += ROWS * block->out_stride, scores += ROWS * VK_SCORE_STRIDE)              \
  vk_score_few(query, block->out_stride, ROWS, keys, a->width, scores)
    SCORE(3);
    SCORE(2);
    SCORE(1);
#undef SCORE
  }
}

/// Adds 16 columns of `count` values, `stride` floats apart, to those of all rows.
VK_INLINE void vk_mix_columns(const vk_query_block *block, const float *values, size_t stride, size_t count, float *out) {
  size_t r = 0;
#define MIX(ROWS)                                                                                                      \
  for (; r + ROWS <= block->rows; r += ROWS)                                                                           \
  vk_tile_into(out + r * block->out_stride, block->out_stride, block->factors + r,                                     \
               (vk_tile_rows){block->scores + r * VK_SCORE_STRIDE, VK_SCORE_STRIDE, 1}, ROWS,                          \
               (vk_tile_columns){values, stride, VK_PANEL_COLUMNS}, 1, count)
  MIX(VK_TILE_ROWS);
  MIX(4);
  MIX(2);
  MIX(1);
#undef MIX
}

VK_INLINE void vk_mix_rows(const vk_attention *a, const vk_query_block *block, size_t key, size_t count) {
  const float *values = a->value + key * a->value_stride;
  size_t column = 0;
  for (; column + VK_PANEL_COLUMNS <= a->width; column += VK_PANEL_COLUMNS)
    vk_mix_columns(block, values + column, a->value_stride, count, block->out + column);
  if (column == a->width) return;
  float panel[VK_KEY_BLOCK][VK_PANEL_COLUMNS] = {{0}}; // a vector would run past the last row
  for (size_t k = 0; k < count; k++)
    memcpy(panel[k], values + k * a->value_stride + column, (a->width - column) * sizeof(float));
  vk_mix_columns(block, panel[0], VK_PANEL_COLUMNS, count, block->out + column);
}

static void VK_NAME(attention_part)(const vk_attention *a, size_t first, size_t end, float *part, void *scratch) {
  const float cap = vk_base_2_cap(a);
  vk_query_block block = vk_open_block(a, 0, a->queries * a->group, scratch);
  memset(block.queries, 0, block.rows * block.out_stride * sizeof(float));
  for (size_t r = 0; r < block.rows; r++) vk_place_query(a, r, 1, block.queries + r * block.out_stride);
  vk_range seen = vk_seen_by_block(&block);
  if ((ptrdiff_t)first > seen.first) seen.first = (ptrdiff_t)first;
  if ((ptrdiff_t)end < seen.end) seen.end = (ptrdiff_t)end;
  for (ptrdiff_t key = seen.first; key < seen.end; key += VK_KEY_BLOCK) {
    size_t count = vk_least(VK_KEY_BLOCK, (size_t)(seen.end - key));
    vk_score_rows(a, &block, (size_t)key, count);
    vk_weigh(&block, key, count, cap);
    vk_mix_rows(a, &block, (size_t)key, count);
  }
  for (size_t r = 0; r < block.rows; r++) {
    float *out = part + r * vk_part_stride(a);
    memcpy(out, block.out + r * block.out_stride, a->width * sizeof(float));
    out[a->width] = block.largest[r], out[a->width + 1] = vk_sum(block.sums[r]);
  }
}
