/* encoder.h - a folder with a tiny BERT in it, as a user would name it with --model: config.json, model.safetensors, the words of
 * the embedded vocabulary. Weights are seeded; nothing of it is trained. For tests that run in seconds. */
#ifndef GR_TESTS_SUPPORT_ENCODER_H
#define GR_TESTS_SUPPORT_ENCODER_H
#include <stdint.h>

typedef struct gr_encoder_opts {
    int      hidden, layers, heads, inter, positions;
    double   dropout, init_range;
    uint64_t seed;
} gr_encoder_opts;
#define GR_ENCODER_TINY { 32, 2, 2, 64, 64, 0.1, 0.1, 7 }

/* Makes <test folder>/<name> and gives its path, which is good for the next three calls. */
const char *gr_encoder_folder(const char *name, const gr_encoder_opts *o);
/* Copy a file of one folder to another, a name at a time. */
void gr_copy_file(const char *from_dir, const char *to_dir, const char *name);

#endif
