/* archive_name_fuzz.c - any bytes as a member name: what is accepted stays inside the folder; matching never runs away. */
#include <stdlib.h>
#include <string.h>

#include "data/archive.h"
#include "tests/fuzz/fuzz.h"

/* Walks the parts of an accepted name: never above the start. */
static int leaves(const char *name)
{
    long depth = 0;

    if (name[0] == '/' || strchr(name, '\\') != NULL) return 1;
    for (const char *p = name; *p != '\0';) {
        const size_t n = strcspn(p, "/");

        if (n == 2 && p[0] == '.' && p[1] == '.') depth--;
        else depth++;
        if (depth < 0) return 1;
        p += n + (p[n] == '/');
    }
    return 0;
}

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    static const char *const patterns[] = { "data/pos/*.txt", "SST-2/train.tsv", "*", "a*b", "" };
    char *const              name = malloc(size + 1);
    gr_err                   err = GR_ERR_INIT;
    int                      bad = 0;

    if (name == NULL) return 0;
    if (size > 0) memcpy(name, data, size);
    name[size] = '\0';
    if (gr_archive_check_name(name, &err) == GR_OK) bad = leaves(name);
    else bad = err.msg[0] == '\0';
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) (void)gr_archive_match(patterns[i], name);
    (void)gr_archive_match(name, "data/pos/1_2.txt");
    free(name);
    return bad;
}
