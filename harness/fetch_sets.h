/* fetch_sets.h - what `glue-run fetch` can bring: every manifest of the project, and one of the user's; and what its words mean. */
#ifndef GR_HARNESS_FETCH_SETS_H
#define GR_HARNESS_FETCH_SETS_H
#include <stddef.h>

#include "base/status.h"
#include "data/manifest.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gr_fetch_sets {
    gr_manifest *m; /* the user's first, then data sets and models by name */
    size_t       n;
} gr_fetch_sets;

/* extra: a manifest of the user's, which stands in for the project's of the same name; it alone may have plain addresses. NULL: none.
 * GR_E_FORMAT, GR_E_NOTFOUND, GR_E_IO, GR_E_NOMEM. Free with gr_fetch_sets_close, whatever it returns. */
gr_status gr_fetch_sets_open(gr_fetch_sets *s, const char *extra, gr_err *err) GR_MUST_USE;
void      gr_fetch_sets_close(gr_fetch_sets *s);

/* The manifests that the words name, each once, in their order: a data set or task, a model by its name or its publisher's, a suite for all
 * its tasks. chosen has room for s->n. GR_E_ARG names the word that means nothing, and the nearest that does. */
gr_status gr_fetch_sets_choose(const gr_manifest **chosen, size_t *n_chosen, const gr_fetch_sets *s, const char *const *words, size_t n_words,
                               gr_err *err) GR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
