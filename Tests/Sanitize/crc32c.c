// CRC-32C by tables and by the processor's instruction, on bytes between guards (guarded.h): both are the same, and that of the
// standard's example. Argument: a seed.
#include <string.h>

#include "CDatasets.h"
#include "guarded.h"

int main(int count, char **arguments) {
  uint64_t state = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
  const uint8_t *example = (const uint8_t *)"123456789";  // RFC 3720, B.4 and the catalogue of parametrised CRCs
  if (cdatasets_crc32c(example, 9) != 0xe3069283 || cdatasets_crc32c_tables(example, 9) != 0xe3069283) {
    printf("CRC-32C: not that of 123456789\n");
    return 1;
  }
  long cases = 0;
  for (int side = GUARD_BEHIND; side <= GUARD_BEFORE; side++) {
    guard_side = side;
    for (size_t length = 0; length < 200; length++)
      for (size_t offset = 0; offset < 8; offset++) {
        uint8_t *bytes = guarded(length, 1, offset);
        for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t)((state = state * 6364136223846793005u + 1442695040888963407u) >> 56);
        if (cdatasets_crc32c(bytes, length) != cdatasets_crc32c_tables(bytes, length)) {
          printf("CRC-32C: %zu bytes: instruction and tables differ\n", length);
          return 1;
        }
        release_all(), cases++;
      }
  }
  printf("%ld cases of CRC-32C, guards behind and before\n", cases);
  return 0;
}
