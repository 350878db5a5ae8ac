// Products in plain C: the oracle. A block of tokens is one row.
#include <math.h>

#include "../products.h"
#include "../scalar.h"

static size_t s8_block_bytes(size_t depth) { return vk_align(sizeof(float) + depth); }
static size_t f32_block_bytes(size_t depth) { return vk_align(depth * sizeof(float)); }

static void s8_pack(const int8_t *codes, const float *scales, size_t stride, size_t rows, size_t depth, void *block) {
  (void)stride, (void)rows;
  memcpy(block, scales, sizeof(float));
  memcpy((char *)block + sizeof(float), codes, depth);
}

static void f32_pack(const float *x, size_t stride, size_t rows, size_t depth, void *block) {
  (void)stride, (void)rows;
  memcpy(block, x, depth * sizeof(float));
}

static void finish(const vk_product *p, size_t row, size_t column, double sum) {
  size_t at = row * p->out_stride + column;
  float value = (float)(sum + (p->bias ? p->bias[column] : 0.0f));
  vk_scalar_activate(p->activation, &value, &value, 1);
  if (p->factor) value *= p->factor[at];
  if (p->residual) value += p->residual[at];
  p->out[at] = value;
}

static void s8_multiply(const vk_product *p, size_t first_block, size_t end_block, size_t first_panel,
                        size_t end_panel) {
  size_t end_column = vk_least(p->columns, end_panel * VK_PANEL_COLUMNS);
  for (size_t row = first_block; row < end_block; row++) {
    const char *block = (const char *)p->tokens + row * s8_block_bytes(p->depth);
    const int8_t *a = (const int8_t *)block + sizeof(float);
    float scale;
    memcpy(&scale, block, sizeof scale);
    for (size_t column = first_panel * VK_PANEL_COLUMNS; column < end_column; column++) {
      const uint8_t *w = (const uint8_t *)p->weights + column / VK_PANEL_COLUMNS * vk_s8_panel_bytes(p->depth) +
                         column % VK_PANEL_COLUMNS * 4;
      int32_t sum = 0;
      for (size_t k = 0; k < p->depth; k++) sum += a[k] * ((int)w[k / 4 * 64 + k % 4] - 128);
      if (p->integers)
        p->integers[row * p->out_stride + column] = sum;
      else
        finish(p, row, column, (double)sum * scale * p->weight_scales[column]);
    }
  }
}

static void f32_multiply(const vk_product *p, size_t first_block, size_t end_block, size_t first_panel,
                         size_t end_panel) {
  size_t end_column = vk_least(p->columns, end_panel * VK_PANEL_COLUMNS);
  for (size_t row = first_block; row < end_block; row++) {
    const float *a = (const float *)((const char *)p->tokens + row * f32_block_bytes(p->depth));
    for (size_t column = first_panel * VK_PANEL_COLUMNS; column < end_column; column++) {
      const float *w = (const float *)p->weights + column / VK_PANEL_COLUMNS * p->depth * VK_PANEL_COLUMNS +
                       column % VK_PANEL_COLUMNS;
      double sum = 0;
      for (size_t k = 0; k < p->depth; k++) sum += (double)a[k] * w[k * VK_PANEL_COLUMNS];
      finish(p, row, column, sum);
    }
  }
}

static void f32_multiply_rows(const vk_product *p, vk_type type, size_t first, size_t end) {
  size_t bytes = vk_type_bytes(type);
  for (size_t row = 0; row < p->rows; row++) {
    const float *a = (const float *)((const char *)p->tokens + row * vk_f32_row_stride(p->depth));
    for (size_t column = first; column < end; column++) {
      double sum = 0;
      for (size_t k = 0; k < p->depth; k++) {
        float weight;
        vk_scalar_to_f32((const char *)p->weights + (column * p->depth + k) * bytes, type, &weight, 1);
        sum += (double)a[k] * weight;
      }
      finish(p, row, column, sum);
    }
  }
}

static void s8_multiply_rows(const vk_product *p, size_t first, size_t end) {
  for (size_t row = 0; row < p->rows; row++) {
    const vk_s8_row *head = (const vk_s8_row *)((const char *)p->tokens + row * vk_s8_row_stride(p->depth));
    const int8_t *a = (const int8_t *)(head + 1);
    for (size_t column = first; column < end; column++) {
      const int8_t *w = (const int8_t *)p->weights + column * p->depth;
      int32_t sum = 0;
      for (size_t k = 0; k < p->depth; k++) sum += a[k] * w[k];
      if (p->integers)
        p->integers[row * p->out_stride + column] = sum;
      else
        finish(p, row, column, (double)sum * head->scale * p->weight_scales[column]);
    }
  }
}

static size_t peak(size_t turns) {
  float sums[8] = {0};
  volatile float factor = 0.5f;
  float f = factor;
  for (size_t turn = 0; turn < turns; turn++)
    for (int i = 0; i < 8; i++) sums[i] = sums[i] * f + f;
  for (int i = 0; i < 8; i++) factor = sums[i];
  return turns * 16;
}

const vk_product_kernels vk_scalar_products = {
    .s8_block_rows = 1,
    .f32_block_rows = 1,
    .s8_block_bytes = s8_block_bytes,
    .f32_block_bytes = f32_block_bytes,
    .s8_pack = s8_pack,
    .f32_pack = f32_pack,
    .s8_multiply = s8_multiply,
    .f32_multiply = f32_multiply,
    .f32_multiply_rows = f32_multiply_rows,
    .s8_multiply_rows = s8_multiply_rows,
    .s8_peak = peak,
    .f32_peak = peak,
};
