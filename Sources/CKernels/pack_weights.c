// Weights to panels, once per layer.
#include "products.h"

size_t vk_s8_weights_bytes(size_t columns, size_t depth) {
  return vk_s8_weights_in(NULL, columns, depth).bytes;
}

size_t vk_f32_weights_bytes(size_t columns, size_t depth) {
  return vk_align(vk_panels(columns) * depth * VK_PANEL_COLUMNS * sizeof(float));
}

typedef int16_t eight __attribute__((vector_size(16)));
typedef int32_t four __attribute__((vector_size(16)));

/// Squares of 16 codes, each pair's added: one `pmaddwd` or its like for 8.
static inline four pair_squares(const int8_t *codes) {
  typedef int8_t narrow __attribute__((vector_size(8)));
  narrow x;
  memcpy(&x, codes, sizeof x);
  eight wide = __builtin_convertvector(x, eight);
  typedef int32_t whole __attribute__((vector_size(32)));
  whole squares = __builtin_convertvector(wide, whole) * __builtin_convertvector(wide, whole);
  return __builtin_shufflevector(squares, squares, 0, 2, 4, 6) + __builtin_shufflevector(squares, squares, 1, 3, 5, 7);
}

static inline four larger(four a, four b) { return __builtin_elementwise_max(a, b); }

/// Squares of the two lanes of half a chunk, each twice: lanes alternate from pair to pair.
static inline four lane_squares(const int8_t *codes) {
  four sum = pair_squares(codes) + pair_squares(codes + 8);
  return sum + __builtin_shufflevector(sum, sum, 2, 3, 0, 1);
}

static inline float larger_lane(four lanes) { return (float)(lanes[0] > lanes[1] ? lanes[0] : lanes[1]); }

void vk_s8_pack_weights(const int8_t *codes, size_t columns, size_t depth, size_t first, size_t end, void *packed) {
  size_t chunks = vk_chunks(depth);
  vk_s8_weights weights = vk_s8_weights_in(packed, columns, depth);
  for (size_t panel = first; panel < end; panel++) {
    uint8_t *out = weights.codes + panel * vk_s8_panel_bytes(depth);
    vk_s8_squares squares = vk_s8_weight_squares(weights, depth, panel);
    size_t column = panel * VK_PANEL_COLUMNS, count = vk_least(VK_PANEL_COLUMNS, columns - column);
    for (size_t chunk = 0; chunk < chunks; chunk++) {
      size_t k = chunk * VK_CHUNK, left = vk_least(VK_CHUNK, depth - k);
      four most_whole = {0}, most[2] = {{0}, {0}};
      for (size_t c = 0; c < VK_PANEL_COLUMNS; c++) {
        int8_t run[VK_CHUNK] = {0};
        if (c < count && left == VK_CHUNK)
          memcpy(run, codes + (column + c) * depth + k, VK_CHUNK);
        else if (c < count)
          memcpy(run, codes + (column + c) * depth + k, left);
        four low = lane_squares(run), high = lane_squares(run + VK_CHUNK / 2);
        most[0] = larger(most[0], low), most[1] = larger(most[1], high);
        most_whole = larger(most_whole, low + high);
        for (int i = 0; i < VK_CHUNK; i++) run[i] = (int8_t)(run[i] ^ 0x80); // + 128, as u8
        for (int g = 0; g < VK_CHUNK_GROUPS; g++) memcpy(out + (k / 4 + (size_t)g) * 64 + c * 4, run + 4 * g, 4);
      }
      squares.whole[chunk] = larger_lane(most_whole);
      squares.half[2 * chunk] = larger_lane(most[0]), squares.half[2 * chunk + 1] = larger_lane(most[1]);
    }
  }
}
