// int8 products with NEON: sdot where the machine has it (ARMv8.2 dot product), widening multiplications elsewhere.
//
// Weights come as u = w + 128; flipping the top bit gives w back as a signed byte, so all is signed and exact. The tile is
// 6 rows by 16 columns: 24 sums of four columns, 4 vectors of weights.
#include "../tables.h"
#if VK_HAS_NEON
#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "../vector/includes.h"
#define VK_WIDTH 4
#define VK_TILE_ROWS 6
#define VK_TILE_PANELS 1
#define VK_HAS_F16 1
#define VK_NAME(x) neon_##x
#include "../vector/products_f32.h"
#include "../vector/rows_f32.h"

enum { VK_DOT_STEP = 16 };
typedef int32x4_t vk_dots;

VK_INLINE vk_dots vk_dot(vk_dots sums, const int8_t *w, const int8_t *x) {
  int8x16_t a = vld1q_s8(w), b = vld1q_s8(x);
  sums = vpadalq_s16(sums, vmull_s8(vget_low_s8(a), vget_low_s8(b)));
  return vpadalq_s16(sums, vmull_s8(vget_high_s8(a), vget_high_s8(b)));
}

VK_INLINE int32_t vk_dot_sum(vk_dots sums, int32_t x_sum) {
  (void)x_sum;
  return vaddvq_s32(sums);
}

#include "../vector/rows_s8.h"

enum { ROWS = 6, VECTORS = 4 };
#define EACH_ROW _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)
#define EACH_VECTOR _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)

/// A block of tokens.
typedef struct block_parts {
  float *scales; // [ROWS]
  int8_t *codes; // [groups][ROWS][4]
  size_t bytes;
} block_parts;

VK_INLINE block_parts parts_of(const void *block, size_t depth) {
  vk_parts shared = {(char *)block, 0};
  block_parts parts;
  parts.scales = vk_take(&shared, ROWS * sizeof(float));
  parts.codes = vk_take(&shared, vk_chunks(depth) * VK_CHUNK * ROWS);
  parts.bytes = shared.bytes;
  return parts;
}

static size_t block_bytes(size_t depth) { return parts_of(NULL, depth).bytes; }

static void pack(const int8_t *codes, const float *scales, size_t stride, size_t rows, size_t depth, void *block) {
  block_parts parts = parts_of(block, depth);
  memcpy(parts.scales, scales, rows * sizeof *scales);
  int8_t *out = parts.codes;
  memset(out, 0, vk_chunks(depth) * VK_CHUNK * ROWS);
  for (size_t row = 0; row < rows; row++)
    for (size_t k = 0; k < depth; k += 4)
      memcpy(out + (k / 4 * ROWS + row) * 4, codes + row * stride + k, vk_least(4, depth - k));
}

VK_INLINE void load_columns(const uint8_t *w, int8x16_t columns[VECTORS]) {
  EACH_VECTOR columns[v] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(w + 16 * v), vdupq_n_u8(0x80)));
}

#define TILE_HEAD                                                                                                      \
  const int8_t *a = parts_of((const char *)p->tokens + block * block_bytes(p->depth), p->depth).codes +                \
                    first * VK_CHUNK * ROWS;                                                                           \
  const uint8_t *w = vk_s8_weights_in(p->weights, p->columns, p->depth).codes + panel * vk_s8_panel_bytes(p->depth) +  \
                     first * VK_CHUNK * VK_PANEL_COLUMNS;                                                              \
  int32_t *sums = out;                                                                                                 \
  (void)panels;                                                                                                        \
  int32x4_t acc[ROWS][VECTORS];                                                                                        \
  EACH_ROW EACH_VECTOR acc[r][v] = first ? vld1q_s32(sums + r * VK_SUM_STRIDE + 4 * v) : vdupq_n_s32(0)

__attribute__((target("dotprod"))) static void tile_dot(const vk_product *p, size_t block, size_t panel, size_t panels,
                                                        size_t first, size_t end, void *out) {
  TILE_HEAD;
  for (size_t group = 0; group < (end - first) * VK_CHUNK_GROUPS; group++, a += 4 * ROWS, w += 64) {
    int8x16_t columns[VECTORS], rows0123 = vld1q_s8(a), rows45 = vcombine_s8(vld1_s8(a + 16), vdup_n_s8(0));
    load_columns(w, columns);
    EACH_VECTOR {
      acc[0][v] = vdotq_laneq_s32(acc[0][v], columns[v], rows0123, 0);
      acc[1][v] = vdotq_laneq_s32(acc[1][v], columns[v], rows0123, 1);
      acc[2][v] = vdotq_laneq_s32(acc[2][v], columns[v], rows0123, 2);
      acc[3][v] = vdotq_laneq_s32(acc[3][v], columns[v], rows0123, 3);
      acc[4][v] = vdotq_laneq_s32(acc[4][v], columns[v], rows45, 0);
      acc[5][v] = vdotq_laneq_s32(acc[5][v], columns[v], rows45, 1);
    }
  }
  EACH_ROW EACH_VECTOR vst1q_s32(sums + r * VK_SUM_STRIDE + 4 * v, acc[r][v]);
}

static void tile_widening(const vk_product *p, size_t block, size_t panel, size_t panels, size_t first, size_t end,
                          void *out) {
  TILE_HEAD;
  for (size_t group = 0; group < (end - first) * VK_CHUNK_GROUPS; group++, a += 4 * ROWS, w += 64) {
    int8x16_t columns[VECTORS];
    load_columns(w, columns);
    EACH_ROW {
      int32_t word;
      memcpy(&word, a + 4 * r, 4);
      int8x16_t t = vreinterpretq_s8_s32(vdupq_n_s32(word));
      EACH_VECTOR {
        // Products fit 16 bits; pairs are added in 32, and pairs of pairs are the four steps of a column.
        int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(columns[v]), vget_low_s8(t)));
        int32x4_t high = vpaddlq_s16(vmull_s8(vget_high_s8(columns[v]), vget_high_s8(t)));
        acc[r][v] = vaddq_s32(acc[r][v], vpaddq_s32(low, high));
      }
    }
  }
  EACH_ROW EACH_VECTOR vst1q_s32(sums + r * VK_SUM_STRIDE + 4 * v, acc[r][v]);
}

static bool has_dot(void) {
#if defined(__linux__)
  return getauxval(AT_HWCAP) & (1 << 20); // HWCAP_ASIMDDP
#else
  return true; // every 64-bit Apple machine that runs this
#endif
}

static void multiply(const vk_product *p, size_t first_block, size_t end_block, size_t first_panel, size_t end_panel) {
  vk_tile tile = has_dot() ? tile_dot : tile_widening;
  vk_drive(p, first_block, end_block, first_panel, end_panel, ROWS, 1, vk_chunks(p->depth), 40, block_bytes(p->depth),
           tile);
}

__attribute__((target("dotprod"))) static size_t peak_dot(size_t turns) {
  VK_PEAK(int32x4_t, 32, vdupq_n_s32(1),
          sums[i] = vdotq_s32(sums[i], vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b)));
}

static size_t peak_widening(size_t turns) {
  VK_PEAK(int16x8_t, 16, vdupq_n_s16(1),
          sums[i] = vmlal_s8(sums[i], vget_low_s8(vreinterpretq_s8_s16(a)), vget_low_s8(vreinterpretq_s8_s16(b))));
}

static size_t s8_peak(size_t turns) { return has_dot() ? peak_dot(turns) : peak_widening(turns); }

const vk_product_kernels vk_neon_products = {
    .s8_block_rows = ROWS,
    .f32_block_rows = VK_TILE_ROWS,
    .s8_block_bytes = block_bytes,
    .f32_block_bytes = neon_f32_block_bytes,
    .s8_pack = pack,
    .f32_pack = neon_f32_pack,
    .s8_multiply = multiply,
    .f32_multiply = neon_f32_multiply,
    .f32_multiply_rows = neon_f32_multiply_rows,
    .s8_multiply_rows = neon_s8_multiply_rows,
    .s8_peak = s8_peak,
    .f32_peak = neon_f32_peak,
};
#endif
