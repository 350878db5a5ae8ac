// int8 products with AVX2: exact, although most of the work is done in 16 bits.
//
// A plain exact product widens to 16 bits first: vpmaddwd, 16 multiplications an instruction. vpmaddubsw does 32, but
// saturates its sums of two products, and adding those up in 16 bits wraps. Both can be ruled out beforehand:
//
// 1. Operands. Weights are the unsigned side, u = w + 128 in 0...255; tokens a are the signed side. A pair sum
//    u0 a0 + u1 a1 stays within 16 bits if a0, a1 differ in sign, or if |a0 + a1| <= 128, whatever the weights. Packing
//    splits the few other pairs: a = tame + rest, tame fits, and `rest` goes to a short list of corrections (group, row,
//    four codes), whose products are added in 32 bits. Two entries of a token with codes near 127 beside each other in
//    depth are rare: about one pair in a hundred for normally distributed values, fewer with outliers.
// 2. Sums. A 16-bit lane holds sum(u a) = sum(w a) + 128 sum(a), modulo 2^16; it starts from -128 sum(a), known from
//    packing, so it ends as sum(w a) modulo 2^16. By Cauchy and Schwarz |sum(w a)| <= |w| |a|, the lengths of the two
//    vectors in that lane; where the product of squares is below 2^30 the lane holds the true sum. Both lengths are kept
//    from packing, as maxima over a chunk's columns (of the panel) and rows (of the block).
// 3. A chunk is 32 steps of depth. Where the sum of the bounds of up to four chunks fits, they are summed at once; where
//    one chunk's bound fails, it is done in two halves, each with a bound of its own; where a half's bound fails, or
//    packing found more than 12 corrections in the chunk, it is done with vpmaddwd.
//
// So every path is exact, and data choose the speed: 2 multiplier micro-operations for 64 products instead of 4.
#pragma once
#include <immintrin.h>
#include <stdlib.h>

#include "../products.h"

enum { ROWS = 6, MOST_CORRECTIONS = 12 };

typedef struct correction {
  uint16_t group;
  uint16_t row;
  int8_t rest[4];
} correction;

/// A block of tokens, in the order of its parts.
typedef struct block_parts {
  float *scales;              // [ROWS]
  int32_t *starts;            // [ROWS] -128 sum(rest) of each row
  int16_t (*lanes)[8][2];     // [2*chunks] for each half chunk, -128 sum(tame) of each row's lanes, modulo 2^16
  int8_t *codes;              // [groups][ROWS][4] tame; 8 bytes of slack behind
  correction *corrections;    // by chunk
  uint32_t *corrections_end;  // [chunks] index of the first correction of a later chunk
  float *whole, *half;        // squares as in vk_s8_squares, over rows; infinite where the chunk must be widened
  size_t bytes;
} block_parts;

static inline __attribute__((always_inline)) block_parts parts_of(const void *block, size_t depth) {
  size_t chunks = vk_chunks(depth);
  vk_parts shared = {(char *)block, 0};
  block_parts parts;
  parts.scales = vk_take(&shared, ROWS * sizeof(float));
  parts.starts = vk_take(&shared, ROWS * sizeof(int32_t));
  parts.lanes = vk_take(&shared, 2 * chunks * sizeof *parts.lanes);
  parts.codes = vk_take(&shared, chunks * VK_CHUNK * ROWS + 8);
  parts.corrections = vk_take(&shared, chunks * MOST_CORRECTIONS * sizeof(correction));
  parts.corrections_end = vk_take(&shared, chunks * sizeof(uint32_t));
  parts.whole = vk_take(&shared, chunks * sizeof(float));
  parts.half = vk_take(&shared, 2 * chunks * sizeof(float));
  parts.bytes = shared.bytes;
  return parts;
}
