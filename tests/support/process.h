/* process.h - a program as a process: words in, exit code and both outputs back. For the end-to-end tests. */
#ifndef GR_TESTS_SUPPORT_PROCESS_H
#define GR_TESTS_SUPPORT_PROCESS_H
#include <stdbool.h>
#include <stddef.h>

typedef struct gr_process {
    int    code;     /* exit code; 128 + signal when a signal ended it; 127: the program could not be started */
    char  *out, *err; /* what it wrote, NUL-terminated; malloc'd                                               */
    size_t n_out, n_err;
    bool   timed_out;
} gr_process;

typedef struct gr_process_opts {
    const char        *input;       /* for its standard input; NULL: empty                                     */
    const char        *output;      /* standard output goes to this file (/dev/full), and `out` stays ""       */
    const char        *cwd;         /* NULL: this one                                                          */
    const char *const *env;         /* "NAME=value" to add, "NAME" to remove; ends at NULL; NULL: none         */
    long               max_file;    /* RLIMIT_FSIZE in bytes, SIGXFSZ ignored: writing beyond fails; 0: none   */
    int                timeout_s;   /* killed after so long; 0: 300                                            */
    /* Called every few milliseconds while it runs, with what it wrote on stderr so far; a returned signal is sent to it
     * (0: none). NULL: not called. */
    int              (*poll)(void *user, const char *err);
    void              *user;
} gr_process_opts;

/* argv[0] is looked up in PATH; argv ends at NULL. o may be NULL. False when no process could be made. */
bool gr_process_run(gr_process *out, const gr_process_opts *o, const char *const *argv);
void gr_process_free(gr_process *p);

#endif
