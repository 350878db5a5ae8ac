// Linear attention with the gated delta rule in plain C, sums in double: the oracle of the SIMD ones.
#include "../scalar.h"

void vk_scalar_delta_rule(const vk_delta_rule *p, size_t first, size_t end) {
  size_t width = p->key_width, columns = p->value_width;
  for (size_t head = first; head < end; head++) {
    size_t key_head = head / (p->heads / p->key_heads);
    float *state = p->state + head * width * columns;
    for (size_t token = 0; token < p->tokens; token++) {
      const float *key = p->key + token * p->stride + key_head * width;
      const float *query = p->query + token * p->stride + key_head * width;
      const float *value = p->value + token * p->stride + head * columns;
      float *out = p->out + (token * p->heads + head) * columns;
      double decay = p->decay[token * p->heads + head], rate = p->rate[token * p->heads + head];
      for (size_t column = 0; column < columns; column++) {
        double found = 0, read = 0;
        for (size_t k = 0; k < width; k++) found += (double)state[k * columns + column] * key[k];
        double change = (value[column] - found * decay) * rate;
        for (size_t k = 0; k < width; k++) {
          float *cell = state + k * columns + column;
          *cell = (float)(*cell * decay + change * key[k]);
          read += (double)*cell * query[k];
        }
        out[column] = (float)read;
      }
    }
  }
}

void vk_scalar_convolve(vk_activation function, const float *x, const float *weights, size_t tokens, size_t channels,
                        size_t taps, float *y) {
  for (size_t token = 0; token < tokens; token++)
    for (size_t channel = 0; channel < channels; channel++) {
      double sum = 0;
      for (size_t tap = 0; tap < taps; tap++)
        sum += (double)x[(token + tap) * channels + channel] * weights[tap * channels + channel];
      y[token * channels + channel] = (float)sum;
    }
  vk_scalar_activate(function, y, y, tokens * channels);
}
