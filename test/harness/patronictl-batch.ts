import { runProgram } from './run.ts';
import type { PatroniInstall } from './servers.ts';

export interface BatchAnswer {
  readonly code: number;
  readonly stdout: string;
}

/** Loads patronictl once and runs it many times: its start costs more than its work. */
const BATCH = `
import contextlib, io, json, sys
from patroni.ctl import ctl
answers = []
for args in json.load(sys.stdin):
    out, code = io.StringIO(), 0
    with contextlib.redirect_stdout(out):
        try:
            ctl(args, prog_name='patronictl')
        except SystemExit as end:
            code = end.code or 0
        except Exception:
            code = 1
    answers.append({'code': code, 'stdout': out.getvalue()})
json.dump(answers, sys.stdout)
`;

/** What patronictl prints for each list of arguments, in order. */
export async function patronictlBatch(
  install: PatroniInstall,
  invocations: readonly (readonly string[])[],
): Promise<BatchAnswer[]> {
  const pythonPath = install.unpacked ? { PYTHONPATH: install.modules } : {};
  const output = await runProgram(['/usr/bin/python3', '-c', BATCH], {
    env: pythonPath,
    stdin: JSON.stringify(invocations),
  });
  if (output.code !== 0) throw new Error(`patronictl could not be run: ${output.stderr}`);
  return JSON.parse(output.stdout);
}
