// Rows of scores to weights, a block of keys at a time.
#pragma once
#include "elementary.h"

/// What queries are multiplied by, so that a product with a key is the logit over ln 2, or what tanh is taken of.
VK_INLINE float vk_query_scale(const vk_attention *a) {
  return a->soft_cap != 0 ? a->scale / a->soft_cap : a->scale * 1.44269504f;
}

/// What tanh is multiplied by for a capped logit over ln 2; 0 without a cap.
VK_INLINE float vk_base_2_cap(const vk_attention *a) { return a->soft_cap * 1.44269504f; }

/// Scores `s[0..<count]` to `2^(s - m')`, given the row's running maximum m and sum; only `[first, end)` is seen, the rest
/// becomes 0. Returns the factor 2^(m - m') for what was summed before. `s` has room for whole vectors.
VK_INLINE float vk_softmax_row(float *s, size_t count, float cap, ptrdiff_t first, ptrdiff_t end, float *largest,
                               float *sum) {
  size_t padded = (count + VK_WIDTH - 1) / VK_WIDTH * VK_WIDTH;
  if (first < 0) first = 0;
  if (end > (ptrdiff_t)count) end = (ptrdiff_t)count;
  if (first >= end) {
    memset(s, 0, padded * sizeof(float));
    return 1;
  }
  if (cap != 0)
    for (size_t i = 0; i < padded; i += VK_WIDTH) vk_store(s + i, vk_tanh(vk_load(s + i)) * cap);
  for (ptrdiff_t i = 0; i < first; i++) s[i] = -INFINITY;
  for (size_t i = (size_t)end; i < padded; i++) s[i] = -INFINITY;
  vf most = vk_splat(*largest), more = most;
  size_t i = 0;
  for (; i + 2 * VK_WIDTH <= padded; i += 2 * VK_WIDTH)
    most = vk_max(most, vk_load(s + i)), more = vk_max(more, vk_load(s + i + VK_WIDTH));
  if (i < padded) most = vk_max(most, vk_load(s + i));
  float now = vk_largest(vk_max(most, more));
  vf sums = {0};
  for (i = 0; i < padded; i += VK_WIDTH) {
    vf e = vk_exp2_nonpositive(vk_load(s + i) - now);
    vk_store(s + i, e);
    sums += e;
  }
  float factor = vk_exp2_nonpositive(vk_splat(*largest - now))[0];
  *largest = now;
  *sum = *sum * factor + vk_sum(sums);
  return factor;
}
