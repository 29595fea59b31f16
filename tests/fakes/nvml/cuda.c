/* A libcuda.so.1 without a GPU, for three rungs: loaded, initialised, with a context.
 *
 * A primary context is a file PID in $FAKE_CUDA_CONTEXTS, which the fake libnvidia-ml reads; it
 * goes when the process ends, as the memory of a real one does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SUCCESS = 0, INVALID_VALUE = 1, NOT_INITIALIZED = 3, NO_DEVICE = 100 };
static int initialised, active, owner;
static const unsigned long long CONTEXT_BYTES = 446693376; /* 426 MiB */

static void path_of(char *path, size_t size) {
    const char *folder = getenv("FAKE_CUDA_CONTEXTS");
    snprintf(path, size, "%s/%d", folder ? folder : "/nonexistent", owner);
}

int cuInit(unsigned flags) { initialised = !flags; return flags ? INVALID_VALUE : SUCCESS; }
int cuDeviceGetCount(int *count) {
    if (!initialised) return NOT_INITIALIZED;
    *count = 1;
    return SUCCESS;
}
int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *state) {
    if (!initialised) return NOT_INITIALIZED;
    *flags = 0, *state = active && device == 0;
    return SUCCESS;
}
int cuDevicePrimaryCtxRetain(void **context, int device) {
    char path[4096];
    if (!initialised) return NOT_INITIALIZED;
    if (device) return INVALID_VALUE;
    owner = getpid(), active = 1, *context = &active;
    path_of(path, sizeof path);
    FILE *file = fopen(path, "w");
    if (file) fprintf(file, "%d %llu\n", device, CONTEXT_BYTES), fclose(file);
    return SUCCESS;
}
int cuCtxSetCurrent(void *context) { (void)context; return initialised ? SUCCESS : NOT_INITIALIZED; }
int cuMemGetInfo_v2(size_t *free_bytes, size_t *total) {
    if (!active) return 201;
    *total = 143148ULL << 20, *free_bytes = *total - CONTEXT_BYTES;
    return SUCCESS;
}
__attribute__((destructor)) static void end(void) {
    char path[4096];
    if (!active || owner != getpid()) return;
    path_of(path, sizeof path);
    unlink(path);
}
