// RGB to JPEG in memory as Pillow's `Image.save(format="JPEG")` writes it: libjpeg's defaults, chroma halved both ways.
#include "CImages.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

typedef struct {
  struct jpeg_compress_struct info;
  struct jpeg_destination_mgr target;
  struct jpeg_error_mgr errors;
  jmp_buf exit;
  uint8_t *data;
  size_t capacity;
  char *message;
} encoder;

static void fail(j_common_ptr info) {
  encoder *e = info->client_data;
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  snprintf(e->message, CIMAGES_MESSAGE, "%s", text);
  longjmp(e->exit, 1);
}

static void ignore(j_common_ptr info) { (void)info; }

static void nothing(j_compress_ptr info) { (void)info; }

// Twice as much memory; libjpeg calls this when all of it is written.
static boolean grow(j_compress_ptr info) {
  encoder *e = info->client_data;
  uint8_t *grown = realloc(e->data, e->capacity * 2);
  if (!grown) ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
  e->data = grown;
  e->target.next_output_byte = grown + e->capacity;
  e->target.free_in_buffer = e->capacity;
  e->capacity *= 2;
  return TRUE;
}

int cimages_jpeg_encode(const uint8_t *rgb, cimages_size size, int quality, uint8_t **data, size_t *count, char *message) {
  encoder e;
  memset(&e, 0, sizeof e);
  e.message = message;
  e.capacity = 1 << 16;
  if (!(e.data = malloc(e.capacity))) {
    snprintf(message, CIMAGES_MESSAGE, "out of memory");
    return 1;
  }
  e.info.err = jpeg_std_error(&e.errors);
  e.info.client_data = &e;
  e.errors.error_exit = fail;
  e.errors.output_message = ignore;
  if (setjmp(e.exit)) {
    jpeg_destroy_compress(&e.info);
    free(e.data);
    return 1;
  }
  jpeg_create_compress(&e.info);
  e.target = (struct jpeg_destination_mgr){.next_output_byte = e.data, .free_in_buffer = e.capacity, .init_destination = nothing,
                                           .empty_output_buffer = grow, .term_destination = nothing};
  e.info.dest = &e.target;
  e.info.image_width = size.width;
  e.info.image_height = size.height;
  e.info.input_components = 3;
  e.info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&e.info);
  jpeg_set_quality(&e.info, quality, TRUE);
  jpeg_start_compress(&e.info, TRUE);
  while (e.info.next_scanline < size.height) {
    JSAMPROW row = (JSAMPROW)(rgb + (size_t)e.info.next_scanline * size.width * 3);
    jpeg_write_scanlines(&e.info, &row, 1);
  }
  jpeg_finish_compress(&e.info);
  *count = e.capacity - e.target.free_in_buffer;
  jpeg_destroy_compress(&e.info);
  *data = e.data;
  return 0;
}
