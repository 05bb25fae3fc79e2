/* json_fuzz.c - any bytes as JSON; what is accepted prints to a text that reads back to the same text. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "tests/fuzz/fuzz.h"

/* The text of a document, or NULL when it was refused; *said is set when a refusal gave its reason. */
static char *printed(const char *p, size_t n, int indented, int *said)
{
    gr_err err = GR_ERR_INIT;
    gr_json *v = NULL;
    char *text = NULL;

    if (gr_json_parse(&v, p, n, &err) == GR_OK && gr_json_print(&text, v, indented, &err) != GR_OK) text = NULL;
    gr_json_free(v);
    *said = err.msg[0] != '\0';
    return text;
}

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    int said = 0, bad = 0;
    char *first = printed((const char *)data, size, 1, &said), *second, *third;

    if (!first) return !said;
    bad |= gr_utf8_check(gr_sv_from(first), NULL, NULL) != GR_OK;
    second = printed(first, strlen(first), 0, &said);
    third = second ? printed(second, strlen(second), 1, &said) : NULL;
    bad |= !third || strcmp(first, third) != 0;
    free(first);
    free(second);
    free(third);
    return bad;
}
