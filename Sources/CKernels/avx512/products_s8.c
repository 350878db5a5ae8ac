// int8 products with AVX-512 VNNI: vpdpbusd adds four products of u8 by s8 to a 32-bit sum, exactly.
//
// Weights are the unsigned side, u = w + 128, in registers; tokens the signed side, four codes at a time, broadcast from
// memory inside the instruction. sum(u a) = sum(w a) + 128 sum(a), so sums start from -128 sum(a), known from packing.
// Sums wrap modulo 2^32 on the way, and the final ones fit: depth is below 2^17.
//
// The tile is 12 rows by 32 columns: 24 sums, 2 vectors of weights.
#include "../tables.h"
#if VK_HAS_X86
#include <immintrin.h>

#include "../vector/includes.h"
#include "target.h"
VK_AVX512_BEGIN
#define VK_WIDTH 16
#define VK_NAME(x) avx512_##x
#include "../vector/peak.h"
#include "../vector/products.h"

enum { ROWS = 12 };
#define EACH_ROW _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)
#define EACH_PANEL _Pragma("clang loop unroll(full)") for (int v = 0; v < panels; v++)

/// A block of tokens.
typedef struct block_parts {
  float *scales;   // [ROWS]
  int32_t *starts; // [ROWS] -128 sum(a)
  int8_t *codes;   // [groups][ROWS][4]
  size_t bytes;
} block_parts;

VK_INLINE block_parts parts_of(const void *block, size_t depth) {
  vk_parts shared = {(char *)block, 0};
  block_parts parts;
  parts.scales = vk_take(&shared, ROWS * sizeof(float));
  parts.starts = vk_take(&shared, ROWS * sizeof(int32_t));
  parts.codes = vk_take(&shared, vk_chunks(depth) * VK_CHUNK * ROWS);
  parts.bytes = shared.bytes;
  return parts;
}

static size_t block_bytes(size_t depth) { return parts_of(NULL, depth).bytes; }

void vk_avx512_s8_pack(const int8_t *codes, const float *scales, size_t stride, size_t rows, size_t depth, void *block) {
  block_parts parts = parts_of(block, depth);
  memcpy(parts.scales, scales, rows * sizeof *scales);
  memset(parts.starts, 0, ROWS * sizeof *parts.starts);
  int8_t *out = parts.codes;
  memset(out, 0, vk_chunks(depth) * VK_CHUNK * ROWS);
  for (size_t row = 0; row < rows; row++) {
    const int8_t *line = codes + row * stride;
    int32_t sum = 0;
    for (size_t k = 0; k < depth; k++) sum += line[k];
    parts.starts[row] = -128 * sum;
    size_t group = 0;
    for (; 4 * group + 4 <= depth; group++) memcpy(out + (group * ROWS + row) * 4, line + 4 * group, 4);
    memcpy(out + (group * ROWS + row) * 4, line + 4 * group, depth - 4 * group);
  }
}

VK_INLINE void tile_of(const vk_product *p, size_t block, size_t panel, int panels, size_t first, size_t end,
                       int32_t *sums) {
  block_parts tokens = parts_of((const char *)p->tokens + block * block_bytes(p->depth), p->depth);
  const int8_t *a = tokens.codes + first * VK_CHUNK * ROWS;
  size_t panel_bytes = vk_s8_panel_bytes(p->depth);
  const uint8_t *w = vk_s8_weights_in(p->weights, p->columns, p->depth).codes + panel * panel_bytes +
                     first * VK_CHUNK * VK_PANEL_COLUMNS;
  __m512i acc[ROWS][2];
  EACH_ROW EACH_PANEL acc[r][v] = first ? _mm512_loadu_si512(sums + r * VK_SUM_STRIDE + v * VK_PANEL_COLUMNS)
                                        : _mm512_set1_epi32(tokens.starts[r]);
  for (size_t group = 0; group < (end - first) * VK_CHUNK_GROUPS; group++, a += 4 * ROWS, w += 4 * VK_PANEL_COLUMNS) {
    __m512i column[2];
    EACH_PANEL column[v] = _mm512_loadu_si512(w + (size_t)v * panel_bytes);
    EACH_ROW {
      int32_t four;
      memcpy(&four, a + 4 * r, 4);
      __m512i t = _mm512_set1_epi32(four);
      EACH_PANEL acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], column[v], t);
    }
  }
  EACH_ROW EACH_PANEL _mm512_storeu_si512(sums + r * VK_SUM_STRIDE + v * VK_PANEL_COLUMNS, acc[r][v]);
}

static void tile(const vk_product *p, size_t block, size_t panel, size_t panels, size_t first, size_t end, void *sums) {
  if (panels == 2)
    tile_of(p, block, panel, 2, first, end, sums);
  else
    tile_of(p, block, panel, 1, first, end, sums);
}

void vk_avx512_s8_multiply(const vk_product *p, size_t first_block, size_t end_block, size_t first_panel, size_t end_panel) {
  // 24 chunks of two panels are 24 KB, of a block 9 KB.
  vk_drive(p, first_block, end_block, first_panel, end_panel, ROWS, 2, vk_chunks(p->depth), 24, block_bytes(p->depth),
           tile);
}

size_t vk_avx512_s8_block_bytes(size_t depth) { return block_bytes(depth); }

size_t vk_avx512_s8_peak(size_t turns) {
  VK_PEAK(__m512i, 128, _mm512_set1_epi8(1), sums[i] = _mm512_dpbusd_epi32(sums[i], a, b));
}
VK_AVX512_END
#endif
