// The f32 register tile: VK_TILE_ROWS rows by 16 (or, with VK_TILE_PANELS = 2, 32) columns.
//
// VK_TILE_ROWS is 6 where vectors hold 4 or 8 floats and there are 16 or 32 registers, 12 for 16 floats and 32 registers.
#pragma once
#include "../products.h"
#include "vector.h"

enum { VK_PANEL_VECTORS = VK_PANEL_COLUMNS / VK_WIDTH, VK_TILE_VECTORS = VK_TILE_PANELS * VK_PANEL_VECTORS };

typedef vf vk_sums[VK_TILE_ROWS][VK_TILE_VECTORS];

// Loops over the sums of a tile; its rows and panels are constants where this is inlined.
#define VK_EACH_SUM(rows, panels)                                                                                                    \
  _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++)                                                    \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < panels * VK_PANEL_VECTORS; v++)

/// The left side of a tile: row r at step k is `at[r*row_step + k*step]`.
typedef struct vk_tile_rows {
  const float *at;
  size_t row_step, step;
} vk_tile_rows;

/// The right side: the 16 columns of panel p at step k start at `at + k*step + p*panel_step`.
typedef struct vk_tile_columns {
  const float *at;
  size_t step, panel_step;
} vk_tile_columns;

/// `acc[r][v] += sum over k of a[r][k] * w[k][v]`
VK_INLINE void vk_tile_f32(vk_tile_rows a, int rows, vk_tile_columns w, int panels, size_t depth, vk_sums acc) {
  const float *left = a.at, *right = w.at;
  for (size_t k = 0; k < depth; k++, left += a.step, right += w.step) {
    vf column[VK_TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < panels * VK_PANEL_VECTORS; v++)
      column[v] = vk_load(right + (size_t)(v / VK_PANEL_VECTORS) * w.panel_step + (v % VK_PANEL_VECTORS) * VK_WIDTH);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      vf t = vk_splat(left[(size_t)r * a.row_step]);
#pragma clang loop unroll(full)
      for (int v = 0; v < panels * VK_PANEL_VECTORS; v++) acc[r][v] = vk_fma(t, column[v], acc[r][v]);
    }
  }
}

/// A whole tile: `out = a w`, or `out = factors out + a w`, a factor a row.
VK_INLINE void vk_tile_into(float *out, size_t stride, const float *factors, vk_tile_rows a, int rows,
                            vk_tile_columns w, int panels, size_t depth) {
  vk_sums acc;
  VK_EACH_SUM(rows, panels)
  acc[r][v] = factors ? vk_load(out + (size_t)r * stride + v * VK_WIDTH) * factors[r] : (vf){0};
  vk_tile_f32(a, rows, w, panels, depth, acc);
  VK_EACH_SUM(rows, panels) vk_store(out + (size_t)r * stride + v * VK_WIDTH, acc[r][v]);
}
