// The LZF filter (number 32000) that h5py registers and that robot data are often stored with: reading only.
//
// The format is LibLZF's. A control byte c below 32 is followed by c+1 literal bytes. Otherwise c >> 5 is a length
// (7: the next byte is added), and (c & 31) << 8 plus the next byte is a distance back; length + 2 bytes are copied
// from distance + 1 bytes before, which may overlap what is being written.
#include "CHDF5.h"

#include <stdlib.h>
#include <string.h>

enum { LZF_FILTER = 32000 };

size_t chdf5_lzf_decompress(const uint8_t *input, size_t length, uint8_t *output, size_t capacity) {
  size_t in = 0, out = 0;
  while (in < length) {
    size_t control = input[in++];
    if (control < 32) {
      size_t count = control + 1;
      if (count > length - in || count > capacity - out) return 0;
      memcpy(output + out, input + in, count);
      in += count;
      out += count;
      continue;
    }
    size_t count = control >> 5;
    if (count == 7) {
      if (in >= length) return 0;
      count += input[in++];
    }
    count += 2;
    if (in >= length) return 0;
    size_t distance = ((control & 31) << 8) + input[in++] + 1;
    if (distance > out || count > capacity - out) return 0;
    for (size_t step = 0; step < count; step++, out++) output[out] = output[out - distance];
  }
  return out;
}

// h5py stores the size of a chunk as the third client value.
static size_t filter_lzf(
    unsigned flags, size_t value_count, const unsigned values[], size_t byte_count, size_t *capacity, void **buffer) {
  if (!(flags & H5Z_FLAG_REVERSE) || value_count < 3 || values[2] == 0) return 0;
  size_t made_capacity = values[2];
  // Three bytes make 264 at most; a larger claim is not true and is not allocated.
  if (made_capacity / 264 > byte_count) return 0;
  uint8_t *made = malloc(made_capacity);
  if (made == NULL) return 0;
  size_t made_count = chdf5_lzf_decompress(*buffer, byte_count, made, made_capacity);
  if (made_count == 0) {
    free(made);
    return 0;
  }
  free(*buffer);
  *buffer = made;
  *capacity = made_capacity;
  return made_count;
}

void chdf5_register_lzf(void);

void chdf5_register_lzf(void) {
  static const H5Z_class2_t filter = {
      H5Z_CLASS_T_VERS, LZF_FILTER, 0, 1, "lzf", NULL, NULL, (H5Z_func_t)filter_lzf};
  if (H5Zfilter_avail(LZF_FILTER) <= 0) H5Zregister(&filter);
}
