// Which tables this build has.
#pragma once
#include "CKernels.h"

#if defined(__x86_64__)
#define VK_HAS_X86 1
extern const vk_kernels vk_avx2_kernels, vk_avx512vnni_kernels;
extern const vk_product_kernels vk_avx2_products, vk_avx512vnni_products;
#else
#define VK_HAS_X86 0
#endif

#if defined(__aarch64__)
#define VK_HAS_NEON 1
extern const vk_kernels vk_neon_kernels;
extern const vk_product_kernels vk_neon_products;
#else
#define VK_HAS_NEON 0
#endif

extern const vk_kernels vk_scalar_kernels;
extern const vk_product_kernels vk_scalar_products;
