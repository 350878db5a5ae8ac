// Attention without a matrix of scores: a few queries at a time walk over the keys they see, a block at a time.
//
//     once: pack keys [16 keys by width] and values [keys by 16 columns] in panels
//     for each VK_QUERY_ROWS rows: m = -inf, l = 0, o = 0
//       for each VK_KEY_BLOCK keys that any of them sees: s = q k^T   register tiles
//         m' = max(m, s); p = 2^(s - m'); c = 2^(m - m')
//         l = c l + sum(p); o = c o + p v                             register tiles
//       out = o / l
//
// (Online softmax: Milakov and Gimelshein 2018; blocks: Dao and others 2022.) Memory grows with the keys, not with their
// square. Logits carry a factor 1/ln 2, so that e^x is 2^x.
#pragma once
#include "query_block.h"
#include "transpose.h"

enum { VK_KEY_STEP = VK_TILE_PANELS * VK_PANEL_COLUMNS };

/// Where the panels of a key head lie in its packed form.
typedef struct vk_packed_keys {
  size_t padded; // keys, rounded up to a tile's
  size_t panels; // of 16 value columns
  float *keys;   // [padded/16][width][16]
  float *values; // [panels][padded][16]
  size_t bytes;
} vk_packed_keys;

VK_INLINE vk_packed_keys vk_keys_in(const void *packed, size_t keys, size_t width) {
  vk_parts shared = {(char *)packed, 0};
  vk_packed_keys parts = {.padded = (keys + VK_KEY_STEP - 1) / VK_KEY_STEP * VK_KEY_STEP, .panels = vk_panels(width)};
  parts.keys = vk_take(&shared, parts.padded * width * sizeof(float));
  parts.values = vk_take(&shared, parts.panels * parts.padded * VK_PANEL_COLUMNS * sizeof(float));
  parts.bytes = shared.bytes;
  return parts;
}

static size_t VK_NAME(attention_packed_bytes)(size_t keys, size_t width) { return vk_keys_in(NULL, keys, width).bytes; }

static void VK_NAME(attention_pack)(const vk_attention *a, size_t first, size_t end, void *packed) {
  vk_packed_keys parts = vk_keys_in(packed, a->keys, a->width);
  size_t padded_end = end == a->keys ? parts.padded : end;
  for (size_t key = first; key < padded_end; key += VK_PANEL_COLUMNS)
    VK_NAME(pack_panel)(a->key + key * a->key_stride, a->key_stride, key < end ? vk_least(VK_PANEL_COLUMNS, end - key) : 0,
                        a->width, parts.keys + key * a->width);
  for (size_t p = 0; p < parts.panels; p++) {
    float *panel = parts.values + p * parts.padded * VK_PANEL_COLUMNS;
    const float *value = a->value + p * VK_PANEL_COLUMNS;
    size_t count = vk_least(VK_PANEL_COLUMNS, a->width - p * VK_PANEL_COLUMNS);
    if (count < VK_PANEL_COLUMNS || padded_end > end)
      memset(panel + first * VK_PANEL_COLUMNS, 0, (padded_end - first) * VK_PANEL_COLUMNS * sizeof(float));
    if (count == VK_PANEL_COLUMNS)
      for (size_t key = first; key < end; key++)
        memcpy(panel + key * VK_PANEL_COLUMNS, value + key * a->value_stride, VK_PANEL_COLUMNS * sizeof(float));
    else
      for (size_t key = first; key < end; key++)
        memcpy(panel + key * VK_PANEL_COLUMNS, value + key * a->value_stride, count * sizeof(float));
  }
}

VK_INLINE vk_tile_rows vk_tile_queries(const vk_query_block *block, size_t row, size_t width) {
  return (vk_tile_rows){block->queries + row * width, 1, VK_TILE_ROWS};
}

/// Scores of all rows by the keys `[key, key + count)`, rounded up to whole tiles; `key` starts a panel.
VK_INLINE void vk_score_keys(const vk_query_block *block, vk_packed_keys keys, size_t width, size_t key, size_t count) {
  for (size_t k = 0; k < count; k += VK_TILE_PANELS * VK_PANEL_COLUMNS) {
    vk_tile_columns columns = {keys.keys + (key + k) * width, VK_PANEL_COLUMNS, VK_PANEL_COLUMNS * width};
    for (size_t r = 0; r < block->rows; r += VK_TILE_ROWS)
      vk_tile_into(block->scores + r * VK_SCORE_STRIDE + k, VK_SCORE_STRIDE, NULL, vk_tile_queries(block, r, width),
                   VK_TILE_ROWS, columns, VK_TILE_PANELS, width);
  }
}

/// Adds the values of the same keys, weighted.
VK_INLINE void vk_mix_values(const vk_query_block *block, vk_packed_keys keys, size_t key, size_t count) {
  size_t step = keys.padded * VK_PANEL_COLUMNS, p = 0;
#define MIX(COUNT)                                                                                                     \
  do {                                                                                                                 \
    vk_tile_columns columns = {keys.values + p * step + key * VK_PANEL_COLUMNS, VK_PANEL_COLUMNS, step};               \
    for (size_t r = 0; r < block->rows; r += VK_TILE_ROWS)                                                             \
      vk_tile_into(block->out + r * block->out_stride + p * VK_PANEL_COLUMNS, block->out_stride, block->factors + r,   \
                   (vk_tile_rows){block->scores + r * VK_SCORE_STRIDE, VK_SCORE_STRIDE, 1}, VK_TILE_ROWS, columns,     \
                   COUNT, count);                                                                                      \
  } while (0)
  for (; p + VK_TILE_PANELS <= keys.panels; p += VK_TILE_PANELS) MIX(VK_TILE_PANELS);
  for (; p < keys.panels; p++) MIX(1);
#undef MIX
}

static void VK_NAME(attention)(const vk_attention *a, const void *packed, size_t first, size_t end, void *scratch) {
  vk_packed_keys keys = vk_keys_in(packed, a->keys, a->width);
  const float cap = vk_base_2_cap(a);
  for (size_t row = first; row < end; row += VK_QUERY_ROWS) {
    vk_query_block block = vk_open_block(a, row, vk_least(VK_QUERY_ROWS, end - row), scratch);
    // [VK_TILE_ROWS rows][width][VK_TILE_ROWS]; missing rows are zero.
    if (block.rows < VK_QUERY_ROWS) memset(block.queries, 0, VK_QUERY_ROWS * a->width * sizeof(float));
    for (size_t r = 0; r < block.rows; r++)
      vk_place_query(a, row + r, VK_TILE_ROWS,
                     block.queries + r / VK_TILE_ROWS * VK_TILE_ROWS * a->width + r % VK_TILE_ROWS);
    // The next block's queries lie far apart; asking now saves waiting then.
    for (size_t r = row + VK_QUERY_ROWS; r < vk_least(end, row + 2 * VK_QUERY_ROWS); r++)
      for (size_t i = 0; i < a->width; i += 16) __builtin_prefetch(vk_query_row(a, r) + i);
    vk_range seen = vk_seen_by_block(&block);
    for (ptrdiff_t key = seen.first / VK_KEY_STEP * VK_KEY_STEP; key < seen.end; key += VK_KEY_BLOCK) {
      size_t count = vk_least(VK_KEY_BLOCK, (size_t)(seen.end - key));
      vk_score_keys(&block, keys, a->width, (size_t)key, count);
      vk_weigh(&block, key, count, cap);
      vk_mix_values(&block, keys, (size_t)key, count);
    }
    for (size_t r = 0; r < block.rows; r++) {
      float *out = vk_out_row(a, row + r), sum = vk_sum(block.sums[r]), inverse = sum == 0 ? 0 : 1 / sum;
      for (size_t i = 0; i < a->width; i++) out[i] = block.out[r * block.out_stride + i] * inverse;
    }
  }
}
