// PNG to RGB as the transformers image processors see it through Pillow: grey and palette expanded, 16-bit channels
// cut to their high byte, 16-bit grey clipped at 255 (Pillow's I;16), transparency composited onto white.
#include "png_errors.h"

#include <stdlib.h>
#include <string.h>

// Ancillary chunks (profiles, comments) may not take more memory than this once inflated.
enum { MAXIMUM_CHUNK = 8 << 20 };

typedef struct {
  const uint8_t *data;
  size_t count;
  char *message;
} reader;

static void read_bytes(png_structp png, png_bytep target, size_t count) {
  reader *r = png_get_io_ptr(png);
  if (count > r->count) png_error(png, "the file ends early");
  memcpy(target, r->data, count);
  r->data += count;
  r->count -= count;
}

// Both before setjmp: what is assigned after it is lost in a longjmp.
static png_structp start(reader *r, png_infop *info) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r->message, fail, ignore);
  if (png && (*info = png_create_info_struct(png))) return png;
  snprintf(r->message, CIMAGES_MESSAGE, "out of memory");
  png_destroy_read_struct(&png, NULL, NULL);
  return NULL;
}

static void read_header(png_structp png, png_infop info, reader *r) {
  png_set_read_fn(png, r, read_bytes);
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_set_chunk_malloc_max(png, MAXIMUM_CHUNK);
  png_set_chunk_cache_max(png, 256);
  png_read_info(png, info);
}

int cimages_png_size(const uint8_t *data, size_t count, cimages_size *size, char *message) {
  reader r = {data, count, message};
  png_infop info;
  png_structp png = start(&r, &info);
  if (!png) return 1;
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return 1;
  }
  read_header(png, info, &r);
  *size = (cimages_size){png_get_image_width(png, info), png_get_image_height(png, info)};
  png_destroy_read_struct(&png, &info, NULL);
  return 0;
}

// Pillow's alpha_composite onto opaque white, then its RGB.
static void flatten(const uint8_t *rgba, uint8_t *rgb, uint32_t width) {
  for (uint32_t x = 0; x < width; x++) {
    uint32_t over = (uint32_t)rgba[4 * x + 3] * 128, under = 255 * 128 - over;
    for (int c = 0; c < 3; c++) {
      uint32_t sum = rgba[4 * x + c] * over + 255 * under + (0x80 << 7);
      rgb[3 * x + c] = (uint8_t)((((sum >> 8) + sum) >> 8) >> 7);
    }
  }
}

static void clip_grey(const uint8_t *grey, uint8_t *rgb, uint32_t width) {
  for (uint32_t x = 0; x < width; x++) {
    uint8_t value = grey[2 * x] ? 255 : grey[2 * x + 1];
    memset(rgb + 3 * x, value, 3);
  }
}

int cimages_png_decode(const uint8_t *data, size_t count, cimages_size size, uint8_t *rgb, char *message) {
  reader r = {data, count, message};
  png_infop info;
  uint8_t *volatile lines = NULL;
  png_structp png = start(&r, &info);
  if (!png) return 1;
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    free(lines);
    return 1;
  }
  read_header(png, info, &r);
  if (png_get_image_width(png, info) != size.width || png_get_image_height(png, info) != size.height)
    png_error(png, "the size changed");

  int keyed = png_get_valid(png, info, PNG_INFO_tRNS) != 0;
  int grey16 = png_get_color_type(png, info) == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) == 16 && !keyed;
  if (!grey16) {
    png_set_expand(png);
    if (keyed) png_set_tRNS_to_alpha(png);
    png_set_strip_16(png);
    png_set_gray_to_rgb(png);
  }
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);

  size_t row = png_get_rowbytes(png, info);
  int direct = !grey16 && png_get_channels(png, info) == 3;
  size_t wanted = (size_t)size.width * (grey16 ? 2 : direct ? 3 : 4);
  if (row != wanted) png_error(png, "unexpected row length");
  // Interlaced rows fill up over several passes and must all stay; others need one line.
  if (!direct && !(lines = malloc(passes > 1 ? row * size.height : row))) png_error(png, "out of memory");
  for (int pass = 0; pass < passes; pass++) {
    for (uint32_t y = 0; y < size.height; y++) {
      uint8_t *target = rgb + (size_t)y * size.width * 3;
      uint8_t *line = direct ? target : lines + (passes > 1 ? row * y : 0);
      png_read_row(png, line, NULL);
      if (direct || pass < passes - 1) continue;
      if (grey16) clip_grey(line, target, size.width);
      else flatten(line, target, size.width);
    }
  }
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  free(lines);
  return 0;
}
