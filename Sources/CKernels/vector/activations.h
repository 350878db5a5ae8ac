// Activation functions and sums.
#pragma once
#include "elementary.h"

#define VK_EACH(BODY, STORE_FULL, STORE_PART)                                                                          \
  size_t i = 0;                                                                                                        \
  for (; i + VK_WIDTH <= count; i += VK_WIDTH) { BODY(vk_load) STORE_FULL }                                            \
  if (i < count) { BODY(VK_TAIL) STORE_PART }
#define VK_TAIL(p) vk_load_part(p, count - i)

VK_INLINE void vk_activate_with(vk_activation function, const float *x, float *y, size_t count) {
#define BODY(LOAD) vf result = vk_apply(function, LOAD(x + i));
  VK_EACH(BODY, vk_store(y + i, result);, vk_store_part(y + i, result, count - i);)
#undef BODY
}

// The function is chosen outside the loop, so each gets a loop of its own.
#define VK_CHOOSE(CALL)                                                                                                \
  switch (function) {                                                                                                  \
  case VK_GELU: CALL(VK_GELU); return;                                                                                 \
  case VK_GELU_TANH: CALL(VK_GELU_TANH); return;                                                                       \
  case VK_QUICK_GELU: CALL(VK_QUICK_GELU); return;                                                                     \
  case VK_SILU: CALL(VK_SILU); return;                                                                                 \
  case VK_RELU: CALL(VK_RELU); return;                                                                                 \
  case VK_SIGMOID: CALL(VK_SIGMOID); return;                                                                           \
  case VK_IDENTITY: CALL(VK_IDENTITY); return;                                                                         \
  }

static void VK_NAME(activate)(vk_activation function, const float *x, float *y, size_t count) {
#define CALL(F) vk_activate_with(F, x, y, count)
  VK_CHOOSE(CALL)
#undef CALL
}

static void VK_NAME(add)(const float *a, const float *b, float *y, size_t count) {
#define BODY(LOAD) vf result = LOAD(a + i) + LOAD(b + i);
  VK_EACH(BODY, vk_store(y + i, result);, vk_store_part(y + i, result, count - i);)
#undef BODY
}
