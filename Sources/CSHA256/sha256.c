// FIPS 180-4 by the SHA instructions of x86. The state lies in two vectors as the instructions want it, {a b e f} and
// {c d g h}; the message schedule of sixteen words in four. Rounds go four at a time: sha256rnds2 does two.
#include "CSHA256.h"

void csha256_start(uint32_t *state) {
  static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  __builtin_memcpy(state, first, sizeof first);
}

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define TARGET __attribute__((target("sha,sse4.1,ssse3")))
#define INLINE static inline __attribute__((always_inline)) TARGET

bool csha256_available(void) {
  // __builtin_cpu_supports knows no name for SHA: leaf 7, EBX bit 29.
  unsigned a, b, c, d;
  return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3") && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
         (b >> 29 & 1);
}

static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

typedef struct {
  __m128i abef, cdgh;
  __m128i words[4];
} lane;

INLINE lane opened(const uint32_t *state) {
  __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
  __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
  return (lane){.abef = _mm_alignr_epi8(badc, hgfe, 8), .cdgh = _mm_blend_epi16(hgfe, badc, 0xf0)};
}

INLINE void close_into(lane l, uint32_t *state) {
  __m128i feba = _mm_shuffle_epi32(l.abef, 0x1b), dchg = _mm_shuffle_epi32(l.cdgh, 0xb1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/// Sixteen bytes of the message as four big-endian words.
INLINE __m128i words_at(const uint8_t *data) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)data), order);
}

/// Rounds 4g to 4g + 3; from g = 4 on their words come out of the sixteen before.
INLINE void four_rounds(lane *l, const uint8_t *data, int g) {
  __m128i *w = l->words;
  if (g < 4) {
    w[g] = words_at(data + 16 * g);
  } else {
    __m128i last = w[(g + 3) & 3];
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[g & 3], w[(g + 1) & 3]), _mm_alignr_epi8(last, w[(g + 2) & 3], 4));
    w[g & 3] = _mm_sha256msg2_epu32(sum, last);
  }
  __m128i x = _mm_add_epi32(w[g & 3], _mm_load_si128((const __m128i *)(constants + 4 * g)));
  l->cdgh = _mm_sha256rnds2_epu32(l->cdgh, l->abef, x);
  l->abef = _mm_sha256rnds2_epu32(l->abef, l->cdgh, _mm_shuffle_epi32(x, 0x0e));
}

/// `count` is a constant where this is called, so that the lanes' instructions interleave in registers.
INLINE void update(uint32_t *const *states, const uint8_t *const *data, int count, size_t blocks) {
  lane lanes[CSHA256_LANES];
  for (int i = 0; i < count; i++) lanes[i] = opened(states[i]);
  for (size_t offset = 0; offset < blocks * CSHA256_BLOCK; offset += CSHA256_BLOCK) {
    lane before[CSHA256_LANES];
    for (int i = 0; i < count; i++) before[i] = lanes[i];
#pragma unroll
    for (int g = 0; g < 16; g++)
      for (int i = 0; i < count; i++) four_rounds(&lanes[i], data[i] + offset, g);
    for (int i = 0; i < count; i++) {
      lanes[i].abef = _mm_add_epi32(lanes[i].abef, before[i].abef);
      lanes[i].cdgh = _mm_add_epi32(lanes[i].cdgh, before[i].cdgh);
    }
  }
  for (int i = 0; i < count; i++) close_into(lanes[i], states[i]);
}

TARGET void csha256_update(uint32_t *const *states, const uint8_t *const *data, size_t lanes, size_t blocks) {
  switch (lanes) {
  case 1: update(states, data, 1, blocks); break;
  case 2: update(states, data, 2, blocks); break;
  case 3: update(states, data, 3, blocks); break;
  default: __builtin_trap();
  }
}

#else

bool csha256_available(void) { return false; }

void csha256_update(uint32_t *const *states, const uint8_t *const *data, size_t lanes, size_t blocks) {
  (void)states, (void)data, (void)lanes, (void)blocks;
  __builtin_trap();
}

#endif
