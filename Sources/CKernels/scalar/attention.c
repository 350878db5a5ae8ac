// Attention in plain C, one row at a time, in double: the oracle. Keys and values are read where they lie.
#include <math.h>

#include "../attention.h"
#include "../scalar.h"

void vk_scalar_attention_pack(const vk_attention *attention, size_t first, size_t end, void *packed) {
  (void)attention, (void)first, (void)end, (void)packed;
}

size_t vk_scalar_attention_packed_bytes(size_t keys, size_t width) {
  (void)keys, (void)width;
  return 0;
}

size_t vk_scalar_attention_scratch_bytes(size_t keys, size_t width) { return (keys + width) * sizeof(double); }

void vk_scalar_attention(const vk_attention *a, const void *packed, size_t first_row, size_t end_row, void *scratch) {
  (void)packed;
  double *scores = scratch, *mixed = scores + a->keys;
  for (size_t row = first_row; row < end_row; row++) {
    vk_range seen = vk_seen(a, row);
    const float *q = vk_query_row(a, row);
    double largest = -INFINITY, sum = 0;
    for (ptrdiff_t key = seen.first; key < seen.end; key++) {
      double score = 0;
      for (size_t i = 0; i < a->width; i++) score += (double)q[i] * a->key[(size_t)key * a->key_stride + i];
      score *= a->scale;
      scores[key] = a->soft_cap ? a->soft_cap * tanh(score / a->soft_cap) : score;
      largest = fmax(largest, scores[key]);
    }
    for (size_t i = 0; i < a->width; i++) mixed[i] = 0;
    for (ptrdiff_t key = seen.first; key < seen.end; key++) {
      double weight = exp(scores[key] - largest);
      sum += weight;
      for (size_t i = 0; i < a->width; i++) mixed[i] += weight * a->value[(size_t)key * a->value_stride + i];
    }
    float *out = vk_out_row(a, row);
    for (size_t i = 0; i < a->width; i++) out[i] = sum != 0 ? (float)(mixed[i] / sum) : 0;
  }
}
