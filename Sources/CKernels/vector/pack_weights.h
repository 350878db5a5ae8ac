// Weights of any type to panels of f32.
#pragma once
#include "convert.h"
#include "transpose.h"

enum { VK_PACK_RUN = 128, VK_PACK_STRIDE = VK_PACK_RUN + 16 };

static void VK_NAME(pack_weights)(const void *weights, vk_type type, size_t columns, size_t depth, size_t first,
                                  size_t end, void *packed) {
  size_t bytes = vk_type_bytes(type);
  float rows[VK_PANEL_COLUMNS][VK_PACK_STRIDE];
  for (size_t panel = first; panel < end; panel++) {
    size_t column = panel * VK_PANEL_COLUMNS, count = vk_least(VK_PANEL_COLUMNS, columns - column);
    float *out = (float *)packed + column * depth;
    for (size_t k = 0; k < depth; k += VK_PACK_RUN) {
      size_t run = vk_least(VK_PACK_RUN, depth - k);
      for (size_t c = 0; c < count; c++)
        VK_NAME(to_f32)((const char *)weights + ((column + c) * depth + k) * bytes, type, rows[c], run);
      VK_NAME(pack_panel)(rows[0], VK_PACK_STRIDE, count, run, out + k * VK_PANEL_COLUMNS);
    }
  }
}
