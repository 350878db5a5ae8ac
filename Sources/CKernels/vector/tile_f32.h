// The f32 register tile: VK_TILE_ROWS rows by 16 (or, with two panels, 32) columns.
//
// VK_TILE_ROWS is 6 where vectors hold 4 or 8 floats and there are 16 or 32 registers, 12 for 16 floats and 32 registers.
#pragma once
#include "../products.h"
#include "vector.h"

enum { VK_PANEL_VECTORS = VK_PANEL_COLUMNS / VK_WIDTH };

/// `acc[r][v] += sum over k of a[r*row_step + k*step] * w[k][v]`, with w [depth][16] in each of `panels` panels.
VK_INLINE void vk_tile_f32(const float *a, size_t row_step, size_t step, const float *w, size_t panel_step, int panels,
                           size_t depth, vf acc[VK_TILE_ROWS][2 * VK_PANEL_VECTORS]) {
  for (size_t k = 0; k < depth; k++, a += step, w += VK_PANEL_COLUMNS) {
    vf column[2 * VK_PANEL_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < panels * VK_PANEL_VECTORS; v++)
      column[v] = vk_load(w + (size_t)(v / VK_PANEL_VECTORS) * panel_step + (v % VK_PANEL_VECTORS) * VK_WIDTH);
#pragma clang loop unroll(full)
    for (int r = 0; r < VK_TILE_ROWS; r++) {
      vf t = vk_splat(a[(size_t)r * row_step]);
#pragma clang loop unroll(full)
      for (int v = 0; v < panels * VK_PANEL_VECTORS; v++) acc[r][v] = vk_fma(t, column[v], acc[r][v]);
    }
  }
}
