#pragma once
#include <stddef.h>
#include <stdint.h>

// libjpeg and libpng behind plain calls: their setjmp error paths stay inside these functions.
// Each returns 0, or 1 with a message of at most CIMAGES_MESSAGE bytes (NUL included) in `message`.

enum { CIMAGES_MESSAGE = 256 };

typedef struct {
  uint32_t width;
  uint32_t height;
} cimages_size;

int cimages_jpeg_size(const uint8_t *data, size_t count, cimages_size *size, char *message);
int cimages_png_size(const uint8_t *data, size_t count, cimages_size *size, char *message);

// Decode to RGB, `size.width * size.height * 3` bytes; `size` must be what the file says.
int cimages_jpeg_decode(const uint8_t *data, size_t count, cimages_size size, uint8_t *rgb, char *message);
int cimages_png_decode(const uint8_t *data, size_t count, cimages_size size, uint8_t *rgb, char *message);

// Encode RGB into memory that `cimages_free` gives back; `quality` from 1 to 100, Pillow's default is 75.
int cimages_png_encode(const uint8_t *rgb, cimages_size size, uint8_t **data, size_t *count, char *message);
int cimages_jpeg_encode(const uint8_t *rgb, cimages_size size, int quality, uint8_t **data, size_t *count, char *message);
void cimages_free(void *memory);

typedef enum {
  CIMAGES_BOX,
  CIMAGES_BILINEAR,
  CIMAGES_HAMMING,
  CIMAGES_BICUBIC,
  CIMAGES_LANCZOS,
} cimages_filter;

// Whose rounding to follow.
typedef enum {
  CIMAGES_PILLOW,
  CIMAGES_TORCH,
} cimages_arithmetic;

// Resizes RGB to RGB as Pillow's Image.resize or torch's antialiased interpolate of uint8 does, to the bit. Returns 1
// when memory runs out.
int cimages_resize(const uint8_t *source, cimages_size from, uint8_t *target, cimages_size to, cimages_filter filter,
                   cimages_arithmetic arithmetic);

// Resizes planes of floats as torch's antialiased bicubic (or bilinear) interpolate of f32 does, to the bit. Returns 1 when memory runs
// out.
int cimages_resize_planes(const float *source, size_t planes, cimages_size from, float *target, cimages_size to,
                          cimages_filter filter);

// Wavelet scattering of three planes of floats, [3][size][size]: see scattering.c. `size` must be a multiple of 2^scales.
typedef struct cimages_scattering cimages_scattering;
cimages_scattering *cimages_scattering_make(int size, int scales, int angles);  // null: out of memory, or not such sizes
void cimages_scattering_free(cimages_scattering *scattering);
int cimages_scattering_channels(int scales, int angles);
// `out`: [3][channels][size >> scales][size >> scales]. Returns 1 when memory runs out.
int cimages_scatter(const cimages_scattering *scattering, const float *picture, float *out);
// The same without vector instructions, with the same bits.
int cimages_scatter_scalar(const cimages_scattering *scattering, const float *picture, float *out);

// The mean of the values that each place of the target lies over: torch's interpolate with mode "area".
void cimages_pool_planes(const float *source, size_t planes, cimages_size from, float *target, cimages_size to);

// Splits `count` RGB pixels into three planes of floats by table: plane[c][i] = table[c * 256 + rgb[3 * i + c]].
void cimages_planes(const uint8_t *rgb, size_t count, const float *table, float *planes);
