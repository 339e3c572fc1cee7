/**
 * A bash that is an init: starts the program, forwards signals to it, reaps whatever becomes its
 * child, and ends as the program ends. `wait` returns when a signal comes, so it is asked again.
 */
export const INIT_SCRIPT = `
"$@" &
child=$!
for signal in HUP INT QUIT TERM USR1 USR2 ABRT; do
  trap "kill -$signal $child 2>/dev/null" "$signal"
done
while :; do
  wait "$child"
  code=$?
  kill -0 "$child" 2>/dev/null || break
done
if [ "$code" -gt 128 ]; then
  wait "$child" 2>/dev/null
  again=$?
  [ "$again" -eq 127 ] || code=$again
fi
exit "$code"
`;

/** The part of `process` that decides who is the init. */
export interface InitProcess {
  readonly pid: number;
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Replaces the program of this process by another (Node 22.15 and later); does not return. */
  readonly execve?: (file: string, args: readonly string[], env: object) => void;
}

/**
 * As process 1 of a container, everybody's orphans become our children, and Node knows only its
 * own: they would stay as zombies. So the process becomes a small init, and the agent its child.
 * Where this Node cannot do that, it returns a warning, and the agent runs as it is; undefined:
 * there was nothing to do.
 */
export function becomeInit(process: InitProcess): string | undefined {
  const { pid, execPath, execArgv, argv, env, execve } = process;
  if (pid !== 1) return undefined;
  if (execve) {
    const agent = [execPath, ...execArgv, ...argv.slice(1)];
    execve('/bin/bash', ['bash', '-c', INIT_SCRIPT, 'pgherd-init', ...agent], env);
  }
  return (
    'The agent is process 1 of a container, and this Node cannot reap the orphans that it gets: ' +
    'give the container an init (docker run --init), or use Node 24'
  );
}
