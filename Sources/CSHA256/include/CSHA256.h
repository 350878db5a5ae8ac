// SHA-256 of several messages at once on one core.
//
// The x86 instruction that does two rounds (sha256rnds2) takes four cycles and its result is what the next one needs, so
// one message keeps the unit busy half of the time at most; independent messages fill the gaps. On a Zen 3 core one
// message goes at 1.6 GB/s, as in libcrypto, two at 3.2 and three at 3.4. libcrypto has no call that takes several
// messages, which is why this is here. Machines without these instructions use libcrypto; the tests compare with it.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  CSHA256_BLOCK = 64, ///< bytes of a block
  CSHA256_LANES = 3,  ///< messages that a call takes at most; a fourth gains nothing
};

/// Whether this machine has the instructions; the other functions need them.
bool csha256_available(void);

/// Sets a state, eight words, to the start of a message.
void csha256_start(uint32_t *state);

/// Takes `blocks` blocks from each of `lanes` messages (1 to CSHA256_LANES) into their states; at any alignment.
void csha256_update(uint32_t *const *states, const uint8_t *const *data, size_t lanes, size_t blocks);
