/* cmd.c - what all subcommands share: reading the command line, --help, from a status to an exit code and a line. See cmd.h. */
#include "harness/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"

int gr_cmd_exit_code(gr_status s)
{
    switch (s) {
    case GR_OK: return GR_EXIT_OK;
    case GR_E_ARG: return GR_EXIT_USAGE;
    case GR_E_NOTFOUND:
    case GR_E_FORMAT:
    case GR_E_CHECKSUM:
    case GR_E_UNSUPPORTED:
    case GR_E_NETWORK:
    case GR_E_NUMERIC: return GR_EXIT_INPUT;
    case GR_E_IO:
    case GR_E_NOMEM:
    case GR_E_DEVICE: return GR_EXIT_DEVICE;
    case GR_E_CANCELLED: return GR_EXIT_INTERRUPTED;
    case GR_E_INTERNAL:
    case GR_STATUS_COUNT: break;
    }
    return GR_EXIT_BUG;
}

int gr_cmd_fail(const gr_err *err)
{
    fprintf(stderr, "glue-run: %s\n", err->msg);
    gr_log_place(err);
    return gr_cmd_exit_code(err->status);
}

/* ---- the command line ---- */

static gr_status print_help(const gr_cmd_spec *spec, gr_err *err)
{
    gr_buf b = { 0 };
    bool ok;

    gr_buf_adds(&b, spec->usage);
    gr_opt_help(&b, spec->options);
    ok = !b.oom && fputs(b.p, stdout) >= 0;
    gr_buf_free(&b);
    return ok ? GR_OK : gr_fail(err, GR_E_IO, "standard output: cannot write");
}

gr_status gr_cmd_begin(gr_cmd_words *w, void *target, gr_opt_origin *origins, const gr_cmd_spec *spec, int argc, char **argv, gr_err *err)
{
    const int help = gr_opt_index(spec->options, "help");

    *w = (gr_cmd_words){ .word = calloc((size_t)argc + 1, sizeof *w->word) };
    if (!w->word) return gr_fail_nomem(err, "the command line");
    GR_TRY(gr_opt_defaults(target, origins, spec->options, err));
    GR_TRY(gr_opt_parse(target, origins, spec->options, argc, argv, w->word, &w->n, err));
    w->help = help >= 0 && *(const bool *)((const char *)target + spec->options[help].offset);
    if (w->help) return print_help(spec, err);
    if (w->n && spec->no_words) return gr_fail(err, GR_E_ARG, "'%.100s' is not an option: %s", w->word[0], spec->no_words);
    return GR_OK;
}

int gr_cmd_end(gr_cmd_words *w, gr_status s, const gr_err *err)
{
    free((void *)w->word);
    *w = (gr_cmd_words){ 0 };
    return s == GR_OK ? GR_EXIT_OK : gr_cmd_fail(err);
}
