import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { COMMAND_NAMES } from '../../src/main.ts';
import { expectEnvelope, expectFailure, pgherd } from '../harness/run-cli.ts';

const SNAPSHOT = fileURLToPath(new URL('command-snapshot.json', import.meta.url));
const MANIFEST = fileURLToPath(new URL('../../oclif.manifest.json', import.meta.url));
const COMMANDS = [...COMMAND_NAMES].sort();

interface Flag {
  readonly name: string;
  readonly char?: string;
  readonly aliases?: readonly string[];
  readonly type: string;
  readonly multiple?: boolean;
  readonly allowNo?: boolean;
  readonly options?: readonly string[];
  readonly default?: unknown;
  readonly env?: string;
}

interface Argument {
  readonly name: string;
  readonly required?: boolean;
  readonly multiple?: boolean;
  readonly options?: readonly string[];
}

interface Command {
  readonly aliases: readonly string[];
  readonly hidden?: boolean;
  readonly args: Readonly<Record<string, Argument>>;
  readonly flags: Readonly<Record<string, Flag>>;
}

/** One line for each thing that scripts may rely on. */
function surface(): string[] {
  const { commands } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as {
    commands: Record<string, Command>;
  };
  return Object.entries(commands)
    .flatMap(([name, { aliases, args, flags }]) => [
      `${name}${aliases.length > 0 ? `, also ${aliases.join(', ')}` : ''}`,
      ...Object.values(args).map((arg, index) => `${name} ${index + 1}: ${describeArgument(arg)}`),
      ...Object.values(flags).map((flag) => `${name} ${describeFlag(flag)}`),
    ])
    .sort();
}

function describeArgument(argument: Argument): string {
  const { name, required, multiple, options } = argument;
  const needed = required ? ' (required)' : '';
  return `${name}${multiple ? '...' : ''}${needed}${options ? ` of ${options}` : ''}`;
}

function describeFlag(flag: Flag): string {
  return [
    flag.char ? `-${flag.char}` : '',
    `--${flag.name}`,
    ...(flag.aliases ?? []).map((alias) => `--${alias}`),
    flag.allowNo ? `--no-${flag.name}` : '',
    flag.type === 'boolean' ? '' : 'VALUE',
    flag.multiple ? 'several' : '',
    flag.options ? `of ${flag.options}` : '',
    flag.default === undefined || flag.default === false ? '' : `default ${flag.default}`,
    flag.env ? `env ${flag.env}` : '',
  ]
    .filter((word) => word !== '')
    .join(' ');
}

test('no command, argument or flag changes unnoticed (REWRITE=1 takes the change over)', () => {
  const now = surface();
  if (process.env.REWRITE) writeFileSync(SNAPSHOT, `${JSON.stringify(now, null, 2)}\n`);
  expect(now).toEqual(JSON.parse(readFileSync(SNAPSHOT, 'utf8')));
});

describe.concurrent('--help', () => {
  test.each(COMMANDS)('%s shows examples', async (command) => {
    const output = await pgherd([command, '--help']);
    expect(output).toMatchObject({ code: 0, stderr: '' });
    expect(output.stdout).toMatch(/^USAGE\n {2}\$ pgherd /m);
    expect(output.stdout).toMatch(new RegExp(`^EXAMPLES\\n {2}\\$ .*pgherd .*${command}`, 'm'));
    // The agent takes its file as the patroni daemon does.
    expect(output.stdout).toMatch(command === 'agent' ? /\[CONFIG\]/ : /--config-file/);
  });

  test.each([[[]], [['help']], [['--help']], [['-h']]])('%j lists the commands', async (args) => {
    const output = await pgherd(args);
    expect(output).toMatchObject({ code: 0, stderr: '' });
    for (const command of COMMANDS) expect(output.stdout).toContain(`\n  ${command} `);
  });

  test('help of one command, and -h behind it', async () => {
    const help = await pgherd(['help', 'switchover']);
    const short = await pgherd(['switchover', '-h']);
    expect(help.code).toBe(0);
    expect(short.stdout).toBe(help.stdout);
  });
});

describe.concurrent('wrong usage ends with 2', () => {
  test.each([
    ['an unknown command', ['lsit'], /^There is no command "lsit"$/, /did you mean "list"\?/],
    ['an unknown flag', ['list', '--nope'], /--nope/, /pgherd list --help/],
    ['a flag of another command', ['pause', '--candidate', 'pg2'], /--candidate/, /--help/],
    ['a flag without its value', ['list', '-c'], /--config-file expects a value/, /--help/],
    [
      'a wrong word',
      ['list', '-f', 'xml'],
      /^--format wants one of pretty, tsv, .* not "xml"$/,
      /--help/,
    ],
    ['too many words', ['dsn', 'a', 'b'], /\bb$/, /--help/],
    ['too few words', ['reinit'], /^CLUSTER must be given$/, /--help/],
    [
      'no number',
      ['dsn', 'demo', '--group', 'x'],
      /^--group wants a whole number, not "x"$/,
      /--help/,
    ],
    ['only options', ['-k', '-c', 'x.yml'], /^No command was named$/, /help/],
    ['an option without value, no command', ['-c'], /^No command was named$/, /help/],
  ])('%s', async (_name, args, sentence, hint) => {
    const output = await pgherd(args);
    expectFailure(output, { code: 2, sentence, hint });
    expect(output.stdout).toBe('');
  });

  test('the same in the envelope', async () => {
    const output = await pgherd(['list', '--nope', '--json']);
    expect(expectEnvelope(output, 'list').error?.code).toBe('usage');
    expect(output.code).toBe(2);
    const unknown = await pgherd(['lsit', '--json']);
    expect(JSON.parse(unknown.stdout)).toMatchObject({ error: { code: 'unknown-command' } });
    expect(unknown.code).toBe(2);
  });
});

test('version, and the flag for it', async () => {
  const { version } = JSON.parse(
    readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8'),
  );
  const output = await pgherd(['version']);
  expect(output).toMatchObject({ code: 0, stdout: `pgherd version ${version}\n`, stderr: '' });
  expect((await pgherd(['--version'])).stdout).toContain(`pgherd/${version}`);
});
