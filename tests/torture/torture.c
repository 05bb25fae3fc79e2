/* torture.c - see torture.h. */
#include "tests/torture/torture.h"

#include <cjson/cJSON.h>

#include "tests/support/test.h"
#include "tests/torture/fault.h"

enum { ROUNDS_MAX = 1000000 }; /* a function that always needs one more would never end */

void gr_torture_with(const char *name, gr_status (*f)(gr_err *err), const gr_torture_opts *o)
{
    size_t n = 1, tolerated = 0;

    for (; n < ROUNDS_MAX; n += o->each == 0 || n < o->each ? 1 : o->stride) {
        gr_err err = GR_ERR_INIT;
        gr_status s;
        bool fired;

        fault_arm(n);
        s = f(&err);
        fired = fault_disarm();
        if (fired && s == GR_OK && o->tolerated > 0) tolerated++;
        else if (s != (fired ? GR_E_NOMEM : GR_OK)) fail_msg("%s, allocation %zu: %s (%s)", name, n, gr_status_name(s), err.msg);
        else if (fired) assert_non_null(strstr(err.msg, "out of memory"));
        if (!fired) break;
    }
    printf("%s: %zu failures survived, %zu of them without a trace\n", name, n - 1, tolerated);
    assert_true(n - 1 >= o->least && n < ROUNDS_MAX && tolerated <= o->tolerated);
}

void gr_torture(const char *name, gr_status (*f)(gr_err *err), size_t least)
{
    gr_torture_with(name, f, &(gr_torture_opts){ .least = least });
}

/* Called from this file, malloc is the one of fault.c. */
static void *node_malloc(size_t n) { return malloc(n); }
static void node_free(void *p) { free(p); }

void gr_torture_cjson(void)
{
    cJSON_Hooks hooks = { node_malloc, node_free };

    cJSON_InitHooks(&hooks);
}
