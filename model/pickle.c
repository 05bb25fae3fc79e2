/* pickle.c - the machine: a stack, a memo and the instructions that torch.save writes; see pickle.h. pickle_torch.c knows what
 * the names in a pickle stand for. The instructions are those of CPython's Lib/pickletools.py.
 *
 * Rules kept: nothing is called; every length is checked against the bytes that are left before it is used; stack, marks
 * and memo are bounded; values are never walked in depth, so that nesting and cycles cost nothing. Each instruction makes
 * at most one value or moves values that others made, so that memory is a small multiple of the file. */
#include "model/pickle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "model/pickle_impl.h"

/* Four MB of pickle name about 25,000 tensors. */
enum { BYTES_MAX = 4 << 20, STACK_MAX = 1 << 20, MEMO_MAX = 1 << 20, MARKS_MAX = 1 << 16, LINE_MAX_BYTES = 512 };

typedef enum opcode {
    OP_MARK = '(', OP_STOP = '.', OP_POP = '0', OP_POP_MARK = '1', OP_DUP = '2', OP_FLOAT = 'G', OP_INT4 = 'J', OP_INT1 = 'K',
    OP_INT2 = 'M', OP_NONE = 'N', OP_PERSID = 'Q', OP_REDUCE = 'R', OP_TEXT4 = 'X', OP_APPEND = 'a', OP_BUILD = 'b', OP_GLOBAL = 'c',
    OP_DICT = 'd', OP_APPENDS = 'e', OP_GET1 = 'h', OP_GET4 = 'j', OP_LIST = 'l', OP_PUT1 = 'q', OP_PUT4 = 'r', OP_SETITEM = 's',
    OP_TUPLE = 't', OP_SETITEMS = 'u', OP_EMPTY_TUPLE = ')', OP_EMPTY_LIST = ']', OP_EMPTY_DICT = '}', OP_BYTES4 = 'B', OP_BYTES1 = 'C',
    OP_PROTO = 0x80, OP_TUPLE1 = 0x85, OP_TUPLE2 = 0x86, OP_TUPLE3 = 0x87, OP_TRUE = 0x88, OP_FALSE = 0x89, OP_LONG1 = 0x8a,
    OP_TEXT1 = 0x8c, OP_TEXT8 = 0x8d, OP_BYTES8 = 0x8e, OP_STACK_GLOBAL = 0x93, OP_MEMOIZE = 0x94, OP_FRAME = 0x95
} opcode;

typedef struct machine {
    const unsigned char *p;
    size_t               n, at;
    pk_value            *stack, *memo;
    size_t               depth, stack_cap, memo_cap, memo_n; /* memo_n: for MEMOIZE, which counts */
    size_t              *marks;
    size_t               n_marks, marks_cap;
    gr_arena            *arena; /* of the result: values live as long as it does */
    gr_err              *err;
    bool                 done;
} machine;

/* ---- bytes ---- */

static gr_status take(machine *m, const unsigned char **out, size_t n)
{
    if (n > m->n - m->at) return gr_fail(m->err, GR_E_FORMAT, "an instruction runs past the end");
    *out = m->p + m->at;
    m->at += n;
    return GR_OK;
}

/* An unsigned little-endian number. */
static gr_status take_number(machine *m, uint64_t *out, size_t bytes)
{
    const unsigned char *p;

    GR_TRY(take(m, &p, bytes));
    *out = 0;
    for (size_t i = bytes; i-- > 0;) *out = *out << 8 | p[i];
    return GR_OK;
}

/* A length, a number of `bytes` bytes, and then the bytes that it counts. */
static gr_status take_counted(machine *m, gr_sv *out, size_t bytes)
{
    uint64_t n;

    GR_TRY(take_number(m, &n, bytes));
    if (n > m->n - m->at) return gr_fail(m->err, GR_E_FORMAT, "a text runs past the end");
    *out = (gr_sv){ (const char *)m->p + m->at, (size_t)n };
    m->at += (size_t)n;
    return GR_OK;
}

static gr_status take_line(machine *m, gr_sv *out)
{
    const size_t left = m->n - m->at;
    const unsigned char *end = memchr(m->p + m->at, '\n', left < LINE_MAX_BYTES ? left : LINE_MAX_BYTES);

    if (!end) return gr_fail(m->err, GR_E_FORMAT, "a name has no end");
    *out = (gr_sv){ (const char *)m->p + m->at, (size_t)(end - (m->p + m->at)) };
    m->at += out->n + 1;
    return GR_OK;
}

/* ---- stack, marks, memo ---- */

/* Room for n elements, doubled as needed and never beyond `most`. */
static gr_status room(machine *m, void **p, size_t *cap, size_t n, size_t most, size_t size)
{
    size_t want = *cap ? *cap : 64;
    void *more;

    if (n <= *cap) return GR_OK;
    if (n > most) return gr_fail(m->err, GR_E_FORMAT, "more than %zu values at once", most);
    while (want < n) want *= 2;
    more = realloc(*p, want * size);
    if (!more) return gr_fail_nomem(m->err, "a pickle");
    memset((char *)more + *cap * size, 0, (want - *cap) * size);
    *p = more;
    *cap = want;
    return GR_OK;
}

static gr_status push(machine *m, pk_value v)
{
    void *p = m->stack;
    const gr_status s = room(m, &p, &m->stack_cap, m->depth + 1, STACK_MAX, sizeof *m->stack);

    m->stack = p;
    if (s == GR_OK) m->stack[m->depth++] = v;
    return s;
}

/* Values above the last mark. */
static size_t above(const machine *m)
{
    return m->depth - (m->n_marks ? m->marks[m->n_marks - 1] : 0);
}

static gr_status pop(machine *m, pk_value *out)
{
    if (above(m) == 0) return gr_fail(m->err, GR_E_FORMAT, "the stack is empty");
    *out = m->stack[--m->depth];
    return GR_OK;
}

static gr_status top(machine *m, pk_value **out)
{
    if (above(m) == 0) return gr_fail(m->err, GR_E_FORMAT, "the stack is empty");
    *out = &m->stack[m->depth - 1];
    return GR_OK;
}

static gr_status push_mark(machine *m)
{
    void *p = m->marks;
    const gr_status s = room(m, &p, &m->marks_cap, m->n_marks + 1, MARKS_MAX, sizeof *m->marks);

    m->marks = p;
    if (s == GR_OK) m->marks[m->n_marks++] = m->depth;
    return s;
}

/* The values that were just taken off the stack; NULL when it never held any. */
static const pk_value *taken_off(const machine *m) { return m->stack ? m->stack + m->depth : NULL; }

/* Takes the last mark and the values above it off the stack; they stay readable at *items until the next push. */
static gr_status pop_mark(machine *m, const pk_value **items, size_t *n)
{
    if (m->n_marks == 0) return gr_fail(m->err, GR_E_FORMAT, "the stack has no mark");
    *n = above(m);
    m->depth = m->marks[--m->n_marks];
    *items = taken_off(m);
    return GR_OK;
}

static gr_status put(machine *m, uint64_t i)
{
    void *p = m->memo;
    pk_value *v;
    gr_status s;

    GR_TRY(top(m, &v));
    if (i >= MEMO_MAX) return gr_fail(m->err, GR_E_FORMAT, "memo place %llu is beyond the limit of %d", (unsigned long long)i, MEMO_MAX);
    s = room(m, &p, &m->memo_cap, (size_t)i + 1, MEMO_MAX, sizeof *m->memo);
    m->memo = p;
    if (s != GR_OK) return s;
    if (m->memo[i].kind == PK_UNSET) m->memo_n++;
    m->memo[i] = *v;
    return GR_OK;
}

static gr_status get(machine *m, uint64_t i)
{
    if (i >= m->memo_cap || m->memo[i].kind == PK_UNSET) return gr_fail(m->err, GR_E_FORMAT, "memo place %llu is empty", (unsigned long long)i);
    return push(m, m->memo[i]);
}

/* ---- values ---- */

static gr_status push_int(machine *m, int64_t i)
{
    return push(m, (pk_value){ .kind = PK_INT, .as.i = i });
}

static gr_status push_text(machine *m, size_t length_bytes)
{
    gr_sv *text = gr_arena_alloc(m->arena, sizeof *text);

    if (!text) return gr_fail_nomem(m->err, "a pickle");
    GR_TRY(take_counted(m, text, length_bytes));
    if (gr_utf8_check(*text, NULL, NULL) != GR_OK) return gr_fail(m->err, GR_E_FORMAT, "a text is not UTF-8");
    return push(m, (pk_value){ .kind = PK_TEXT, .as.text = text });
}

static gr_status push_bytes(machine *m, size_t length_bytes)
{
    gr_sv bytes;

    GR_TRY(take_counted(m, &bytes, length_bytes));
    return push(m, (pk_value){ .kind = PK_OPAQUE });
}

/* A whole number of up to 255 bytes. One of more than 64 bits can be no size in a file, so its value is not kept. */
static gr_status push_long(machine *m)
{
    gr_sv bytes;
    uint64_t x = 0;

    GR_TRY(take_counted(m, &bytes, 1));
    if (bytes.n > 8) return push(m, (pk_value){ .kind = PK_OPAQUE });
    for (size_t i = bytes.n; i-- > 0;) x = x << 8 | (unsigned char)bytes.p[i];
    if (bytes.n && bytes.n < 8 && ((unsigned char)bytes.p[bytes.n - 1] & 0x80)) x |= UINT64_MAX << (8 * bytes.n);
    return push_int(m, (int64_t)x);
}

static gr_status push_tuple(machine *m, const pk_value *items, size_t n)
{
    pk_tuple *t = gr_arena_alloc(m->arena, sizeof *t);
    pk_value *v = gr_arena_alloc(m->arena, n * sizeof *v);

    if (!t || !v) return gr_fail_nomem(m->err, "a pickle");
    if (n) memcpy(v, items, n * sizeof *v);
    *t = (pk_tuple){ n, v };
    return push(m, (pk_value){ .kind = PK_TUPLE, .as.tuple = t });
}

/* The last n values, n at most 3. */
static gr_status small_tuple(machine *m, size_t n)
{
    if (above(m) < n) return gr_fail(m->err, GR_E_FORMAT, "the stack is empty");
    m->depth -= n;
    return push_tuple(m, taken_off(m), n);
}

static gr_status push_dict(machine *m)
{
    pk_dict *d = gr_arena_calloc(m->arena, 1, sizeof *d);

    if (!d) return gr_fail_nomem(m->err, "a pickle");
    return push(m, (pk_value){ .kind = PK_DICT, .as.dict = d });
}

/* n values, keys and values in turn, into a dictionary. A memoised dictionary may grow again and again: it doubles, so
 * that what the arena keeps of it is a multiple of what was put in. */
static gr_status add_items(machine *m, pk_dict *d, const pk_value *items, size_t n)
{
    if (n % 2) return gr_fail(m->err, GR_E_FORMAT, "a dictionary has a key without a value");
    if (d->n + n > d->cap) {
        const size_t cap = 2 * (d->n + n);
        pk_value *v = gr_arena_alloc(m->arena, cap * sizeof *v);

        if (!v) return gr_fail_nomem(m->err, "a pickle");
        if (d->n) memcpy(v, d->v, d->n * sizeof *v);
        d->v = v;
        d->cap = cap;
    }
    if (n) memcpy(d->v + d->n, items, n * sizeof *items);
    d->n += n;
    return GR_OK;
}

static gr_status set_items(machine *m, bool marked)
{
    const pk_value *items;
    pk_value *dict;
    size_t n = 2;

    if (marked) {
        GR_TRY(pop_mark(m, &items, &n));
    } else {
        if (above(m) < 2) return gr_fail(m->err, GR_E_FORMAT, "the stack is empty");
        m->depth -= 2;
        items = taken_off(m);
    }
    GR_TRY(top(m, &dict));
    if (dict->kind != PK_DICT) return gr_fail(m->err, GR_E_FORMAT, "entries for something that is no dictionary");
    return add_items(m, dict->as.dict, items, n);
}

/* Items of a list are dropped: no tensor is made of them. */
static gr_status append(machine *m, bool marked)
{
    const pk_value *items;
    pk_value one, *list;
    size_t n;

    if (marked) GR_TRY(pop_mark(m, &items, &n));
    else GR_TRY(pop(m, &one));
    GR_TRY(top(m, &list));
    if (list->kind != PK_OPAQUE) return gr_fail(m->err, GR_E_FORMAT, "items for something that is no list");
    return GR_OK;
}

/* A list, tuple or dictionary of what lies above the mark. */
static gr_status collect(machine *m, int op)
{
    const pk_value *items;
    pk_value *dict;
    size_t n;

    GR_TRY(pop_mark(m, &items, &n));
    if (op == OP_TUPLE) return push_tuple(m, items, n);
    if (op == OP_LIST) return push(m, (pk_value){ .kind = PK_OPAQUE });
    if (op == OP_POP_MARK) return GR_OK;
    dict = &(pk_value){ .kind = PK_DICT, .as.dict = gr_arena_calloc(m->arena, 1, sizeof(pk_dict)) };
    if (!dict->as.dict) return gr_fail_nomem(m->err, "a pickle");
    GR_TRY(add_items(m, dict->as.dict, items, n));
    return push(m, *dict);
}

/* ---- names and calls ---- */

static gr_status push_global(machine *m, bool from_stack)
{
    pk_value module, name, v;
    gr_sv a, b;

    if (from_stack) {
        GR_TRY(pop(m, &name));
        GR_TRY(pop(m, &module));
        if (module.kind != PK_TEXT || name.kind != PK_TEXT) return gr_fail(m->err, GR_E_FORMAT, "an object whose class is not a name");
        a = *module.as.text;
        b = *name.as.text;
    } else {
        GR_TRY(take_line(m, &a));
        GR_TRY(take_line(m, &b));
    }
    GR_TRY(gr_pk_global(&v, a, b, m->err));
    return push(m, v);
}

static gr_status reduce(machine *m)
{
    pk_value callable, args, v;

    GR_TRY(pop(m, &args));
    GR_TRY(pop(m, &callable));
    GR_TRY(gr_pk_reduce(&v, m->arena, &callable, &args, m->err));
    return push(m, v);
}

static gr_status persistent(machine *m)
{
    pk_value id, v;

    GR_TRY(pop(m, &id));
    GR_TRY(gr_pk_storage(&v, m->arena, &id, m->err));
    return push(m, v);
}

/* The attributes of a state dictionary (_metadata: versions of modules) are dropped. */
static gr_status build(machine *m)
{
    pk_value state, *to;

    GR_TRY(pop(m, &state));
    GR_TRY(top(m, &to));
    if (to->kind != PK_DICT) return gr_fail(m->err, GR_E_FORMAT, "attributes of something that is no dictionary; nothing was executed");
    return GR_OK;
}

static gr_status stop(machine *m)
{
    if (m->depth != 1 || m->n_marks) return gr_fail(m->err, GR_E_FORMAT, "it ends with %zu values where one is due", m->depth);
    m->done = true;
    return GR_OK;
}

/* ---- the loop ---- */

/* How many bytes the number behind an instruction has. */
static size_t number_bytes(int op)
{
    switch (op) {
    case OP_PROTO: case OP_INT1: case OP_PUT1: case OP_GET1: return 1;
    case OP_INT2: return 2;
    case OP_FRAME: case OP_FLOAT: return 8;
    default: return 4;
    }
}

/* Instructions with a number behind them. */
static gr_status step_number(machine *m, int op)
{
    uint64_t x;

    GR_TRY(take_number(m, &x, number_bytes(op)));
    switch (op) {
    case OP_PROTO: return x >= 2 && x <= 5 ? GR_OK : gr_fail(m->err, GR_E_FORMAT, "pickle protocol %d is not read (2 to 5 are)", (int)x);
    case OP_FRAME: return GR_OK; /* how the bytes were cut when written */
    case OP_FLOAT: return push(m, (pk_value){ .kind = PK_OPAQUE });
    case OP_INT4: return push_int(m, (int32_t)(uint32_t)x);
    case OP_INT1:
    case OP_INT2: return push_int(m, (int64_t)x);
    case OP_PUT1:
    case OP_PUT4: return put(m, x);
    default: return get(m, x);
    }
}

static gr_status step(machine *m, int op)
{
    pk_value v, *t;

    switch (op) {
    case OP_PROTO: case OP_FRAME: case OP_FLOAT: case OP_INT1: case OP_INT2: case OP_INT4:
    case OP_PUT1: case OP_PUT4: case OP_GET1: case OP_GET4: return step_number(m, op);
    case OP_TEXT1: return push_text(m, 1);
    case OP_TEXT4: return push_text(m, 4);
    case OP_TEXT8: return push_text(m, 8);
    case OP_BYTES1: return push_bytes(m, 1);
    case OP_BYTES4: return push_bytes(m, 4);
    case OP_BYTES8: return push_bytes(m, 8);
    case OP_LONG1: return push_long(m);
    case OP_NONE: return push(m, (pk_value){ .kind = PK_NONE });
    case OP_TRUE:
    case OP_FALSE: return push(m, (pk_value){ .kind = PK_BOOL, .as.i = op == OP_TRUE });
    case OP_EMPTY_TUPLE: return push_tuple(m, NULL, 0);
    case OP_TUPLE1: return small_tuple(m, 1);
    case OP_TUPLE2: return small_tuple(m, 2);
    case OP_TUPLE3: return small_tuple(m, 3);
    case OP_EMPTY_LIST: return push(m, (pk_value){ .kind = PK_OPAQUE });
    case OP_EMPTY_DICT: return push_dict(m);
    case OP_MARK: return push_mark(m);
    case OP_TUPLE: case OP_LIST: case OP_DICT: case OP_POP_MARK: return collect(m, op);
    case OP_SETITEM:
    case OP_SETITEMS: return set_items(m, op == OP_SETITEMS);
    case OP_APPEND:
    case OP_APPENDS: return append(m, op == OP_APPENDS);
    case OP_POP: return pop(m, &v);
    case OP_DUP: GR_TRY(top(m, &t)); return push(m, *t);
    case OP_MEMOIZE: return put(m, m->memo_n);
    case OP_GLOBAL:
    case OP_STACK_GLOBAL: return push_global(m, op == OP_STACK_GLOBAL);
    case OP_REDUCE: return reduce(m);
    case OP_PERSID: return persistent(m);
    case OP_BUILD: return build(m);
    case OP_STOP: return stop(m);
    default: return gr_fail(m->err, GR_E_FORMAT, "instruction 0x%02x is none that a file of tensors needs; nothing was executed", (unsigned)op);
    }
}

static gr_status run(machine *m)
{
    while (!m->done) {
        const size_t at = m->at;
        gr_status s;

        if (at == m->n) return gr_fail(m->err, GR_E_FORMAT, "the pickle has no end");
        s = step(m, m->p[m->at++]);
        if (s == GR_E_FORMAT) return gr_wrap(m->err, s, "data.pkl, byte %zu", at);
        if (s != GR_OK) return s;
    }
    return GR_OK;
}

gr_status gr_pickle_read(gr_pickle *out, const unsigned char *p, size_t n, gr_err *err)
{
    machine m = { .p = p, .n = n, .arena = &out->arena, .err = err };
    gr_status s;

    memset(out, 0, sizeof *out);
    if (n > BYTES_MAX) return gr_fail(err, GR_E_FORMAT, "data.pkl: %zu bytes; at most %d are read", n, BYTES_MAX);
    if (n < 2 || p[0] != OP_PROTO) return gr_fail(err, GR_E_FORMAT, "data.pkl: not a pickle of protocol 2 or later");
    gr_arena_init(&out->arena, 0);
    s = run(&m);
    if (s == GR_OK) s = gr_pk_list(out, &m.stack[0], err);
    free(m.stack);
    free(m.memo);
    free(m.marks);
    if (s != GR_OK) gr_pickle_free(out);
    return s;
}

void gr_pickle_free(gr_pickle *k)
{
    gr_arena_free(&k->arena);
    memset(k, 0, sizeof *k);
}
