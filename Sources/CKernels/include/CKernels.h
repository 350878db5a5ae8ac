// The arithmetic of vlmtool: one table of kernels for each instruction set, chosen at run time.
//
// Every kernel exists in a scalar version (`scalar/`), which is the oracle for all others. No kernel allocates unless it
// says so, none keeps state, none starts a thread: the caller splits the work (see `Parallel` in Swift).
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: instruction sets

typedef enum vk_isa {
  VK_ISA_SCALAR = 0,
  VK_ISA_NEON = 1,
  VK_ISA_AVX2 = 2,       // AVX2, FMA, F16C
  VK_ISA_AVX512VNNI = 3, // AVX-512 F, BW, DQ, VL, VNNI
  VK_ISA_COUNT = 4,
} vk_isa;

// MARK: element types and functions

typedef enum vk_type {
  VK_F32 = 0,
  VK_BF16,
  VK_F16,
  VK_F64,
  VK_F8_E4M3,
  VK_F8_E5M2,
  VK_F8_E8M0,
  VK_F8_E4M3FNUZ,
  VK_F8_E5M2FNUZ,
} vk_type;

typedef enum vk_activation {
  VK_IDENTITY = 0,
  VK_GELU,       // x/2 (1 + erf(x/sqrt 2))
  VK_GELU_TANH,  // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
  VK_QUICK_GELU, // x sigmoid(1.702 x)
  VK_SILU,       // x sigmoid(x)
  VK_RELU,
  VK_SIGMOID, // 1/(1 + e^-x)
} vk_activation;

/// Sums over one run of quantized values: signal x^2 and error (x - code*scale)^2.
typedef struct vk_quantization_sums {
  double signal;
  double error;
} vk_quantization_sums;

// MARK: products

/// `out = f(tokens x weights^T + bias) * factor + residual`, over packed tokens and packed weights.
///
/// Weights are packed once, in panels of 16 output columns; tokens are packed before each product, in blocks of
/// `s8_block_rows` or `f32_block_rows` rows. A call computes any rectangle of blocks and panels; rectangles are independent.
typedef struct vk_product {
  size_t rows;          // tokens
  size_t columns;       // outputs of the layer
  size_t depth;         // inputs of the layer
  const void *tokens;   // packed blocks
  const void *weights;  // packed panels
  const float *weight_scales; // [columns]; int8 only
  const float *bias;     // [columns], or null
  const float *factor;   // [rows, out_stride], or null
  const float *residual; // [rows, out_stride], or null; may be `out`
  vk_activation activation;
  float *out;        // [rows, out_stride]
  size_t out_stride; // in elements
  int32_t *integers; // int8 only: when not null, the integer sums go here ([rows, out_stride]) and `out` is left alone
} vk_product;

enum { VK_PANEL_COLUMNS = 16 };

/// Bytes that `columns` x `depth` weights take when packed; the buffer must be 64-byte aligned.
size_t vk_s8_weights_bytes(size_t columns, size_t depth);
size_t vk_f32_weights_bytes(size_t columns, size_t depth);
/// Packs the panels `first..<end` of `codes` [columns, depth]; panels are independent.
void vk_s8_pack_weights(const int8_t *codes, size_t columns, size_t depth, size_t first, size_t end, void *packed);

/// Tokens as the products of few rows read them: rows of `vk_f32_row_bytes(depth)` or `vk_s8_row_bytes(depth)` bytes, 64-byte
/// aligned.
size_t vk_f32_row_bytes(size_t depth);
size_t vk_s8_row_bytes(size_t depth);
void vk_f32_place_row(const float *x, size_t depth, void *row);
void vk_s8_place_row(const int8_t *codes, float scale, size_t depth, void *row);
enum { VK_MOST_ROWS = 8 };
/// What a placed row of int8 codes begins with; the codes follow, padded with zeros to a multiple of 64.
typedef struct vk_s8_row {
  float scale;
  int32_t sum;
  char padding[56];
} vk_s8_row;

typedef struct vk_product_kernels {
  /// Rows in a block of packed tokens.
  size_t s8_block_rows, f32_block_rows;
  /// Bytes of one packed block of tokens of `depth` values, a multiple of 64; blocks are 64-byte aligned.
  size_t (*s8_block_bytes)(size_t depth);
  size_t (*f32_block_bytes)(size_t depth);
  /// Packs `rows` (at most a block's) tokens, `stride` elements apart; what is missing of the block is zero.
  void (*s8_pack)(const int8_t *codes, const float *scales, size_t stride, size_t rows, size_t depth, void *block);
  void (*f32_pack)(const float *x, size_t stride, size_t rows, size_t depth, void *block);
  /// Computes the blocks `[first_block, end_block)` by the panels `[first_panel, end_panel)`.
  void (*s8_multiply)(const vk_product *product, size_t first_block, size_t end_block, size_t first_panel,
                      size_t end_panel);
  void (*f32_multiply)(const vk_product *product, size_t first_block, size_t end_block, size_t first_panel,
                       size_t end_panel);
  /// The same for at most VK_MOST_ROWS rows and weights [columns, depth] as files have them, at any address: F32, BF16 or F16
  /// of `type`, or int8 codes. `tokens` are placed rows. Computes the columns `[first, end)`, `first` a multiple of 64; each
  /// weight is read from memory once.
  void (*f32_multiply_rows)(const vk_product *product, vk_type type, size_t first, size_t end);
  void (*s8_multiply_rows)(const vk_product *product, size_t first, size_t end);
  /// The most that registers allow, for benchmarks: runs `turns` rounds of the multiplications that the tile is made of, with
  /// nothing to load, and returns the operations done (a multiplication and an addition are two).
  size_t (*s8_peak)(size_t turns);
  size_t (*f32_peak)(size_t turns);
} vk_product_kernels;

// MARK: attention

/// Keys that a query sees: `[first, end)`, clipped to the keys there are; none where `end <= first`.
typedef struct vk_range {
  ptrdiff_t first, end;
} vk_range;

/// The `group` query heads that share a key head, over one segment: `out = softmax(cap(scale query key^T)) value`, where
/// `cap(x) = soft_cap tanh(x / soft_cap)`. A query that sees no key gets zeros.
///
/// Kernels count rows: row r is head `r % group` of query `r / group`, at `query + (r / group)*query_stride + (r %
/// group)*width`; the same in `out`.
typedef struct vk_attention {
  size_t queries, keys, width, group;
  const float *query, *key, *value;
  size_t query_stride, key_stride, value_stride;
  const vk_range *visible; // [queries]; null: every query sees every key
  float *out;
  size_t out_stride;
  float scale;
  float soft_cap; // 0: none
} vk_attention;

// MARK: the table

/// Attention by a state that tokens write to and read from (Gated DeltaNet): for each token t and each head with its state S
/// [key_width, value_width], `S = decay_t S`, `S += k_t (rate_t (v_t - k_tᵀ S))ᵀ`, `out_t = q_tᵀ S`.
///
/// Each of `key_heads` queries and keys serves `heads / key_heads` heads in a row. Of token t, head h, the query starts at
/// `query + t*stride + (h / (heads / key_heads))*key_width`, so does the key, the value at `value + t*stride + h*value_width`.
typedef struct vk_delta_rule {
  const float *query, *key, *value;
  /// [tokens, heads], from 0 to 1.
  const float *decay, *rate;
  size_t stride, tokens, heads, key_heads, key_width, value_width;
  /// [heads, key_width, value_width], of the tokens before; then of all.
  float *state;
  /// [tokens, heads, value_width]
  float *out;
} vk_delta_rule;

typedef struct vk_kernels {
  vk_isa isa;
  const vk_product_kernels *products;

  /// `destination[i] = f32(source[i])`, exact for every type but F64 (rounded to nearest even).
  void (*to_f32)(const void *source, vk_type type, float *destination, size_t count);
  /// `destination[i] = type(source[i])`, rounded to nearest even; overflow and NaN as in torch.
  void (*from_f32)(const float *source, void *destination, vk_type type, size_t count);

  /// Largest |x|; a NaN anywhere gives NaN. Types F32, BF16, F16.
  float (*absmax)(const void *source, vk_type type, size_t count);
  /// `codes[i] = round_half_even(clamp(x[i] / scale, -most - 1, most))`; adds to `sums`. Types F32, BF16, F16. NaN gives -most - 1.
  void (*quantize)(const void *source, vk_type type, size_t count, float scale, float most, int8_t *codes,
                   vk_quantization_sums *sums);
  /// Dynamic symmetric quantization of one token: `scale = absmax/127.5` (2^-23 where that is 0), codes as `quantize`.
  /// Returns the sum of the codes.
  int32_t (*quantize_token)(const float *x, size_t count, int8_t *codes, float *scale);

  /// Packs the panels `first..<end` of weights [columns, depth] of any convertible type, at any address, for f32 products.
  void (*pack_weights)(const void *weights, vk_type type, size_t columns, size_t depth, size_t first, size_t end,
                       void *packed);

  /// `y = (x - mean) / sqrt(variance + epsilon) * weight + bias` for each row; `bias` may be null. `y` may be `x`.
  void (*layer_norm)(const float *x, const float *weight, const float *bias, float epsilon, float *y, size_t rows,
                     size_t width);
  /// `y = x / sqrt(mean(x^2) + epsilon) * weight` for each row. `y` may be `x`.
  void (*rms_norm)(const float *x, const float *weight, float epsilon, float *y, size_t rows, size_t width);
  /// `y = f(x)`. `y` may be `x`.
  void (*activate)(vk_activation function, const float *x, float *y, size_t count);
  /// Softmax of each row of `scale * x`, in place.
  void (*softmax)(float *x, float scale, size_t rows, size_t width);

  /// Packs the keys and values `[first, end)`, `first` a multiple of 16, for `attention`; parts are independent.
  /// `packed` is `attention_packed_bytes(keys, width)` bytes, 64-byte aligned.
  void (*attention_pack)(const vk_attention *attention, size_t first, size_t end, void *packed);
  size_t (*attention_packed_bytes)(size_t keys, size_t width);
  /// The rows `[first, end)`, `first` a multiple of `attention_rows`; `scratch` is `attention_scratch_bytes(keys, width)`
  /// bytes, 64-byte aligned.
  void (*attention)(const vk_attention *attention, const void *packed, size_t first, size_t end, void *scratch);
  size_t (*attention_scratch_bytes)(size_t keys, size_t width);
  size_t attention_rows;
  /// At most `attention_few_rows` rows over the keys `[first, end)`, read where they lie: decoding. Writes for each row
  /// `sum(2^(s - m) value)` [width], then m, the largest logit over ln 2, then `sum(2^(s - m))`. `scratch` as above. Null
  /// in the scalar table.
  void (*attention_part)(const vk_attention *attention, size_t first, size_t end, float *part, void *scratch);
  size_t attention_few_rows;
  /// `y = a + b`.
  void (*add)(const float *a, const float *b, float *y, size_t count);
  /// Rotates the halves of each head's first `width` elements in place: `(a, b) -> (a cos - b sin, b cos + a sin)`, with tables
  /// [tokens, width/2]. Head h of token t starts at `x + t*token_stride + h*head_stride`.
  void (*rotate)(float *x, const float *cosines, const float *sines, size_t tokens, size_t heads, size_t width,
                 size_t head_stride, size_t token_stride);
  /// Linear attention of the heads `[first, end)`.
  void (*delta_rule)(const vk_delta_rule *rule, size_t first, size_t end);
  /// `y[t, c] = f(sum_k weights[k, c] x[t + k, c])`: each channel's own `taps` weights over the token and those before it.
  /// `x` is [taps - 1 + tokens, channels], the first rows being the tokens before; `y` [tokens, channels] is apart from it.
  void (*convolve)(vk_activation function, const float *x, const float *weights, size_t tokens, size_t channels, size_t taps,
                   float *y);
} vk_kernels;

/// The table of `isa`, or null where this machine (or this build) lacks it.
const vk_kernels *vk_kernels_for(vk_isa isa);

/// The table in use: the best this machine has, or the one that `VLMTOOL_ISA=scalar|neon|avx2|avx512vnni` names.
/// An unknown or unsupported name is ignored; `vk_isa_override_ignored` tells.
const vk_kernels *vk_active(void);
bool vk_isa_override_ignored(void);

/// `scalar`, `neon`, `avx2`, `avx512vnni`.
const char *vk_isa_name(vk_isa isa);

/// Joins the `count` parts that `attention_part` wrote for consecutive ranges of keys, [count][rows][width + 2], into `out`.
void vk_attention_join(const vk_attention *attention, const float *parts, size_t count);

/// Rounds tokens [rows, width] to int8 codes times a scale, in place, in f32: `scale` where it is above 0, else each token's own as
/// `quantize_token` finds it. `codes`: [width], of the last token.
void vk_round_tokens(const vk_kernels *kernels, float *tokens, size_t rows, size_t width, float scale, int8_t *codes);

// MARK: rows of weights

/// Per-channel (or per-group) symmetric codes of `bits` (2 to 8) of `rows` x `width` weights (F32, BF16 or F16), a byte each.
///
/// For each run of `group` columns: `scale = stored(absmax/((2^bits - 1)/2))` where `stored` rounds to `scale_type` (F32, BF16, F16);
/// a zero scale becomes the type's epsilon. Codes are taken against the stored scale. `scales` is [rows, ceil(width/group)].
/// `sums`, when not null, gets one entry a row. Returns the first row that holds a NaN, an infinity or a scale that
/// `scale_type` cannot hold, or `rows`; rows from that one on are not written.
size_t vk_quantize_rows(const vk_kernels *kernels, const void *source, vk_type type, size_t rows, size_t width,
                        size_t group, unsigned bits, vk_type scale_type, int8_t *codes, float *scales,
                        vk_quantization_sums *sums);

/// Codes of ggml's Q8_0 (`bits` 8) or Q4_0 (4) of `rows` x `width` weights (F32, BF16 or F16), `width` whole blocks of 32, as gguf-py
/// takes them in f32: against `d` as it is before it is rounded to F16. Q4_0's are less 8; its `d` has the sign that gives the end
/// farther from 0 the code -8. Where `d` has no inverse, codes are 0. `scales` is [rows, width / 32], rounded to F16. `sums`, when not
/// null, gets one entry a row. Returns the first row that holds a NaN, an infinity or a scale that F16 cannot hold, or `rows`.
size_t vk_quantize_ggml(const void *source, vk_type type, size_t rows, size_t width, unsigned bits, int8_t *codes,
                        float *scales, vk_quantization_sums *sums);

/// Unsigned codes of `bits` (4 or 8) with a scale and a bias for each run of `group` columns (a multiple of 32 up to 1024 that divides
/// `width`), of `rows` x `width` weights (F32, BF16 or F16), as `mx.quantize` makes them.
///
/// `code = round_half_even((x - bias) / scale)`, cut to 0..2^bits - 1; scale and bias are [rows, width / group], rounded to `type` once
/// codes are taken. `words` [rows, width bits / 32] has the first code in the lowest bits; null: no codes. `sums`, when not null, gets
/// one entry a row (0 without codes), against `rounded(rounded(code scale) + bias)`. Returns the first row that holds a NaN, an infinity or
/// a scale that `type` cannot hold, or `rows`.
size_t vk_quantize_affine(const void *source, vk_type type, size_t rows, size_t width, size_t group, unsigned bits,
                          uint32_t *words, float *scales, float *biases, vk_quantization_sums *sums);

// MARK: smoothing

/// Multiplies each of `count` numbers (F32, BF16 or F16, aligned as these are) by 2 to the power beside it (-126 to 127), in place. Exact,
/// but for what leaves the type's range: infinite above it, rounded below the smallest normal number.
void vk_rescale(void *values, vk_type type, const int8_t *exponents, size_t count);

/// Of the columns of `rows` x `width` numbers: raises `peaks` to the largest magnitude, adds the squares to `squares`. A NaN raises no peak.
void vk_column_strengths(const float *values, size_t rows, size_t width, float *peaks, double *squares);

/// `sum_rows max_j |x_j factors_j|^2` of `rows` x `width` numbers. The same to the bit on every machine.
double vk_squared_row_peaks(const float *values, size_t rows, size_t width, const float *factors);

// MARK: comparing

/// Sums over two runs of numbers `a` and `b`, in f64.
typedef struct vk_comparison {
  double difference; // of (a - b)^2
  double first;      // of a^2
  double second;     // of b^2
  double product;    // of a b
  double largest;    // max |a - b|; NaN where a difference is
} vk_comparison;

/// Compares `count` numbers; the same to the bit on every machine.
// Place of the first NaN or infinity; count when there is none.
size_t vk_first_not_finite(const float *x, size_t count);

vk_comparison vk_compare(const float *a, const float *b, size_t count);

/// What a run of numbers is like. Extremes and sum are of the finite ones; infinite where there are none.
typedef struct vk_moments {
  double minimum, maximum, sum;
  size_t finite, zeros, nans;
} vk_moments;

/// Looks at `count` numbers, f64 or f32 and at any address; the same to the bit on every machine.
vk_moments vk_moments_of(const void *numbers, bool is_double, size_t count);
/// `sum (x - mean)^2` of the finite ones among them.
double vk_spread_of(const void *numbers, bool is_double, size_t count, double mean);

/// How the values of a column are spread.
typedef struct vk_column_spread {
  double least, most; // what its values are drawn in to: what all but `tail` at either end span, and half as much again
  double mean;        // of the values drawn in
  double squares;     // of their distances to it, summed
} vk_column_spread;

/// Looks at `columns` columns of `rows` numbers, f64 or f32 and at any address, rows `stride` numbers apart. A column's figures are
/// the same whatever is beside it, on every machine.
///
/// Returns SIZE_MAX; or the place, `row * columns + column`, of the first NaN or infinity, and `spreads` mean nothing.
size_t vk_column_spreads(
    const void *numbers, bool is_double, size_t rows, size_t stride, size_t columns, double tail, void *scratch,
    vk_column_spread *spreads);
/// Draws `count` numbers of a row, f64 or f32 and at any address, in to `least...most`, takes `means` away and multiplies by `scales`, each
/// its own. A NaN stays one.
void vk_standardise(
    const void *numbers, bool is_double, size_t count, const double *least, const double *most, const double *means,
    const double *scales, double *result);
/// Bytes that `vk_column_spreads` works in, at an address divisible by 64.
size_t vk_column_scratch(size_t rows);

#ifdef __cplusplus
}
#endif
