/* json.c - JSON text to and from cJSON trees; see json.h. The only file that includes cJSON.
 *
 * cJSON holds the tree. Reading is ours, because cJSON's reader accepts duplicate keys and broken UTF-8,
 * ends strings at \u0000, rounds whole numbers to doubles and tells no line; so is printing
 * (json_print.c), because cJSON's writes 17 digits where fewer read back.
 *
 * How a node keeps what cJSON has no field for:
 *   string   valuestring is the text with a NUL behind it, valuedouble its length (it may hold NULs)
 *   number   a whole number that no double holds is a cJSON_Raw: valuestring its digits, valuedouble the nearest;
 *            one that the text wrote with a fraction or an exponent has the bit REAL in its type
 *   parent   valueint is set once an append to it ran out of memory */
#include "base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/json_text.h"
#include "base/utf8.h"

enum { DEPTH_MAX = 64, VALUES_MAX = 4 * 1000 * 1000, REAL = 1 << 10 }; /* cJSON's own bits end at 9 */

/* ---- nodes ---- */

static cJSON *new_node(int type)
{
    cJSON *v = cJSON_CreateNull();
    if (v) v->type = type;
    return v;
}

static char *copy_bytes(const char *p, size_t n)
{
    char *s = n < SIZE_MAX ? cJSON_malloc(n + 1) : NULL;

    if (!s) return NULL;
    if (n) memcpy(s, p, n);
    s[n] = '\0';
    return s;
}

/* A node that owns `text` (from cJSON_malloc); frees it when there is no memory for the node. */
static cJSON *new_text_node(int type, char *text, double value)
{
    cJSON *v = text ? new_node(type) : NULL;

    if (!v) {
        cJSON_free(text);
        return NULL;
    }
    v->valuestring = text;
    v->valuedouble = value;
    return v;
}

/* Hang v below parent under a key that the tree then owns (NULL in an array). */
static void hang(cJSON *parent, char *key, cJSON *v)
{
    v->string = key;
    (void)cJSON_AddItemToArray(parent, v); /* links at the tail, for objects too; fails on NULL only */
}

/* ---- reading ---- */

typedef struct parser {
    const char *start, *p, *end;
    int         depth;
    size_t     *keys; /* offsets of the keys of the objects that are open, for the message about a double one */
    size_t      n_keys, cap_keys, n_values;
    gr_err     *err;
} parser;

static gr_status parse_value(parser *ps, cJSON **out);

/* FORMAT at a place: lines and characters from 1. */
static gr_status fail_text(parser *ps, const char *at, const char *what)
{
    size_t line = 1;
    const char *bol = ps->start;

    for (const char *q = ps->start; q < at; q++) {
        if (*q != '\n') continue;
        line++;
        bol = q + 1;
    }
    return gr_fail(ps->err, GR_E_FORMAT, "line %zu, column %zu: %s", line,
                   gr_utf8_count((gr_sv){ bol, (size_t)(at - bol) }) + 1, what);
}

static gr_status no_memory(parser *ps)
{
    return gr_fail_nomem(ps->err, "a JSON document");
}

static void skip_blanks(parser *ps)
{
    while (ps->p < ps->end && (*ps->p == ' ' || *ps->p == '\n' || *ps->p == '\t' || *ps->p == '\r')) ps->p++;
}

static bool take(parser *ps, char c)
{
    if (ps->p == ps->end || *ps->p != c) return false;
    ps->p++;
    return true;
}

/* The next character for "expected X": end of text has its own words. */
static gr_status fail_expected(parser *ps, const char *what)
{
    char msg[96];

    (void)gr_json_text_expected(msg, sizeof msg, what, ps->p, ps->p < ps->end);
    return fail_text(ps, ps->p, msg);
}

/* ps->p is behind the opening quote. *out is cJSON memory of *n bytes and a NUL. */
static gr_status parse_string(parser *ps, char **out, size_t *n)
{
    const char *open = ps->p - 1, *close = ps->p, *bad = NULL, *why;
    char *s;

    while (close < ps->end && *close != '"') {
        if ((unsigned char)*close < 0x20) return fail_text(ps, close, "control character inside a string");
        close += *close == '\\' ? 2 : 1;
    }
    if (close >= ps->end) return fail_text(ps, open, "string without its closing quote");
    s = cJSON_malloc((size_t)(close - ps->p) + 1); /* an escape is never shorter than what it stands for */
    if (!s) return no_memory(ps);
    why = gr_json_text_unescape(s, n, ps->p, close, &bad);
    if (why) {
        cJSON_free(s);
        return fail_text(ps, bad, why);
    }
    s[*n] = '\0';
    *out = s;
    ps->p = close + 1;
    return GR_OK;
}

static gr_status parse_string_value(parser *ps, cJSON **out)
{
    char *s = NULL;
    size_t n = 0;

    GR_TRY(parse_string(ps, &s, &n));
    *out = new_text_node(cJSON_String, s, (double)n);
    return *out ? GR_OK : no_memory(ps);
}

/* Written with a fraction or an exponent? */
static bool is_real(gr_sv text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '.' || text.p[i] == 'e' || text.p[i] == 'E') return true;
    return false;
}

/* True when the digits of a whole number are more than a double keeps. */
static bool needs_digits(gr_sv text)
{
    static const int64_t exact = INT64_C(1) << 53;
    int64_t x;

    return gr_sv_int(&x, text, NULL) != GR_OK || x > exact || x < -exact;
}

static gr_status parse_number(parser *ps, cJSON **out)
{
    const char *from = ps->p;
    gr_sv text = { from, gr_json_text_number(from, ps->end) };
    gr_status s;
    double x;

    if (text.n == 0) return fail_text(ps, from, "not a number as JSON writes it");
    s = gr_sv_double(&x, text, NULL);
    if (s != GR_OK) return s == GR_E_NOMEM ? no_memory(ps) : fail_text(ps, from, "number out of range");
    if (!is_real(text) && needs_digits(text)) {
        *out = new_text_node(cJSON_Raw, copy_bytes(text.p, text.n), x);
    } else {
        *out = cJSON_CreateNumber(x);
        if (*out && is_real(text)) (*out)->type |= REAL;
    }
    if (!*out) return no_memory(ps);
    ps->p += text.n;
    return GR_OK;
}

static gr_status parse_word(parser *ps, cJSON **out)
{
    static const struct {
        const char *word;
        int         type;
    } words[] = { { "true", cJSON_True }, { "false", cJSON_False }, { "null", cJSON_NULL } };
    const gr_sv rest = { ps->p, (size_t)(ps->end - ps->p) };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!gr_sv_starts(rest, words[i].word)) continue;
        *out = new_node(words[i].type);
        if (!*out) return no_memory(ps);
        ps->p += strlen(words[i].word);
        return GR_OK;
    }
    return fail_expected(ps, "a value");
}

static gr_status parse_array(parser *ps, cJSON *arr)
{
    skip_blanks(ps);
    if (take(ps, ']')) return GR_OK;
    for (;;) {
        cJSON *v = NULL;

        GR_TRY(parse_value(ps, &v));
        hang(arr, NULL, v);
        skip_blanks(ps);
        if (take(ps, ']')) return GR_OK;
        if (!take(ps, ',')) return fail_expected(ps, "',' or ']'");
    }
}

static gr_status push_key(parser *ps, size_t offset)
{
    if (ps->n_keys == ps->cap_keys) {
        const size_t cap = ps->cap_keys ? ps->cap_keys * 2 : 64;
        size_t *more = realloc(ps->keys, cap * sizeof *more);

        if (!more) return no_memory(ps);
        ps->keys = more;
        ps->cap_keys = cap;
    }
    ps->keys[ps->n_keys++] = offset;
    return GR_OK;
}

static gr_status parse_member(parser *ps, cJSON *obj)
{
    const char *at = ps->p;
    char *key = NULL;
    cJSON *v = NULL;
    size_t n = 0;
    gr_status s;

    if (!take(ps, '"')) return fail_expected(ps, "a key in quotes");
    GR_TRY(push_key(ps, (size_t)(at - ps->start)));
    GR_TRY(parse_string(ps, &key, &n));
    if (strlen(key) != n) {
        s = fail_text(ps, at, "a key may not hold \\u0000");
        goto out;
    }
    skip_blanks(ps);
    if (!take(ps, ':')) {
        s = fail_expected(ps, "':'");
        goto out;
    }
    if ((s = parse_value(ps, &v)) != GR_OK) goto out;
    hang(obj, key, v);
    key = NULL;
out:
    cJSON_free(key);
    return s;
}

static gr_status check_keys(parser *ps, const cJSON *obj, size_t first)
{
    const size_t n = ps->n_keys - first;
    gr_json_key_entry *e;
    size_t twin, i = 0;

    ps->n_keys = first;
    if (n < 2) return GR_OK;
    e = malloc(n * sizeof *e);
    if (!e) return no_memory(ps);
    for (const cJSON *c = obj->child; c; c = c->next, i++) e[i] = (gr_json_key_entry){ 0, c->string, i };
    twin = gr_json_text_twin(e, n);
    free(e);
    if (twin < n) return fail_text(ps, ps->start + ps->keys[first + twin], "this key stands twice in its object");
    return GR_OK;
}

static gr_status parse_object(parser *ps, cJSON *obj)
{
    const size_t first = ps->n_keys;

    skip_blanks(ps);
    if (take(ps, '}')) return GR_OK;
    for (;;) {
        skip_blanks(ps);
        GR_TRY(parse_member(ps, obj));
        skip_blanks(ps);
        if (take(ps, '}')) return check_keys(ps, obj, first);
        if (!take(ps, ',')) return fail_expected(ps, "',' or '}'");
    }
}

static gr_status parse_parent(parser *ps, cJSON **out, bool object)
{
    gr_status s;

    if (ps->depth == DEPTH_MAX) return fail_text(ps, ps->p, "nested deeper than 64");
    *out = new_node(object ? cJSON_Object : cJSON_Array);
    if (!*out) return no_memory(ps);
    ps->p++;
    ps->depth++;
    s = object ? parse_object(ps, *out) : parse_array(ps, *out);
    ps->depth--;
    if (s == GR_OK) return GR_OK;
    cJSON_Delete(*out);
    *out = NULL;
    return s;
}

static gr_status parse_value(parser *ps, cJSON **out)
{
    skip_blanks(ps);
    if (ps->p == ps->end) return fail_expected(ps, "a value");
    /* A value of two bytes takes forty times as much memory. The largest vocabularies come to a million and a half. */
    if (ps->n_values++ == VALUES_MAX) return fail_text(ps, ps->p, "more than 4,000,000 values");
    switch (*ps->p) {
    case '{':
        return parse_parent(ps, out, true);
    case '[':
        return parse_parent(ps, out, false);
    case '"':
        ps->p++;
        return parse_string_value(ps, out);
    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        return parse_number(ps, out);
    default:
        return parse_word(ps, out);
    }
}

gr_status gr_json_parse(gr_json **out, const char *p, size_t n, gr_err *err)
{
    const bool bom = gr_sv_starts((gr_sv){ p, n }, "\xEF\xBB\xBF");
    parser ps = { .start = bom ? p + 3 : p, .p = bom ? p + 3 : p, .end = n ? p + n : p, .err = err };
    cJSON *root = NULL;
    gr_err why = GR_ERR_INIT;
    size_t at = 0;
    gr_status s;

    s = gr_utf8_check((gr_sv){ ps.p, (size_t)(ps.end - ps.p) }, &at, &why);
    if (s != GR_OK) return fail_text(&ps, ps.start + at, why.msg);
    s = parse_value(&ps, &root);
    if (s == GR_OK) {
        skip_blanks(&ps);
        if (ps.p < ps.end) s = fail_expected(&ps, "the end of the text");
    }
    free(ps.keys);
    if (s == GR_OK) *out = root;
    else cJSON_Delete(root);
    return s;
}

gr_status gr_json_parse_line(gr_json **out, gr_sv line, size_t number, gr_err *err)
{
    static const char own[] = "line 1";
    gr_err why = GR_ERR_INIT;
    const gr_status s = gr_json_parse(out, line.p, line.n, &why);
    const char *m = why.msg;

    if (s == GR_OK) return GR_OK;
    if (s != GR_E_FORMAT) return gr_fail(err, s, "%s", m);
    if (strncmp(m, own, sizeof own - 1) == 0) m += sizeof own - 1;
    return gr_fail(err, s, "line %zu: broken JSON: %s", number, m + strspn(m, ":, "));
}

gr_status gr_json_read(gr_json **out, const char *path, size_t max, gr_err *err)
{
    char *text = NULL;
    size_t n = 0;
    gr_status s;

    GR_TRY(gr_fs_read(&text, &n, path, max, err));
    s = gr_json_parse(out, text, n, err);
    free(text);
    return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", path);
}

void gr_json_free(gr_json *root)
{
    cJSON_Delete(root);
}

/* ---- asking ---- */

static bool is_type(const gr_json *v, int type)
{
    return v && (v->type & 0xFF) == type;
}

bool gr_json_is_object(const gr_json *v)
{
    return is_type(v, cJSON_Object);
}

bool gr_json_is_array(const gr_json *v)
{
    return is_type(v, cJSON_Array);
}

bool gr_json_is_string(const gr_json *v)
{
    return is_type(v, cJSON_String);
}

bool gr_json_is_number(const gr_json *v)
{
    return is_type(v, cJSON_Number) || is_type(v, cJSON_Raw);
}

bool gr_json_is_bool(const gr_json *v)
{
    return is_type(v, cJSON_True) || is_type(v, cJSON_False);
}

bool gr_json_is_null(const gr_json *v)
{
    return is_type(v, cJSON_NULL);
}

const gr_json *gr_json_get(const gr_json *obj, const char *key)
{
    return gr_json_is_object(obj) ? cJSON_GetObjectItemCaseSensitive(obj, key) : NULL;
}

const gr_json *gr_json_at(const gr_json *arr, size_t i)
{
    const gr_json *c = gr_json_is_array(arr) ? arr->child : NULL;

    while (c && i--) c = c->next;
    return c;
}

const gr_json *gr_json_first(const gr_json *parent)
{
    return gr_json_is_object(parent) || gr_json_is_array(parent) ? parent->child : NULL;
}

const gr_json *gr_json_next(const gr_json *child)
{
    return child ? child->next : NULL;
}

const char *gr_json_key(const gr_json *child)
{
    return child ? child->string : NULL;
}

size_t gr_json_len(const gr_json *parent)
{
    size_t n = 0;

    for (const gr_json *c = gr_json_first(parent); c; c = c->next) n++;
    return n;
}

const char *gr_json_str(const gr_json *v, const char *fallback)
{
    return gr_json_is_string(v) ? v->valuestring : fallback;
}

gr_sv gr_json_sv(const gr_json *v)
{
    const gr_sv none = { NULL, 0 };
    return gr_json_is_string(v) ? (gr_sv){ v->valuestring, (size_t)v->valuedouble } : none;
}

double gr_json_num(const gr_json *v, double fallback)
{
    return gr_json_is_number(v) ? v->valuedouble : fallback;
}

bool gr_json_bool(const gr_json *v, bool fallback)
{
    return gr_json_is_bool(v) ? is_type(v, cJSON_True) : fallback;
}

const char *gr_json_digits(const gr_json *v)
{
    return is_type(v, cJSON_Raw) ? v->valuestring : NULL;
}

bool gr_json_written_real(const gr_json *v)
{
    return is_type(v, cJSON_Number) && (v->type & REAL);
}

bool gr_json_int(int64_t *out, const gr_json *v)
{
    if (is_type(v, cJSON_Raw)) return gr_sv_int(out, gr_sv_from(v->valuestring), NULL) == GR_OK;
    if (!is_type(v, cJSON_Number)) return false;
    if (v->valuedouble != floor(v->valuedouble) || fabs(v->valuedouble) >= 0x1p63) return false;
    *out = (int64_t)v->valuedouble;
    return true;
}

static gr_status need(const gr_json **v, const gr_json *obj, const char *key, gr_err *err)
{
    *v = gr_json_get(obj, key);
    return *v ? GR_OK : gr_fail(err, GR_E_FORMAT, "'%s' is missing", key);
}

gr_status gr_json_need_str(const char **out, const gr_json *obj, const char *key, gr_err *err)
{
    const gr_json *v;

    GR_TRY(need(&v, obj, key, err));
    if (!gr_json_is_string(v)) return gr_fail(err, GR_E_FORMAT, "'%s' is not a string", key);
    *out = v->valuestring;
    return GR_OK;
}

gr_status gr_json_need_int(int64_t *out, const gr_json *obj, const char *key, int64_t lo, int64_t hi, gr_err *err)
{
    const gr_json *v;
    int64_t x;

    GR_TRY(need(&v, obj, key, err));
    if (!gr_json_int(&x, v) || x < lo || x > hi)
        return gr_fail(err, GR_E_FORMAT, "'%s' is not a whole number in %lld..%lld", key, (long long)lo, (long long)hi);
    *out = x;
    return GR_OK;
}

gr_status gr_json_need_num(double *out, const gr_json *obj, const char *key, gr_err *err)
{
    const gr_json *v;

    GR_TRY(need(&v, obj, key, err));
    if (!gr_json_is_number(v)) return gr_fail(err, GR_E_FORMAT, "'%s' is not a number", key);
    *out = v->valuedouble;
    return GR_OK;
}

/* ---- building ---- */

gr_json *gr_json_new_object(void)
{
    return new_node(cJSON_Object);
}

gr_json *gr_json_new_array(void)
{
    return new_node(cJSON_Array);
}

/* Takes v over. A failure marks the parent, so that printing the tree can report it. */
static gr_json *append(gr_json *parent, const char *key, gr_json *v)
{
    char *name = parent && v && key ? copy_bytes(key, strlen(key)) : NULL;

    if (!parent || !v || (key && !name)) {
        if (parent) parent->valueint = 1;
        cJSON_Delete(v);
        return NULL;
    }
    hang(parent, name, v);
    return v;
}

gr_json *gr_json_add_object(gr_json *parent, const char *key)
{
    return parent ? append(parent, key, new_node(cJSON_Object)) : NULL;
}

gr_json *gr_json_add_array(gr_json *parent, const char *key)
{
    return parent ? append(parent, key, new_node(cJSON_Array)) : NULL;
}

void gr_json_add_str(gr_json *parent, const char *key, const char *s)
{
    if (s) gr_json_add_sv(parent, key, gr_sv_from(s));
    else gr_json_add_null(parent, key);
}

void gr_json_add_sv(gr_json *parent, const char *key, gr_sv s)
{
    gr_buf clean = { NULL, 0, 0, false };
    char *text;

    if (!parent) return;
    if (gr_utf8_check(s, NULL, NULL) != GR_OK) {
        gr_json_text_repair(&clean, s);
        s = gr_buf_sv(&clean);
    }
    text = clean.oom ? NULL : copy_bytes(s.p, s.n);
    (void)append(parent, key, new_text_node(cJSON_String, text, (double)s.n));
    gr_buf_free(&clean);
}

void gr_json_add_num(gr_json *parent, const char *key, double x)
{
    (void)append(parent, key, isfinite(x) ? cJSON_CreateNumber(x) : new_node(cJSON_NULL));
}

void gr_json_add_int(gr_json *parent, const char *key, int64_t x)
{
    gr_buf digits = { NULL, 0, 0, false };

    if (x >= -(INT64_C(1) << 53) && x <= INT64_C(1) << 53) {
        gr_json_add_num(parent, key, (double)x);
        return;
    }
    gr_buf_addf(&digits, "%lld", (long long)x);
    (void)append(parent, key,
                 new_text_node(cJSON_Raw, digits.oom ? NULL : copy_bytes(digits.p, digits.n), (double)x));
    gr_buf_free(&digits);
}

void gr_json_add_bool(gr_json *parent, const char *key, bool x)
{
    (void)append(parent, key, new_node(x ? cJSON_True : cJSON_False));
}

void gr_json_add_null(gr_json *parent, const char *key)
{
    (void)append(parent, key, new_node(cJSON_NULL));
}

/* cJSON_Duplicate would end strings at a NUL, so the copy is made here. */
static gr_json *deep_copy(const gr_json *v)
{
    const bool text = gr_json_is_string(v), digits = is_type(v, cJSON_Raw);
    gr_json *copy;

    if (text) {
        const gr_sv s = gr_json_sv(v);
        return new_text_node(cJSON_String, copy_bytes(s.p, s.n), v->valuedouble);
    }
    if (digits) return new_text_node(cJSON_Raw, copy_bytes(v->valuestring, strlen(v->valuestring)), v->valuedouble);
    if (is_type(v, cJSON_Number)) {
        copy = cJSON_CreateNumber(v->valuedouble);
        if (copy) copy->type |= v->type & REAL;
        return copy;
    }
    copy = new_node(v->type & 0xFF);
    for (const gr_json *c = v->child; copy && c; c = c->next) (void)append(copy, c->string, deep_copy(c));
    if (copy && v->valueint) copy->valueint = 1;
    return copy;
}

void gr_json_add_copy(gr_json *parent, const char *key, const gr_json *v)
{
    (void)append(parent, key, v ? deep_copy(v) : new_node(cJSON_NULL));
}

bool gr_json_ok(const gr_json *root)
{
    if (!root) return false;
    if (gr_json_is_number(root)) return true; /* there valueint is cJSON's own */
    if (root->valueint) return false;
    for (const gr_json *c = root->child; c; c = c->next)
        if (!gr_json_ok(c)) return false;
    return true;
}
