#include "../tables.h"
#include "../scalar.h"

const vk_kernels vk_scalar_kernels = {
    .isa = VK_ISA_SCALAR,
    .products = &vk_scalar_products,
    .to_f32 = vk_scalar_to_f32,
    .from_f32 = vk_scalar_from_f32,
    .absmax = vk_scalar_absmax,
    .quantize = vk_scalar_quantize,
    .quantize_token = vk_scalar_quantize_token,
    .pack_weights = vk_scalar_pack_weights,
    .layer_norm = vk_scalar_layer_norm,
    .rms_norm = vk_scalar_rms_norm,
    .activate = vk_scalar_activate,
    .softmax = vk_scalar_softmax,
    .attention = vk_scalar_attention,
    .attention_pack = vk_scalar_attention_pack,
    .attention_packed_bytes = vk_scalar_attention_packed_bytes,
    .attention_scratch_bytes = vk_scalar_attention_scratch_bytes,
    .attention_rows = 1,
    .add = vk_scalar_add,
    .rotate = vk_scalar_rotate,
    .delta_rule = vk_scalar_delta_rule,
    .convolve = vk_scalar_convolve,
};
