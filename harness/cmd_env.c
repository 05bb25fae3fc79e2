/* cmd_env.c - `glue-run env`: what a bug report needs, from the same sources that records use. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/json.h"
#include "base/options.h"
#include "base/pool.h"
#include "data/fetch.h"
#include "harness/build_info.h"
#include "harness/cmd.h"
#include "harness/locate.h"
#include "harness/machine.h"
#include "model/session.h"

typedef struct env_opts { bool json, help; } env_opts;

static const gr_opt options[] = {
    { .name = "json", .type = GR_OPT_FLAG, .offset = offsetof(env_opts, json), .help = "one JSON object" },
    { .name = "help", .aliases = "h", .type = GR_OPT_FLAG, .offset = offsetof(env_opts, help), .help = "this text" },
    { .name = NULL },
};

static gr_json *collect(void)
{
    gr_json *j = gr_json_new_object(), *devices;
    char text[GR_PATH_MAX];
    struct utsname u;

    gr_json_add_str(j, "version", gr_build_version());
    gr_json_add_str(j, "git_revision", gr_build_revision());
    gr_json_add_str(j, "compiler", gr_build_compiler());
    gr_json_add_str(j, "build_type", gr_build_type());
    gr_machine_cpu(text, sizeof text);
    gr_json_add_str(j, "cpu", text);
    gr_machine_features(text, sizeof text);
    gr_json_add_str(j, "cpu_features", text);
    gr_json_add_int(j, "threads", gr_pool_default_threads());
    gr_json_add_num(j, "memory_mb", (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 1048576.0);
    gr_machine_blas(text, sizeof text);
    gr_json_add_str(j, "blas", text);
    gr_json_add_str(j, "downloads", gr_fetch_library());
    if (uname(&u) == 0) {
        (void)snprintf(text, sizeof text, "%.60s %.60s %.60s", u.sysname, u.release, u.machine);
        gr_json_add_str(j, "system", text);
    }
    gr_locate_home(text);
    gr_json_add_str(j, "home", text);
    gr_json_add_str(j, "data", getenv("GLUE_RUN_DATA"));
    devices = gr_json_add_array(j, "devices");
    for (size_t i = 0; i < gr_device_count(); i++) gr_json_add_str(devices, NULL, gr_device_at(i)->name);
    return j;
}

static void print_text(const gr_json *j)
{
    for (const gr_json *v = gr_json_first(j); v; v = gr_json_next(v)) {
        printf("%-14s", gr_json_key(v));
        if (gr_json_is_number(v)) printf(" %.0f", gr_json_num(v, 0));
        for (const gr_json *e = gr_json_is_array(v) ? gr_json_first(v) : NULL; e; e = gr_json_next(e)) printf(" %s", gr_json_str(e, ""));
        if (gr_json_is_string(v)) printf(" %s", gr_json_str(v, ""));
        if (gr_json_is_null(v)) printf(" -");
        putchar('\n');
    }
}

static gr_status env(const env_opts *o, gr_err *err)
{
    gr_json *j = collect();
    char *text = NULL;
    const gr_status s = gr_json_print(&text, j, true, err);

    if (s == GR_OK && o->json) puts(text);
    else if (s == GR_OK) print_text(j);
    free(text);
    gr_json_free(j);
    return s;
}

int gr_cmd_env(int argc, char **argv)
{
    static const gr_cmd_spec spec = { "glue-run env [--json]\n", options, "env takes --json and nothing else" };
    gr_cmd_words w;
    env_opts o = { 0 };
    gr_err err = GR_ERR_INIT;
    gr_status s = gr_cmd_begin(&w, &o, NULL, &spec, argc, argv, &err);

    if (s == GR_OK && !w.help) s = env(&o, &err);
    return gr_cmd_end(&w, s, &err);
}
