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
# has passed. Its end of file says that the guard is dead. The end of file of `commands` says that the
# agent is dead. `release`, a file, names the program that then gives its lock away, a word a line.
#
# On the way to a stopped PostgreSQL nothing is forked and no disk is written: a host that is out of
# memory, processes or disk space is fenced too. No `set -e`: whatever fails, it must go on.

# Known to guard-protocol.ts; to be raised with every change here.
VERSION=2

# After the deadline, in milliseconds: SIGINT at once, then these. The lease ends 2.5 s after the
# deadline at the earliest (src/ha/lease.ts).
QUIT_AFTER=1000
KILL_AFTER=1500

# How long to wait for a command at most, in milliseconds: after a suspend it must look soon.
IDLE_WAIT=60000
ARMED_WAIT=1000
FENCED_WAIT=50
CALM_WAIT=500 # after a minute without any PostgreSQL
# An agent that was not heard in so many looks after its fence is frozen.
SILENT_LOOKS=20

DEADLINE=0 # 0: there is none
TOKEN=-    # of the last command: PID-START-RANDOM.NUMBER, the first three of the agent
AGENT=     # set: an agent has `commands` open
FENCED=    # set: the deadline has passed, and PostgreSQL was told
GONE=      # set: since then it was seen that no PostgreSQL runs
HEARD=     # set: since then an agent has said something
LOOKS=0    # since then, while none had
RELEASED=  # set: since the last command about deadlines the lock was to be given away
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
  [[ /proc/$1/cwd -ef $DATA || /proc/$1/cwd -ef /proc/self/fd/5 ]] && is_postgres "$1"
}

is_postgres() {
  local name=
  { read -r name <"/proc/$1/comm"; } 2>/dev/null || [[ ! -e /proc/$1 ]] || BLIND=1
  [[ $name == *postgres* || $name == postmaster ]]
}

# A process of a server names itself so, and its postmaster does not.
is_child() {
  local title=
  { IFS= read -r -d '' title <"/proc/$1/cmdline"; } 2>/dev/null
  [[ $title == postgres:* ]]
}

# STATE, PARENT and START of process $1. The name before them may hold anything, spaces and brackets too.
read_stat() {
  local stat='' fields
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null
  fields=(${stat##*) })
  STATE=${fields[0]:-X} PARENT=${fields[1]:-} START=${fields[19]:-}
}

# POSTMASTER = the process that postmaster.pid names, if it is a server that runs.
find_postmaster() {
  POSTMASTER=
  [[ -e $DATA/postmaster.pid ]] || return
  { read -r POSTMASTER <"$DATA/postmaster.pid"; } 2>/dev/null ||
    [[ ! -s $DATA/postmaster.pid ]] || BLIND=1
  # A single-user server writes its number as a negative one.
  POSTMASTER=${POSTMASTER#-}
  if [[ -z $POSTMASTER || $POSTMASTER == *[!0-9]* ]]; then
    POSTMASTER=
  elif ! is_server "$POSTMASTER" && ! is_hidden "$POSTMASTER"; then
    POSTMASTER=
  fi
}

# A program that has capabilities, or that its user may not read, lets nobody look at its directory:
# then postmaster.pid is believed.
is_hidden() {
  [[ -e /proc/$1/cwd ]] && return 1
  read_stat "$1"
  [[ $STATE != [ZX] ]] && is_postgres "$1"
}

# SERVERS = all PostgreSQL processes of the data directory. Those whose parent is dead count too:
# a backend may outlive its postmaster and finish a commit. BLIND is set when not all could be seen,
# as on a host that is out of files.
find_servers() {
  local entry
  SERVERS=' ' BLIND=
  find_postmaster
  [[ -e /proc/$$/cwd ]] || BLIND=1
  for entry in /proc/[1-9]*; do
    # Then the folder could not be read.
    [[ $entry == *'*' ]] && BLIND=1
    is_server "${entry#/proc/}" && SERVERS+="${entry#/proc/} "
  done
  [[ -z $POSTMASTER || $SERVERS == *" $POSTMASTER "* ]] && return
  SERVERS+="$POSTMASTER "
  for entry in /proc/[1-9]*; do
    read_stat "${entry#/proc/}"
    [[ $PARENT == "$POSTMASTER" && $STATE != [ZX] ]] && SERVERS+="${entry#/proc/} "
  done
}

# Sends signal $1 to the postmaster: the one among the servers whose parent is none of them.
signal_postmaster() {
  local pid
  for pid in $SERVERS; do
    read_stat "$pid"
    [[ $SERVERS == *" $PARENT "* ]] || kill "-$1" "$pid" 2>/dev/null
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

# One step of stopping PostgreSQL, or of seeing to it that it stays stopped.
fence() {
  local late=$((NOW - DEADLINE))
  if [[ $GONE ]]; then
    # Cheap, for looking often.
    find_postmaster
    [[ $POSTMASTER ]] || return
    GONE=
  fi
  find_servers
  if [[ $SERVERS == ' ' ]]; then
    [[ $BLIND ]] || GONE=1
  # A host that was suspended may wake up long after the deadline: then there is no time left.
  elif ((late >= KILL_AFTER)); then
    kill_servers
  elif ((late >= QUIT_AFTER)); then
    signal_postmaster QUIT
  else
    signal_postmaster INT
  fi
  if [[ ! $FENCED ]]; then
    FENCED=1 HEARD='' LOOKS=0
    report
  fi
  # Something may start PostgreSQL again and again.
  if [[ $GONE ]] && ((NOW - NOTED >= 60000)); then
    NOTED=$NOW
    note "the deadline passed $late ms ago, and no PostgreSQL runs on $DATA any more"
  fi
}

# An agent that is alive answers the report that it was fenced. One that stands still could wake with
# an old answer of the store, and go by a lock that was given away: it dies before that.
end_silent_agent() {
  local pid=${TOKEN%%-*} start=${TOKEN#*-}
  [[ $AGENT && ! $HEARD ]] && ((++LOOKS == SILENT_LOOKS)) || return
  [[ $pid == [1-9]*([0-9]) ]] || return
  read_stat "$pid"
  [[ $START == "${start%%-*}" ]] || return
  note "the agent, process $pid, has not answered since the deadline: it is killed"
  kill -KILL "$pid"
}

# The agent is dead before the deadline. PostgreSQL goes on until then, and an agent that comes back
# takes it over. But when it is gone there is nothing to wait for: the deadline is now. What its
# postmaster has left may end a commit, and can do nothing else.
look_after_postgres() {
  local pid
  find_postmaster
  [[ $POSTMASTER ]] && return
  find_servers
  [[ $BLIND ]] && return
  for pid in $SERVERS; do
    is_child "$pid" || return
  done
  note 'the agent is dead, and PostgreSQL too'
  DEADLINE=$((NOW - KILL_AFTER))
}

# Nobody is left who could go by the lock: it is given away, while this process goes on. From here on
# it may wait for memory, processes and disks.
give_lock_away() {
  local words=()
  [[ $GONE && ! $AGENT && ! $RELEASED ]] || return
  find_servers
  [[ $SERVERS == ' ' && ! $BLIND ]] || return
  RELEASED=1
  { mapfile -t words <"$DIRECTORY/release"; } 2>/dev/null
  ((${#words[@]})) || return
  note 'no PostgreSQL runs and the agent is dead: its lock is to be given away'
  "${words[@]}" </dev/null >&2 3<&- 4>&- 5<&- 6>&- 9>&- &
}

# Opens the data directory of now: a postmaster is found by it even if somebody renames it.
hold_directory() {
  [[ -e /proc/self/fd/5 ]] || { exec 5<"$DATA"; } 2>/dev/null
}

obey() {
  local rest=${1#* } argument
  TOKEN=${1%% *}
  argument=${rest#* }
  meet_agent
  case $rest in
    deadline\ *)
      [[ -n $argument && $argument != *[!0-9]* ]] || return
      DEADLINE=$((10#$argument)) FENCED='' GONE='' RELEASED='' NOTED=-60000
      hold_directory
      ;;
    disarm)
      DEADLINE=0 FENCED='' GONE='' RELEASED=''
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

# While an agent has `commands` open nobody else writes there, so that its death is an end of file.
# Otherwise this process does, or every read would end at once.
meet_agent() {
  HEARD=1
  [[ $AGENT ]] || exec 6>&-
  AGENT=1
}

miss_agent() {
  AGENT='' PARTIAL=''
  # On a host that is out of files it is tried again; nobody reads the reports now.
  { exec 6<>/proc/self/fd/3; } 2>/dev/null || read -r -t 0.1 -u 4
}

wait_for_command() {
  local fraction=00$((WAIT % 1000)) text=
  if IFS= read -r -t "$((WAIT / 1000)).${fraction: -3}" -u 3 text; then
    text=$PARTIAL$text PARTIAL=''
    obey "$text"
  elif (($? > 128)); then
    PARTIAL+=$text
  else
    miss_agent
  fi
}

# Commands are obeyed first, also after the deadline: they were sent before it, and this process
# may have stood still.
watch() {
  WAIT=$ARMED_WAIT
  while true; do
    look_at_clock
    WAIT=$IDLE_WAIT
    # The agent that has started this process comes in a moment.
    if ((DEADLINE > NOW)) && [[ ! $AGENT && $TOKEN != - ]]; then
      read -r -t 0 -u 3 || look_after_postgres
    fi
    if ((DEADLINE > NOW)); then
      WAIT=$((DEADLINE - NOW < ARMED_WAIT ? DEADLINE - NOW : ARMED_WAIT))
      [[ $AGENT ]] || WAIT=$((WAIT < FENCED_WAIT ? WAIT : FENCED_WAIT))
    elif ((DEADLINE)); then
      if ! read -r -t 0 -u 3; then
        fence
        end_silent_agent
        give_lock_away
      fi
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
  exec 6<>"$DIRECTORY/commands" 3<"$DIRECTORY/commands" 4<>"$DIRECTORY/life" ||
    fail "cannot open the FIFOs of $DIRECTORY"
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
    DIRECTORY=$1 DATA=$2 DEADLINE=$3 TOKEN=$4 AGENT=1
    # An older version may have it open for both directions.
    exec 6<>/proc/self/fd/3 3</proc/self/fd/6 6>&-
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
