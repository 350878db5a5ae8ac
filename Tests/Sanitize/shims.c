// The C around libjpeg, libpng and libhdf5, and SHA-256: pictures whole, cut short and changed; resizing; chunks of LZF, LZ4,
// Zstd and Blosc, whole and changed; HDF5 files on a disk that fills up at any byte. Arrays lie between guards (guarded.h). Arguments: a seed, pictures.
#include <blosc.h>
#include <errno.h>
#include <fcntl.h>
#include <lz4.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <zstd.h>

#include "CHDF5.h"
#include "CImages.h"
#include "CSHA256.h"
#include "guarded.h"

static uint64_t state;
static uint64_t draw(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}
static long cases;
static void fail(const char *what, const char *of, long at) {
  printf("%s: %s at %ld\n", of, what, at);
  exit(1);
}

// MARK: pictures

static uint8_t *read_file(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  if (!file) fail("cannot be opened", path, 0);
  fseek(file, 0, SEEK_END);
  *count = (size_t)ftell(file);
  rewind(file);
  uint8_t *bytes = ARRAY(uint8_t, *count);
  if (fread(bytes, 1, *count, file) != *count) fail("cannot be read", path, 0);
  fclose(file);
  return bytes;
}

/// Decodes to an exact array; whether there was a picture of a sensible size.
static bool decode(const uint8_t *data, size_t count, cimages_size *size, uint8_t **rgb) {
  char *message = ARRAY(char, CIMAGES_MESSAGE);
  bool png = count > 0 && data[0] == 0x89, ok = false;
  if (!(png ? cimages_png_size : cimages_jpeg_size)(data, count, size, message) && size->width > 0 && size->height > 0 &&
      (uint64_t)size->width * size->height < 1 << 20) {
    *rgb = ARRAY(uint8_t, (size_t)size->width * size->height * 3);
    ok = !(png ? cimages_png_decode : cimages_jpeg_decode)(data, count, *size, *rgb, message);
    if (!ok) release(*rgb);
  }
  release(message), cases++;
  return ok;
}

static void check_resizing(const uint8_t *rgb, cimages_size from) {
  cimages_size sizes[] = {{1, 1}, {from.width, 3}, {7, from.height}, {from.width * 2 + 1, from.height / 2 + 1}, {31, 33}};
  for (int filter = CIMAGES_BOX; filter <= CIMAGES_LANCZOS; filter++)
    for (int whose = CIMAGES_PILLOW; whose <= CIMAGES_TORCH; whose++)
      for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *out = ARRAY(uint8_t, (size_t)sizes[i].width * sizes[i].height * 3);
        if (cimages_resize(rgb, from, out, sizes[i], filter, whose)) fail("is not resized", "picture", (long)i);
        release(out), cases++;
      }
  // The same in floats: one plane of the picture's bytes.
  float *plane = ARRAY(float, (size_t)from.width * from.height);
  for (size_t i = 0; i < (size_t)from.width * from.height; i++) plane[i] = rgb[3 * i];
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    float *out = ARRAY(float, (size_t)sizes[i].width * sizes[i].height);
    for (int filter = CIMAGES_BILINEAR; filter <= CIMAGES_BICUBIC; filter += CIMAGES_BICUBIC - CIMAGES_BILINEAR)
      if (cimages_resize_planes(plane, 1, from, out, sizes[i], filter)) fail("is not resized", "plane", (long)i);
    cimages_pool_planes(plane, 1, from, out, sizes[i]);
    release(out), cases++;
  }
  release(plane);
}

// Random planes, and sizes whose transforms have other factors; what this machine is best at and its scalar twin agree in
// every bit.
static void check_scattering(void) {
  const int shapes[][3] = {{8, 1, 1}, {24, 2, 3}, {40, 3, 4}, {56, 3, 6}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    const int side = shapes[i][0], scales = shapes[i][1], angles = shapes[i][2];
    cimages_scattering *scattering = cimages_scattering_make(side, scales, angles);
    if (!scattering) fail("has no wavelets", "side", (long)side);
    const size_t cells = (size_t)(side >> scales) * (side >> scales);
    float *picture = ARRAY(float, (size_t)3 * side * side);
    const size_t count = 3 * cells * (size_t)cimages_scattering_channels(scales, angles);
    float *out = ARRAY(float, count), *twin = ARRAY(float, count);
    for (int k = 0; k < 3 * side * side; k++) picture[k] = (float)(draw() % 256) / 255;
    if (cimages_scatter(scattering, picture, out)) fail("is not scattered", "side", side);
    if (cimages_scatter_scalar(scattering, picture, twin)) fail("is not scattered", "side", side);
    if (memcmp(out, twin, count * sizeof *out)) fail("is another one than the scalar twin's", "side", side);
    release(picture), release(out), release(twin), cimages_scattering_free(scattering), cases++;
  }
  if (cimages_scattering_make(20, 3, 6)) fail("is taken", "side", 20);
}

static void check_picture(const char *path) {
  size_t count;
  cimages_size size;
  uint8_t *rgb, *data = read_file(path, &count);
  if (decode(data, count, &size, &rgb)) {
    if ((uint64_t)size.width * size.height < 1 << 16) check_resizing(rgb, size);
    size_t pixels = (size_t)size.width * size.height;
    float *table = ARRAY(float, 768), *planes = ARRAY(float, 3 * pixels);
    for (int i = 0; i < 768; i++) table[i] = (float)i;
    cimages_planes(rgb, pixels, table, planes);
    char *message = ARRAY(char, CIMAGES_MESSAGE);
    uint8_t *png, *back;
    size_t bytes;
    cimages_size again;
    if (cimages_png_encode(rgb, size, &png, &bytes, message)) fail(message, path, 0);
    if (!decode(png, bytes, &again, &back) || memcmp(rgb, back, 3 * pixels)) fail("does not come back", path, 0);
    cimages_free(png);
    uint8_t *jpeg;
    if (cimages_jpeg_encode(rgb, size, 1 + (int)(draw() % 100), &jpeg, &bytes, message)) fail(message, path, 0);
    if (!decode(jpeg, bytes, &again, &back) || again.width != size.width) fail("does not come back as JPEG", path, 0);
    cimages_free(jpeg);
  }
  release_all();
  data = read_file(path, &count);
  for (int turn = 0; turn < 24 && count > 0; turn++) {
    size_t cut = turn % 2 ? count : draw() % count;
    uint8_t *changed = ARRAY(uint8_t, cut);
    memcpy(changed, data, cut);
    for (int i = 0; turn % 2 && i <= turn / 4; i++) changed[draw() % cut] = (uint8_t)draw();
    if (decode(changed, cut, &size, &rgb)) release(rgb);
    release(changed);
  }
  release_all();
}

// MARK: LZF and SHA-256

static void check_lzf(void) {
  for (int turn = 0; turn < 3000; turn++) {
    size_t length = draw() % 200, capacity = draw() % 600;
    uint8_t *in = ARRAY(uint8_t, length), *out = ARRAY(uint8_t, capacity);
    for (size_t i = 0; i < length; i++) in[i] = (uint8_t)(draw() % (turn % 3 ? 256 : 40));
    if (chdf5_lzf_decompress(in, length, out, capacity) > capacity) fail("makes too much", "LZF", turn);
    release(in), release(out), cases++;
  }
}

static void check_sha256(void) {
  if (!csha256_available()) return;
  uint32_t states[CSHA256_LANES][8], alone[8];
  uint32_t *each[CSHA256_LANES];
  const uint8_t *data[CSHA256_LANES];
  enum { BLOCKS = 5 };
  for (size_t lane = 0; lane < CSHA256_LANES; lane++) {
    uint8_t *bytes = guarded(BLOCKS * CSHA256_BLOCK, 16, lane);
    for (size_t i = 0; i < BLOCKS * CSHA256_BLOCK; i++) bytes[i] = (uint8_t)draw();
    data[lane] = bytes, each[lane] = states[lane];
    csha256_start(states[lane]);
  }
  csha256_update(each, data, CSHA256_LANES, BLOCKS);
  for (size_t lane = 0; lane < CSHA256_LANES; lane++) {
    uint32_t *one = alone;
    csha256_start(alone);
    csha256_update(&one, &data[lane], 1, BLOCKS);
    if (memcmp(alone, states[lane], sizeof alone)) fail("lanes differ", "SHA-256", (long)lane);
  }
  release_all(), cases++;
}

// MARK: HDF5

enum { ROWS = 400, WIDTH = 100 };

/// Groups, a plain and a compressed data set written by rows, and an attribute; as far as it goes. Closes all.
static void write_file(hid_t access, const char *path) {
  float *values = ARRAY(float, ROWS * WIDTH);
  for (size_t i = 0; i < ROWS * WIDTH; i++) values[i] = (float)(draw() % 1000);
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
  if (file < 0) fail("is not made", path, 0);
  hsize_t shape[] = {ROWS, WIDTH}, chunk[] = {50, WIDTH}, part[] = {50, WIDTH}, start[] = {0, 0};
  hid_t space = H5Screate_simple(2, shape, NULL), memory = H5Screate_simple(2, part, NULL);
  hid_t plain = H5Pcreate(H5P_DATASET_CREATE), packed = H5Pcreate(H5P_DATASET_CREATE), group_list = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(plain, false), H5Pset_obj_track_times(packed, false), H5Pset_obj_track_times(group_list, false);
  H5Pset_chunk(packed, 2, chunk), H5Pset_shuffle(packed), H5Pset_deflate(packed, 4);
  for (int g = 0; g < 12; g++) {
    char name[] = {(char)('a' + g), 0};
    hid_t group = H5Gcreate2(file, name, H5P_DEFAULT, group_list, H5P_DEFAULT);
    hid_t sets[] = {H5Dcreate2(group, "plain", H5T_IEEE_F32LE, space, H5P_DEFAULT, plain, H5P_DEFAULT),
                    H5Dcreate2(group, "packed", H5T_IEEE_F32LE, space, H5P_DEFAULT, packed, H5P_DEFAULT)};
    for (start[0] = 0; start[0] < ROWS; start[0] += 50)
      for (int s = 0; s < 2; s++) {
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, part, NULL);
        H5Dwrite(sets[s], H5T_IEEE_F32LE, memory, space, H5P_DEFAULT, values + start[0] * WIDTH);
      }
    hid_t attribute = H5Acreate2(group, "values", H5T_IEEE_F32LE, memory, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute >= 0) H5Awrite(attribute, H5T_IEEE_F32LE, values), H5Aclose(attribute);
    H5Dclose(sets[0]), H5Dclose(sets[1]), H5Gclose(group);
    if (g % 3 == 0) H5Fflush(file, H5F_SCOPE_GLOBAL);
  }
  H5Pclose(plain), H5Pclose(packed), H5Pclose(group_list), H5Sclose(space), H5Sclose(memory);
  if (H5Fclose(file) < 0) fail("is not closed", path, 0);
  release(values), cases++;
}

/// The file that our driver makes is that of libhdf5's own.
static void check_driver(const char *ours, const char *theirs) {
  uint64_t before = state;
  int file = open(ours, O_RDWR | O_CREAT | O_TRUNC, 0600);
  chdf5_output *output = chdf5_output_make(file);
  hid_t access = chdf5_output_access(output), plain = chdf5_file_access();
  write_file(access, ours);
  if (chdf5_output_error(output)) fail("cannot be written", ours, chdf5_output_error(output));
  chdf5_output_release(output), H5Pclose(access), close(file);
  state = before;
  write_file(plain, theirs);
  H5Pclose(plain);
  size_t a, b;
  if (memcmp(read_file(ours, &a), read_file(theirs, &b), a) || a != b) fail("differs from libhdf5's own", ours, (long)a);
  release_all();
}

/// A disk that is full after `limit` bytes: an error, an orderly end, and nothing of the file beyond it. `content`: the state
/// from which the values of the file of `whole` bytes were drawn, for others pack into fewer or more.
static void check_full_disk(const char *path, rlim_t limit, rlim_t whole, uint64_t content) {
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  chdf5_output *output = chdf5_output_make(file);
  hid_t access = chdf5_output_access(output);
  struct rlimit all;
  getrlimit(RLIMIT_FSIZE, &all);
  setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, all.rlim_max});
  const uint64_t before = state;
  state = content;
  write_file(access, path);
  state = before;
  setrlimit(RLIMIT_FSIZE, &all);
  if (chdf5_output_error(output) != (limit < whole ? EFBIG : 0)) fail("the error is lost", path, (long)limit);
  chdf5_output_release(output), H5Pclose(access);
  struct stat status;
  if (fstat(file, &status) || status.st_size > (off_t)limit) fail("is longer than it can be", path, (long)limit);
  close(file);
}

// MARK: filters

enum { CHUNK = 600, ROOM = 4 * CHUNK, BLOCK = 256 };

static size_t big_endian(uint8_t *out, uint64_t value, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = (uint8_t)(value >> 8 * (count - 1 - i));
  return count;
}

/// A chunk as whoever writes with the filter of that number packs it, one that is packed here.
static size_t pack(int filter, const uint8_t *chunk, uint8_t *out) {
  size_t made = 0;
  switch (filter) {
  case 32001: return (size_t)blosc_compress_ctx(5, BLOSC_SHUFFLE, 4, CHUNK, chunk, out, ROOM, "lz4", 0, 1);
  case 32015: return ZSTD_compress(out, ROOM, chunk, CHUNK, 3);
  case 32004:
    made = big_endian(out, CHUNK, 8), made += big_endian(out + 8, BLOCK, 4);
    for (size_t start = 0; start < CHUNK; start += BLOCK) {
      int count = CHUNK - start < BLOCK ? (int)(CHUNK - start) : BLOCK;
      int packed = LZ4_compress_default((const char *)chunk + start, (char *)out + made + 4, count, (int)(ROOM - made - 4));
      if (packed >= count) memcpy(out + made + 4, chunk + start, (size_t)(packed = count));
      made += big_endian(out + made, (uint64_t)packed, 4) + (size_t)packed;
    }
    return made;
  default:  // LZF: runs of itself.
    for (size_t start = 0; start < CHUNK; start += 30) {
      out[made++] = 29;
      memcpy(out + made, chunk + start, 30), made += 30;
    }
    return made;
  }
}

static size_t packs_nothing(unsigned flags, size_t c, const unsigned v[], size_t count, size_t *capacity, void **buffer) {
  (void)flags, (void)c, (void)v, (void)capacity, (void)buffer;
  return count;
}

void chdf5_register_filters(void);

/// A file with a data set of that filter. Ours only read, so one that could write stands in for it meanwhile.
static void make_filtered(const char *path, int filter) {
  H5Z_class2_t writer = {H5Z_CLASS_T_VERS, filter, 1, 1, "writer", NULL, NULL, packs_nothing};
  H5Zregister(&writer);
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), list = H5Pcreate(H5P_DATASET_CREATE);
  hsize_t shape[] = {CHUNK};
  hid_t space = H5Screate_simple(1, shape, NULL);
  H5Pset_chunk(list, 1, shape), H5Pset_filter(list, filter, H5Z_FLAG_MANDATORY, 0, NULL);
  hid_t set = H5Dcreate2(file, "set", H5T_NATIVE_UINT8, space, H5P_DEFAULT, list, H5P_DEFAULT);
  if (set < 0) fail("is not made", path, filter);
  H5Dclose(set), H5Sclose(space), H5Pclose(list), H5Fclose(file);
  H5Zunregister(filter);
}

/// Chunks through libhdf5, as a file has them: whole ones come back, changed ones make an error or a chunk.
static void check_filter(const char *path, int filter) {
  const int filters[] = {32000, 32001, 32004, 32015};
  make_filtered(path, filter);
  for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
    if (filters[i] != filter) H5Zunregister(filters[i]);
  chdf5_register_filters();
  hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
  hsize_t start[] = {0};
  hid_t set = H5Dopen2(file, "set", H5P_DEFAULT);
  if (set < 0) fail("is not opened", path, filter);
  uint8_t *chunk = ARRAY(uint8_t, CHUNK), *back = ARRAY(uint8_t, CHUNK), *packed = ARRAY(uint8_t, ROOM);
  for (int turn = 0; turn < 600; turn++) {
    for (size_t i = 0; i < CHUNK; i++) chunk[i] = (uint8_t)(draw() % (turn % 2 ? 3 : 256));
    size_t count = pack(filter, chunk, packed);
    if (count == 0) fail("is not packed", "filter", filter);
    bool changed = turn % 4 > 1;
    if (changed && turn % 8 > 5) count = 1 + draw() % count;
    for (int i = 0; changed && i <= turn % 5; i++) packed[draw() % (draw() % 2 && count > 16 ? 16 : count)] = (uint8_t)draw();
    if (H5Dwrite_chunk(set, H5P_DEFAULT, 0, start, count, packed) < 0) fail("is not written", "chunk", turn);
    H5E_BEGIN_TRY {
      herr_t status = chdf5_read(CHUNK, set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, back);
      if (!changed && (status < 0 || memcmp(chunk, back, CHUNK))) fail("does not come back", "chunk", filter);
    } H5E_END_TRY;
    cases++;
  }
  release(chunk), release(back), release(packed);
  H5Dclose(set), H5Fclose(file);
}

static void check_hdf5(void) {
  char folder[] = "/tmp/sanitize-XXXXXX", ours[64], theirs[64];
  if (!mkdtemp(folder)) fail("cannot be made", folder, errno);
  snprintf(ours, sizeof ours, "%s/ours.h5", folder), snprintf(theirs, sizeof theirs, "%s/theirs.h5", folder);
  signal(SIGXFSZ, SIG_IGN);
  chdf5_prepare();
  const uint64_t content = state;
  check_driver(ours, theirs);
  struct stat status;
  stat(theirs, &status);
  rlim_t whole = (rlim_t)status.st_size, edges[] = {0, 1, 95, 96, 97, 512, 800, 2048, 4096, whole - 1, whole};
  for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) check_full_disk(ours, edges[i], whole, content);
  for (int turn = 0; turn < 60; turn++) check_full_disk(ours, draw() % whole, whole, content);
  const int filters[] = {32000, 32001, 32004, 32015};
  for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) check_filter(ours, filters[i]);
  unlink(ours), unlink(theirs), rmdir(folder);
}

int main(int count, char **arguments) {
  uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
  for (int side = GUARD_BEHIND; side <= GUARD_BEFORE; side++) {
    guard_side = side, state = seed, cases = 0;
    check_lzf();
    check_sha256();
    check_scattering();
    for (int i = 2; i < count; i++) check_picture(arguments[i]);
    check_hdf5();
  }
  printf("seed %llu: %ld cases of pictures, filters, SHA-256 and HDF5, guards behind and before\n", (unsigned long long)seed, cases);
  return 0;
}
