/* submission_fuzz.c - any bytes as a file of a GLUE submission, of each form; what is refused is told of in one line. */
#include <string.h>

#include "results/submission.h"
#include "tests/fuzz/fuzz.h"

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    static char no[] = "no", yes[] = "yes";
    static char *labels[] = { no, yes };
    gr_record r = { .task = "rte", .labels = labels, .n_labels = 2 };
    gr_rec_split split = { .examples = 3, .submission = "RTE.tsv", .hi = 5 };
    int bad = 0;

    for (int form = GR_SUBMIT_NAMES; form <= GR_SUBMIT_VALUES; form++) {
        gr_err err = GR_ERR_INIT;
        split.form = (gr_submit_form)form;
        if (gr_submission_check((gr_sv){ (const char *)data, size }, &r, &split, &err) != GR_OK) bad |= err.msg[0] == '\0' || strchr(err.msg, '\n') != NULL;
    }
    return bad;
}
