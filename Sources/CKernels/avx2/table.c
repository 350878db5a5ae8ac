#include "../tables.h"
#if VK_HAS_X86
#include "../vector/includes.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define VK_WIDTH 8
#define VK_HAS_F16 1
#define VK_TILE_ROWS 6
#define VK_TILE_PANELS 1
#define VK_NAME(x) avx2_##x
#include "../vector/table.h"
#pragma clang attribute pop

const vk_kernels vk_avx2_kernels = {.isa = VK_ISA_AVX2, .products = &vk_avx2_products, VK_VECTOR_TABLE};
#endif
