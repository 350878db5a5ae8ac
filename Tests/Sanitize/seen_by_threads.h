// The thread sanitizer overlooks accesses of more than 16 bytes: what kernels load and store by vectors is told to it here.
// Included before every source of that build.
#pragma once
#include <stddef.h>
#include <string.h>

void __tsan_read_range(void *from, unsigned long bytes);
void __tsan_write_range(void *to, unsigned long bytes);

static inline __attribute__((always_inline)) void *seen_copy(void *to, const void *from, size_t bytes) {
  __tsan_read_range((void *)from, bytes);
  __tsan_write_range(to, bytes);
  return __builtin_memcpy(to, from, bytes);
}
#define memcpy(to, from, bytes) seen_copy(to, from, bytes)

#if defined(__x86_64__)
#include <immintrin.h>
#define SEEN_READ(from, bytes) __tsan_read_range((void *)(from), bytes)
#define SEEN_WRITE(to, bytes) __tsan_write_range((void *)(to), bytes)
#define _mm256_loadu_si256(from) (SEEN_READ(from, 32), _mm256_loadu_si256(from))
#define _mm512_loadu_si512(from) (SEEN_READ(from, 64), _mm512_loadu_si512(from))
#define _mm256_storeu_si256(to, x) (SEEN_WRITE(to, 32), _mm256_storeu_si256(to, x))
#define _mm512_storeu_si512(to, x) (SEEN_WRITE(to, 64), _mm512_storeu_si512(to, x))
#endif
