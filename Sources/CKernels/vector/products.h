// The loops around a tile, and what is done to a finished sum: the same for every instruction set and both types.
//
//     for each 96 rows x 256 columns              sums of the rectangle stay in the second-level cache
//       for each run of depth                     one panel's part stays in the first-level cache
//         for each panel, for each block: tile    adds into the sums
//       each row: scale, bias, activation, factor, residual -> out
#pragma once
#include "../products.h"
#include "elementary.h"

enum {
  VK_SUM_ROWS = 96, // a multiple of every block's rows
  VK_SUM_PANELS = 16,
  VK_SUM_COLUMNS = VK_SUM_PANELS * VK_PANEL_COLUMNS,
  VK_SUM_STRIDE = VK_SUM_COLUMNS + 16, // rows 4096 bytes apart would share cache sets
};

/// Adds one block by `panels` panels over the depth run `[first, end)` into `sums`, rows VK_SUM_STRIDE apart; starts from
/// zero when `first` is 0.
typedef void (*vk_tile)(const vk_product *product, size_t block, size_t panel, size_t panels, size_t first, size_t end,
                        void *sums);

VK_INLINE vf vk_finish(const vk_product *p, vf x, vf bias, vf factor, vf residual, vk_activation activation) {
  x = vk_apply(activation, x + bias);
  if (p->factor) x = x * factor;
  return p->residual ? x + residual : x;
}

/// One row of sums to `out`; `scale` and `weight_scales` turn integers into values.
VK_INLINE void vk_finish_row(const vk_product *p, vk_activation activation, const float *row_scale, const void *sums,
                             size_t row, size_t column, size_t count) {
  size_t at = row * p->out_stride + column;
  const float *bias = p->bias ? p->bias + column : NULL;
  const float *factor = p->factor ? p->factor + at : NULL, *residual = p->residual ? p->residual + at : NULL;
  const vf zero = {0};
  for (size_t i = 0; i < count; i += VK_WIDTH) {
    size_t left = count - i;
    vf x;
    memcpy(&x, (const float *)sums + i, sizeof x); // always whole: rows of sums are
    if (left >= VK_WIDTH) {
      if (row_scale) x = __builtin_convertvector((vi)x, vf) * *row_scale * vk_load(p->weight_scales + column + i);
      x = vk_finish(p, x, bias ? vk_load(bias + i) : zero, factor ? vk_load(factor + i) : zero,
                    residual ? vk_load(residual + i) : zero, activation);
      vk_store(p->out + at + i, x);
    } else {
      if (row_scale)
        x = __builtin_convertvector((vi)x, vf) * *row_scale * vk_load_part(p->weight_scales + column + i, left);
      x = vk_finish(p, x, bias ? vk_load_part(bias + i, left) : zero, factor ? vk_load_part(factor + i, left) : zero,
                    residual ? vk_load_part(residual + i, left) : zero, activation);
      vk_store_part(p->out + at + i, x, left);
    }
  }
}

static __attribute__((noinline)) void VK_NAME(finish_row)(const vk_product *p, const float *row_scale,
                                                          const void *sums, size_t row, size_t column, size_t count) {
  if (p->integers) {
    memcpy(p->integers + row * p->out_stride + column, sums, count * sizeof(int32_t));
    return;
  }
  vk_activation function = p->activation;
#define FINISH(F) case F: vk_finish_row(p, F, row_scale, sums, row, column, count); return
  switch (function) {
    FINISH(VK_IDENTITY);
    FINISH(VK_GELU);
    FINISH(VK_GELU_TANH);
    FINISH(VK_QUICK_GELU);
    FINISH(VK_SILU);
    FINISH(VK_RELU);
    FINISH(VK_SIGMOID);
  }
#undef FINISH
}

/// `depth` counts the tile's steps (chunks of 32 for int8, single ones for f32), `longest` those that stay in cache.
/// `scales_stride` is the distance of blocks that begin with their rows' scales; 0 for f32.
VK_INLINE void vk_drive(const vk_product *p, size_t first_block, size_t end_block, size_t first_panel, size_t end_panel,
                        size_t block_rows, size_t panel_step, size_t depth, size_t longest, size_t scales_stride,
                        vk_tile tile) {
  _Alignas(64) float sums[VK_SUM_ROWS][VK_SUM_STRIDE];
  size_t runs = (depth + longest - 1) / longest, run = runs ? (depth + runs - 1) / runs : 0;
  for (size_t panel0 = first_panel; panel0 < end_panel; panel0 += VK_SUM_PANELS) {
    size_t panel1 = vk_least(end_panel, panel0 + VK_SUM_PANELS);
    for (size_t block0 = first_block; block0 < end_block; block0 += VK_SUM_ROWS / block_rows) {
      size_t block1 = vk_least(end_block, block0 + VK_SUM_ROWS / block_rows);
      for (size_t k = 0; k < depth; k += run)
        for (size_t panel = panel0; panel < panel1; panel += panel_step)
          for (size_t block = block0; block < block1; block++)
            tile(p, block, panel, vk_least(panel_step, panel1 - panel), k, vk_least(depth, k + run),
                 &sums[(block - block0) * block_rows][(panel - panel0) * VK_PANEL_COLUMNS]);
      if (depth == 0) memset(sums, 0, sizeof sums);
      size_t column = panel0 * VK_PANEL_COLUMNS, columns = vk_least(p->columns, panel1 * VK_PANEL_COLUMNS) - column;
      size_t end_row = vk_least(p->rows, block1 * block_rows);
      for (size_t row = block0 * block_rows; row < end_row; row++) {
        const float *scale = NULL;
        if (scales_stride)
          scale = (const float *)((const char *)p->tokens + row / block_rows * scales_stride) + row % block_rows;
        VK_NAME(finish_row)(p, scale, sums[row - block0 * block_rows], row, column, columns);
      }
    }
  }
}
