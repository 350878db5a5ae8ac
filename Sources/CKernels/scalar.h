// The scalar kernels, for their table and for the other instruction sets' fallbacks.
#pragma once
#include "CKernels.h"

void vk_scalar_to_f32(const void *source, vk_type type, float *destination, size_t count);
void vk_scalar_from_f32(const float *source, void *destination, vk_type type, size_t count);
float vk_scalar_absmax(const void *source, vk_type type, size_t count);
void vk_scalar_quantize(const void *source, vk_type type, size_t count, float scale, float most, int8_t *codes,
                        vk_quantization_sums *sums);
int32_t vk_scalar_quantize_token(const float *x, size_t count, int8_t *codes, float *scale);
void vk_scalar_pack_weights(const void *weights, vk_type type, size_t columns, size_t depth, size_t first, size_t end,
                            void *packed);
void vk_scalar_layer_norm(const float *x, const float *weight, const float *bias, float epsilon, float *y, size_t rows,
                          size_t width);
void vk_scalar_rms_norm(const float *x, const float *weight, float epsilon, float *y, size_t rows, size_t width);
void vk_scalar_activate(vk_activation function, const float *x, float *y, size_t count);
void vk_scalar_softmax(float *x, float scale, size_t rows, size_t width);
void vk_scalar_attention_pack(const vk_attention *attention, size_t first, size_t end, void *packed);
size_t vk_scalar_attention_packed_bytes(size_t keys, size_t width);
void vk_scalar_attention(const vk_attention *attention, const void *packed, size_t first, size_t end, void *scratch);
size_t vk_scalar_attention_scratch_bytes(size_t keys, size_t width);
void vk_scalar_add(const float *a, const float *b, float *y, size_t count);
void vk_scalar_rotate(float *x, const float *cosines, const float *sines, size_t tokens, size_t heads, size_t width,
                      size_t head_stride, size_t token_stride);
void vk_scalar_delta_rule(const vk_delta_rule *rule, size_t first, size_t end);
void vk_scalar_convolve(vk_activation function, const float *x, const float *weights, size_t tokens, size_t channels,
                        size_t taps, float *y);
