#include "CKernels.h"

#include <string.h>

// Exponents of all ones are NaN and the infinities. A block is judged as a whole, so that the loop has no way out and
// becomes vector code on every machine; only a block that holds one is searched.
static int is_not_finite(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (bits & 0x7f800000u) == 0x7f800000u;
}

size_t vk_first_not_finite(const float *x, size_t count) {
  enum { block = 1024 };
  for (size_t start = 0; start < count; start += block) {
    size_t end = count - start < block ? count : start + block;
    int found = 0;
    for (size_t i = start; i < end; i++) found |= is_not_finite(x[i]);
    if (!found) continue;
    for (size_t i = start; i < end; i++)
      if (is_not_finite(x[i])) return i;
  }
  return count;
}
