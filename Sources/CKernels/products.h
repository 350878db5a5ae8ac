// What the products of all instruction sets share: the packed form of weights.
//
// int8: panel p is  [groups][16 columns][4] u8 = code + 128  (a group is 4 steps of depth; the depth is padded to whole
// chunks of 32 with 128, the code of 0), and after all panels come their bounds.
// f32: panel p is  [depth][16 columns].
// The last panel's missing columns are zero.
#pragma once
#include <string.h>

#include "CKernels.h"

enum {
  VK_CHUNK = 32,       // depth that the AVX2 kernel sums in 16 bits before it widens
  VK_CHUNK_GROUPS = 8, // of 4
};

static inline size_t vk_chunks(size_t depth) { return (depth + VK_CHUNK - 1) / VK_CHUNK; }
static inline size_t vk_panels(size_t columns) { return (columns + VK_PANEL_COLUMNS - 1) / VK_PANEL_COLUMNS; }
static inline size_t vk_s8_panel_bytes(size_t depth) { return vk_chunks(depth) * VK_CHUNK * VK_PANEL_COLUMNS; }
static inline size_t vk_align(size_t bytes) { return (bytes + 63) / 64 * 64; }

/// A buffer that several arrays share. The lines that say where they lie also say how many bytes all take: with a null
/// base there is only a sum.
typedef struct vk_parts {
  char *base;
  size_t bytes;
} vk_parts;

// Tests/Sanitize has a poisoned gap behind each array, so that running past one of them is seen.
#if defined(VK_GUARDED)
#include <sanitizer/asan_interface.h>
enum { VK_GAP = 64 };
#else
enum { VK_GAP = 0 };
#endif

/// The next array, on a 64-byte boundary.
static inline void *vk_take(vk_parts *parts, size_t bytes) {
  char *part = parts->base ? parts->base + parts->bytes : NULL;
  size_t taken = vk_align(bytes + VK_GAP);
#if defined(VK_GUARDED)
  if (part) __asan_poison_memory_region(part + bytes, taken - bytes);
#endif
  parts->bytes += taken;
  return part;
}

static inline size_t vk_s8_row_stride(size_t depth) { return sizeof(vk_s8_row) + vk_align(depth); }
static inline size_t vk_f32_row_stride(size_t depth) { return vk_align(depth * sizeof(float)); }

/// Packed int8 weights.
typedef struct vk_s8_weights {
  uint8_t *codes; // [panels][vk_s8_panel_bytes]
  float *bounds;  // [panels][3*chunks], a panel's as in vk_s8_squares
  size_t bytes;
} vk_s8_weights;

static inline vk_s8_weights vk_s8_weights_in(const void *packed, size_t columns, size_t depth) {
  size_t panels = vk_panels(columns);
  vk_parts parts = {(char *)packed, 0};
  vk_s8_weights weights;
  weights.codes = vk_take(&parts, panels * vk_s8_panel_bytes(depth));
  weights.bounds = vk_take(&parts, panels * 3 * vk_chunks(depth) * sizeof(float));
  weights.bytes = parts.bytes;
  return weights;
}

/// Bounds for the AVX2 kernel on a panel's chunks, each over the two 16-bit lanes of every column: lane l holds the
/// steps k of the chunk with k/2 mod 2 = l. Whole numbers below 2^24.
typedef struct vk_s8_squares {
  float *whole; // [chunks]: the largest sum of squares of codes in a lane
  float *half;  // [2*chunks]: the same for each half of a chunk
} vk_s8_squares;

static inline vk_s8_squares vk_s8_weight_squares(vk_s8_weights weights, size_t depth, size_t panel) {
  float *whole = weights.bounds + panel * 3 * vk_chunks(depth);
  return (vk_s8_squares){whole, whole + vk_chunks(depth)};
}

static inline size_t vk_type_bytes(vk_type type) {
  return type == VK_F64 ? 8 : type == VK_F32 ? 4 : type == VK_BF16 || type == VK_F16 ? 2 : 1;
}
static inline size_t vk_least(size_t a, size_t b) { return a < b ? a : b; }
