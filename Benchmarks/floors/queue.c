/* Three commits a job, one job at a time, by prepared statements: what the disk and SQLite allow
   without group commit. Arguments: a new file, the schema, seconds. Prints jobs a second. */
#include "common.h"

int main(int argc, char **argv) {
    if (argc != 4) { fprintf(stderr, "usage: queue FILE SCHEMA SECONDS\n"); return 64; }
    sqlite3 *db = open_history(argv[1], argv[2]);
    double length = atof(argv[3]);
    sqlite3_stmt *begin = prepare(db, "BEGIN IMMEDIATE"), *commit = prepare(db, "COMMIT");
    sqlite3_stmt *insert_job = prepare(db, INSERT_JOB);
    sqlite3_stmt *claim = prepare(db,
        "UPDATE job SET state = 'running', lease_until = ?2, attempt = attempt + 1 WHERE id = ?1");
    sqlite3_stmt *insert_run = prepare(db,
        "INSERT INTO run (job, attempt, token, state, started_at)"
        " VALUES (?1, 1, ?2, 'running', ?3)");
    sqlite3_stmt *end_job = prepare(db,
        "UPDATE job SET state = 'succeeded', lease_until = NULL, ended_at = ?2 WHERE id = ?1");
    sqlite3_stmt *end_run = prepare(db,
        "UPDATE run SET state = 'succeeded', ended_at = ?2 WHERE id = ?1");
    sqlite3_stmt *insert_point = prepare(db,
        "INSERT INTO recovery_point (run, policy, target, provider, token, remote_id, taken_at,"
        " recorded_at, source_bytes, stored_bytes, entries, state)"
        " VALUES (?1, 'nightly', ?2, 'disk', ?3, ?3, ?4, ?4, 2000000, 1000000, 100, 'available')");
    sqlite3_stmt *insert_event = prepare(db, INSERT_EVENT);
    unsigned char hash[32] = {0};
    double beginning = now_seconds(), end = beginning + length;
    int64_t jobs = 0;
    while (now_seconds() < end) {
        char target[32], token[40];
        int64_t opens = (1750000000LL + jobs) * 1000;
        snprintf(target, sizeof target, "target-0-%d", (int)(jobs % 16));
        snprintf(token, sizeof token, "hf-%010lld-20250615T150640Z", (long long)jobs);

        step(db, begin);
        text(insert_job, 1, "nightly");
        text(insert_job, 2, target);
        number(insert_job, 3, opens);
        number(insert_job, 4, opens + 864000000000LL);
        step(db, insert_job);
        int64_t job = sqlite3_last_insert_rowid(db);
        step(db, commit);

        step(db, begin);
        number(claim, 1, job);
        number(claim, 2, opens + 3600000);
        step(db, claim);
        number(insert_run, 1, job);
        text(insert_run, 2, token);
        number(insert_run, 3, opens);
        step(db, insert_run);
        int64_t run = sqlite3_last_insert_rowid(db);
        step(db, commit);

        step(db, begin);
        number(end_job, 1, job);
        number(end_job, 2, opens + 5000);
        step(db, end_job);
        number(end_run, 1, run);
        number(end_run, 2, opens + 5000);
        step(db, end_run);
        number(insert_point, 1, run);
        text(insert_point, 2, target);
        text(insert_point, 3, token);
        number(insert_point, 4, opens);
        step(db, insert_point);
        number(insert_event, 1, jobs + 1);
        number(insert_event, 2, opens + 5000);
        text(insert_event, 3, "backup.succeeded");
        text(insert_event, 4, "nightly");
        text(insert_event, 5, target);
        number(insert_event, 6, job);
        text(insert_event, 7, token);
        memcpy(hash, &jobs, sizeof jobs);
        sqlite3_bind_blob(insert_event, 8, hash, sizeof hash, SQLITE_STATIC);
        step(db, insert_event);
        step(db, commit);
        jobs++;
    }
    printf("queue.floor %f\n", jobs / (now_seconds() - beginning));
    return 0;
}
