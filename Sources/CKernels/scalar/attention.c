// Attention in plain C, one query at a time, in double: the oracle.
#include <math.h>

#include "../scalar.h"

size_t vk_scalar_attention_bytes(size_t keys, size_t width) { return (keys + width) * sizeof(double); }

void vk_scalar_attention(const vk_attention *a, void *scratch) {
  double *scores = scratch, *mixed = scores + a->keys;
  for (size_t query = 0; query < a->queries; query++) {
    const float *q = a->query + query * a->query_stride;
    double largest = -INFINITY, sum = 0;
    for (size_t key = 0; key < a->keys; key++) {
      double score = 0;
      for (size_t i = 0; i < a->width; i++) score += (double)q[i] * a->key[key * a->key_stride + i];
      scores[key] = score * a->scale;
      largest = fmax(largest, scores[key]);
    }
    for (size_t i = 0; i < a->width; i++) mixed[i] = 0;
    for (size_t key = 0; key < a->keys; key++) {
      double weight = exp(scores[key] - largest);
      sum += weight;
      for (size_t i = 0; i < a->width; i++) mixed[i] += weight * a->value[key * a->key_stride + i];
    }
    for (size_t i = 0; i < a->width; i++) a->out[query * a->out_stride + i] = (float)(mixed[i] / sum);
  }
}
