// Swift's Mutex sleeps and wakes in a library that the thread sanitizer has not instrumented: what the slow ways of its lock
// order is told here. Linked into the tests of that build, these take the library's place and call it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

typedef SWIFT void (*lock)(uint32_t thread, SELF);
typedef SWIFT void (*unlock)(SELF);

SWIFT void lock_slowly(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void unlock_slowly(SELF) __asm__(UNLOCK);

SWIFT void lock_slowly(uint32_t thread, SELF) {
  ((lock)dlsym(RTLD_NEXT, LOCK))(thread, self);
  __tsan_acquire(self);
}

SWIFT void unlock_slowly(SELF) {
  __tsan_release(self);
  ((unlock)dlsym(RTLD_NEXT, UNLOCK))(self);
}
