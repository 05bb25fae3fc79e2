/* fetch_none.c - a build without libcurl: nothing is fetched, and it says what would change that. See fetch.h. */
#include "data/fetch.h"

const char *gr_fetch_library(void)
{
    return NULL;
}

gr_status gr_fetch_open(gr_fetch **out, const char *agent, gr_err *err)
{
    (void)agent;
    *out = NULL;
    return gr_fail(err, GR_E_UNSUPPORTED, "this build cannot fetch, it has no libcurl: install libcurl4-openssl-dev and configure again with -DGR_FETCH=ON, "
                                          "or download by hand what `glue-run fetch --dry-run` lists");
}

gr_status gr_fetch_get(gr_fetch *f, const gr_fetch_request *r, const gr_fetch_sink *sink, gr_fetch_answer *answer, gr_err *err)
{
    (void)f;
    (void)r;
    (void)sink;
    *answer = (gr_fetch_answer){ 0 };
    return gr_fail(err, GR_E_INTERNAL, "a download without libcurl");
}

void gr_fetch_close(gr_fetch *f)
{
    (void)f;
}
