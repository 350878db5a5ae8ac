// Attention without a matrix of scores: 24 queries at a time walk over the keys, 128 at a time.
//
//     pack keys [16 keys by width] and values [keys by 16 columns] in panels
//     for each 24 queries: m = -inf, l = 0, o = 0
//       for each 128 keys: s = q k^T                      register tiles
//         m' = max(m, s); p = e^(s - m'); c = e^(m - m')
//         l = c l + sum(p); o = c o + p v                 register tiles
//       out = o / l
//
// (Online softmax: Milakov and Gimelshein 2018; blocks: Dao and others 2022.) Memory grows with the keys, not with their
// square.
#pragma once
#include "elementary.h"
#include "tile_f32.h"

enum { VK_QUERIES = 24, VK_KEYS = 128 };

typedef struct vk_attention_parts {
  size_t padded_keys, panels; // keys rounded up to 16; panels of 16 value columns
  float *keys;                // [padded_keys/16][width][16]
  float *values;              // [panels][padded_keys][16]
  float *queries;             // [VK_QUERIES][width], scaled
  float *out;                 // [VK_QUERIES][panels*16]
  size_t bytes;
} vk_attention_parts;

VK_INLINE vk_attention_parts vk_attention_layout(size_t keys, size_t width, void *scratch) {
  vk_attention_parts parts = {.padded_keys = (keys + 15) / 16 * 16, .panels = (width + 15) / 16};
  char *p = scratch;
  parts.keys = (float *)p, p += vk_align(parts.padded_keys * width * sizeof(float));
  parts.values = (float *)p, p += parts.padded_keys * parts.panels * 16 * sizeof(float);
  parts.queries = (float *)p, p += vk_align(VK_QUERIES * width * sizeof(float));
  parts.out = (float *)p, p += VK_QUERIES * parts.panels * 16 * sizeof(float);
  parts.bytes = (size_t)(p - (char *)scratch);
  return parts;
}

static size_t VK_NAME(attention_bytes)(size_t keys, size_t width) {
  return vk_attention_layout(keys, width, NULL).bytes;
}

static void VK_NAME(pack_keys)(const vk_attention *a, vk_attention_parts parts) {
  for (size_t key0 = 0; key0 < parts.padded_keys; key0 += 16) {
    float *panel = parts.keys + key0 * a->width;
    for (size_t key = 0; key < 16; key++) {
      const float *row = a->key + (key0 + key) * a->key_stride;
      for (size_t i = 0; i < a->width; i++) panel[i * 16 + key] = key0 + key < a->keys ? row[i] : 0;
    }
  }
  for (size_t p = 0; p < parts.panels; p++) {
    float *panel = parts.values + p * parts.padded_keys * 16;
    size_t count = vk_least(16, a->width - 16 * p);
    memset(panel, 0, parts.padded_keys * 16 * sizeof(float));
    for (size_t key = 0; key < a->keys; key++)
      memcpy(panel + key * 16, a->value + key * a->key_stride + 16 * p, count * sizeof(float));
  }
}

/// One row of scores to e^(s - m'), given its running maximum and sum; returns the factor for what was summed before.
VK_INLINE float vk_online_softmax(float *s, size_t count, float *largest, float *sum) {
  size_t padded = (count + VK_WIDTH - 1) / VK_WIDTH * VK_WIDTH;
  for (size_t i = count; i < padded; i++) s[i] = -INFINITY;
  vf most = vk_splat(*largest);
  for (size_t i = 0; i < padded; i += VK_WIDTH) most = vk_max(most, vk_load(s + i));
  float now = vk_largest(most);
  vf sums = {0};
  for (size_t i = 0; i < padded; i += VK_WIDTH) {
    vf e = vk_exp_nonpositive(vk_load(s + i) - now);
    vk_store(s + i, e);
    sums += e;
  }
  float factor = vk_exp_nonpositive(vk_splat(*largest - now))[0];
  *largest = now;
  *sum = *sum * factor + vk_sum(sums);
  return factor;
}

static void VK_NAME(attention)(const vk_attention *a, void *scratch) {
  vk_attention_parts parts = vk_attention_layout(a->keys, a->width, scratch);
  VK_NAME(pack_keys)(a, parts);
  _Alignas(64) float scores[VK_QUERIES][VK_KEYS + 16];
  float largest[VK_QUERIES], sums[VK_QUERIES], factors[VK_QUERIES];
  size_t out_stride = parts.panels * 16;

  for (size_t query0 = 0; query0 < a->queries; query0 += VK_QUERIES) {
    size_t rows = vk_least(VK_QUERIES, a->queries - query0);
    memset(parts.queries, 0, VK_QUERIES * a->width * sizeof(float));
    memset(parts.out, 0, VK_QUERIES * out_stride * sizeof(float));
    for (size_t r = 0; r < VK_QUERIES; r++) largest[r] = -INFINITY, sums[r] = 0, factors[r] = 0;
    for (size_t r = 0; r < rows; r++)
      for (size_t i = 0; i < a->width; i++)
        parts.queries[r * a->width + i] = a->query[(query0 + r) * a->query_stride + i] * a->scale;

    for (size_t key0 = 0; key0 < a->keys; key0 += VK_KEYS) {
      size_t count = vk_least(VK_KEYS, a->keys - key0);
      for (size_t k = 0; k < count; k += 16)
        for (size_t r0 = 0; r0 < rows; r0 += VK_TILE_ROWS) {
          vf acc[VK_TILE_ROWS][2 * VK_PANEL_VECTORS] = {{{0}}};
          vk_tile_f32(parts.queries + r0 * a->width, a->width, 1, parts.keys + (key0 + k) * a->width, 0, 1, a->width,
                      acc);
#pragma clang loop unroll(full)
          for (int r = 0; r < VK_TILE_ROWS; r++)
#pragma clang loop unroll(full)
            for (int v = 0; v < VK_PANEL_VECTORS; v++)
              vk_store(&scores[r0 + (size_t)r][k + (size_t)v * VK_WIDTH], acc[r][v]);
        }
      for (size_t r = 0; r < rows; r++) factors[r] = vk_online_softmax(scores[r], count, &largest[r], &sums[r]);
      for (size_t p = 0; p < parts.panels; p++)
        for (size_t r0 = 0; r0 < rows; r0 += VK_TILE_ROWS) {
          float *out = parts.out + r0 * out_stride + 16 * p;
          vf acc[VK_TILE_ROWS][2 * VK_PANEL_VECTORS];
#pragma clang loop unroll(full)
          for (int r = 0; r < VK_TILE_ROWS; r++)
#pragma clang loop unroll(full)
            for (int v = 0; v < VK_PANEL_VECTORS; v++)
              acc[r][v] = vk_load(out + (size_t)r * out_stride + v * VK_WIDTH) * factors[r0 + (size_t)r];
          vk_tile_f32(scores[r0], VK_KEYS + 16, 1, parts.values + (p * parts.padded_keys + key0) * 16, 0, 1, count, acc);
#pragma clang loop unroll(full)
          for (int r = 0; r < VK_TILE_ROWS; r++)
#pragma clang loop unroll(full)
            for (int v = 0; v < VK_PANEL_VECTORS; v++)
              vk_store(out + (size_t)r * out_stride + v * VK_WIDTH, acc[r][v]);
        }
    }
    for (size_t r = 0; r < rows; r++)
      for (size_t i = 0; i < a->width; i++)
        a->out[(query0 + r) * a->out_stride + i] = parts.out[r * out_stride + i] / sums[r];
  }
}
