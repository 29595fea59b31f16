/* A libnvidia-ml.so.1 without a GPU: what it answers stands in a text scenario ($FAKE_NVML).
 *
 * It is strict where the real one is: v2's used leaves out the reserved part, a count query with
 * processes present is INSUFFICIENT_SIZE, what a chip lacks is NOT_SUPPORTED, calls before init
 * are UNINITIALIZED. Layouts follow the ctypes structures of nvidia-ml-py.
 *
 * A scenario is lines of words; what is not said is not supported:
 *   driver 580.159.03 | nvml 13.580.. | cuda 13000 | init CODE
 *   fail SYMBOL GPU CODE [AFTER]      GPU -1 means any; the first AFTER calls still succeed
 *   slow SYMBOL MICROSECONDS
 *   forgetful 1                       a count query with processes is SUCCESS, as NVIDIA's own
 *                                     mock has it (and the real library does not)
 *   gpu                               begins a GPU; the lines below speak of it
 *     uuid W | name W... | serial W | pci W | cluster HEX32
 *     KEY NUMBER                      a key of KEYS
 *     process C|G|M PID BYTES|hidden [GI CI]     PID may be "self"
 *     link INDEX STATE REMOTE [PCI]   remote 0 GPU, 2 switch
 *     cpus HEXWORD... | nodes HEXWORD...
 *     links COUNT STATE REMOTE        the first COUNT links alike
 *     ancestors LEVEL... | p2ps STATUS...        one for each GPU of the node, -1 for itself
 *     xid CODE                        one event, delivered once
 *     mig                             begins a slice of the GPU above; its lines follow
 * With $FAKE_CUDA_CONTEXTS, a directory, every live process that fakes a CUDA context there
 * (file PID holding "GPU BYTES") is in the lists and in used.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long long u64;
enum { OK = 0, UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, NO_PERMISSION = 4,
       NOT_FOUND = 6, SMALL = 7, TIMEOUT = 10, LOST = 15, VERSION_MISMATCH = 25 };

#define KEYS(X) X(total) X(reserved) X(used) X(minor) X(cc_major) X(cc_minor) X(util_gpu) \
    X(util_mem) X(encoder) X(decoder) X(numa_node) X(mig_mode) X(mig_pending) X(mig_max) X(ecc) \
    X(ecc_corrected) X(ecc_uncorrected) X(remap_corrected) X(remap_uncorrected) X(remap_pending) \
    X(remap_failed) X(pcie_replays) X(celsius) X(memory_celsius) X(margin) X(milliwatts) \
    X(milliwatts_limit) X(millijoules) X(clock_sm) X(clock_memory) X(clock_sm_max) \
    X(clock_memory_max) X(clock_reasons) X(link_count) X(link_version) X(fabric_state) \
    X(fabric_status) X(fabric_clique) X(fabric_health) X(gi) X(ci) X(fan) X(pstate) \
    X(persistence) X(display) X(compute_mode) X(events)
#define AS_ENUM(k) K_##k,
#define AS_TEXT(k) #k,
enum { KEYS(AS_ENUM) KEY_COUNT };
static const char *KEY_NAMES[] = { KEYS(AS_TEXT) };

#define MOST_GPUS 80
#define MOST_PROCESSES 64
#define MOST_LINKS 36
#define MOST_WORDS 16
#define MOST_MIG 8
#define MOST_RULES 32

typedef struct { char kind; unsigned pid; u64 bytes; unsigned gi, ci; } Process;
typedef struct { int known, state, remote; char pci[32]; } Link;
typedef struct Device {
    int index;
    struct Device *parent;
    char uuid[96], name[96], serial[32], pci[32], cluster[64];
    long long value[KEY_COUNT];
    char has[KEY_COUNT];
    Process processes[MOST_PROCESSES];
    int process_count;
    Link links[MOST_LINKS];
    u64 cpus[MOST_WORDS], nodes[MOST_WORDS];
    int has_cpus, has_nodes;
    int ancestor[MOST_GPUS], p2p[MOST_GPUS];
    int xids[8], xid_count, registered;
    struct Device *slices[MOST_MIG];
    int slice_count;
} Device;
typedef struct { char symbol[64]; int gpu, code, after, calls; } Rule;
typedef struct { char symbol[64]; unsigned microseconds; } Delay;

static Device *gpus[MOST_GPUS];
static int gpu_count, started, init_code, forgetful;
static Rule rules[MOST_RULES];
static Delay delays[MOST_RULES];
static int rule_count, delay_count;
static char driver_version[80], nvml_version[80];
static int cuda_version;

/* ---- the scenario ---- */

static Device *new_device(Device *parent, int index) {
    Device *d = calloc(1, sizeof *d);
    d->parent = parent;
    d->index = index;
    for (int i = 0; i < MOST_GPUS; i++) d->ancestor[i] = d->p2p[i] = -1;
    return d;
}

static void bad(const char *line) {
    fprintf(stderr, "fake nvml: cannot read scenario line: %s\n", line);
    abort();
}

static void read_words(u64 *words, char *rest) {
    int n = 0;
    for (char *w = strtok(rest, " \n"); w && n < MOST_WORDS; w = strtok(NULL, " \n"))
        words[n++] = strtoull(w, NULL, 16);
}

static void read_process(Device *d, const char *line, char *rest) {
    Process *p = &d->processes[d->process_count++];
    char pid[16], bytes[32];
    p->gi = p->ci = 0xFFFFFFFF;
    if (sscanf(rest, "%c %15s %31s %u %u", &p->kind, pid, bytes, &p->gi, &p->ci) < 3) bad(line);
    p->pid = strcmp(pid, "self") ? (unsigned)strtoul(pid, NULL, 10) : (unsigned)getpid();
    p->bytes = strcmp(bytes, "hidden") ? strtoull(bytes, NULL, 10) : ~0ULL;
}

static void read_link(Device *d, const char *line, char *rest) {
    int index, state, remote;
    char pci[32] = "FFFFFFFF:FF:FF.0";
    if (sscanf(rest, "%d %d %d %31s", &index, &state, &remote, pci) < 3) bad(line);
    Link *l = &d->links[index];
    l->known = 1, l->state = state, l->remote = remote;
    strcpy(l->pci, pci);
}

static int read_number(Device *d, const char *key, const char *rest) {
    for (int k = 0; k < KEY_COUNT; k++)
        if (!strcmp(key, KEY_NAMES[k])) {
            d->value[k] = (long long)strtoull(rest, NULL, 10);
            d->has[k] = 1;
            return 1;
        }
    return 0;
}

static void read_row(int *row, char *rest) {
    int n = 0;
    for (char *w = strtok(rest, " "); w && n < MOST_GPUS; w = strtok(NULL, " ")) row[n++] = atoi(w);
}

static void read_links(Device *d, const char *line, const char *rest) {
    int count, state, remote;
    if (sscanf(rest, "%d %d %d", &count, &state, &remote) != 3 || count > MOST_LINKS) bad(line);
    for (int i = 0; i < count; i++) {
        d->links[i].known = 1, d->links[i].state = state, d->links[i].remote = remote;
        strcpy(d->links[i].pci, "FFFFFFFF:FF:FF.0");
    }
}

static void read_device_line(Device *d, const char *line, const char *key, char *rest) {
    if (!strcmp(key, "uuid")) strncpy(d->uuid, rest, sizeof d->uuid - 1);
    else if (!strcmp(key, "name")) strncpy(d->name, rest, sizeof d->name - 1);
    else if (!strcmp(key, "serial")) strncpy(d->serial, rest, sizeof d->serial - 1);
    else if (!strcmp(key, "pci")) strncpy(d->pci, rest, sizeof d->pci - 1);
    else if (!strcmp(key, "cluster")) strncpy(d->cluster, rest, sizeof d->cluster - 1);
    else if (!strcmp(key, "process")) read_process(d, line, rest);
    else if (!strcmp(key, "link")) read_link(d, line, rest);
    else if (!strcmp(key, "cpus")) d->has_cpus = 1, read_words(d->cpus, rest);
    else if (!strcmp(key, "nodes")) d->has_nodes = 1, read_words(d->nodes, rest);
    else if (!strcmp(key, "links")) read_links(d, line, rest);
    else if (!strcmp(key, "ancestors")) read_row(d->ancestor, rest);
    else if (!strcmp(key, "p2ps")) read_row(d->p2p, rest);
    else if (!strcmp(key, "xid")) d->xids[d->xid_count++] = atoi(rest);
    else if (!read_number(d, key, rest)) bad(line);
}

static void read_rule(const char *line, const char *rest) {
    Rule *r = &rules[rule_count++];
    memset(r, 0, sizeof *r);
    if (sscanf(rest, "%63s %d %d %d", r->symbol, &r->gpu, &r->code, &r->after) < 3) bad(line);
}

static void read_delay(const char *line, const char *rest) {
    Delay *one = &delays[delay_count++];
    if (sscanf(rest, "%63s %u", one->symbol, &one->microseconds) != 2) bad(line);
}

static void read_line(char *line, Device **now) {
    char key[64], *rest;
    line[strcspn(line, "#\n")] = 0;
    if (sscanf(line, "%63s", key) != 1) return;
    rest = strstr(line, key) + strlen(key);
    rest += strspn(rest, " ");
    if (!strcmp(key, "gpu")) *now = gpus[gpu_count] = new_device(NULL, gpu_count), gpu_count++;
    else if (!strcmp(key, "mig")) {
        Device *whole = gpus[gpu_count - 1];
        *now = whole->slices[whole->slice_count] = new_device(whole, whole->slice_count);
        whole->slice_count++;
    }
    else if (!strcmp(key, "driver")) strncpy(driver_version, rest, 79);
    else if (!strcmp(key, "nvml")) strncpy(nvml_version, rest, 79);
    else if (!strcmp(key, "cuda")) cuda_version = atoi(rest);
    else if (!strcmp(key, "init")) init_code = atoi(rest);
    else if (!strcmp(key, "forgetful")) forgetful = atoi(rest);
    else if (!strcmp(key, "fail")) read_rule(line, rest);
    else if (!strcmp(key, "slow")) read_delay(line, rest);
    else if (*now) read_device_line(*now, line, key, rest);
    else bad(line);
}

static void load(void) {
    const char *path = getenv("FAKE_NVML");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[4096];
    Device *now = NULL;
    if (!file) {
        fprintf(stderr, "fake nvml: no scenario at $FAKE_NVML\n");
        abort();
    }
    gpu_count = init_code = forgetful = rule_count = delay_count = 0;
    while (fgets(line, sizeof line, file)) read_line(line, &now);
    fclose(file);
}

/* ---- what every call does first ---- */

static int gpu_of(Device *d) { return !d ? -1 : d->parent ? d->parent->index : d->index; }

static int enter(const char *symbol, Device *d) {
    if (!started) return UNINITIALIZED;
    for (int i = 0; i < delay_count; i++)
        if (!strcmp(delays[i].symbol, symbol)) usleep(delays[i].microseconds);
    for (int i = 0; i < rule_count; i++) {
        Rule *r = &rules[i];
        int is_named = !strcmp(r->symbol, symbol) || !strcmp(r->symbol, "*");
        if (is_named && (r->gpu == -1 || r->gpu == gpu_of(d)) && r->calls++ >= r->after)
            return r->code;
    }
    return OK;
}

#define ENTER(d) do { int rc_ = enter(__func__, d); if (rc_) return rc_; } while (0)
#define NEED(d, key) do { if (!(d)->has[K_##key]) return NOT_SUPPORTED; } while (0)
#define GET(d, key) ((d)->value[K_##key])
#define NUMBER_CALL(symbol, type, key) \
    int symbol(Device *d, type *out) { ENTER(d); NEED(d, key); *out = (type)GET(d, key); return OK; }

/* ---- library ---- */

static int start(void) {
    if (!started) load(); /* each first start reads $FAKE_NVML anew */
    if (init_code) return init_code;
    started++;
    return OK;
}

int nvmlInitWithFlags(unsigned flags) { (void)flags; return start(); }
int nvmlInit_v2(void) { return start(); }
int nvmlShutdown(void) {
    if (!started) return UNINITIALIZED;
    started--;
    return OK;
}
const char *nvmlErrorString(int code) { (void)code; return "an error of the fake library"; }

static int copy(char *out, unsigned size, const char *text) {
    if (!*text) return NOT_SUPPORTED;
    if (strlen(text) >= size) return SMALL;
    strcpy(out, text);
    return OK;
}
int nvmlSystemGetDriverVersion(char *o, unsigned n) { ENTER(NULL); return copy(o, n, driver_version); }
int nvmlSystemGetNVMLVersion(char *o, unsigned n) { ENTER(NULL); return copy(o, n, nvml_version); }
int nvmlSystemGetCudaDriverVersion(int *out) { ENTER(NULL); *out = cuda_version; return OK; }
int nvmlSystemGetCudaDriverVersion_v2(int *out) { ENTER(NULL); *out = cuda_version; return OK; }

int nvmlDeviceGetCount_v2(unsigned *out) { ENTER(NULL); *out = gpu_count; return OK; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, Device **out) {
    if ((int)index >= gpu_count) return started ? INVALID : UNINITIALIZED;
    ENTER(gpus[index]);
    *out = gpus[index];
    return OK;
}
int nvmlDeviceGetHandleByUUID(const char *uuid, Device **out) {
    ENTER(NULL);
    for (int i = 0; i < gpu_count; i++)
        if (!strcmp(gpus[i]->uuid, uuid)) { *out = gpus[i]; return OK; }
    return NOT_FOUND;
}

/* ---- identity ---- */

int nvmlDeviceGetIndex(Device *d, unsigned *out) { ENTER(d); *out = d->index; return OK; }
int nvmlDeviceGetName(Device *d, char *o, unsigned n) { ENTER(d); return copy(o, n, d->name); }
int nvmlDeviceGetUUID(Device *d, char *o, unsigned n) { ENTER(d); return copy(o, n, d->uuid); }
int nvmlDeviceGetSerial(Device *d, char *o, unsigned n) { ENTER(d); return copy(o, n, d->serial); }
NUMBER_CALL(nvmlDeviceGetMinorNumber, unsigned, minor)
int nvmlDeviceGetCudaComputeCapability(Device *d, int *major, int *minor) {
    ENTER(d);
    NEED(d, cc_major);
    *major = GET(d, cc_major), *minor = GET(d, cc_minor);
    return OK;
}

typedef struct {
    char busIdLegacy[16];
    unsigned domain, bus, device, pciDeviceId, pciSubSystemId;
    char busId[32];
} Pci;
static void fill_pci(Pci *out, const char *text) {
    memset(out, 0, sizeof *out);
    sscanf(text, "%x:%x:%x", &out->domain, &out->bus, &out->device);
    strcpy(out->busId, text);
    snprintf(out->busIdLegacy, 16, "%04X:%02X:%02X.0", out->domain & 0xFFFF, out->bus & 0xFF,
             out->device & 0xFF);
}
int nvmlDeviceGetPciInfo_v3(Device *d, Pci *out) {
    ENTER(d);
    if (!*d->pci) return NOT_SUPPORTED;
    fill_pci(out, d->pci);
    return OK;
}

/* ---- memory and processes ---- */

static int fake_contexts(Device *d, Process *out, int count) {
    const char *folder = getenv("FAKE_CUDA_CONTEXTS");
    DIR *open_folder = folder ? opendir(folder) : NULL;
    if (!open_folder) return count;
    for (struct dirent *e; (e = readdir(open_folder)) && count < MOST_PROCESSES;) {
        int pid = atoi(e->d_name), gpu;
        char path[4096];
        u64 bytes;
        if (pid <= 0 || kill(pid, 0)) continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        if (fscanf(file, "%d %llu", &gpu, &bytes) == 2 && gpu == d->index)
            out[count++] = (Process){ 'C', pid, bytes, 0xFFFFFFFF, 0xFFFFFFFF };
        fclose(file);
    }
    closedir(open_folder);
    return count;
}
static u64 contexts_held(Device *d) {
    Process found[MOST_PROCESSES];
    int count = d->parent ? 0 : fake_contexts(d, found, 0);
    u64 held = 0;
    for (int i = 0; i < count; i++) held += found[i].bytes;
    return held;
}

#ifndef OLD_DRIVER
typedef struct { unsigned version; u64 total, reserved, free, used; } MemoryV2;
int nvmlDeviceGetMemoryInfo_v2(Device *d, MemoryV2 *out) {
    ENTER(d);
    NEED(d, total);
    if (out->version != 0x02000028) return VERSION_MISMATCH;
    out->total = GET(d, total), out->reserved = GET(d, reserved);
    out->used = GET(d, used) + contexts_held(d);
    out->free = out->total - out->reserved - out->used;
    return OK;
}
#endif
typedef struct { u64 total, free, used; } MemoryV1;
int nvmlDeviceGetMemoryInfo(Device *d, MemoryV1 *out) {
    ENTER(d);
    NEED(d, total);
    out->total = GET(d, total);
    out->used = GET(d, used) + GET(d, reserved) + contexts_held(d);
    out->free = out->total - out->used;
    return OK;
}
typedef struct { u64 total, free, used; } Bar1;
int nvmlDeviceGetBAR1MemoryInfo(Device *d, Bar1 *out) {
    ENTER(d);
    NEED(d, total);
    out->total = 256ULL << 20, out->used = 2ULL << 20, out->free = 254ULL << 20;
    return OK;
}

static int listed(Device *d, char kind, Process *out) {
    int count = 0;
    for (int i = 0; i < d->process_count; i++)
        if (d->processes[i].kind == kind) out[count++] = d->processes[i];
    return kind == 'C' && !d->parent ? fake_contexts(d, out, count) : count;
}

typedef struct { unsigned pid; u64 bytes; unsigned gi, ci; } ProcessInfo;
static int give_processes(Device *d, char kind, unsigned *count, ProcessInfo *out) {
    Process found[MOST_PROCESSES];
    unsigned room = *count, n = listed(d, kind, found);
    *count = n;
    if (!n) return OK;
    if (!out && forgetful) return OK;
    if (room < n || !out) return SMALL;
    for (unsigned i = 0; i < n; i++)
        out[i] = (ProcessInfo){ found[i].pid, found[i].bytes, found[i].gi, found[i].ci };
    return OK;
}
#define PROCESS_CALL(symbol, kind) \
    int symbol(Device *d, unsigned *n, ProcessInfo *o) { ENTER(d); return give_processes(d, kind, n, o); }
PROCESS_CALL(nvmlDeviceGetComputeRunningProcesses_v2, 'C')
PROCESS_CALL(nvmlDeviceGetGraphicsRunningProcesses_v2, 'G')
#ifndef OLD_DRIVER
PROCESS_CALL(nvmlDeviceGetComputeRunningProcesses_v3, 'C')
PROCESS_CALL(nvmlDeviceGetGraphicsRunningProcesses_v3, 'G')
PROCESS_CALL(nvmlDeviceGetMPSComputeRunningProcesses_v3, 'M')
#endif
int nvmlDeviceGetProcessUtilization(Device *d, void *o, unsigned *n, u64 since) {
    (void)o, (void)since;
    ENTER(d);
    *n = 0;
    return NOT_FOUND;
}

typedef struct { unsigned gpu, memory; } Rates;
int nvmlDeviceGetUtilizationRates(Device *d, Rates *out) {
    ENTER(d);
    NEED(d, util_gpu);
    out->gpu = GET(d, util_gpu), out->memory = GET(d, util_mem);
    return OK;
}
#define CODEC_CALL(symbol, key) \
    int symbol(Device *d, unsigned *out, unsigned *period) { \
        ENTER(d); NEED(d, key); *out = GET(d, key); *period = 167000; return OK; }
CODEC_CALL(nvmlDeviceGetEncoderUtilization, encoder)
CODEC_CALL(nvmlDeviceGetDecoderUtilization, decoder)

/* ---- links and topology ---- */

typedef struct {
    uint32_t id, scope;
    int64_t timestamp, latency;
    uint32_t type, code;
    union { double d; unsigned ui; unsigned long ul; u64 ull; } value;
} Field;
static int field_key(unsigned id) { return id == 91 ? K_link_count : id == 82 ? K_memory_celsius : -1; }
int nvmlDeviceGetFieldValues(Device *d, int count, Field *fields) {
    ENTER(d);
    for (int i = 0; i < count; i++) {
        int key = field_key(fields[i].id);
        fields[i].type = 1, fields[i].code = key < 0 || !d->has[key] ? NOT_SUPPORTED : OK;
        fields[i].value.ull = 0;
        if (!fields[i].code) fields[i].value.ui = d->value[key];
    }
    return OK;
}
#define LINK(d, i) do { if ((i) >= MOST_LINKS) return INVALID; \
    if (!(d)->links[i].known) return (d)->links[0].known ? INVALID : NOT_SUPPORTED; } while (0)
int nvmlDeviceGetNvLinkState(Device *d, unsigned i, unsigned *out) {
    ENTER(d);
    LINK(d, i);
    *out = d->links[i].state;
    return OK;
}
int nvmlDeviceGetNvLinkVersion(Device *d, unsigned i, unsigned *out) {
    ENTER(d);
    LINK(d, i);
    *out = GET(d, link_version);
    return OK;
}
int nvmlDeviceGetNvLinkRemoteDeviceType(Device *d, unsigned i, unsigned *out) {
    ENTER(d);
    LINK(d, i);
    *out = d->links[i].remote;
    return OK;
}
int nvmlDeviceGetNvLinkRemotePciInfo_v2(Device *d, unsigned i, Pci *out) {
    ENTER(d);
    LINK(d, i);
    fill_pci(out, d->links[i].pci);
    return OK;
}
int nvmlDeviceGetTopologyCommonAncestor(Device *a, Device *b, unsigned *out) {
    ENTER(a);
    if (a == b) return INVALID;
    if (a->ancestor[b->index] < 0) return NOT_SUPPORTED;
    *out = a->ancestor[b->index];
    return OK;
}
int nvmlDeviceGetP2PStatus(Device *a, Device *b, unsigned index, unsigned *out) {
    ENTER(a);
    if (a == b) return INVALID;
    if (index != 2 || a->p2p[b->index] < 0) return NOT_SUPPORTED;
    *out = a->p2p[b->index];
    return OK;
}
static int give_words(const u64 *words, int has, unsigned size, unsigned long *out) {
    if (!has) return NOT_SUPPORTED;
    for (unsigned i = 0; i < size; i++) out[i] = i < MOST_WORDS ? words[i] : 0;
    return OK;
}
int nvmlDeviceGetCpuAffinity(Device *d, unsigned n, unsigned long *o) {
    ENTER(d);
    return give_words(d->cpus, d->has_cpus, n, o);
}
int nvmlDeviceGetMemoryAffinity(Device *d, unsigned n, unsigned long *o, unsigned scope) {
    (void)scope;
    ENTER(d);
    return give_words(d->nodes, d->has_nodes, n, o);
}
#ifndef OLD_DRIVER
NUMBER_CALL(nvmlDeviceGetNumaNodeId, unsigned, numa_node)
typedef struct {
    unsigned version;
    uint8_t cluster[16];
    unsigned status, clique;
    uint8_t state;
    unsigned health;
    uint8_t summary;
} FabricV3;
int nvmlDeviceGetGpuFabricInfoV(Device *d, FabricV3 *out) {
    ENTER(d);
    if (out->version != 0x3000028) return VERSION_MISMATCH;
    NEED(d, fabric_state);
    for (int i = 0; i < 16; i++) {
        unsigned byte = 0;
        sscanf(d->cluster + 2 * i, "%2x", &byte);
        out->cluster[i] = byte;
    }
    out->status = GET(d, fabric_status), out->clique = GET(d, fabric_clique);
    out->state = GET(d, fabric_state), out->health = GET(d, fabric_health);
    return OK;
}
#endif

/* ---- MIG ---- */

int nvmlDeviceGetMigMode(Device *d, unsigned *now, unsigned *next) {
    ENTER(d);
    NEED(d, mig_mode);
    *now = GET(d, mig_mode), *next = GET(d, mig_pending);
    return OK;
}
int nvmlDeviceGetMaxMigDeviceCount(Device *d, unsigned *out) {
    ENTER(d);
    NEED(d, mig_mode);
    *out = GET(d, mig_mode) ? (d->has[K_mig_max] ? GET(d, mig_max) : 7) : 0;
    return OK;
}
int nvmlDeviceGetMigDeviceHandleByIndex(Device *d, unsigned index, Device **out) {
    ENTER(d);
    if ((int)index >= d->slice_count) return NOT_FOUND;
    *out = d->slices[index];
    return OK;
}
int nvmlDeviceIsMigDeviceHandle(Device *d, unsigned *out) { ENTER(d); *out = !!d->parent; return OK; }
int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(Device *d, Device **out) {
    ENTER(d);
    if (!d->parent) return INVALID;
    *out = d->parent;
    return OK;
}
NUMBER_CALL(nvmlDeviceGetGpuInstanceId, unsigned, gi)
NUMBER_CALL(nvmlDeviceGetComputeInstanceId, unsigned, ci)

/* ---- health, heat, power, clocks ---- */

int nvmlDeviceGetEccMode(Device *d, unsigned *now, unsigned *next) {
    ENTER(d);
    NEED(d, ecc);
    *now = *next = GET(d, ecc);
    return OK;
}
int nvmlDeviceGetTotalEccErrors(Device *d, unsigned kind, unsigned since, u64 *out) {
    (void)since;
    ENTER(d);
    if (!d->has[K_ecc] || !GET(d, ecc)) return NOT_SUPPORTED;
    *out = kind ? GET(d, ecc_uncorrected) : GET(d, ecc_corrected);
    return OK;
}
int nvmlDeviceGetRemappedRows(Device *d, unsigned *corr, unsigned *unc, unsigned *pending, unsigned *failed) {
    ENTER(d);
    NEED(d, remap_corrected);
    *corr = GET(d, remap_corrected), *unc = GET(d, remap_uncorrected);
    *pending = GET(d, remap_pending), *failed = GET(d, remap_failed);
    return OK;
}
NUMBER_CALL(nvmlDeviceGetPcieReplayCounter, unsigned, pcie_replays)
int nvmlDeviceGetTemperature(Device *d, unsigned sensor, unsigned *out) {
    (void)sensor;
    ENTER(d);
    NEED(d, celsius);
    *out = GET(d, celsius);
    return OK;
}
#ifndef OLD_DRIVER
typedef struct { unsigned version, sensor; int celsius; } TemperatureV1;
int nvmlDeviceGetTemperatureV(Device *d, TemperatureV1 *out) {
    ENTER(d);
    if (out->version != 0x100000C) return VERSION_MISMATCH;
    NEED(d, celsius);
    out->celsius = GET(d, celsius);
    return OK;
}
typedef struct { unsigned version; int margin; } MarginV1;
int nvmlDeviceGetMarginTemperature(Device *d, MarginV1 *out) {
    ENTER(d);
    if (out->version != 0x1000008) return VERSION_MISMATCH;
    NEED(d, margin);
    out->margin = GET(d, margin);
    return OK;
}
NUMBER_CALL(nvmlDeviceGetCurrentClocksEventReasons, u64, clock_reasons)
#endif
NUMBER_CALL(nvmlDeviceGetCurrentClocksThrottleReasons, u64, clock_reasons)
NUMBER_CALL(nvmlDeviceGetPowerUsage, unsigned, milliwatts)
NUMBER_CALL(nvmlDeviceGetEnforcedPowerLimit, unsigned, milliwatts_limit)
NUMBER_CALL(nvmlDeviceGetPowerManagementLimit, unsigned, milliwatts_limit)
NUMBER_CALL(nvmlDeviceGetTotalEnergyConsumption, u64, millijoules)
static int give_clock(Device *d, unsigned kind, int sm, int memory, unsigned *out) {
    int key = kind == 2 ? memory : sm;
    if (!d->has[key]) return NOT_SUPPORTED;
    *out = d->value[key];
    return OK;
}
int nvmlDeviceGetClockInfo(Device *d, unsigned kind, unsigned *out) {
    ENTER(d);
    return give_clock(d, kind, K_clock_sm, K_clock_memory, out);
}
int nvmlDeviceGetMaxClockInfo(Device *d, unsigned kind, unsigned *out) {
    ENTER(d);
    return give_clock(d, kind, K_clock_sm_max, K_clock_memory_max, out);
}
NUMBER_CALL(nvmlDeviceGetFanSpeed, unsigned, fan)
NUMBER_CALL(nvmlDeviceGetPerformanceState, unsigned, pstate)
NUMBER_CALL(nvmlDeviceGetPersistenceMode, unsigned, persistence)
NUMBER_CALL(nvmlDeviceGetDisplayActive, unsigned, display)
NUMBER_CALL(nvmlDeviceGetDisplayMode, unsigned, display)
NUMBER_CALL(nvmlDeviceGetComputeMode, unsigned, compute_mode)

/* ---- events ---- */

typedef struct { Device *device; u64 type, data; unsigned gi, ci; } Event;
int nvmlEventSetCreate(void **out) { ENTER(NULL); *out = &gpu_count; return OK; }
int nvmlEventSetFree(void *set) { (void)set; ENTER(NULL); return OK; }
int nvmlDeviceRegisterEvents(Device *d, u64 types, void *set) {
    (void)set, (void)types;
    ENTER(d);
    NEED(d, events);
    d->registered = 1;
    return OK;
}
int nvmlEventSetWait_v2(void *set, Event *out, unsigned milliseconds) {
    (void)set;
    ENTER(NULL);
    for (int i = 0; i < gpu_count; i++)
        if (gpus[i]->registered && gpus[i]->xid_count) {
            *out = (Event){ gpus[i], 8, gpus[i]->xids[--gpus[i]->xid_count], 0xFFFFFFFF, 0xFFFFFFFF };
            return OK;
        }
    if (milliseconds) usleep(1000 * milliseconds);
    return TIMEOUT;
}
