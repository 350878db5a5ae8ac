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

VK_X86_PRODUCTS(avx512, vk_avx512vnni_products, 12)
#endif
