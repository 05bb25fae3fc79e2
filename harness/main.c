/* main.c - from the command line to a subcommand. The interface is docs/cli.md. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/options.h"
#include "harness/build_info.h"
#include "harness/cmd.h"

typedef struct command { const char *name; int (*run)(int argc, char **argv); const char *about; } command;

static const command commands[] = {
    { "run", gr_cmd_run, "fine-tune and evaluate: run TASK... | --all | --suite NAME" },
    { "list", gr_cmd_list, "tasks, models, metrics, data, suites, devices" },
    { "table", gr_cmd_table, "tables from finished runs" },
    { "leaderboard", gr_cmd_leaderboard, "leaderboard.csv from finished runs" },
    { "compare", gr_cmd_compare, "verdict per task between two suites, and a gate for CI" },
    { "submit", gr_cmd_submit, "the GLUE submission from finished runs, validated and zipped" },
    { "predict", gr_cmd_predict, "labels and probabilities from a fine-tuned model" },
    { "score", gr_cmd_score, "metrics from files of predictions and references" },
    { "tokenize", gr_cmd_tokenize, "ids, tokens and offsets of lines of text" },
    { "embed", gr_cmd_embed, "sentence embeddings of lines of text" },
    { "fetch", gr_cmd_fetch, "data sets and models from their publishers, checksums verified" },
    { "bench", gr_cmd_bench, "tokens per second of training and inference" },
    { "env", gr_cmd_env, "version, build, libraries, CPU: what a bug report needs" },
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void usage(FILE *to)
{
    fprintf(to, "glue-run %s: fine-tunes and evaluates BERT-family encoders, and writes tables\n\n"
                "glue-run --all            all tasks of the default suite, on the embedded demo data\n", gr_build_version());
    for (int i = 0; i < N_COMMANDS; i++) fprintf(to, "glue-run %-16s %s\n", commands[i].name, commands[i].about);
    fputs("\nglue-run COMMAND --help shows a command's options.\n", to);
}

static int unknown(const char *word)
{
    const char *names[N_COMMANDS + 1];
    const char *near;

    for (int i = 0; i < N_COMMANDS; i++) names[i] = commands[i].name;
    names[N_COMMANDS] = NULL;
    near = gr_opt_suggest(word, names);
    if (near) fprintf(stderr, "glue-run: no command is called '%s': did you mean '%s'?\n", word, near);
    else fprintf(stderr, "glue-run: no command is called '%s' (glue-run --help lists them)\n", word);
    return GR_EXIT_USAGE;
}

/* What was printed must also have arrived. */
static int finish(int code)
{
    const bool lost = fflush(stdout) != 0 || ferror(stdout);

    if (!lost || code != GR_EXIT_OK) return code;
    fputs("glue-run: standard output cannot be written\n", stderr);
    return GR_EXIT_DEVICE;
}

static const command *find(const char *word)
{
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(word, commands[i].name) == 0) return &commands[i];
    return NULL;
}

/* "help", or "help COMMAND" for COMMAND --help. Help on help, asked for in any way, is the former. */
static int help(const char *word)
{
    char option[] = "--help", *words[] = { option, NULL };
    const bool all = !word || strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
    const command *c = all ? NULL : find(word);

    if (!all && !c) return unknown(word);
    if (c) return c->run(1, words);
    usage(stdout);
    return GR_EXIT_OK;
}

/* A closed standard stream would give its number to the next file, and what is meant for a person would be written into that: here
 * something takes its place that can be read or written in the wrong direction alone, so that use of it fails as before. And a file
 * that grows beyond the limit (ulimit -f) fails to be written, with a line, rather than end the program. */
static bool prepare_process(void)
{
    int fd;

    (void)signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < 3; i++)
        if (fcntl(i, F_GETFD) < 0 && ((fd = open("/dev/null", i == 0 ? O_WRONLY : O_RDONLY)) < 0 || fd != i)) return false;
    return true;
}

int main(int argc, char **argv)
{
    const command *c;
    const char *word = argc > 1 ? argv[1] : "--help";

    if (!prepare_process()) {
        fputs("glue-run: a standard stream is closed, and /dev/null cannot be opened for it\n", stderr);
        return GR_EXIT_DEVICE;
    }
    if (argc < 2) {
        usage(stderr);
        return GR_EXIT_USAGE;
    }
    if (strcmp(word, "help") == 0) return finish(help(argv[2]));
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) return finish(help(NULL));
    if (strcmp(word, "--version") == 0) {
        printf("glue-run %s\n", gr_build_version());
        return finish(GR_EXIT_OK);
    }
    if (strcmp(word, "export") == 0 && argc > 2 && strcmp(argv[2], "leaderboard") == 0) return finish(gr_cmd_leaderboard(argc - 3, argv + 3));
    if (word[0] == '-') return finish(gr_cmd_run(argc - 1, argv + 1)); /* glue-run --all */
    c = find(word);
    return c ? finish(c->run(argc - 2, argv + 2)) : unknown(word);
}
