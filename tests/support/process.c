/* process.c - see process.h. The child's outputs go to unlinked temporary files, so that no pipe can fill up while we wait. */
#include "tests/support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 2, DEFAULT_TIMEOUT_S = 300 };

static void set_environment(const char *const *env)
{
    for (; env && *env; env++) {
        char *copy = strdup(*env);
        if (!strchr(*env, '=')) (void)unsetenv(*env);
        else if (copy) (void)putenv(copy); /* lives until exec */
    }
}

static void become(const gr_process_opts *o, const char *const *argv, int in, int out, int err)
{
    const int file = o->output ? open(o->output, O_WRONLY | O_CREAT | O_TRUNC, 0600) : out;

    if (file < 0 || dup2(in, 0) < 0 || dup2(file, 1) < 0 || dup2(err, 2) < 0) _exit(127);
    if (o->cwd && chdir(o->cwd) != 0) _exit(127);
    if (o->max_file > 0) {
        const struct rlimit l = { (rlim_t)o->max_file, (rlim_t)o->max_file };
        (void)signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &l) != 0) _exit(127);
    }
    set_environment(o->env);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

/* The whole of a temporary file, with a NUL behind it. */
static char *content(FILE *f, size_t *n)
{
    char *p;
    long size;

    if (fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0) size = 0;
    rewind(f);
    p = malloc((size_t)size + 1);
    *n = p ? fread(p, 1, (size_t)size, f) : 0;
    if (p) p[*n] = '\0';
    return p;
}

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What it wrote so far goes to the caller's question; pread leaves the child's place in the file alone. */
static void ask(const gr_process_opts *o, pid_t pid, int err)
{
    const off_t size = lseek(err, 0, SEEK_CUR); /* shared with the child: where it has come to */
    const size_t n = size > 0 ? (size_t)size : 0;
    char *text = calloc(n + 1, 1);
    int sig = 0;

    if (text && pread(err, text, n, 0) >= 0) sig = o->poll(o->user, text);
    if (sig) (void)kill(pid, sig);
    free(text);
}

static void watch(gr_process *p, const gr_process_opts *o, pid_t pid, FILE *err)
{
    const double t0 = now_s();
    const struct timespec pause = { 0, POLL_MS * 1000000L };
    int status = 0;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        (void)nanosleep(&pause, NULL);
        if (o->poll) ask(o, pid, fileno(err));
        if (now_s() - t0 > (o->timeout_s ? o->timeout_s : DEFAULT_TIMEOUT_S)) {
            p->timed_out = true;
            (void)kill(pid, SIGKILL);
        }
    }
    p->code = WIFEXITED(status) ? WEXITSTATUS(status) : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : 127;
}

bool gr_process_run(gr_process *p, const gr_process_opts *opts, const char *const *argv)
{
    static const gr_process_opts none;
    const gr_process_opts *o = opts ? opts : &none;
    FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
    pid_t pid = -1;

    memset(p, 0, sizeof *p);
    p->code = 127;
    if (!in || !out || !err) goto out;
    if (o->input && (fwrite(o->input, 1, strlen(o->input), in) != strlen(o->input) || fflush(in) != 0)) goto out;
    if (lseek(fileno(in), 0, SEEK_SET) != 0) goto out;
    (void)fflush(NULL);
    pid = fork();
    if (pid == 0) become(o, argv, fileno(in), fileno(out), fileno(err));
    if (pid < 0) goto out;
    watch(p, o, pid, err);
    p->out = content(out, &p->n_out);
    p->err = content(err, &p->n_err);
out:
    if (in) (void)fclose(in);
    if (out) (void)fclose(out);
    if (err) (void)fclose(err);
    return pid > 0 && p->out && p->err;
}

void gr_process_free(gr_process *p)
{
    free(p->out);
    free(p->err);
    memset(p, 0, sizeof *p);
}
