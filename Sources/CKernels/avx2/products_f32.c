// f32 products with AVX2 and FMA: a tile of 6 rows by 16 columns; then the table of products.
#include "../tables.h"
#if VK_HAS_X86
#include "../vector/includes.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define VK_WIDTH 8
#define VK_TILE_ROWS 6
#define VK_TILE_PANELS 1
#define VK_HAS_F16 1
#define VK_NAME(x) avx2_##x
#include "../vector/products_f32.h"
#include "../vector/rows_f32.h"
#pragma clang attribute pop

size_t vk_avx2_s8_block_bytes(size_t depth);
void vk_avx2_s8_pack(const int8_t *codes, const float *scales, size_t stride, size_t rows, size_t depth, void *block);
void vk_avx2_s8_multiply(const vk_product *p, size_t first_block, size_t end_block, size_t first_panel,
                         size_t end_panel);
void vk_avx2_s8_multiply_rows(const vk_product *p, size_t first, size_t end);
size_t vk_avx2_s8_peak(size_t turns);

const vk_product_kernels vk_avx2_products = {
    .s8_block_rows = 6,
    .f32_block_rows = VK_TILE_ROWS,
    .s8_block_bytes = vk_avx2_s8_block_bytes,
    .f32_block_bytes = avx2_f32_block_bytes,
    .s8_pack = vk_avx2_s8_pack,
    .f32_pack = avx2_f32_pack,
    .s8_multiply = vk_avx2_s8_multiply,
    .f32_multiply = avx2_f32_multiply,
    .f32_multiply_rows = avx2_f32_multiply_rows,
    .s8_multiply_rows = vk_avx2_s8_multiply_rows,
    .s8_peak = vk_avx2_s8_peak,
    .f32_peak = avx2_f32_peak,
};
#endif
