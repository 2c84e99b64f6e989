/* What no start can do without: reading the configuration's bytes, opening the history, its last
   event, the recorded assignments, and a socket that listens.
   Arguments: the history, a socket's path, the configuration's files. */
#include "common.h"
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 4) { fprintf(stderr, "usage: start FILE SOCKET CONFIG...\n"); return 64; }
    double beginning = now_seconds();
    int64_t bytes = 0, rows = 0;
    for (int i = 3; i < argc; i++) {
        static char piece[1 << 20];
        FILE *file = fopen(argv[i], "r");
        if (!file) { perror(argv[i]); return 1; }
        for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0;) bytes += size;
        fclose(file);
    }
    sqlite3 *db;
    check(NULL, sqlite3_open(argv[1], &db), "open");
    step(db, prepare(db, "SELECT hash FROM event ORDER BY id DESC LIMIT 1"));
    sqlite3_stmt *assignments = prepare(db,
        "SELECT policy, target FROM assignment WHERE ended_at IS NULL");
    while (sqlite3_step(assignments) == SQLITE_ROW) rows += sqlite3_column_bytes(assignments, 1);
    int end = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", argv[2]);
    if (bind(end, (struct sockaddr *)&address, sizeof address) != 0 || listen(end, 16) != 0) {
        perror(argv[2]);
        return 1;
    }
    printf("start.floor %f\n", now_seconds() - beginning);
    unlink(argv[2]);
    return bytes == 0 && rows < 0;
}
