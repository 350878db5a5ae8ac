// How libpng says what is wrong: into a message of CIMAGES_MESSAGE bytes, which is its error pointer.
#pragma once
#include "CImages.h"

#include <setjmp.h>
#include <stdio.h>

#include <png.h>

static void fail(png_structp png, png_const_charp text) {
  snprintf(png_get_error_ptr(png), CIMAGES_MESSAGE, "%s", text);
  longjmp(png_jmpbuf(png), 1);
}

static void ignore(png_structp png, png_const_charp text) { (void)png, (void)text; }
