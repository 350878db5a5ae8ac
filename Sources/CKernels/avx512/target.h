// Switches AVX-512 on for the functions between BEGIN and END.
//
// With VK_EMULATE_VNNI it stays off: Tests/Sanitize compiles the intrinsics through SIMDe to try them on any x86-64.
#pragma once
#if defined(VK_EMULATE_VNNI)
#define VK_AVX512_BEGIN
#define VK_AVX512_END
#else
#define VK_AVX512_BEGIN                                                                                                \
  _Pragma("clang attribute push(                                                                                       \
              __attribute__((target(\"avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni\"),                  \
                             min_vector_width(512))), apply_to = function)")
#define VK_AVX512_END _Pragma("clang attribute pop")
#endif
