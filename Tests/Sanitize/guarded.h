// Arrays that cannot be left unseen: each lies in pages of its own between two that may not be touched, flush against the
// one behind it or the one before it. Hardware sees an access of any width, from any instruction, also under qemu. New
// arrays hold NaNs (all bytes are 0xff); to the memory sanitizer they hold nothing.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define POISON(from, bytes) __asan_poison_memory_region(from, bytes)
#define UNPOISON(from, bytes) __asan_unpoison_memory_region(from, bytes)
#elif __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define UNWRITTEN(from, bytes) __msan_allocated_memory(from, bytes)
#endif
#endif
#ifndef POISON
#define POISON(from, bytes) ((void)0)
#define UNPOISON(from, bytes) ((void)0)
#endif
#ifndef UNWRITTEN
#define UNWRITTEN(from, bytes) memset(from, 0xff, bytes)
#endif

/// Which guard the arrays touch.
static enum { GUARD_BEHIND, GUARD_BEFORE } guard_side;

static struct guarded_array {
  char *start, *pages;
  size_t page_bytes;
} guarded_arrays[64];

/// `bytes` bytes, `shift` behind a multiple of `alignment`. What alignment leaves between them and the guard is poisoned
/// where the address sanitizer is on.
static void *guarded(size_t bytes, size_t alignment, size_t shift) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE), inner = (bytes + alignment + page - 1) / page * page;
  char *pages = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *first = pages + page;
  if (pages == MAP_FAILED || mprotect(first, inner, PROT_READ | PROT_WRITE)) {
    perror("guarded");
    exit(2);
  }
  size_t last = (inner - bytes) - (inner - bytes - shift) % alignment; // the last place that fits
  char *start = first + (guard_side == GUARD_BEFORE ? shift : last);
  POISON(first, inner);
  UNPOISON(start, bytes);
  UNWRITTEN(start, bytes);
  for (struct guarded_array *array = guarded_arrays; array < guarded_arrays + 64; array++)
    if (!array->pages) {
      *array = (struct guarded_array){start, pages, inner + 2 * page};
      return start;
    }
  fprintf(stderr, "guarded: more than 64 arrays\n");
  exit(2);
}

static void release(void *start) {
  for (struct guarded_array *array = guarded_arrays; array < guarded_arrays + 64; array++)
    if (array->pages && array->start == start) {
      UNPOISON(array->pages, array->page_bytes);
      munmap(array->pages, array->page_bytes);
      *array = (struct guarded_array){NULL, NULL, 0};
      return;
    }
  fprintf(stderr, "guarded: no such array\n");
  exit(2);
}

/// Ends all arrays: a case is over.
static void release_all(void) {
  for (struct guarded_array *array = guarded_arrays; array < guarded_arrays + 64; array++)
    if (array->pages) release(array->start);
}

#define ARRAY(type, count) ((type *)guarded((count) * sizeof(type), _Alignof(type), 0))
/// What kernels want on a 64-byte boundary.
#define BUFFER(bytes) guarded(bytes, 64, 0)
/// What may lie anywhere: one byte behind a boundary.
#define ANYWHERE(bytes) guarded(bytes, 16, 1)
