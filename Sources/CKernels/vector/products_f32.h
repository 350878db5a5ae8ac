// f32 products: blocks of VK_TILE_ROWS tokens, [depth][VK_TILE_ROWS], by panels of weights.
#pragma once
#include "peak.h"
#include "products.h"
#include "tile_f32.h"

static size_t VK_NAME(f32_block_bytes)(size_t depth) { return vk_align(depth * VK_TILE_ROWS * sizeof(float)); }

static void VK_NAME(f32_pack)(const float *x, size_t stride, size_t rows, size_t depth, void *block) {
  float *out = block;
  for (size_t r = 0; r < VK_TILE_ROWS; r++)
    for (size_t k = 0; k < depth; k++) out[k * VK_TILE_ROWS + r] = r < rows ? x[r * stride + k] : 0;
}

VK_INLINE void vk_f32_tile_of(const vk_product *p, size_t block, size_t panel, int panels, size_t first, size_t end,
                              float *sums) {
  const char *tokens = (const char *)p->tokens + block * VK_NAME(f32_block_bytes)(p->depth);
  const float *weights = (const float *)p->weights + (panel * p->depth + first) * VK_PANEL_COLUMNS;
  vk_sums acc;
  VK_EACH_SUM(VK_TILE_ROWS, panels)
  acc[r][v] = first ? vk_load(sums + r * VK_SUM_STRIDE + v * VK_WIDTH) : (vf){0};
  vk_tile_f32((vk_tile_rows){(const float *)tokens + first * VK_TILE_ROWS, 1, VK_TILE_ROWS}, VK_TILE_ROWS,
              (vk_tile_columns){weights, VK_PANEL_COLUMNS, p->depth * VK_PANEL_COLUMNS}, panels, end - first, acc);
  VK_EACH_SUM(VK_TILE_ROWS, panels) vk_store(sums + r * VK_SUM_STRIDE + v * VK_WIDTH, acc[r][v]);
}

static void VK_NAME(f32_tile)(const vk_product *p, size_t block, size_t panel, size_t panels, size_t first, size_t end,
                              void *sums) {
#if VK_TILE_PANELS == 2
  if (panels == 2) {
    vk_f32_tile_of(p, block, panel, 2, first, end, sums);
    return;
  }
#else
  (void)panels;
#endif
  vk_f32_tile_of(p, block, panel, 1, first, end, sums);
}

static void VK_NAME(f32_multiply)(const vk_product *p, size_t first_block, size_t end_block, size_t first_panel,
                                  size_t end_panel) {
  // 320 steps of a panel are 20 KB, of a block 8 or 15 KB.
  vk_drive(p, first_block, end_block, first_panel, end_panel, VK_TILE_ROWS, VK_TILE_PANELS, p->depth, 320, 0,
           VK_NAME(f32_tile));
}

static size_t VK_NAME(f32_peak)(size_t turns) {
  VK_PEAK(vf, 2 * VK_WIDTH, vk_splat(0.5f), sums[i] = vk_fma(a, b, sums[i]));
}
