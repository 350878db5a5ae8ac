// int8 products of a few rows with weights that lie as in the file; exact.
//
// The including file defines
//   VK_DOT_STEP                           codes of one step, at most 64
//   vk_dots                               sums of products in 32 bits
//   vk_dots vk_dot(vk_dots, w, x)         adds a step's products
//   int32_t vk_dot_sum(vk_dots, x_sum)    the sum of all, given the sum of the token's codes
#pragma once
#include "products.h"

enum { VK_S8_ROWS_COLUMNS = 64 };

/// Dot products of `columns` (a constant) weight rows with one token, which is padded with zeros.
VK_INLINE void vk_s8_dots(const int8_t *weights, int columns, const vk_s8_row *token, size_t depth, int32_t *sums) {
  const int8_t *x = (const int8_t *)(token + 1);
  vk_dots acc[4];
  for (int c = 0; c < columns; c++) acc[c] = (vk_dots){0};
  size_t k = 0;
  for (; k + VK_DOT_STEP <= depth; k += VK_DOT_STEP)
#pragma clang loop unroll(full)
    for (int c = 0; c < columns; c++) acc[c] = vk_dot(acc[c], weights + (size_t)c * depth + k, x + k);
  if (k < depth)
    for (int c = 0; c < columns; c++) {
      int8_t rest[VK_DOT_STEP] = {0};
      memcpy(rest, weights + (size_t)c * depth + k, depth - k);
      acc[c] = vk_dot(acc[c], rest, x + k);
    }
  for (int c = 0; c < columns; c++) sums[c] = vk_dot_sum(acc[c], token->sum);
}

static void VK_NAME(s8_multiply_rows)(const vk_product *p, size_t first, size_t end) {
  int32_t sums[VK_MOST_ROWS][VK_S8_ROWS_COLUMNS];
  size_t stride = vk_s8_row_stride(p->depth);
  for (size_t column = first; column < end; column += VK_S8_ROWS_COLUMNS) {
    size_t count = vk_least(VK_S8_ROWS_COLUMNS, end - column);
    const int8_t *weights = (const int8_t *)p->weights + column * p->depth;
    for (size_t c = 0; c < count; c += 4)
      for (size_t row = 0; row < p->rows; row++) {
        const vk_s8_row *token = (const vk_s8_row *)((const char *)p->tokens + row * stride);
        if (c + 4 <= count)
          vk_s8_dots(weights + c * p->depth, 4, token, p->depth, sums[row] + c);
        else
          for (size_t i = c; i < count; i++) vk_s8_dots(weights + i * p->depth, 1, token, p->depth, sums[row] + i);
      }
    for (size_t row = 0; row < p->rows; row++) {
      const vk_s8_row *token = (const vk_s8_row *)((const char *)p->tokens + row * stride);
      VK_NAME(finish_row)(p, &token->scale, sums[row], row, column, count);
    }
  }
}
