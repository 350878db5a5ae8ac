// int8 codes of weights and of activations; equal to the scalar version bit for bit (the division is IEEE on both).
#pragma once
#include "convert.h"

/// Codes from -most - 1 to `most` as 32-bit integers. The maximum comes first so that NaN becomes the least, as in the scalar version.
VK_INLINE vi vk_codes(vf x, vf scale, float most) {
  vf q = vk_min(vk_max(x / scale, vk_splat(-most - 1)), vk_splat(most));
  return __builtin_convertvector(__builtin_elementwise_roundeven(q), vi);
}

VK_INLINE void vk_store_codes(int8_t *p, vi codes) {
  vc narrow = __builtin_convertvector(codes, vc);
  memcpy(p, &narrow, sizeof narrow);
}

/// Magnitudes are compared as words: NaN lies above infinity, so one NaN is not lost.
VK_INLINE float vk_absmax_of(const void *source, vk_type type, size_t count) {
  vi m0 = {0}, m1 = {0};
  size_t i = 0;
  for (; i + 2 * VK_WIDTH <= count; i += 2 * VK_WIDTH) {
    m0 = __builtin_elementwise_max(m0, (vi)vk_widen(source, type, i) & 0x7fffffff);
    m1 = __builtin_elementwise_max(m1, (vi)vk_widen(source, type, i + VK_WIDTH) & 0x7fffffff);
  }
  int32_t largest = __builtin_reduce_max(__builtin_elementwise_max(m0, m1));
  float rest = vk_scalar_absmax(vk_at(source, type, i), type, count - i), found;
  memcpy(&found, &largest, 4);
  return rest != rest || rest > found ? rest : found;
}

static float VK_NAME(absmax)(const void *source, vk_type type, size_t count) {
  switch (type) {
  case VK_BF16: return vk_absmax_of(source, VK_BF16, count);
  case VK_F16: return vk_absmax_of(source, VK_F16, count);
  default: return vk_absmax_of(source, VK_F32, count);
  }
}

VK_INLINE void vk_quantize_of(const void *source, vk_type type, size_t count, float scale, float most, int8_t *codes,
                              vk_quantization_sums *sums) {
  // Sums of at most 64 terms stay in f32 lanes; runs of them add up in double.
  enum { run = 64 * VK_WIDTH };
  vf step = vk_splat(scale);
  size_t i = 0;
  while (i + VK_WIDTH <= count) {
    size_t end = i + run < count ? i + run : count;
    vf signal = {0}, error = {0};
    for (; i + VK_WIDTH <= end; i += VK_WIDTH) {
      vf x = vk_widen(source, type, i);
      vi q = vk_codes(x, step, most);
      vk_store_codes(codes + i, q);
      vf difference = vk_fma(-__builtin_convertvector(q, vf), step, x);
      signal = vk_fma(x, x, signal);
      error = vk_fma(difference, difference, error);
    }
    sums->signal += (double)vk_sum(signal);
    sums->error += (double)vk_sum(error);
  }
  vk_scalar_quantize(vk_at(source, type, i), type, count - i, scale, most, codes + i, sums);
}

static void VK_NAME(quantize)(const void *source, vk_type type, size_t count, float scale, float most, int8_t *codes,
                              vk_quantization_sums *sums) {
  switch (type) {
  case VK_BF16: vk_quantize_of(source, VK_BF16, count, scale, most, codes, sums); return;
  case VK_F16: vk_quantize_of(source, VK_F16, count, scale, most, codes, sums); return;
  default: vk_quantize_of(source, VK_F32, count, scale, most, codes, sums);
  }
}

static int32_t VK_NAME(quantize_token)(const float *x, size_t count, int8_t *codes, float *scale) {
  float found = vk_absmax_of(x, VK_F32, count) / 127.5f;
  if (found == 0) found = 0x1p-23f;
  *scale = found;
  vf step = vk_splat(found);
  vi sums = {0};
  size_t i = 0;
  for (; i + VK_WIDTH <= count; i += VK_WIDTH) {
    vi q = vk_codes(vk_load(x + i), step, 127);
    vk_store_codes(codes + i, q);
    sums += q;
  }
  int32_t sum = __builtin_reduce_add(sums);
  for (; i < count; i++) {
    vi q = vk_codes(vk_splat(x[i]), step, 127);
    codes[i] = (int8_t)q[0];
    sum += q[0];
  }
  return sum;
}
