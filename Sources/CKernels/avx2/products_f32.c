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

VK_X86_PRODUCTS(avx2, vk_avx2_products, 6)
#endif
