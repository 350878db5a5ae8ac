// Rows of scores to weights, a block of keys at a time.
#pragma once
#include "elementary.h"

/// What queries are multiplied by, so that a product with a key is the logit over ln 2, or what tanh is taken of.
VK_INLINE float vk_query_scale(const vk_attention *a) {
  return a->soft_cap != 0 ? a->scale / a->soft_cap : a->scale * 1.44269504f;
}

/// What tanh is multiplied by for a capped logit over ln 2; 0 without a cap.
VK_INLINE float vk_base_2_cap(const vk_attention *a) { return a->soft_cap * 1.44269504f; }

/// Caps a row's scores and finds the largest of them and of `largest`; those outside `[first, end)` become -infinity.
/// `s` has room for `padded` scores, a multiple of two vectors.
VK_INLINE float vk_largest_score(float *s, size_t padded, float cap, size_t first, size_t end, float largest) {
  if (cap != 0)
    for (size_t i = 0; i < padded; i += VK_WIDTH) vk_store(s + i, vk_tanh(vk_load(s + i)) * cap);
  for (size_t i = 0; i < first; i++) s[i] = -INFINITY;
  for (size_t i = end; i < padded; i++) s[i] = -INFINITY;
  vf a = vk_splat(largest), b = a;
  for (size_t i = 0; i < padded; i += 2 * VK_WIDTH)
    a = vk_max(a, vk_load(s + i)), b = vk_max(b, vk_load(s + i + VK_WIDTH));
  return vk_largest(vk_max(a, b));
}

/// Scores to weights `2^(s - largest)`; returns their sums, a lane each. A vector at a time, which leaves all constants in
/// registers.
VK_INLINE vf vk_weights(float *s, size_t padded, float largest) {
  vf sums = {0};
#pragma clang loop unroll(disable)
  for (size_t i = 0; i < padded; i += VK_WIDTH) {
    vf x = vk_exp2_nonpositive(vk_load(s + i) - largest);
    vk_store(s + i, x);
    sums += x;
  }
  return sums;
}
