// exp, erf, tanh and the activation functions made of them, on vectors.
#pragma once
#include "vector.h"

/// e^r for x = n ln 2 + r with a whole n and |r| <= ln 2 / 2: a polynomial of degree 6.
VK_INLINE vf vk_exp_reduced(vf x, vf *whole) {
  vf n = *whole = __builtin_elementwise_roundeven(x * 1.44269504f);
  vf r = vk_fma(n, vk_splat(-0.693145752f), x);
  r = vk_fma(n, vk_splat(-1.42860677e-6f), r);
  vf p = vk_fma(vk_splat(1.38319808e-3f), r, vk_splat(8.37550033e-3f));
  p = vk_fma(p, r, vk_splat(4.16689515e-2f));
  p = vk_fma(p, r, vk_splat(1.66664466e-1f));
  p = vk_fma(p, r, vk_splat(4.99999851e-1f));
  p = vk_fma(p, r, vk_splat(1.0f));
  return vk_fma(p, r, vk_splat(1.0f));
}

/// e^x to 1 unit in the last place; 0 below -87.3, infinity above 88.7, NaN for NaN.
///
/// 2^n is put in through the exponent in two halves.
VK_INLINE vf vk_exp(vf x) {
  vf bounded = vk_max(vk_min(x, vk_splat(89.0f)), vk_splat(-104.0f));
  vf n, p = vk_exp_reduced(bounded, &n);
  vi whole = __builtin_convertvector(n, vi), half = whole >> 1;
  vf result = p * (vf)((half + 127) << 23) * (vf)((whole - half + 127) << 23);
  return vk_select(x == x, result, x);
}

/// e^x for x <= 0, flushing to 0 below -87: what softmax needs, without the special cases.
VK_INLINE vf vk_exp_nonpositive(vf x) {
  vf bounded = vk_max(x, vk_splat(-87.0f));
  vf n, p = vk_exp_reduced(bounded, &n);
  vf result = p * (vf)((__builtin_convertvector(n, vi) + 127) << 23);
  return (vf)((vi)result & (x > -87.0f));
}

/// 2^x for x <= 0 to 2 units in the last place, flushing to 0 below -126.5: softmax with ln 2 taken into its scale.
///
/// Adding 1.5*2^23 rounds x to a whole n in the sum's low bits, which shifted up are the word of 2^n. The polynomial is
/// summed as a tree: in a long chain most operations would only wait, and the machine's queues for them are short.
VK_INLINE vf vk_exp2_nonpositive(vf x) {
  x = vk_max(vk_splat(-127.0f), x); // NaN stays NaN
  vf sum = x + 12583039.0f;         // 1.5*2^23 + 127
  vf r = x - (sum - 12583039.0f), s = r * r;
  vf p01 = vk_fma(vk_splat(6.93147004e-1f), r, vk_splat(1.0f));
  vf p23 = vk_fma(vk_splat(5.55073358e-2f), r, vk_splat(2.40222424e-1f));
  vf p45 = vk_fma(vk_splat(1.32647273e-3f), r, vk_splat(9.67151299e-3f));
  vf p = vk_fma(vk_fma(p45, s, p23), s, p01);
  return p * (vf)((vi)sum << 23);
}

/// tanh x to 2 units in the last place: an odd polynomial (Cephes), then 1 - 2/(e^2x + 1).
VK_INLINE vf vk_tanh(vf x) {
  vf s = x * x;
  vf p = vk_fma(vk_splat(-5.70498872745e-3f), s, vk_splat(2.06390887954e-2f));
  p = vk_fma(p, s, vk_splat(-5.37397155531e-2f));
  p = vk_fma(p, s, vk_splat(1.33314422036e-1f));
  p = vk_fma(p, s, vk_splat(-3.33332819422e-1f));
  vf small = vk_fma(p * s, x, x);
  return vk_select(vk_abs(x) < 0.625f, small, 1.0f - 2.0f / (vk_exp(x + x) + 1.0f));
}

/// erf x to 1 unit in the last place (N. Juffa's two minimax polynomials).
VK_INLINE vf vk_erf(vf x) {
  vf t = vk_abs(x), s = x * x;
  vf r = vk_fma(vk_splat(-1.72853470e-5f), t, vk_splat(3.83197126e-4f));
  vf u = vk_fma(vk_splat(-3.88396438e-3f), t, vk_splat(2.42546219e-2f));
  r = vk_fma(r, s, u);
  r = vk_fma(r, t, vk_splat(-1.06777877e-1f));
  r = vk_fma(r, t, vk_splat(-6.34846687e-1f));
  r = vk_fma(r, t, vk_splat(-1.28717512e-1f));
  r = vk_fma(r, t, -t);
  vf large = vk_splat(1.0f) - vk_exp_nonpositive(r);
  large = (vf)((vi)large | ((vi)x & (vi)vk_splat(-0.0f)));

  vf q = vk_fma(vk_splat(-5.96761703e-4f), s, vk_splat(4.99119423e-3f));
  q = vk_fma(q, s, vk_splat(-2.67681349e-2f));
  q = vk_fma(q, s, vk_splat(1.12819925e-1f));
  q = vk_fma(q, s, vk_splat(-3.76125336e-1f));
  q = vk_fma(q, s, vk_splat(1.28379166e-1f));
  q = vk_fma(q, x, x);
  return vk_select(t > 0.927734375f, large, q);
}

/// x / (1 + e^-kx)
VK_INLINE vf vk_gate(vf x, float k) { return x / (vk_exp(x * -k) + 1.0f); }

VK_INLINE vf vk_apply(vk_activation function, vf x) {
  switch (function) {
  case VK_GELU: {
    vf half = x * 0.5f;
    return vk_fma(half, vk_erf(x * 0.707106781f), half);
  }
  case VK_GELU_TANH: {
    // (1 + tanh u)/2 is 1/(1 + e^-2u), which loses nothing where tanh u is near -1.
    vf twice = x * vk_fma(x * x, vk_splat(0.0713548163f), vk_splat(1.59576912f));
    return x / (vk_exp(-twice) + 1.0f);
  }
  case VK_QUICK_GELU: return vk_gate(x, 1.702f);
  case VK_SILU: return vk_gate(x, 1.0f);
  case VK_RELU: return (vf)((vi)x & ~(x < 0)); // NaN stays NaN
  case VK_SIGMOID: return 1.0f / (vk_exp(-x) + 1.0f);
  default: return x;
  }
}
