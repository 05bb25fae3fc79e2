/* cmd.h - the subcommands: one function a file cmd_<name>.c, called by main with the words behind the
 * command's name. Each returns the process's exit code (docs/cli.md). Only these files and main.c print. */
#ifndef GR_HARNESS_CMD_H
#define GR_HARNESS_CMD_H
#include <stdbool.h>

#include "base/options.h"

int gr_cmd_run(int argc, char **argv);
int gr_cmd_list(int argc, char **argv);
int gr_cmd_table(int argc, char **argv);
int gr_cmd_leaderboard(int argc, char **argv);
int gr_cmd_compare(int argc, char **argv);
int gr_cmd_submit(int argc, char **argv);
int gr_cmd_predict(int argc, char **argv);
int gr_cmd_score(int argc, char **argv);
int gr_cmd_tokenize(int argc, char **argv);
int gr_cmd_embed(int argc, char **argv);
int gr_cmd_fetch(int argc, char **argv);
int gr_cmd_bench(int argc, char **argv);
int gr_cmd_env(int argc, char **argv);

/* Exit codes of docs/cli.md. */
enum {
    GR_EXIT_OK = 0,
    GR_EXIT_JOB = 1,        /* a job failed or collapsed, or a gate fell   */
    GR_EXIT_USAGE = 2,
    GR_EXIT_INPUT = 3,
    GR_EXIT_DEVICE = 4,     /* device, memory or output                    */
    GR_EXIT_UNDECIDED = 5,
    GR_EXIT_BUG = 70,
    GR_EXIT_INTERRUPTED = 130
};

/* What --help says and what a command line may hold. */
typedef struct gr_cmd_spec {
    const char   *usage;    /* what stands above the options, with its last newline           */
    const gr_opt *options;  /* one of them is "help", a flag                                   */
    const char   *no_words; /* NULL: words beside options are taken; else why they are not     */
} gr_cmd_spec;

/* The words of a command line that are no options, in order. */
typedef struct gr_cmd_words {
    const char **word; /* n of them, and room for one more; owned */
    int          n;
    bool         help; /* --help was asked for and is printed: nothing is left to do */
} gr_cmd_words;

/* Defaults, then the command line, into *target (origins as in base/options.h). gr_cmd_end follows, whatever it returns.
 * GR_E_ARG, GR_E_NOMEM. */
gr_status gr_cmd_begin(gr_cmd_words *w, void *target, gr_opt_origin *origins, const gr_cmd_spec *spec, int argc, char **argv,
                       gr_err *err) GR_MUST_USE;
/* Release the words; the exit code of `s`, with its message printed when it is a failure. */
int gr_cmd_end(gr_cmd_words *w, gr_status s, const gr_err *err);

/* ARG -> 2; NOTFOUND, FORMAT, CHECKSUM, UNSUPPORTED, NETWORK, NUMERIC -> 3; IO, NOMEM, DEVICE -> 4; CANCELLED -> 130; INTERNAL -> 70.
 * A read error of the user's data is reported by the caller as 3 itself. */
int gr_cmd_exit_code(gr_status s);

/* Print "glue-run: <message>" on stderr and give the exit code. */
int gr_cmd_fail(const gr_err *err);

#endif
