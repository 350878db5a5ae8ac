// The one place that asks which instructions this machine has.
#include <stdlib.h>
#include <string.h>

#include "tables.h"

static const vk_kernels *const tables[VK_ISA_COUNT] = {
    [VK_ISA_SCALAR] = &vk_scalar_kernels,
#if VK_HAS_NEON
    [VK_ISA_NEON] = &vk_neon_kernels,
#endif
#if VK_HAS_X86
    [VK_ISA_AVX2] = &vk_avx2_kernels,
    [VK_ISA_AVX512VNNI] = &vk_avx512vnni_kernels,
#endif
};

static bool machine_has(vk_isa isa) {
  switch (isa) {
  case VK_ISA_SCALAR: return true;
  case VK_ISA_NEON: return VK_HAS_NEON;
#if VK_HAS_X86
  case VK_ISA_AVX2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  case VK_ISA_AVX512VNNI:
    return machine_has(VK_ISA_AVX2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vnni");
#endif
  default: return false;
  }
}

const vk_kernels *vk_kernels_for(vk_isa isa) {
  return isa >= 0 && isa < VK_ISA_COUNT && machine_has(isa) ? tables[isa] : NULL;
}

const char *vk_isa_name(vk_isa isa) {
  static const char *const names[VK_ISA_COUNT] = {"scalar", "neon", "avx2", "avx512vnni"};
  return isa >= 0 && isa < VK_ISA_COUNT ? names[isa] : "unknown";
}

// Both are pure functions of the machine and the environment at the first call; threads racing here write the same value.
static const vk_kernels *requested(void) {
  const char *name = getenv("VLMTOOL_ISA");
  if (!name) return NULL;
  for (int isa = 0; isa < VK_ISA_COUNT; isa++)
    if (strcmp(name, vk_isa_name((vk_isa)isa)) == 0) return vk_kernels_for((vk_isa)isa);
  return NULL;
}

bool vk_isa_override_ignored(void) {
  const char *name = getenv("VLMTOOL_ISA");
  return name && *name && !requested();
}

const vk_kernels *vk_active(void) {
  static const vk_kernels *active;
  const vk_kernels *found = __atomic_load_n(&active, __ATOMIC_RELAXED);
  if (found) return found;
  found = requested();
  for (int isa = VK_ISA_COUNT - 1; !found; isa--) found = vk_kernels_for((vk_isa)isa);
  __atomic_store_n(&active, found, __ATOMIC_RELAXED);
  return found;
}
