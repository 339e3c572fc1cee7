import { parseArgs } from 'node:util';
import { Refusal } from '../model/errors.ts';

/** What `pgherd agent` is asked for: the words are those of the patroni daemon. */
export type AgentCommand =
  | { readonly kind: 'run'; readonly configFile: string | undefined }
  | {
      readonly kind: 'validate-config';
      readonly configFile: string | undefined;
      readonly ignoreListenPort: boolean;
      readonly print: boolean;
    }
  | { readonly kind: 'generate-sample-config'; readonly file: string | undefined }
  | {
      readonly kind: 'generate-config';
      readonly file: string | undefined;
      readonly dsn: string | undefined;
    };

const OPTIONS = {
  'validate-config': { type: 'boolean' },
  'ignore-listen-port': { type: 'boolean', short: 'i' },
  print: { type: 'boolean', short: 'p' },
  'generate-sample-config': { type: 'boolean' },
  'generate-config': { type: 'boolean' },
  dsn: { type: 'string' },
} as const;

const KINDS = ['validate-config', 'generate-sample-config', 'generate-config'] as const;

/** Understands the words behind `pgherd agent`. Throws a `Refusal` (wrong usage) when it cannot. */
export function readArguments(argv: readonly string[]): AgentCommand {
  const { values, positionals } = parsed(argv);
  const [file, ...more] = positionals;
  if (more.length > 0) throw usage('There is one file or directory of configuration at the most');
  const kinds = KINDS.filter((name) => values[name]);
  if (kinds.length > 1) throw usage(`--${kinds.join(' and --')} exclude each other`);
  const [kind] = kinds;
  if (values.dsn !== undefined && kind !== 'generate-config') {
    throw usage('--dsn belongs to --generate-config');
  }
  const { 'ignore-listen-port': ignoreListenPort = false, print = false } = values;
  if ((ignoreListenPort || print) && kind !== 'validate-config') {
    throw usage('--ignore-listen-port and --print belong to --validate-config');
  }
  switch (kind) {
    case 'validate-config':
      return { kind, configFile: file, ignoreListenPort, print };
    case 'generate-config':
      return { kind, file, dsn: values.dsn };
    case 'generate-sample-config':
      return { kind, file };
    case undefined:
      return { kind: 'run', configFile: file };
  }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // In Node's words, without its advice about `--`.
    throw usage(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
}

function usage(message: string): Refusal {
  return new Refusal('usage', message, { hint: 'see pgherd agent --help', usage: true });
}
