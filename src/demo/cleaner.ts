import { spawn } from 'node:child_process';

/**
 * Waits until this process ends, in whatever way, and then removes what it has started: that is how
 * a demo that was killed leaves nothing behind. A program belongs to the demo when its command line
 * names a file in the demo's directory; an editor or a `tail` that somebody has opened there does
 * not. Servers get a second for an immediate shutdown, which gives their shared memory back; of one
 * that was killed, postmaster.pid names what it has left: key and number, on its seventh line
 * (PostgreSQL's `miscadmin.h`).
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM
cat >/dev/null
dir=$1
ours() {
  for proc in /proc/[0-9]*; do
    line=$(tr '\\0' ' ' 2>/dev/null <"$proc/cmdline") || continue
    case $line in
      *"run.js agent $dir/"* | *"guard.sh $dir/"* | *"release/main.js "*"$dir/"*) kind=agent ;;
      *bin/postgres*"$dir/"* | *bin/pg_*"$dir/"* | *bin/initdb*"$dir/"*) kind=server ;;
      *) continue ;;
    esac
    echo "$kind \${proc#/proc/}"
  done
}
round=0
while [ $round -lt 100 ]; do
  found=$(ours)
  [ -n "$found" ] || break
  echo "$found" | while read -r kind pid; do
    if [ $kind = agent ] || [ $round -gt 10 ]; then kill -9 $pid; else kill -QUIT $pid; fi
  done 2>/dev/null
  round=$((round + 1))
  sleep 0.1
done
for file in "$dir"/*/postmaster.pid; do
  shared=$(sed -n 7p "$file" 2>/dev/null)
  [ -n "$shared" ] && ipcrm -m "\${shared##* }" 2>/dev/null
done
[ "$2" = keep ] || rm -rf "$dir" || { sleep 1; rm -rf "$dir"; }
`;

/** What cleans up after a demo. */
export interface Cleaner {
  /** Ends all programs of the demo and removes its directory; resolves when that is done. */
  clean(): Promise<void>;
}

/** Starts it, for a directory with a name that nothing else has. `keep`: the directory stays. */
export function startCleaner(directory: string, keep: boolean): Cleaner {
  const words = ['-c', SCRIPT, 'pgherd-demo-cleaner', directory, keep ? 'keep' : ''];
  // In a session of its own: Ctrl-C is not for it, and it outlives this process.
  const child = spawn('/bin/sh', words, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
  // It is waited for in `clean`; a mistake before that must not end the process without a word.
  ended.catch(() => {});
  child.unref();
  return {
    async clean() {
      child.ref();
      child.stdin?.end();
      await ended;
    },
  };
}
