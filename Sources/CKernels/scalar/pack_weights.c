// Weights to panels, an element at a time.
#include "../products.h"
#include "../scalar.h"

void vk_scalar_pack_weights(const void *weights, vk_type type, size_t columns, size_t depth, size_t first, size_t end,
                            void *packed) {
  size_t bytes = vk_type_bytes(type);
  for (size_t panel = first; panel < end; panel++) {
    float *out = (float *)packed + panel * depth * VK_PANEL_COLUMNS;
    for (size_t c = 0; c < VK_PANEL_COLUMNS; c++) {
      size_t column = panel * VK_PANEL_COLUMNS + c;
      for (size_t k = 0; k < depth; k++) {
        out[k * VK_PANEL_COLUMNS + c] = 0;
        if (column < columns)
          vk_scalar_to_f32((const char *)weights + (column * depth + k) * bytes, type, out + k * VK_PANEL_COLUMNS + c, 1);
      }
    }
  }
}
