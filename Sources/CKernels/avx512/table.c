#include "../tables.h"
#if VK_HAS_X86
#include "../vector/includes.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"),                \
                                            min_vector_width(512))),                                                   \
                             apply_to = function)
#define VK_WIDTH 16
#define VK_HAS_F16 1
#define VK_TILE_ROWS 12
#define VK_NAME(x) avx512_##x
#include "../vector/table.h"
#pragma clang attribute pop

const vk_kernels vk_avx512vnni_kernels = {.isa = VK_ISA_AVX512VNNI, .products = &vk_avx2_products, VK_VECTOR_TABLE};
#endif
