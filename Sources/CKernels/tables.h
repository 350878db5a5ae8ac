// Which tables this build has.
#pragma once
#include "CKernels.h"

#if defined(__x86_64__)
#define VK_HAS_X86 1
extern const vk_kernels vk_avx2_kernels, vk_avx512vnni_kernels;
extern const vk_product_kernels vk_avx2_products, vk_avx512vnni_products;

/// The table of products of one of them: f32 as the file that says this has it, int8 in files of their own.
#define VK_X86_PRODUCTS(isa, table, rows)                                                                              \
  size_t vk_##isa##_s8_block_bytes(size_t depth);                                                                      \
  void vk_##isa##_s8_pack(const int8_t *codes, const float *scales, size_t stride, size_t rows_given, size_t depth,    \
                          void *block);                                                                                \
  void vk_##isa##_s8_multiply(const vk_product *p, size_t first_block, size_t end_block, size_t first_panel,           \
                              size_t end_panel);                                                                       \
  void vk_##isa##_s8_multiply_rows(const vk_product *p, size_t first, size_t end);                                     \
  size_t vk_##isa##_s8_peak(size_t turns);                                                                             \
  const vk_product_kernels table = {                                                                                   \
      .s8_block_rows = rows,                                                                                           \
      .f32_block_rows = VK_TILE_ROWS,                                                                                  \
      .s8_block_bytes = vk_##isa##_s8_block_bytes,                                                                     \
      .f32_block_bytes = isa##_f32_block_bytes,                                                                        \
      .s8_pack = vk_##isa##_s8_pack,                                                                                   \
      .f32_pack = isa##_f32_pack,                                                                                      \
      .s8_multiply = vk_##isa##_s8_multiply,                                                                           \
      .f32_multiply = isa##_f32_multiply,                                                                              \
      .f32_multiply_rows = isa##_f32_multiply_rows,                                                                    \
      .s8_multiply_rows = vk_##isa##_s8_multiply_rows,                                                                 \
      .s8_peak = vk_##isa##_s8_peak,                                                                                   \
      .f32_peak = isa##_f32_peak,                                                                                      \
  };
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
