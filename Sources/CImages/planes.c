#include "CImages.h"

void cimages_planes(const uint8_t *rgb, size_t count, const float *table, float *planes) {
  for (size_t i = 0; i < count; i++) {
    planes[i] = table[rgb[3 * i]];
    planes[count + i] = table[256 + rgb[3 * i + 1]];
    planes[2 * count + i] = table[512 + rgb[3 * i + 2]];
  }
}
