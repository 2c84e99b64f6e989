#!/bin/bash
# Tries the installed service under a real systemd. Run as root, inside a system that holds what
# 'make install' lays down and nothing of value; 'make acceptance' arranges that.
set -euo pipefail
exec 2>&1

readonly config=/etc/holdfast/holdfast.yaml
readonly socket=/run/holdfast/holdfast.sock
readonly history=/var/lib/holdfast/history.sqlite
readonly repository=/var/backups/holdfast
readonly out=${HARNESS_OUT:-/tmp}
failures=0

topic() { printf '\n# %s\n' "$*"; }
ok() { printf 'ok    %s\n' "$*"; }
bad() {
    printf 'FAIL  %s\n' "$*"
    failures=$((failures + 1))
}

# expect WORDS COMMAND...: the command succeeds.
expect() {
    local words=$1
    shift
    if "$@" >"$out/last" 2>&1; then ok "$words"; else
        bad "$words (status $?: $*)"
        sed 's/^/      | /' "$out/last" | tail -n 20
    fi
}

# exits STATUS WORDS COMMAND...: the command ends with this status.
exits() {
    local wanted=$1 words=$2 status=0
    shift 2
    "$@" >"$out/last" 2>&1 || status=$?
    if [ "$status" -eq "$wanted" ]; then ok "$words"; else
        bad "$words (status $status, expected $wanted: $*)"
        sed 's/^/      | /' "$out/last" | tail -n 20
    fi
}

# equal WORDS FOUND WANTED
equal() {
    if [ "$2" = "$3" ]; then ok "$1 ($2)"; else bad "$1: '$2', expected '$3'"; fi
}

# within SECONDS COMMAND...: waits until the command succeeds.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

property() { systemctl show holdfast --property "$1" --value; }
is_state() { [ "$(property ActiveState)" = "$1" ]; }
ask() { curl --silent --show-error --max-time 10 --unix-socket "$socket" "http://holdfast$1"; }
# field EXPRESSION: of the JSON on standard input, called 'it'.
field() { python3 -c "import json,sys; it=json.load(sys.stdin); print($1)"; }
status_field() { ask /v1/status | field "$1"; }
query() { sqlite3 -readonly "$history" "$1"; }
# queued TARGET: asks for a backup, waits for nothing, prints the job's number.
queued() {
    holdfast backup "$1" --no-wait >/dev/null
    query "select max(id) from job where target = '$1'"
}
log() { journalctl --unit holdfast --output cat --no-pager "$@"; }

configure() {
    local hour
    hour=$(date --utc --date '+12 hours' +%H)
    cat >"$config" <<YAML
version: 1
timezone: UTC
control: { admin_group: holdfast-admin }
providers:
  disk: { type: local, repository: $repository }
policies:
  nightly:
    plan: daily
    hour: $((10#$hour))
    window: 1h
    catch_up: skip
    retention: { keep_daily: 7 }
    retry: { attempts: 5, backoff: 1s, max_backoff: 1s }
  slow:
    plan: daily
    hour: $((10#$hour))
    window: 1h
    catch_up: skip
    retention: { keep_daily: 7 }
    retry: { attempts: 5, backoff: 1s, max_backoff: 1s }
    hooks:
      before: { command: [/usr/local/bin/linger], timeout: 5m }
targets:
  - { name: sample, provider: disk, directory: /srv/sample, policy: nightly }
  - { name: database, provider: disk, sqlite: /srv/database/app.sqlite, policy: nightly }
  - { name: big, provider: disk, directory: /srv/big, policy: nightly }
  - { name: slow, provider: disk, directory: /srv/sample, policy: slow }
$*
YAML
    chgrp holdfast "$config"
    chmod 0640 "$config"
}

prepare() {
    mkdir -p /srv/sample/deep /srv/database /srv/big
    echo 'only root reads this' >/srv/sample/deep/secret
    chmod 0600 /srv/sample/deep/secret
    chmod 0700 /srv/sample/deep /srv/sample
    sqlite3 /srv/database/app.sqlite \
        'create table t (n integer); insert into t values (1), (2), (3);'
    chmod 0600 /srv/database/app.sqlite
    # Random bytes don't shrink, so a backup of them takes long enough to be caught in the middle.
    head -c 1G /dev/urandom >/srv/big/data
    cat >/usr/local/bin/linger <<'SH'
#!/bin/sh
if [ -e /srv/linger ]; then sleep 120; fi
SH
    chmod 0755 /usr/local/bin/linger
    groupadd --system holdfast-admin
    useradd --no-create-home reader
    useradd --no-create-home stranger
    useradd --no-create-home manager
    usermod --append --groups holdfast reader
    usermod --append --groups holdfast,holdfast-admin manager
}

installed() {
    topic 'What was installed'
    holdfast --version
    expect 'systemd-analyze verify finds nothing' \
        bash -c "out=\$(systemd-analyze verify --man=no holdfast.service 2>&1); echo \"\$out\"; test -z \"\$out\""
    systemd-analyze security --no-pager holdfast.service | tail -n 1
    expect 'the user exists' id holdfast
    equal 'configuration' "$(stat -c '%a %U %G' /etc/holdfast)" '750 root holdfast'
    equal 'state' "$(stat -c '%a %U %G' /var/lib/holdfast)" '700 holdfast holdfast'
    equal 'repository' "$(stat -c '%a %U %G' $repository)" '700 holdfast holdfast'
}

broken_start() {
    topic 'A broken configuration does not start'
    configure '  - { name: other, provider: dsk, directory: /srv/sample, policy: nightly }'
    expect 'systemctl start fails' bash -c '! systemctl start holdfast'
    expect 'status 78 is shown' bash -c \
        'systemctl status --no-pager holdfast | grep -E "ExecStartPre=.*status=78"'
    log --lines 20 >"$out/refusal"
    expect 'the log names file, line and column' grep -E 'holdfast.yaml:[0-9]+:[0-9]+: ' \
        "$out/refusal"
    expect 'the nearest name is told' grep "did you mean 'disk'" "$out/refusal"
    expect 'it gives up soon and stays failed' within 60 is_state failed
    expect 'nothing was made in the state directory' test ! -e "$history"
    systemctl reset-failed holdfast
}

good_start() {
    topic 'Start'
    configure ''
    expect 'the check is content' runuser -u holdfast -- holdfast check
    expect 'systemctl start succeeds' systemctl start holdfast
    # No waiting here: readiness is told only after the socket answers.
    expect 'the socket answers at once' ask /v1/status
    equal 'targets' "$(status_field "it['targets']")" 4
    equal 'socket' "$(stat -c '%a %U %G' $socket)" '660 holdfast holdfast'
    equal 'history' "$(stat -c '%a %U %G' $history)" '600 holdfast holdfast'
    equal 'systemctl status tells' "$(property StatusText)" '4 targets under 2 policies'
}

back_up() {
    topic 'A backup, its proof and its restore'
    expect 'a directory of root, mode 0700' holdfast backup sample
    expect 'a database of root, mode 0600' holdfast backup database
    holdfast points
    equal 'points' "$(status_field "it['points']")" 2
    expect 'verify' holdfast verify sample@latest
    expect 'restore' holdfast restore sample@latest --to /root/restored
    expect 'the same bytes' diff --recursive /srv/sample /root/restored
    equal 'and permissions' "$(stat -c '%a %U' /root/restored/deep/secret)" '600 root'
    expect 'restore of the database' holdfast restore database@latest --to /root/restored-db
    equal 'rows' "$(sqlite3 /root/restored-db/app.sqlite 'select count(*) from t')" 3
    equal 'modes in the repository' \
        "$(find $repository/sample -type f -name '[a-z]*' -printf '%m\n' | sort --unique)" 600
}

access() {
    topic 'Who may do what'
    expect 'a member of the group reads' runuser -u reader -- holdfast status
    exits 77 'and may not start a backup' runuser -u reader -- holdfast backup sample
    equal 'which is a 403 with a problem document' \
        "$(runuser -u reader -- curl --silent --unix-socket $socket --request POST \
            http://holdfast/v1/targets/sample/backup | field "it['status']")" 403
    exits 77 'a stranger may not even read' runuser -u stranger -- holdfast status
    expect 'a member of the admin group may' runuser -u manager -- holdfast backup sample
    expect 'and is named in the audit log' bash -c "sqlite3 -readonly $history \
        'select actor from audit_events' | grep -F '(manager)'"
}

reload() {
    topic 'Reload'
    local digest
    configure '  - { name: more, provider: disk, directory: /srv/sample, policy: nightly }'
    expect 'a good one is accepted' systemctl reload holdfast
    expect 'and comes into force' within 10 bash -c "curl --silent --unix-socket $socket \
        http://holdfast/v1/status | grep '\"targets\":5'"
    digest=$(status_field "it['configuration_digest']")
    configure '  - { name: more, provider: disk, directory: /srv/sample, polcy: nightly }'
    systemctl reload holdfast || true
    expect 'a bad one is refused, and status says so' within 10 bash -c "curl --silent \
        --unix-socket $socket http://holdfast/v1/status | grep configuration_rejection"
    equal 'the old one is in force' "$(status_field "it['configuration_digest']")" "$digest"
    expect 'the service is active' within 5 is_state active
    holdfast status | sed -n '/refused/,/polcy/p'
    expect 'backups go on' holdfast backup more
    configure ''
    systemctl reload holdfast
    expect 'a good one again clears it' within 10 bash -c "curl --silent \
        --unix-socket $socket http://holdfast/v1/status | grep '\"targets\":4'"
    equal 'no refusal is left' \
        "$(status_field "it.get('configuration_rejection')")" None
}

priorities() {
    topic 'Log priorities'
    log --priority err >"$out/errors"
    expect 'refusals are errors' grep 'configuration refused' "$out/errors"
    expect 'readiness is not' bash -c "! grep -E '^ready ' '$out/errors'"
    equal 'readiness is a notice' "$(journalctl --unit holdfast --output json --no-pager |
        python3 -c "import json,sys; print(*{e['PRIORITY'] for e in map(json.loads, sys.stdin)
            if str(e['MESSAGE']).startswith('ready ')})")" 5
    expect 'no prefix is left in the text' bash -c "! journalctl --unit holdfast --output cat \
        --no-pager | grep -E '^<[0-9]>'"
}

drop_in() {
    mkdir -p /run/systemd/system/holdfast.service.d
    printf '[Service]\n%s\n' "$@" >/run/systemd/system/holdfast.service.d/test.conf
    systemctl daemon-reload
}

no_drop_in() {
    rm -r /run/systemd/system/holdfast.service.d
    systemctl daemon-reload
}

restarts_above() { [ "$(property NRestarts)" -gt "$1" ] && is_state active; }

watchdog() {
    topic 'Watchdog'
    drop_in 'WatchdogSec=4s' 'RestartSec=1s'
    systemctl restart holdfast
    local pid restarts
    pid=$(property MainPID)
    restarts=$(property NRestarts)
    sleep 10
    equal 'an idle daemon feeds it' "$(property MainPID)" "$pid"
    kill -STOP "$pid"
    expect 'a stopped one is replaced' within 40 restarts_above "$restarts"
    expect 'the log says why' bash -c 'journalctl --no-pager _PID=1 | grep -i "holdfast.*watchdog timeout"'
    expect 'and it answers again' ask /v1/status
    no_drop_in
}

has_partial() { compgen -G "$repository/big/.*.partial" >/dev/null; }
job_ended() { [ "$(query "select state from job where id = $1")" = "$2" ]; }

killed() {
    topic 'kill -9 in the middle of a backup'
    systemctl reset-failed holdfast
    systemctl restart holdfast
    local job restarts token
    restarts=$(property NRestarts)
    job=$(queued big)
    within 20 has_partial || bad 'no backup began'
    kill -KILL "$(property MainPID)"
    expect 'it was in the middle' has_partial
    expect 'it is restarted' within 30 restarts_above "$restarts"
    expect 'the job is done after all' within 90 job_ended "$job" succeeded
    token=$(query "select token from run where job = $job limit 1")
    equal 'one point with its token' \
        "$(query "select count(*) from recovery_point where token = '$token'")" 1
    equal 'one folder in the repository' "$(find $repository/big -mindepth 1 -maxdepth 1 \
        -type d | wc -l)" 1
    equal 'its runs' "$(query "select group_concat(state) from (select state from run
        where job = $job order by id)")" 'interrupted,succeeded'
    expect 'which is shown' bash -c 'holdfast runs --target big | grep interrupted'
    expect 'no tar is left over' bash -c '! pgrep -x tar'
    expect 'the point is whole' holdfast verify "$token"
}

stopped() {
    topic 'Stop'
    local job
    systemctl reset-failed holdfast
    job=$(queued big)
    sleep 0.5
    expect 'a short job ends within the grace' systemctl stop holdfast
    expect 'all of the history is in its one file' test ! -s "$history-wal"
    equal 'result' "$(property Result)" success
    equal 'its run' "$(query "select group_concat(state) from run where job = $job")" succeeded
    expect 'the socket is gone' test ! -e "$socket"

    drop_in 'ExecStart=' 'ExecStart=/usr/bin/holdfast daemon --stop-grace 1s'
    touch /srv/linger
    systemctl start holdfast
    job=$(queued slow)
    within 10 pgrep -x linger || bad 'the hook did not begin'
    expect 'a long job does not hold up the stop' timeout 20 systemctl stop holdfast
    equal 'result' "$(property Result)" success
    equal 'its run' "$(query "select group_concat(state) from run where job = $job")" handed_back
    expect 'its hook is gone' bash -c '! pgrep -x linger'
    rm /srv/linger
    no_drop_in
    systemctl start holdfast
    expect 'the next start does it' within 30 job_ended "$job" succeeded
}

confined() {
    topic 'Confinement'
    local pid
    pid=$(property MainPID)
    equal 'user' "$(ps -o user= -p "$pid")" holdfast
    equal 'capabilities' "$(sed -n 's/^Cap\(Eff\|Bnd\|Amb\):\t0*//p' "/proc/$pid/status" |
        sort --unique)" 4
    expect 'it can be enabled' systemctl enable holdfast
    expect 'no system call was refused' bash -c "! journalctl --no-pager | grep -i 'SECCOMP.*holdfast'"
    systemctl stop holdfast
}

prepare
installed
broken_start
good_start
back_up
access
reload
priorities
watchdog
killed
stopped
confined

log >"$out/journal.txt"
topic "$failures failures"
[ "$failures" -eq 0 ]
