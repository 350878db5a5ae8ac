// Registers kept busy: what a tile could reach if nothing had to be loaded.
#pragma once
#include "vector.h"

enum { VK_PEAK_SUMS = 12 };

/// Makes the compiler believe that a register changed.
#if defined(__aarch64__)
#define VK_TOUCH(x) __asm__ volatile("" : "+w"(x))
#elif VK_WIDTH == 16 && !defined(VK_EMULATE_VNNI)
#define VK_TOUCH(x) __asm__ volatile("" : "+v"(x))
#elif VK_WIDTH == 16
#define VK_TOUCH(x) __asm__ volatile("" : "+m"(x))
#else
#define VK_TOUCH(x) __asm__ volatile("" : "+x"(x))
#endif

#define VK_PEAK(TYPE, OPERATIONS, START, TURN)                                                                         \
  TYPE sums[VK_PEAK_SUMS], a = START, b = START;                                                                       \
  VK_TOUCH(a);                                                                                                         \
  VK_TOUCH(b);                                                                                                         \
  for (int i = 0; i < VK_PEAK_SUMS; i++) sums[i] = a;                                                                  \
  for (size_t turn = 0; turn < turns; turn++) {                                                                        \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < VK_PEAK_SUMS; i++) {                                        \
      TURN;                                                                                                            \
      VK_TOUCH(sums[i]);                                                                                               \
    }                                                                                                                  \
  }                                                                                                                    \
  return turns * VK_PEAK_SUMS * (OPERATIONS)
