// Everything in this folder, as one table; the last include of an instruction set's file.
#pragma once
#include "activations.h"
#include "attention.h"
#include "attention_part.h"
#include "convert.h"
#include "delta_rule.h"
#include "norms.h"
#include "pack_weights.h"
#include "quantize.h"
#include "rotate.h"

#define VK_VECTOR_TABLE                                                                                                \
  .to_f32 = VK_NAME(to_f32), .from_f32 = VK_NAME(from_f32), .absmax = VK_NAME(absmax), .quantize = VK_NAME(quantize),  \
  .quantize_token = VK_NAME(quantize_token), .pack_weights = VK_NAME(pack_weights), .layer_norm = VK_NAME(layer_norm), \
  .rms_norm = VK_NAME(rms_norm), .activate = VK_NAME(activate), .softmax = VK_NAME(softmax), .add = VK_NAME(add),      \
  .rotate = VK_NAME(rotate), .delta_rule = VK_NAME(delta_rule), .convolve = VK_NAME(convolve),                         \
  .attention_pack = VK_NAME(attention_pack), .attention_packed_bytes = VK_NAME(attention_packed_bytes),                \
  .attention = VK_NAME(attention), .attention_scratch_bytes = VK_NAME(attention_scratch_bytes),                        \
  .attention_rows = VK_QUERY_ROWS, .attention_part = VK_NAME(attention_part), .attention_few_rows = VK_FEW_ROWS
