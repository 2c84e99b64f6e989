/* A bare client of a simulated DigitalOcean: for each Droplet the order of a snapshot, then the list
   of its snapshots, over connections that stay open.
   Arguments: port, token, the first Droplet's id, how many Droplets, how many connections. */
#define _GNU_SOURCE
#include "common.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection { int end; int64_t droplet; int is_ordered; size_t filled; char answer[1 << 15]; };

static const char *token;
static int64_t next_droplet, last_droplet, answered;
static double last_create;

static void fail(const char *what) { perror(what); exit(1); }

static void ask(struct connection *one) {
    char request[1024], body[128];
    int size = snprintf(body, sizeof body, "{\"name\":\"floor-%lld\",\"type\":\"snapshot\"}",
                        (long long)one->droplet);
    if (one->is_ordered)
        size = snprintf(request, sizeof request,
            "GET /v2/droplets/%lld/snapshots?per_page=200&page=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Accept: application/json\r\nAuthorization: Bearer %s\r\n\r\n",
            (long long)one->droplet, token);
    else
        size = snprintf(request, sizeof request,
            "POST /v2/droplets/%lld/actions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Accept: application/json\r\nAuthorization: Bearer %s\r\n"
            "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
            (long long)one->droplet, token, size, body);
    one->filled = 0;
    if (write(one->end, request, size) != size) fail("write");
}

/* Whether the whole answer is there; ends the program when it is no success. */
static int is_whole(struct connection *one) {
    one->answer[one->filled] = 0;
    char *end = strstr(one->answer, "\r\n\r\n");
    if (!end) return 0;
    if (strncmp(one->answer, "HTTP/1.1 20", 11) != 0) {
        fprintf(stderr, "cloud: answered %.200s\n", one->answer);
        exit(1);
    }
    char *length = strcasestr(one->answer, "\r\ncontent-length:");
    if (!length || length > end) { fprintf(stderr, "cloud: an answer without length\n"); exit(1); }
    return one->filled >= (size_t)(end + 4 - one->answer) + strtoul(length + 17, NULL, 10);
}

/* What comes after a whole answer; 0 when nothing is left to ask. */
static int go_on(struct connection *one) {
    answered++;
    if (!one->is_ordered) {
        last_create = now_seconds();
        one->is_ordered = 1;
    } else {
        if (next_droplet == last_droplet) return 0;
        one->droplet = next_droplet++;
        one->is_ordered = 0;
    }
    ask(one);
    return 1;
}

/* Not getrusage's, which has the memory of the process that this one was forked from. */
static long peak_memory(void) {
    char line[256];
    long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    if (!file) fail("/proc/self/status");
    while (fgets(line, sizeof line, file)) sscanf(line, "VmHWM: %ld", &kilobytes);
    fclose(file);
    return kilobytes * 1024;
}

int main(int argc, char **argv) {
    if (argc != 6) { fprintf(stderr, "usage: cloud PORT TOKEN FIRST COUNT CONNECTIONS\n"); return 64; }
    token = argv[2];
    next_droplet = atoll(argv[3]);
    int64_t count = atoll(argv[4]);
    last_droplet = next_droplet + count;
    int open = atoi(argv[5]), poll = epoll_create1(0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    double beginning = now_seconds();
    for (int i = 0; i < open && next_droplet < last_droplet; i++) {
        struct connection *one = calloc(1, sizeof *one);
        one->end = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(one->end, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
        setsockopt(one->end, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
        epoll_ctl(poll, EPOLL_CTL_ADD, one->end, &event);
        one->droplet = next_droplet++;
        ask(one);
    }
    while (answered < 2 * count) {
        struct epoll_event events[64];
        int ready = epoll_wait(poll, events, 64, 30000);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) fail("epoll_wait");
        for (int i = 0; i < ready; i++) {
            struct connection *one = events[i].data.ptr;
            ssize_t size = recv(one->end, one->answer + one->filled,
                                sizeof one->answer - 1 - one->filled, MSG_DONTWAIT);
            if (size <= 0) fail("recv");
            one->filled += size;
            if (is_whole(one) && !go_on(one)) close(one->end);
        }
    }
    printf("cloud.floor %f\ncloud.memory.floor %ld\n", last_create - beginning, peak_memory());
    return 0;
}
