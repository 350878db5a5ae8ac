// A file driver under libhdf5 for files that are written.
//
// libhdf5 goes on with a file after a failed write: its caches then hold what neither they nor the file can keep apart, and
// closing the file crashes. So the library is never told. After the first write that fails the file is left alone; what the
// library still writes about its structure is kept in memory, from where it reads it back, so that it can close the file in
// order. The caller asks for the error, and removes the file.
#include "CHDF5.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/// Bytes that the file did not take, newest first.
typedef struct held_bytes {
  struct held_bytes *older;
  haddr_t address;
  size_t count;
  uint8_t bytes[];
} held_bytes;

struct chdf5_output {
  size_t owners; // the caller, and libhdf5 while it has the file open
  int file, error;
  held_bytes *held;
};

/// What libhdf5 knows as an open file.
typedef struct {
  H5FD_t head;
  chdf5_output *output;
  haddr_t end_allocated, end_written;
} driver_file;

chdf5_output *chdf5_output_make(int file) {
  chdf5_output *output = calloc(1, sizeof *output);
  if (!output) return NULL;
  if ((output->file = dup(file)) < 0) {
    free(output);
    return NULL;
  }
  output->owners = 1;
  return output;
}

int chdf5_output_error(const chdf5_output *output) { return output->error; }

void chdf5_output_release(chdf5_output *output) {
  if (--output->owners > 0) return;
  for (held_bytes *held = output->held, *older; held; held = older) {
    older = held->older;
    free(held);
  }
  close(output->file);
  free(output);
}

static void hold(chdf5_output *output, haddr_t address, size_t count, const void *bytes) {
  held_bytes *held = malloc(sizeof *held + count);
  if (!held) return; // the library will read zeros, and complain
  *held = (held_bytes){output->held, address, count};
  memcpy(held->bytes, bytes, count);
  output->held = held;
}

/// Lays held bytes over those read, the oldest first.
static void lay_over(const held_bytes *held, haddr_t address, size_t count, uint8_t *bytes) {
  if (!held) return;
  lay_over(held->older, address, count, bytes);
  haddr_t first = held->address > address ? held->address : address;
  haddr_t end = held->address + held->count < address + count ? held->address + held->count : address + count;
  if (first < end) memcpy(bytes + (first - address), held->bytes + (first - held->address), end - first);
}

static H5FD_t *open_file(const char *name, unsigned flags, hid_t access, haddr_t most) {
  (void)name, (void)most;
  chdf5_output *const *output = H5Pget_driver_info(access);
  driver_file *file = output ? calloc(1, sizeof *file) : NULL;
  if (!file) return NULL;
  off_t end = lseek((*output)->file, 0, SEEK_END);
  if (flags & H5F_ACC_TRUNC && ftruncate((*output)->file, end = 0) < 0) (*output)->error = errno;
  file->output = *output;
  file->output->owners++;
  file->end_written = end < 0 ? 0 : (haddr_t)end;
  return &file->head;
}

static herr_t close_file(H5FD_t *head) {
  driver_file *file = (driver_file *)head;
  chdf5_output_release(file->output);
  free(file);
  return 0;
}

static int compare(const H5FD_t *a, const H5FD_t *b) {
  uintptr_t x = (uintptr_t)((const driver_file *)a)->output, y = (uintptr_t)((const driver_file *)b)->output;
  return (x > y) - (x < y);
}

/// As of libhdf5's own driver, so that files are the same.
static herr_t features(const H5FD_t *file, unsigned long *flags) {
  (void)file;
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

static haddr_t end_allocated(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const driver_file *)file)->end_allocated;
}

static herr_t set_end_allocated(H5FD_t *file, H5FD_mem_t type, haddr_t end) {
  (void)type;
  ((driver_file *)file)->end_allocated = end;
  return 0;
}

static haddr_t end_written(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const driver_file *)file)->end_written;
}

/// Zeros where the file ends before.
static herr_t read_bytes(H5FD_t *head, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t count, void *buffer) {
  (void)type, (void)transfer;
  const chdf5_output *output = ((driver_file *)head)->output;
  uint8_t *bytes = buffer;
  memset(bytes, 0, count);
  for (size_t done = 0; done < count;) {
    ssize_t part = pread(output->file, bytes + done, count - done, (off_t)(address + done));
    if (part < 0 && errno == EINTR) continue;
    if (part < 0 && !output->error) return -1;
    if (part <= 0) break;
    done += (size_t)part;
  }
  lay_over(output->held, address, count, bytes);
  return 0;
}

static int write_all(int file, haddr_t address, size_t count, const uint8_t *bytes) {
  for (size_t done = 0; done < count;) {
    ssize_t part = pwrite(file, bytes + done, count - done, (off_t)(address + done));
    if (part < 0 && errno == EINTR) continue;
    if (part <= 0) return part < 0 ? errno : EIO;
    done += (size_t)part;
  }
  return 0;
}

static herr_t write_bytes(H5FD_t *head, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t count,
                          const void *bytes) {
  (void)transfer;
  driver_file *file = (driver_file *)head;
  chdf5_output *output = file->output;
  if (!output->error) output->error = write_all(output->file, address, count, bytes);
  // Numbers are not what the library's order hangs on, and may be large.
  if (output->error && type != H5FD_MEM_DRAW) hold(output, address, count, bytes);
  if (address + count > file->end_written) file->end_written = address + count;
  return 0;
}

static herr_t set_length(H5FD_t *head, hid_t transfer, hbool_t closing) {
  (void)transfer, (void)closing;
  driver_file *file = (driver_file *)head;
  if (file->end_written == file->end_allocated) return 0;
  if (!file->output->error && ftruncate(file->output->file, (off_t)file->end_allocated) < 0) file->output->error = errno;
  file->end_written = file->end_allocated;
  return 0;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 2)
    .version = H5FD_CLASS_VERSION,
    .value = 511, // the last of those that libhdf5 leaves free for trials
#endif
    .name = "vlmtool",
    .maxaddr = ((haddr_t)1 << 62),
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof(chdf5_output *),
    .open = open_file,
    .close = close_file,
    .cmp = compare,
    .query = features,
    .get_eoa = end_allocated,
    .set_eoa = set_end_allocated,
    .get_eof = end_written,
    .read = read_bytes,
    .write = write_bytes,
    .truncate = set_length,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

hid_t chdf5_output_access(chdf5_output *output) {
  static hid_t registered = -1; // callers hold the library's lock
  if (registered < 0 && (registered = H5FDregister(&driver)) < 0) return -1;
  hid_t access = chdf5_file_access();
  if (access >= 0 && H5Pset_driver(access, registered, &output) < 0) {
    H5Pclose(access);
    return -1;
  }
  return access;
}
