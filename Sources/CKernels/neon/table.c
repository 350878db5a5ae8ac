#include "../tables.h"
#if VK_HAS_NEON
#include "../vector/includes.h"
#define VK_WIDTH 4
#define VK_HAS_F16 1
#define VK_TILE_ROWS 6
#define VK_TILE_PANELS 1
#define VK_NAME(x) neon_##x
#include "../vector/table.h"

const vk_kernels vk_neon_kernels = {.isa = VK_ISA_NEON, .products = &vk_neon_products, VK_VECTOR_TABLE};
#endif
