// Weights to panels, once per layer.
#include "products.h"

size_t vk_s8_weights_bytes(size_t columns, size_t depth) {
  size_t panels = vk_panels(columns);
  return vk_align(panels * (vk_s8_panel_bytes(depth) + 3 * vk_chunks(depth) * sizeof(float)));
}

size_t vk_f32_weights_bytes(size_t columns, size_t depth) {
  return vk_align(vk_panels(columns) * depth * VK_PANEL_COLUMNS * sizeof(float));
}

/// Squares of the lanes of one column's chunk, folded into the running maxima.
static void fold_squares(const int8_t *codes, float *whole, float *half) {
  for (int lane = 0; lane < 2; lane++) {
    int32_t squares[2] = {0, 0};
    for (int k = 2 * lane; k < VK_CHUNK; k += 4)
      for (int i = 0; i < 2; i++) squares[k / (VK_CHUNK / 2)] += codes[k + i] * codes[k + i];
    for (int h = 0; h < 2; h++)
      if ((float)squares[h] > half[h]) half[h] = (float)squares[h];
    if ((float)(squares[0] + squares[1]) > *whole) *whole = (float)(squares[0] + squares[1]);
  }
}

void vk_s8_pack_weights(const int8_t *codes, size_t columns, size_t depth, size_t first, size_t end, void *packed) {
  size_t chunks = vk_chunks(depth);
  for (size_t panel = first; panel < end; panel++) {
    uint8_t *out = (uint8_t *)packed + panel * vk_s8_panel_bytes(depth);
    vk_s8_squares squares = vk_s8_weight_squares(packed, columns, depth, panel);
    float *whole = (float *)squares.whole, *half = (float *)squares.half;
    memset(whole, 0, 3 * chunks * sizeof(float));
    for (size_t c = 0; c < VK_PANEL_COLUMNS; c++) {
      size_t column = panel * VK_PANEL_COLUMNS + c;
      for (size_t chunk = 0; chunk < chunks; chunk++) {
        int8_t run[VK_CHUNK] = {0};
        size_t k = chunk * VK_CHUNK;
        if (column < columns) memcpy(run, codes + column * depth + k, vk_least(VK_CHUNK, depth - k));
        fold_squares(run, &whole[chunk], &half[2 * chunk]);
        for (int i = 0; i < VK_CHUNK; i++) run[i] = (int8_t)(run[i] ^ 0x80); // + 128, as u8
        for (int g = 0; g < VK_CHUNK_GROUPS; g++) memcpy(out + (k / 4 + g) * 64 + c * 4, run + 4 * g, 4);
      }
    }
  }
}
