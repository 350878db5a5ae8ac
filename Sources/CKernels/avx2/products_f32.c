// f32 products with AVX2 and FMA: a tile of 6 rows by 16 columns, 12 accumulators; then the table of products.
#include "../tables.h"
#if VK_HAS_X86
#include <immintrin.h>

#include "../vector/includes.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define VK_WIDTH 8
#define VK_HAS_F16 1
#define VK_NAME(x) avx2_f32_##x
#include "../vector/products.h"

enum { ROWS = 6 };
#define EACH_ROW _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)

static size_t block_bytes(size_t depth) { return vk_align(depth * ROWS * sizeof(float)); }

/// A block is [depth][6].
static void pack(const float *x, size_t stride, size_t rows, size_t depth, void *block) {
  float *out = block;
  for (size_t r = 0; r < ROWS; r++)
    for (size_t k = 0; k < depth; k++) out[k * ROWS + r] = r < rows ? x[r * stride + k] : 0;
}

static void tile(const vk_product *p, size_t block, size_t panel, size_t panels, size_t first, size_t end, void *out) {
  (void)panels;
  const float *a = (const float *)((const char *)p->tokens + block * block_bytes(p->depth)) + first * ROWS;
  const float *w = (const float *)p->weights + (panel * p->depth + first) * VK_PANEL_COLUMNS;
  float *sums = out;
  __m256 acc[ROWS][2];
  EACH_ROW {
    acc[r][0] = first ? _mm256_loadu_ps(sums + r * VK_SUM_STRIDE) : _mm256_setzero_ps();
    acc[r][1] = first ? _mm256_loadu_ps(sums + r * VK_SUM_STRIDE + 8) : _mm256_setzero_ps();
  }
  _Pragma("clang loop unroll_count(4)") for (size_t k = first; k < end; k++, a += ROWS, w += VK_PANEL_COLUMNS) {
    __m256 w0 = _mm256_loadu_ps(w), w1 = _mm256_loadu_ps(w + 8);
    EACH_ROW {
      __m256 t = _mm256_broadcast_ss(a + r);
      acc[r][0] = _mm256_fmadd_ps(t, w0, acc[r][0]);
      acc[r][1] = _mm256_fmadd_ps(t, w1, acc[r][1]);
    }
  }
  EACH_ROW {
    _mm256_storeu_ps(sums + r * VK_SUM_STRIDE, acc[r][0]);
    _mm256_storeu_ps(sums + r * VK_SUM_STRIDE + 8, acc[r][1]);
  }
}

static void multiply(const vk_product *p, size_t first_block, size_t end_block, size_t first_panel, size_t end_panel) {
  vk_drive(p, first_block, end_block, first_panel, end_panel, ROWS, 1, p->depth, 320, 0, tile);
}
#pragma clang attribute pop

size_t vk_avx2_s8_block_bytes(size_t depth);
void vk_avx2_s8_pack(const int8_t *codes, const float *scales, size_t stride, size_t rows, size_t depth, void *block);
void vk_avx2_s8_multiply(const vk_product *p, size_t first_block, size_t end_block, size_t first_panel,
                         size_t end_panel);

const vk_product_kernels vk_avx2_products = {
    .s8_block_rows = 6,
    .f32_block_rows = ROWS,
    .s8_block_bytes = vk_avx2_s8_block_bytes,
    .f32_block_bytes = block_bytes,
    .s8_pack = vk_avx2_s8_pack,
    .f32_pack = pack,
    .s8_multiply = vk_avx2_s8_multiply,
    .f32_multiply = multiply,
};
#endif
