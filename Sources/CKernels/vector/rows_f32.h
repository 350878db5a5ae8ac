// f32 products of a few rows with weights that lie as in the file: each weight is widened in a register and used for all
// rows. A group of weight rows that more than four tokens need is read again from the cache.
#pragma once
#include "products.h"
#include "widen.h"

enum { VK_ROWS_COLUMNS = 64 }; // of a run whose sums are finished together

/// Dot products of `columns` weight rows with `rows` tokens, both constants; `sums` [rows][VK_ROWS_COLUMNS].
VK_INLINE void vk_f32_dots(const char *weights, vk_type type, int columns, const float *tokens, size_t token_stride,
                           int rows, size_t depth, float *sums) {
  const size_t bytes = vk_type_bytes(type);
  vf acc[4][4];
  for (int c = 0; c < columns; c++)
    for (int r = 0; r < rows; r++) acc[c][r] = (vf){0};
  size_t k = 0;
  for (; k + VK_WIDTH <= depth; k += VK_WIDTH) {
    vf weight[4];
#pragma clang loop unroll(full)
    for (int c = 0; c < columns; c++) weight[c] = vk_widen(weights + ((size_t)c * depth + k) * bytes, type, 0);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      vf token = vk_load(tokens + (size_t)r * token_stride + k);
#pragma clang loop unroll(full)
      for (int c = 0; c < columns; c++) acc[c][r] = vk_fma(token, weight[c], acc[c][r]);
    }
  }
  if (k < depth)
    for (int c = 0; c < columns; c++) {
      char rest[4 * VK_WIDTH] = {0};
      memcpy(rest, weights + ((size_t)c * depth + k) * bytes, (depth - k) * bytes);
      for (int r = 0; r < rows; r++)
        acc[c][r] = vk_fma(vk_load(tokens + (size_t)r * token_stride + k), vk_widen(rest, type, 0), acc[c][r]);
    }
  for (int c = 0; c < columns; c++)
    for (int r = 0; r < rows; r++) sums[r * VK_ROWS_COLUMNS + c] = vk_sum(acc[c][r]);
}

/// All tokens by `columns` weight rows.
VK_INLINE void vk_f32_dots_of_all(const vk_product *p, const char *weights, vk_type type, int columns, float *sums) {
  size_t stride = vk_f32_row_stride(p->depth) / sizeof(float), row = 0;
#define DOTS(COLUMNS, ROWS, FIRST)                                                                                     \
  vk_f32_dots(weights + (FIRST) * p->depth * vk_type_bytes(type), type, COLUMNS,                                  \
              (const float *)p->tokens + row * stride, stride, ROWS, p->depth, sums + row * VK_ROWS_COLUMNS + (FIRST))
  for (; row + 4 <= p->rows; row += 4)
    for (size_t c = 0; c < (size_t)columns; c += 2) {
      if (columns == 1)
        DOTS(1, 4, c);
      else
        DOTS(2, 4, c);
    }
  for (; row + 2 <= p->rows; row += 2) DOTS(columns, 2, 0);
  for (; row < p->rows; row++) DOTS(columns, 1, 0);
#undef DOTS
}

VK_INLINE void vk_f32_multiply_rows_of(const vk_product *p, vk_type type, size_t first, size_t end) {
  const size_t row_bytes = p->depth * vk_type_bytes(type);
  float sums[VK_MOST_ROWS][VK_ROWS_COLUMNS];
  for (size_t column = first; column < end; column += VK_ROWS_COLUMNS) {
    size_t count = vk_least(VK_ROWS_COLUMNS, end - column), c = 0;
    const char *weights = (const char *)p->weights + column * row_bytes;
    for (; c + 4 <= count; c += 4) vk_f32_dots_of_all(p, weights + c * row_bytes, type, 4, sums[0] + c);
    for (; c < count; c++) vk_f32_dots_of_all(p, weights + c * row_bytes, type, 1, sums[0] + c);
    for (size_t row = 0; row < p->rows; row++) VK_NAME(finish_row)(p, NULL, sums[row], row, column, count);
  }
}

static void VK_NAME(f32_multiply_rows)(const vk_product *p, vk_type type, size_t first, size_t end) {
  switch (type) {
  case VK_BF16: vk_f32_multiply_rows_of(p, VK_BF16, first, end); return;
  case VK_F16: vk_f32_multiply_rows_of(p, VK_F16, first, end); return;
  default: vk_f32_multiply_rows_of(p, VK_F32, first, end);
  }
}
