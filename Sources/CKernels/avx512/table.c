#include "../tables.h"
#if VK_HAS_X86
#include "../vector/includes.h"
#include "target.h"
VK_AVX512_BEGIN
#define VK_WIDTH 16
#define VK_HAS_F16 1
#define VK_TILE_ROWS 12
#define VK_TILE_PANELS 2
#define VK_NAME(x) avx512_##x
#include "../vector/table.h"
VK_AVX512_END

const vk_kernels vk_avx512vnni_kernels = {
    .isa = VK_ISA_AVX512VNNI, .products = &vk_avx512vnni_products, VK_VECTOR_TABLE};
#endif
