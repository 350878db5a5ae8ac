// Rotary positions on the two halves of each head.
#pragma once
#include "vector.h"

static void VK_NAME(rotate)(float *x, const float *cosines, const float *sines, size_t tokens, size_t heads,
                            size_t width, size_t head_stride, size_t token_stride) {
  size_t half = width / 2;
  for (size_t token = 0; token < tokens; token++, cosines += half, sines += half) {
    for (size_t head = 0; head < heads; head++) {
      float *a = x + token * token_stride + head * head_stride, *b = a + half;
      size_t i = 0;
      for (; i + VK_WIDTH <= half; i += VK_WIDTH) {
        vf c = vk_load(cosines + i), s = vk_load(sines + i), first = vk_load(a + i), second = vk_load(b + i);
        vk_store(a + i, first * c - second * s);
        vk_store(b + i, second * c + first * s);
      }
      for (; i < half; i++) {
        float first = a[i], second = b[i];
        a[i] = first * cosines[i] - second * sines[i];
        b[i] = second * cosines[i] + first * sines[i];
      }
    }
  }
}
