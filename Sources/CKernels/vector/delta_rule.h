// Linear attention with the gated delta rule, and the short convolution before it.
#pragma once
#include "elementary.h"

/// The tokens of one head in the columns [column, column + count) of its state, `count` at most VK_WIDTH.
///
/// Columns of the state do not meet, so each vector of them goes through all tokens by itself. Sums over the rows run in four
/// vectors: in one, each addition would wait for the last.
VK_INLINE void vk_delta_columns(const vk_delta_rule *p, size_t head, size_t column, size_t count) {
  size_t width = p->key_width, columns = p->value_width, key_head = head / (p->heads / p->key_heads);
  float *state = p->state + head * width * columns + column;
  for (size_t token = 0; token < p->tokens; token++) {
    const float *key = p->key + token * p->stride + key_head * width, *query = p->query + token * p->stride + key_head * width;
    vf value = vk_load_part(p->value + token * p->stride + head * columns + column, count);
    float decay = p->decay[token * p->heads + head], rate = p->rate[token * p->heads + head];

    vf sums[4] = {{0}, {0}, {0}, {0}};
    for (size_t k = 0; k < width; k++)
      sums[k % 4] = vk_fma(vk_load_part(state + k * columns, count), vk_splat(key[k]), sums[k % 4]);
    vf change = (value - ((sums[0] + sums[1]) + (sums[2] + sums[3])) * decay) * rate;

    for (size_t part = 0; part < 4; part++) sums[part] = (vf){0};
    for (size_t k = 0; k < width; k++) {
      vf row = vk_fma(change, vk_splat(key[k]), vk_load_part(state + k * columns, count) * decay);
      vk_store_part(state + k * columns, row, count);
      sums[k % 4] = vk_fma(row, vk_splat(query[k]), sums[k % 4]);
    }
    vk_store_part(p->out + (token * p->heads + head) * columns + column, (sums[0] + sums[1]) + (sums[2] + sums[3]), count);
  }
}

static void VK_NAME(delta_rule)(const vk_delta_rule *p, size_t first, size_t end) {
  for (size_t head = first; head < end; head++) {
    size_t column = 0;
    // The count is a constant here, so that loads and stores of parts are whole ones.
    for (; column + VK_WIDTH <= p->value_width; column += VK_WIDTH) vk_delta_columns(p, head, column, VK_WIDTH);
    if (column < p->value_width) vk_delta_columns(p, head, column, p->value_width - column);
  }
}

VK_INLINE void vk_convolve_with(vk_activation function, const float *x, const float *weights, size_t tokens, size_t channels,
                                size_t taps, float *y) {
  for (size_t token = 0; token < tokens; token++, x += channels, y += channels) {
    for (size_t channel = 0; channel < channels; channel += VK_WIDTH) {
      size_t count = channels - channel < VK_WIDTH ? channels - channel : VK_WIDTH;
      vf sum = {0};
      if (count == VK_WIDTH) {
        for (size_t tap = 0; tap < taps; tap++)
          sum = vk_fma(vk_load(x + tap * channels + channel), vk_load(weights + tap * channels + channel), sum);
        vk_store(y + channel, vk_apply(function, sum));
      } else {
        for (size_t tap = 0; tap < taps; tap++)
          sum = vk_fma(vk_load_part(x + tap * channels + channel, count),
                       vk_load_part(weights + tap * channels + channel, count), sum);
        vk_store_part(y + channel, vk_apply(function, sum), count);
      }
    }
  }
}

static void VK_NAME(convolve)(vk_activation function, const float *x, const float *weights, size_t tokens, size_t channels,
                              size_t taps, float *y) {
#define CALL(F) vk_convolve_with(F, x, weights, tokens, channels, taps, y)
  VK_CHOOSE(CALL)
#undef CALL
}
