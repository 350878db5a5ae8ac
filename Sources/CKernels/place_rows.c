// Tokens to the rows that products of few rows read.
#include "products.h"

size_t vk_f32_row_bytes(size_t depth) { return vk_f32_row_stride(depth); }
size_t vk_s8_row_bytes(size_t depth) { return vk_s8_row_stride(depth); }

void vk_f32_place_row(const float *x, size_t depth, void *row) {
  memcpy(row, x, depth * sizeof *x);
  memset((float *)row + depth, 0, vk_f32_row_stride(depth) - depth * sizeof *x);
}

void vk_s8_place_row(const int8_t *codes, float scale, size_t depth, void *row) {
  vk_s8_row *head = row;
  int8_t *out = (int8_t *)(head + 1);
  *head = (vk_s8_row){.scale = scale};
  for (size_t k = 0; k < depth; k++) head->sum += codes[k];
  memcpy(out, codes, depth);
  memset(out + depth, 0, vk_align(depth) - depth);
}
