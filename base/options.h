/* options.h - command-line options from one table: parsing, aliases, checks, --help, and a record
 * of where each value came from are all derived from it.
 *
 * "--name value", "--name=value", dashes and underscores alike; a flag takes no value but accepts
 * "--flag true|false" (HfArgumentParser writes them so) and "--no-flag" . "--" ends the options.
 * An unknown option is GR_E_ARG with the nearest known name. */
#ifndef GR_BASE_OPTIONS_H
#define GR_BASE_OPTIONS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gr_opt_type {
    GR_OPT_FLAG,   /* bool        */
    GR_OPT_INT,    /* int64_t     */
    GR_OPT_REAL,   /* double      */
    GR_OPT_STR,    /* const char* */
    GR_OPT_CHOICE, /* const char*, one of `choices` ("a|b|c") */
    GR_OPT_REFUSED /* not offered: `help` is the remedy that the error prints; "false" is accepted */
} gr_opt_type;

typedef struct gr_opt {
    const char *name;     /* "learning-rate"                                                    */
    const char *aliases;  /* other accepted names, '|' between them, NULL none                  */
    gr_opt_type type;
    size_t      offset;   /* of the field in the caller's struct                                */
    const char *fallback; /* the default as text; NULL leaves the field zero                    */
    double      lo, hi;   /* range of INT and REAL; lo == hi == 0 means any. The fallback is taken beyond it too: -1 for "not given" */
    const char *choices;
    const char *value;    /* what --help calls the value: "N", "DIR"; NULL for a flag           */
    const char *help;     /* one line                                                           */
    const char *group;    /* heading in --help; NULL continues the one before                   */
} gr_opt;

typedef enum gr_opt_origin { GR_ORIGIN_DEFAULT, GR_ORIGIN_ENV, GR_ORIGIN_RECIPE, GR_ORIGIN_TASK, GR_ORIGIN_COMMAND_LINE } gr_opt_origin;
const char *gr_opt_origin_name(gr_opt_origin o); /* "default", "environment", "recipe", "task", "command line" */

/* Fill *target with the defaults. origins (one per table entry) may be NULL. Table ends at name NULL. */
gr_status gr_opt_defaults(void *target, gr_opt_origin *origins, const gr_opt *table, gr_err *err) GR_MUST_USE;

/* Parse argv[0..argc). Positional words go to pos[] (capacity argc), in order. String values point
 * into argv. GR_E_ARG with one line that names the option and what it takes. */
gr_status gr_opt_parse(void *target, gr_opt_origin *origins, const gr_opt *table, int argc, char **argv,
                       const char **pos, int *n_pos, gr_err *err) GR_MUST_USE;

/* Set one option by name (recipe files); `text` must outlive the target. */
gr_status gr_opt_set(void *target, gr_opt_origin *origins, const gr_opt *table, const char *name,
                     const char *text, gr_opt_origin origin, gr_err *err) GR_MUST_USE;

int  gr_opt_index(const gr_opt *table, const char *name); /* by name or alias, dashes = underscores; -1 unknown */
void gr_opt_help(gr_buf *out, const gr_opt *table);       /* every option with its aliases and default, wrapped at 100 columns */

/* The nearest of the names (ends at NULL) for "did you mean"; NULL when none is near. */
const char *gr_opt_suggest(const char *word, const char *const *names);

#ifdef __cplusplus
}
#endif
#endif
