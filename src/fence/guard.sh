#!/usr/bin/env bash
# The guard: stops the PostgreSQL of one data directory when the deadline that the agent keeps
# extending passes, whatever has become of the agent (docs/adr/0008-the-guard.md).
#
#   guard.sh DIRECTORY DATA [DEADLINE]   a new guard: says "ready", or "error WHY" and ends
#
# DIRECTORY holds two FIFOs. `commands` brings lines from the agent, which a report answers:
#   TOKEN deadline MS      from then on PostgreSQL is stopped; MS counts as /proc/uptime does
#   TOKEN disarm           no deadline any more
#   TOKEN ping             nothing but the answer
#   TOKEN exit             ends, unless there is a deadline
#   TOKEN replace SCRIPT   goes on as another version of this program, without a gap
# `life` takes the reports: `idle|armed|fenced TOKEN PID VERSION DEADLINE`, one more when a deadline
# has passed. Its end of file says that the guard is dead.
#
# On the way to a stopped PostgreSQL nothing is forked and no disk is written: a host that is out of
# memory, processes or disk space is fenced too. No `set -e`: whatever fails, it must go on.

# Known to guard-protocol.ts; to be raised with every change here.
VERSION=1

# After the deadline, in milliseconds: SIGINT at once, then these. The lease ends 2.5 s after the
# deadline at the earliest (src/ha/lease.ts).
QUIT_AFTER=1000
KILL_AFTER=1500

# How long to wait for a command at most, in milliseconds: after a suspend it must look soon.
IDLE_WAIT=60000
ARMED_WAIT=1000
FENCED_WAIT=50
CALM_WAIT=500 # after a minute without any PostgreSQL

DEADLINE=0 # 0: there is none
TOKEN=-    # of the last command
FENCED=    # set: the deadline has passed, and PostgreSQL was told
GONE=      # set: since then it was seen that no PostgreSQL runs
PARTIAL=   # the beginning of a command whose end has not come yet
NOTED=-60000

# NOW = milliseconds since the host was started, with the time for which it was suspended.
look_at_clock() {
  local uptime=
  read -r uptime _ </proc/uptime
  # No file can be opened on a host that is out of them: then the time is guessed, a little fast.
  if [[ -n $uptime ]]; then NOW=$((10#${uptime/./}0)); else NOW=$((NOW + WAIT)); fi
}

# True when process $1 is a PostgreSQL that works in the data directory: not a zombie (its directory
# cannot be looked at), not another program that got the same number.
is_server() {
  local name=
  [[ /proc/$1/cwd -ef $DATA || /proc/$1/cwd -ef /proc/self/fd/5 ]] || return 1
  { read -r name <"/proc/$1/comm"; } 2>/dev/null
  [[ $name == *postgres* || $name == postmaster ]]
}

# SERVERS = all PostgreSQL processes of the data directory. Those whose parent is dead count too:
# a backend may outlive its postmaster and finish a commit.
find_servers() {
  local entry
  SERVERS=' '
  for entry in /proc/[1-9]*; do
    is_server "${entry#/proc/}" && SERVERS+="${entry#/proc/} "
  done
}

# Sends signal $1 to the postmaster: the one among the servers whose parent is none of them.
signal_postmaster() {
  local pid stat fields
  for pid in $SERVERS; do
    stat=
    { read -r stat <"/proc/$pid/stat"; } 2>/dev/null
    # Split at spaces. The name before them may hold anything, spaces and brackets too.
    fields=(${stat##*) })
    [[ $SERVERS == *" ${fields[1]:-} "* ]] || kill "-$1" "$pid" 2>/dev/null
  done
}

# The postmaster and all its children, which lead process groups of their own: what they have
# started dies with them. SIGKILL ends frozen processes too.
kill_servers() {
  local pid
  for pid in $SERVERS; do
    ((pid > 1)) && kill -KILL -- "-$pid" 2>/dev/null
    kill -KILL "$pid" 2>/dev/null
  done
}

# True when postmaster.pid names a server that runs: cheap, for looking often.
server_is_back() {
  local pid=
  [[ -e $DATA/postmaster.pid ]] || return 1
  { read -r pid <"$DATA/postmaster.pid"; } 2>/dev/null
  # A single-user server writes its number as a negative one.
  pid=${pid#-}
  [[ -n $pid && $pid != *[!0-9]* ]] && is_server "$pid"
}

# One step of stopping PostgreSQL, or of seeing to it that it stays stopped.
fence() {
  local late=$((NOW - DEADLINE))
  if [[ $GONE ]]; then
    server_is_back || return
    GONE=
  fi
  find_servers
  if [[ $SERVERS == ' ' ]]; then
    GONE=1
  # A host that was suspended may wake up long after the deadline: then there is no time left.
  elif ((late >= KILL_AFTER)); then
    kill_servers
  elif ((late >= QUIT_AFTER)); then
    signal_postmaster QUIT
  else
    signal_postmaster INT
  fi
  if [[ ! $FENCED ]]; then
    FENCED=1
    report
  fi
  # Something may start PostgreSQL again and again.
  if [[ $GONE ]] && ((NOW - NOTED >= 60000)); then
    NOTED=$NOW
    note "the deadline passed $late ms ago, and no PostgreSQL runs on $DATA any more"
  fi
}

# Opens the data directory of now: a postmaster is found by it even if somebody renames it.
hold_directory() {
  [[ -e /proc/self/fd/5 ]] || { exec 5<"$DATA"; } 2>/dev/null
}

obey() {
  local rest=${1#* } argument
  TOKEN=${1%% *}
  argument=${rest#* }
  case $rest in
    deadline\ *)
      [[ -n $argument && $argument != *[!0-9]* ]] || return
      DEADLINE=$((10#$argument)) FENCED='' GONE='' NOTED=-60000
      hold_directory
      ;;
    disarm)
      DEADLINE=0 FENCED='' GONE=''
      exec 5<&-
      ;;
    exit) ((DEADLINE)) || exit 0 ;;
    replace\ *)
      [[ -r $argument ]] &&
        exec "$BASH" "$argument" --resume "$DIRECTORY" "$DATA" "$DEADLINE" "$TOKEN"
      ;;
  esac
  # One report answers all commands up to its own.
  read -r -t 0 -u 3 || report
}

# It has `life` open for reading too, so a write never fails. It would wait if a thousand reports
# had not been read; but an agent that does not read sends nothing either, or so much at once that
# one report answers it.
report() {
  local state=idle
  ((DEADLINE)) && state=armed
  [[ $FENCED ]] && state=fenced
  printf '%s %s %s %s %s\n' "$state" "$TOKEN" "$$" "$VERSION" "$DEADLINE" >&4
}

note() {
  printf '%(%Y-%m-%d %H:%M:%S %z)T guard %s: %s\n' -1 "$$" "$1" >&2
}

wait_for_command() {
  local seconds text=
  printf -v seconds '%d.%03d' $((WAIT / 1000)) $((WAIT % 1000))
  if IFS= read -r -t "$seconds" -u 3 text; then
    text=$PARTIAL$text PARTIAL=''
    obey "$text"
  else
    PARTIAL+=$text
  fi
}

# Commands are obeyed first, also after the deadline: they were sent before it, and this process
# may have stood still.
watch() {
  WAIT=$ARMED_WAIT
  while true; do
    look_at_clock
    WAIT=$IDLE_WAIT
    if ((DEADLINE > NOW)); then
      WAIT=$((DEADLINE - NOW < ARMED_WAIT ? DEADLINE - NOW : ARMED_WAIT))
    elif ((DEADLINE)); then
      read -r -t 0 -u 3 || fence
      WAIT=$FENCED_WAIT
      [[ $GONE ]] && ((NOW - DEADLINE > 60000)) && WAIT=$CALM_WAIT
    fi
    # Without its FIFO nobody will ever find it.
    is_needless && ! [[ $DIRECTORY/commands -ef /proc/self/fd/3 ]] && exit 0
    wait_for_command
  done
}

# Nothing runs that would have to be stopped.
is_needless() {
  ((DEADLINE == 0)) || [[ $GONE ]]
}

fail() {
  printf 'error %s\n' "$1"
  note "$1"
  exit 1
}

check_host() {
  local tool uptime=
  read -r uptime _ </proc/uptime
  [[ $uptime == +([0-9]).[0-9][0-9] ]] || fail 'the guard needs /proc/uptime'
  [[ /proc/self/cwd -ef / ]] || fail 'the guard needs /proc/PID/cwd'
  for tool in mkfifo flock rm; do
    type -P "$tool" >/dev/null || fail "the guard needs the program $tool"
  done
}

# One guard per directory: the lock ends with the process that holds it.
take_place() {
  local fifo stat fields
  exec 9>>"$DIRECTORY/lock" || fail "cannot write to $DIRECTORY"
  flock -w 5 9 || fail "another guard holds $DIRECTORY/lock"
  for fifo in commands life; do
    [[ -p $DIRECTORY/$fifo ]] && continue
    rm -rf "${DIRECTORY:?}/$fifo" && mkfifo -m 600 "$DIRECTORY/$fifo" ||
      fail "cannot make $DIRECTORY/$fifo"
  done
  # Open for both directions: opening does not wait, and there is no end of file.
  exec 3<>"$DIRECTORY/commands" 4<>"$DIRECTORY/life" || fail "cannot open the FIFOs of $DIRECTORY"
  # With its start, in the ticks of /proc/PID/stat, so that nobody else is taken for it.
  read -r stat </proc/self/stat
  fields=(${stat##*) })
  printf '%s %s\n' "$$" "${fields[19]}" >"$DIRECTORY/pid" || fail "cannot write $DIRECTORY/pid"
}

# Where the agent may, as root or under a systemd that made it so, the guard is killed last when
# memory runs out.
spare_from_oom() {
  local score=0
  read -r score </proc/self/oom_score_adj
  ((score <= -900)) || { echo -900 >/proc/self/oom_score_adj; } 2>/dev/null
}

main() {
  shopt -s extglob execfail
  umask 077
  cd /
  trap '' HUP INT QUIT PIPE USR1 USR2
  # By hand, or when the host is shut down.
  trap 'is_needless && exit 0' TERM
  if [[ $1 == --resume ]]; then
    shift
    DIRECTORY=$1 DATA=$2 DEADLINE=$3 TOKEN=$4
    report
  else
    DIRECTORY=$1 DATA=$2 DEADLINE=${3:-0}
    exec 5<&-
    check_host
    take_place
    spare_from_oom
    ((DEADLINE)) && hold_directory
    printf 'ready\n'
    # The agent waits for no more than that.
    exec >&2
  fi
  watch
}

# On one line: from here on nothing is read from this file, which may be replaced.
main "$@"; exit
