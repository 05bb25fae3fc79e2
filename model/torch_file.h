/* torch_file.h - the tensors of one file that torch.save wrote (pytorch_model.bin): a zip archive of a pickle, which names
 * the tensors, and one record a storage. The pickle is read by a machine that executes nothing (pickle.h). */
#ifndef GR_MODEL_TORCH_FILE_H
#define GR_MODEL_TORCH_FILE_H
#include <stdbool.h>
#include <stddef.h>

#include "model/pickle.h"
#include "model/safetensors.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_torch_file {
    gr_st_tensor *t; /* as the pickle lists them; data in the bytes given, or a copy where the elements do not lie row by row */
    size_t        n;
    gr_pickle     pickle; /* owns all of it */
} gr_torch_file;

/* Read the file p[0 .. n), which must outlive *out. Tensors may share bytes. GR_E_FORMAT when it is damaged or holds
 * anything but tensors; GR_E_UNSUPPORTED, with the remedy, for files of torch before 1.6, compressed archives and
 * files of big-endian machines. */
gr_status gr_torch_file_read(gr_torch_file *out, const unsigned char *p, size_t n, gr_err *err) GR_MUST_USE;
void      gr_torch_file_free(gr_torch_file *f);

/* Do these bytes begin a note that Git LFS leaves in the place of a file? */
bool gr_is_lfs_pointer(const unsigned char *p, size_t n);

#ifdef __cplusplus
}
#endif
#endif
