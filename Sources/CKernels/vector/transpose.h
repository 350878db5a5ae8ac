// Rows to panels of 16 columns.
#pragma once
#include "vector.h"

VK_INLINE vk_four vk_load_four(const float *p) {
  vk_four x;
  memcpy(&x, p, sizeof x);
  return x;
}

/// `out[k][c] = rows[c][k]` for 4 rows and 4 steps, `out` a panel.
VK_INLINE void vk_transpose_four(const vk_four rows[4], float *out) {
  vk_four a = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
  vk_four b = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
  vk_four c = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
  vk_four d = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
  vk_four columns[4] = {
      __builtin_shufflevector(a, b, 0, 1, 4, 5), __builtin_shufflevector(a, b, 2, 3, 6, 7),
      __builtin_shufflevector(c, d, 0, 1, 4, 5), __builtin_shufflevector(c, d, 2, 3, 6, 7)};
  for (size_t k = 0; k < 4; k++) memcpy(out + k * VK_PANEL_COLUMNS, &columns[k], sizeof columns[k]);
}

/// One panel [depth][16] of `count` (at most 16) rows; what is missing is zero.
static void VK_NAME(pack_panel)(const float *rows, size_t stride, size_t count, size_t depth, float *panel) {
  for (size_t c = 0; c < VK_PANEL_COLUMNS; c += 4) {
    size_t k = 0;
    if (c + 4 <= count)
      for (const float *row = rows + c * stride; k + 4 <= depth; k += 4) {
        vk_four four[4] = {vk_load_four(row + k), vk_load_four(row + stride + k), vk_load_four(row + 2 * stride + k),
                           vk_load_four(row + 3 * stride + k)};
        vk_transpose_four(four, panel + k * VK_PANEL_COLUMNS + c);
      }
    for (; k < depth; k++)
      for (size_t i = c; i < c + 4; i++) panel[k * VK_PANEL_COLUMNS + i] = i < count ? rows[i * stride + k] : 0;
  }
}
