// What attention of all instruction sets shares.
#pragma once
#include "CKernels.h"

/// The keys that a row sees, clipped to those there are; `first == end` when there are none.
static inline vk_range vk_seen(const vk_attention *a, size_t row) {
  vk_range all = {0, (ptrdiff_t)a->keys};
  if (!a->visible) return all;
  vk_range seen = a->visible[row / a->group];
  if (seen.first < 0) seen.first = 0;
  if (seen.end > all.end) seen.end = all.end;
  return seen.first < seen.end ? seen : (vk_range){0, 0};
}

static inline const float *vk_query_row(const vk_attention *a, size_t row) {
  return a->query + row / a->group * a->query_stride + row % a->group * a->width;
}

static inline float *vk_out_row(const vk_attention *a, size_t row) {
  return a->out + row / a->group * a->out_stride + row % a->group * a->width;
}

/// Floats of a row in a part: its sums, then m and the sum of the weights.
static inline size_t vk_part_stride(const vk_attention *a) { return a->width + 2; }
