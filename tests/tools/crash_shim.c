/* Kills the process at its N-th change to a file below one folder.
 *
 * Preloaded into a test process. Unarmed it only passes calls on. Armed with (folder, N, tear) it counts every
 * write, sync, rename, link, truncation and removal there and ends the process without any clean-up instead of
 * the N-th; with `tear` an N-th write first lands by half. N = 0 counts and never kills.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[PATH_MAX];
static size_t folder_length;
static long crash_at;
static int tear_write;
static atomic_long seen;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void crash_arm(const char *below, long at, int tear) {
    snprintf(folder, sizeof folder, "%s/", below);
    folder_length = strlen(folder);
    crash_at = at;
    tear_write = tear;
    atomic_store(&seen, 0);
}

long crash_seen(void) { return atomic_load(&seen); }

static int counts_path(const char *path) {
    return folder_length && path && strncmp(path, folder, folder_length) == 0;
}

static int counts_fd(int fd) {
    char link[64], path[PATH_MAX];
    if (!folder_length) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t got = readlink(link, path, sizeof path - 1);
    if (got <= 0) return 0;
    path[got] = 0;
    if ((size_t)got + 1 == folder_length && strncmp(path, folder, (size_t)got) == 0) return 1;
    return counts_path(path);
}

static int is_last(void) {
    long now = atomic_fetch_add(&seen, 1) + 1;
    return crash_at && now == crash_at;
}

ssize_t write(int fd, const void *data, size_t size) {
    if (counts_fd(fd) && is_last()) {
        if (tear_write) REAL(write)(fd, data, size / 2);
        _exit(137);
    }
    return REAL(write)(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    if (counts_fd(fd) && is_last()) {
        if (tear_write) REAL(pwrite)(fd, data, size / 2, at);
        _exit(137);
    }
    return REAL(pwrite)(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    if (counts_fd(fd) && is_last()) {
        if (tear_write) REAL(pwrite64)(fd, data, size / 2, at);
        _exit(137);
    }
    return REAL(pwrite64)(fd, data, size, at);
}

#define BY_FD(name, parameters, arguments)                      \
    int name parameters {                                       \
        if (counts_fd(fd) && is_last()) _exit(137);             \
        return REAL(name) arguments;                            \
    }

#define BY_PATH(name, parameters, arguments)                    \
    int name parameters {                                       \
        if (counts_path(path) && is_last()) _exit(137);         \
        return REAL(name) arguments;                            \
    }

BY_FD(fsync, (int fd), (fd))
BY_FD(fdatasync, (int fd), (fd))
BY_FD(ftruncate, (int fd, off_t size), (fd, size))
BY_FD(ftruncate64, (int fd, off64_t size), (fd, size))
BY_PATH(rename, (const char *path, const char *to), (path, to))
BY_PATH(link, (const char *path, const char *to), (path, to))
BY_PATH(unlink, (const char *path), (path))

int unlinkat(int fd, const char *path, int flags) {
    if ((counts_fd(fd) || counts_path(path)) && is_last()) _exit(137);
    return REAL(unlinkat)(fd, path, flags);
}
