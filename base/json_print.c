/* json_print.c - trees as text; see json.h. */
#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/json_text.h"

static void new_line(gr_buf *b, bool indented, int depth)
{
    if (!indented) return;
    gr_buf_addc(b, '\n');
    for (int i = 0; i < depth; i++) gr_buf_add(b, "  ", 2);
}

/* A number that was read as 2.0 is not printed as 2. */
static void print_number(gr_buf *b, const gr_json *v)
{
    const size_t at = b->n;

    gr_json_number(b, gr_json_num(v, 0));
    if (!gr_json_written_real(v) || b->oom) return;
    for (size_t i = at; i < b->n; i++)
        if (b->p[i] == '.' || b->p[i] == 'e') return;
    gr_buf_adds(b, ".0");
}

static void print_leaf(gr_buf *b, const gr_json *v)
{
    const char *digits = gr_json_digits(v);

    if (gr_json_is_string(v)) gr_json_quote(b, gr_json_sv(v));
    else if (digits) gr_buf_adds(b, digits);
    else if (gr_json_is_number(v)) print_number(b, v);
    else if (gr_json_is_bool(v)) gr_buf_adds(b, gr_json_bool(v, false) ? "true" : "false");
    else gr_buf_adds(b, "null");
}

static void print_value(gr_buf *b, const gr_json *v, bool indented, int depth)
{
    const bool object = gr_json_is_object(v);

    if (!object && !gr_json_is_array(v)) {
        print_leaf(b, v);
        return;
    }
    gr_buf_addc(b, object ? '{' : '[');
    for (const gr_json *c = gr_json_first(v); c; c = gr_json_next(c)) {
        new_line(b, indented, depth + 1);
        if (object) {
            gr_json_quote(b, gr_sv_from(gr_json_key(c)));
            gr_buf_adds(b, indented ? ": " : ":");
        }
        print_value(b, c, indented, depth + 1);
        if (gr_json_next(c)) gr_buf_addc(b, ',');
    }
    if (gr_json_first(v)) new_line(b, indented, depth);
    gr_buf_addc(b, object ? '}' : ']');
}

gr_status gr_json_print(char **out, const gr_json *root, bool indented, gr_err *err)
{
    gr_buf b = { NULL, 0, 0, false };

    if (gr_json_ok(root)) print_value(&b, root, indented, 0);
    else b.oom = true;
    if (b.oom) {
        gr_buf_free(&b);
        return gr_fail_nomem(err, "a JSON document");
    }
    *out = b.p;
    return GR_OK;
}

gr_status gr_json_write(const char *path, const gr_json *root, gr_err *err)
{
    gr_buf b = { NULL, 0, 0, false };
    gr_status s;

    if (gr_json_ok(root)) print_value(&b, root, true, 0);
    else b.oom = true;
    gr_buf_addc(&b, '\n');
    s = b.oom ? gr_fail(err, GR_E_NOMEM, "%s: out of memory for a JSON document", path)
              : gr_fs_write(path, b.p, b.n, err);
    gr_buf_free(&b);
    return s;
}
