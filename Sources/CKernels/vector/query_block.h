// Some rows of attention on their way over the keys: their queries, scores and sums.
#pragma once
#include "online_softmax.h"
#include "tile_f32.h"

enum {
  VK_QUERY_ROWS = 24, // a multiple of every tile's rows
  VK_ROW_LANES = (VK_QUERY_ROWS + VK_WIDTH - 1) / VK_WIDTH * VK_WIDTH, // a value of each row, in whole vectors
  VK_KEY_BLOCK = 256,
  VK_SCORE_STRIDE = VK_KEY_BLOCK + 16, // rows a power of two apart would share cache sets
};

/// Arrays in the caller's scratch.
typedef struct vk_query_block {
  float *queries; // [VK_QUERY_ROWS][out_stride]
  float *scores;  // [VK_QUERY_ROWS][VK_SCORE_STRIDE]
  float *out;     // [VK_QUERY_ROWS][out_stride]
  float *largest; // [VK_ROW_LANES], finite from the start, so that no difference is a NaN
  float *factors; // [VK_ROW_LANES] of what was summed before
  vf *sums;       // [VK_QUERY_ROWS] a row's weights, in any lane
  vk_range *seen; // [VK_QUERY_ROWS]
  size_t out_stride, rows, bytes;
} vk_query_block;

VK_INLINE vk_query_block vk_block_in(void *scratch, size_t width) {
  vk_parts parts = {scratch, 0};
  vk_query_block block = {.out_stride = vk_panels(width) * VK_PANEL_COLUMNS};
  block.queries = vk_take(&parts, VK_QUERY_ROWS * block.out_stride * sizeof(float));
  block.scores = vk_take(&parts, VK_QUERY_ROWS * VK_SCORE_STRIDE * sizeof(float));
  block.out = vk_take(&parts, VK_QUERY_ROWS * block.out_stride * sizeof(float));
  block.largest = vk_take(&parts, VK_ROW_LANES * sizeof(float));
  block.factors = vk_take(&parts, VK_ROW_LANES * sizeof(float));
  block.sums = vk_take(&parts, VK_QUERY_ROWS * sizeof(vf));
  block.seen = vk_take(&parts, VK_QUERY_ROWS * sizeof(vk_range));
  block.bytes = parts.bytes;
  return block;
}

static size_t VK_NAME(attention_scratch_bytes)(size_t keys, size_t width) {
  (void)keys;
  return vk_block_in(NULL, width).bytes;
}

/// A block of `rows` rows from `row0` on, with nothing summed yet; the queries are left to the caller.
VK_INLINE vk_query_block vk_open_block(const vk_attention *a, size_t row0, size_t rows, void *scratch) {
  vk_query_block block = vk_block_in(scratch, a->width);
  block.rows = rows;
  memset(block.out, 0, VK_QUERY_ROWS * block.out_stride * sizeof(float));
  for (size_t r = 0; r < VK_ROW_LANES; r++) block.largest[r] = -1e38f;
  for (size_t r = 0; r < VK_QUERY_ROWS; r++) {
    block.seen[r] = r < rows ? vk_seen(a, row0 + r) : (vk_range){0, 0};
    block.sums[r] = (vf){0};
  }
  return block;
}

/// The keys that any of the rows sees.
VK_INLINE vk_range vk_seen_by_block(const vk_query_block *block) {
  vk_range all = {PTRDIFF_MAX, 0};
  for (size_t r = 0; r < block->rows; r++) {
    vk_range seen = block->seen[r];
    if (seen.first == seen.end) continue;
    if (seen.first < all.first) all.first = seen.first;
    if (seen.end > all.end) all.end = seen.end;
  }
  return all;
}

/// The query of a row, scaled, its elements `step` apart.
VK_INLINE void vk_place_query(const vk_attention *a, size_t row, size_t step, float *out) {
  const float *query = vk_query_row(a, row), scale = vk_query_scale(a);
  for (size_t i = 0; i < a->width; i++) out[i * step] = query[i] * scale;
}

/// Scores of the keys `[key, key + count)` to weights, and the factors of what was summed before.
VK_INLINE void vk_weigh(vk_query_block *block, ptrdiff_t key, size_t count, float cap) {
  size_t padded = (count + 2 * VK_WIDTH - 1) / (2 * VK_WIDTH) * (2 * VK_WIDTH);
  float *before = block->factors; // the largest so far, until they are known to be factors
  memcpy(before, block->largest, VK_ROW_LANES * sizeof(float));
  for (size_t r = 0; r < block->rows; r++) {
    float *scores = block->scores + r * VK_SCORE_STRIDE;
    ptrdiff_t first = block->seen[r].first - key, end = block->seen[r].end - key;
    if (first < 0) first = 0;
    if (end > (ptrdiff_t)count) end = (ptrdiff_t)count;
    if (first < end)
      block->largest[r] = vk_largest_score(scores, padded, cap, (size_t)first, (size_t)end, before[r]);
    else
      for (size_t i = 0; i < padded; i++) scores[i] = -INFINITY;
  }
  for (size_t r = 0; r < VK_ROW_LANES; r += VK_WIDTH)
    vk_store(block->factors + r, vk_exp2_nonpositive(vk_load(before + r) - vk_load(block->largest + r)));
  for (size_t r = 0; r < block->rows; r++)
    block->sums[r] = block->sums[r] * block->factors[r] +
                     vk_weights(block->scores + r * VK_SCORE_STRIDE, padded, block->largest[r]);
}
