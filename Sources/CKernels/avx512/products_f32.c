// f32 products with AVX-512: a tile of 12 rows by 32 columns; then the table of products.
#include "../tables.h"
#if VK_HAS_X86
#include "../vector/includes.h"
#include "target.h"
VK_AVX512_BEGIN
#define VK_WIDTH 16
#define VK_TILE_ROWS 12
#define VK_TILE_PANELS 2
#define VK_HAS_F16 1
#define VK_NAME(x) avx512_##x
#include "../vector/products_f32.h"
#include "../vector/rows_f32.h"
VK_AVX512_END

size_t vk_avx512_s8_block_bytes(size_t depth);
void vk_avx512_s8_pack(const int8_t *codes, const float *scales, size_t stride, size_t rows, size_t depth, void *block);
void vk_avx512_s8_multiply(const vk_product *p, size_t first_block, size_t end_block, size_t first_panel,
                           size_t end_panel);
void vk_avx512_s8_multiply_rows(const vk_product *p, size_t first, size_t end);
size_t vk_avx512_s8_peak(size_t turns);

const vk_product_kernels vk_avx512vnni_products = {
    .s8_block_rows = 12,
    .f32_block_rows = VK_TILE_ROWS,
    .s8_block_bytes = vk_avx512_s8_block_bytes,
    .f32_block_bytes = avx512_f32_block_bytes,
    .s8_pack = vk_avx512_s8_pack,
    .f32_pack = avx512_f32_pack,
    .s8_multiply = vk_avx512_s8_multiply,
    .f32_multiply = avx512_f32_multiply,
    .f32_multiply_rows = avx512_f32_multiply_rows,
    .s8_multiply_rows = vk_avx512_s8_multiply_rows,
    .s8_peak = vk_avx512_s8_peak,
    .f32_peak = avx512_f32_peak,
};
#endif
