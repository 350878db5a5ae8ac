// JPEG to RGB, equal to Pillow's `Image.open(...).convert("RGB")`: libjpeg's defaults (slow integer DCT, fancy
// upsampling), four components taken as inverted CMYK, EXIF orientation left alone.
#include "CImages.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

// More scans than any encoder writes; a small file with thousands of them takes minutes to decode.
enum { MAXIMUM_SCANS = 500 };

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf exit;
  char *message;
} error_state;

static void fail(j_common_ptr info) {
  error_state *state = (error_state *)info->err;
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  snprintf(state->message, CIMAGES_MESSAGE, "%s", text);
  longjmp(state->exit, 1);
}

static void ignore(j_common_ptr info) { (void)info; }

static void start_source(j_decompress_ptr info) { (void)info; }

// All bytes were handed over at the start: asking for more means that the file is cut short.
static boolean fill_source(j_decompress_ptr info) { ERREXIT(info, JERR_INPUT_EOF); return FALSE; }

static void skip_source(j_decompress_ptr info, long count) {
  if (count <= 0) return;
  if ((size_t)count > info->src->bytes_in_buffer) fill_source(info);
  info->src->next_input_byte += count;
  info->src->bytes_in_buffer -= (size_t)count;
}

static void watch_scans(j_common_ptr common) {
  j_decompress_ptr info = (j_decompress_ptr)common;
  if (info->input_scan_number > MAXIMUM_SCANS) {
    error_state *state = (error_state *)common->err;
    snprintf(state->message, CIMAGES_MESSAGE, "more than %d scans", MAXIMUM_SCANS);
    longjmp(state->exit, 1);
  }
}

typedef struct {
  struct jpeg_decompress_struct info;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  error_state error;
} decoder;

static void start(decoder *d, const uint8_t *data, size_t count) {
  jpeg_create_decompress(&d->info);
  d->source = (struct jpeg_source_mgr){
      .next_input_byte = data, .bytes_in_buffer = count, .init_source = start_source,
      .fill_input_buffer = fill_source, .skip_input_data = skip_source,
      .resync_to_restart = jpeg_resync_to_restart, .term_source = start_source};
  d->info.src = &d->source;
  d->progress = (struct jpeg_progress_mgr){.progress_monitor = watch_scans};
  d->info.progress = &d->progress;
  jpeg_read_header(&d->info, TRUE);
}

static void prepare_errors(decoder *d, char *message) {
  memset(d, 0, sizeof *d);
  d->info.err = jpeg_std_error(&d->error.base);
  d->error.base.error_exit = fail;
  d->error.base.output_message = ignore;
  d->error.message = message;
}

int cimages_jpeg_size(const uint8_t *data, size_t count, cimages_size *size, char *message) {
  decoder d;
  prepare_errors(&d, message);
  if (setjmp(d.error.exit)) {
    jpeg_destroy_decompress(&d.info);
    return 1;
  }
  start(&d, data, count);
  *size = (cimages_size){d.info.image_width, d.info.image_height};
  jpeg_destroy_decompress(&d.info);
  return 0;
}

// Adobe's inverted CMYK to RGB with Pillow's rounding. `line` holds four bytes a pixel.
static void cmyk_to_rgb(const uint8_t *line, uint8_t *rgb, uint32_t width) {
  for (uint32_t x = 0; x < width; x++) {
    int light = line[4 * x + 3];
    for (int c = 0; c < 3; c++) {
      int product = (255 - line[4 * x + c]) * light + 128;
      int value = light - (((product >> 8) + product) >> 8);
      rgb[3 * x + c] = (uint8_t)(value < 0 ? 0 : value);
    }
  }
}

int cimages_jpeg_decode(const uint8_t *data, size_t count, cimages_size size, uint8_t *rgb, char *message) {
  decoder d;
  uint8_t *volatile line = NULL;
  prepare_errors(&d, message);
  if (setjmp(d.error.exit)) {
    jpeg_destroy_decompress(&d.info);
    free(line);
    return 1;
  }
  start(&d, data, count);
  if (d.info.image_width != size.width || d.info.image_height != size.height) ERREXIT(&d.info, JERR_BAD_STATE);
  int cmyk = d.info.num_components == 4;
  d.info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&d.info);
  if (cmyk && !(line = malloc((size_t)size.width * 4))) ERREXIT1(&d.info, JERR_OUT_OF_MEMORY, 0);
  while (d.info.output_scanline < d.info.output_height) {
    uint8_t *target = rgb + (size_t)d.info.output_scanline * size.width * 3;
    JSAMPROW row = cmyk ? line : target;
    jpeg_read_scanlines(&d.info, &row, 1);
    if (cmyk) cmyk_to_rgb(line, target, size.width);
  }
  jpeg_destroy_decompress(&d.info);
  free(line);
  return 0;
}
