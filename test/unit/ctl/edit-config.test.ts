import { describe, expect, it } from 'vitest';
import type { EditConfigData, EditConfigOptions } from '../../../src/ctl/edit/edit.ts';
import type { EditTools } from '../../../src/ctl/edit/tools.ts';
import { editConfig } from '../../../src/ctl/edit-config.ts';
import { exitCodeFor, type Result } from '../../../src/ctl/result.ts';
import { DcsError, Refusal } from '../../../src/model/errors.ts';
import { expectSchema } from '../schema.ts';
import { type FakeOptions, type FakeSession, fakeSession, inGroups } from './fake-session.ts';

const CONFIG =
  '{"ttl":30,"loop_wait":10,"postgresql":{"use_pg_rewind":true,"parameters":{"max_connections":100}}}';
const NOTHING: EditConfigOptions = {
  cluster: undefined,
  group: undefined,
  set: [],
  pg: [],
  apply: undefined,
  replace: undefined,
  quiet: false,
  force: false,
  validate: true,
  dryRun: false,
};

interface Run {
  readonly session: FakeSession;
  readonly result: Result<EditConfigData>;
  /** What was handed to the editor, time after time. */
  readonly opened: string[];
  readonly discarded: () => boolean;
}

interface World extends FakeOptions {
  /** File name (`-`: stdin) to content. */
  files?: Record<string, string>;
  /** What the person makes of the text, time after time. */
  edits?: ((text: string) => string)[];
  /** Lets something happen between reading and writing. */
  meanwhile?: (session: FakeSession) => void;
}

function prepare(world: World) {
  const session = fakeSession({ documents: { config: CONFIG }, ...world });
  const opened: string[] = [];
  const edits = [...(world.edits ?? [])];
  let discarded = false;
  const tools: EditTools = {
    openEditor: ({ name }) => ({
      path: `/tmp/${name}-config-1.yaml`,
      async edit(text) {
        opened.push(text);
        const edit = edits.shift();
        if (!edit) throw new Refusal('editor-failed', 'Editor exited with return code 1');
        world.meanwhile?.(session);
        return edit(text);
      },
      discard: async () => {
        discarded = true;
      },
    }),
    page: async () => false,
    async readText(file) {
      const text = world.files?.[file];
      world.meanwhile?.(session);
      if (text === undefined) throw new Refusal('unreadable-file', `Could not read ${file}`);
      return text;
    },
  };
  return { session, tools, opened, discarded: () => discarded };
}

async function run(options: Partial<EditConfigOptions>, world: World = {}): Promise<Run> {
  const { session, tools, opened, discarded } = prepare(world);
  const result = (await editConfig(
    session,
    { ...NOTHING, ...options },
    tools,
  )) as Result<EditConfigData>;
  expectSchema('edit-config', result);
  return { session, result, opened, discarded };
}

const stored = (session: FakeSession) => session.documents.get('config')?.value;

describe('changes from the command line', () => {
  it('shows the difference, asks, writes, and says what needs a restart', async () => {
    const { session, result } = await run(
      { set: ['ttl=40'], pg: ['max_connections=200', 'pg_stat_statements.track=all'] },
      { answers: [true] },
    );
    expect(stored(session)).toBe(
      CONFIG.replace('30', '40').replace('100', '200,"pg_stat_statements.track":"all"'),
    );
    expect(session.stdout).toEqual([
      [
        '--- ',
        '+++ ',
        '@@ -1,6 +1,7 @@',
        ' loop_wait: 10',
        ' postgresql:',
        '   parameters:',
        '-    max_connections: 100',
        '+    max_connections: 200',
        '+    pg_stat_statements.track: all',
        '   use_pg_rewind: true',
        '-ttl: 30',
        '+ttl: 40',
      ].join('\n'),
      'Configuration changed',
    ]);
    expect(session.questions).toEqual([{ message: 'Apply these changes?', flag: '--force' }]);
    expect(session.stderr).toEqual([
      'These need a restart of the members: max_connections 100->200',
      'HINT: pgherd restart demo --pending (restart the standbys first, then the leader)',
    ]);
    expect(result).toMatchObject({
      outcome: 'done',
      data: {
        changed: true,
        applied: true,
        restartRequired: [{ parameter: 'max_connections', from: '100', to: '200' }],
        restartOrder: 'restart the standbys first, then the leader',
        findings: [],
      },
    });
  });

  it('reads values as YAML 1.1, and null removes', async () => {
    const { session } = await run({
      set: ['pause=on', 'postgresql.use_pg_rewind=null', 'member_slots_ttl="010"'],
      pg: [' max_connections='],
      force: true,
    });
    expect(stored(session)).toBe('{"ttl":30,"loop_wait":10,"pause":true,"member_slots_ttl":"010"}');
  });

  it('--force does not ask, --quiet does not show', async () => {
    const { session } = await run({ set: ['ttl=40'], force: true, quiet: true });
    expect(session.questions).toEqual([]);
    expect(session.stdout).toEqual(['Configuration changed']);
  });

  it('says when there is nothing to change, and writes nothing', async () => {
    const { session, result } = await run({ set: ['ttl=30'] });
    expect(session.stdout).toEqual(['Not changed']);
    expect(result).toMatchObject({ outcome: 'done', data: { changed: false, diff: null } });
    expect(session.documents.get('config')?.version).toBe('1');
    expect((await run({ set: ['ttl=30'], quiet: true })).session.stdout).toEqual([]);
  });

  it('an answer of no changes nothing: exit code 1, patronictl’s 0 on wish', async () => {
    const { session, result } = await run({ set: ['ttl=40'] }, { answers: [false] });
    expect(stored(session)).toBe(CONFIG);
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'not-confirmed' } });
    expect([exitCodeFor(result, false), exitCodeFor(result, true)]).toEqual([1, 0]);
  });

  it('without a terminal the question names --force', async () => {
    await expect(run({ set: ['ttl=40'] })).rejects.toMatchObject({ hint: 'pass --force' });
  });

  it.each([
    [{ set: ['ttl'] }, 'Invalid parameter setting ttl'],
    [{ set: ['ttl=[1'] }, /^the value of ttl is not valid YAML: line 1, column \d+: /],
    [{ pg: ['x'] }, 'Invalid parameter setting postgresql.parameters.x'],
  ])('%j is refused', async (options, message) => {
    await expect(run({ ...options, force: true })).rejects.toThrow(message);
  });
});

describe('changes from files', () => {
  it('--replace, then --apply, then -s and -p', async () => {
    const files = {
      'full.yml': 'ttl: 60\nretry_timeout: 5\npause: true\nslots: {a: null, b: {type: physical}}\n',
      'part.yml': 'pause: null\nretry_timeout: 6\nslots: {b: null}\n',
    };
    const { session } = await run(
      {
        replace: 'full.yml',
        apply: 'part.yml',
        set: ['retry_timeout=7'],
        pg: ['work_mem=8MB'],
        force: true,
      },
      { files },
    );
    expect(JSON.parse(stored(session) ?? '')).toEqual({
      ttl: 60,
      retry_timeout: 7,
      slots: { a: null },
      postgresql: { parameters: { work_mem: '8MB' } },
    });
  });

  it('keeps the order of the stored document', async () => {
    const files = { f: 'loop_wait: 5\npostgresql: {parameters: {}}\nttl: 30\n' };
    const { session } = await run({ replace: 'f', force: true }, { files });
    expect(stored(session)).toBe('{"ttl":30,"loop_wait":5,"postgresql":{"parameters":{}}}');
  });

  it('from stdin without --force shows the changes and writes nothing', async () => {
    const { session, result } = await run({ apply: '-' }, { files: { '-': 'ttl: 40' } });
    expect(session.stdout).toEqual([
      expect.stringContaining('+ttl: 40'),
      'Use --force option to apply changes',
    ]);
    expect(stored(session)).toBe(CONFIG);
    expect([exitCodeFor(result, false), exitCodeFor(result, true)]).toEqual([1, 0]);
  });

  it('from stdin with --force writes', async () => {
    const { session } = await run({ apply: '-', force: true }, { files: { '-': 'ttl: 40' } });
    expect(stored(session)).toBe(CONFIG.replace('30', '40'));
  });

  it.each([
    ['', 'f is empty: a configuration is a map of settings'],
    ['# nothing', 'f is empty: a configuration is a map of settings'],
    ['[1]', 'f is not a map: a configuration is a map of settings'],
    ['ttl: 30\nx: [', /^f is not valid YAML: line \d+, column \d+: /],
  ])('refuses %j', async (text, message) => {
    for (const options of [{ apply: 'f' }, { replace: 'f' }]) {
      const world = { files: { f: text } };
      await expect(run({ ...options, force: true }, world)).rejects.toThrow(message);
    }
  });

  it('cannot read stdin twice', async () => {
    await expect(run({ apply: '-', replace: '-' })).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe('validation', () => {
  it('stops a mistake, with --force too', async () => {
    const { session, result } = await run({ set: ['ttl=5'], force: true });
    expect(stored(session)).toBe(CONFIG);
    expect(result.error?.message).toBe('ttl: 5 is less than 20');
    expect(result.data.findings).toEqual([
      { severity: 'error', path: 'ttl', message: 'ttl: 5 is less than 20' },
    ]);
    expect([exitCodeFor(result, false), exitCodeFor(result, true)]).toEqual([1, 1]);
  });

  it('tells all mistakes', async () => {
    const { session, result } = await run({ set: ['ttl=5', 'lop_wait=1'], force: true });
    expect(session.stderr).toEqual([
      'Error: ttl: 5 is less than 20',
      'Error: lop_wait is no setting that Patroni knows; did you mean loop_wait?',
    ]);
    expect(result.error?.message).toBe('The new configuration has 2 mistakes: nothing was changed');
  });

  it('--no-validate writes all the same', async () => {
    const { session } = await run({ set: ['ttl=5'], force: true, validate: false });
    expect(session.stdout.at(-1)).toBe('Configuration changed');
    expect(stored(session)).toContain('"ttl":5');
  });

  it('warns, and goes on', async () => {
    const { session, result } = await run({ pg: ['work_memm=4MB'], force: true });
    expect(session.warnings).toEqual([
      'work_memm is no parameter of PostgreSQL 12 to 18; did you mean work_mem?',
    ]);
    expect(result.outcome).toBe('done');
  });

  it('--dry-run shows and checks, and writes nothing', async () => {
    const { session, result } = await run({ pg: ['max_connections=50'], dryRun: true });
    expect(stored(session)).toBe(CONFIG);
    expect(session.questions).toEqual([]);
    expect(session.stderr[0]).toBe(
      'These would need a restart of the members: max_connections 100->50',
    );
    expect(result).toMatchObject({ outcome: 'done', data: { applied: false, dryRun: true } });
    expect((await run({ set: ['ttl=1'], dryRun: true })).result.outcome).toBe('failed');
  });

  it('knows the members and the users that pg_hba must let in', async () => {
    const member = (host: string) =>
      JSON.stringify({ conn_url: `postgres://${host}:5432/postgres`, role: 'replica' });
    const documents = {
      config: CONFIG,
      'members/pg1': member('10.0.0.1'),
      'members/pg2': member('10.0.0.2'),
    };
    const authentication = { replication: { username: 'repl' } };
    const settings = { raw: { postgresql: { authentication } } };
    const lines =
      'local all all trust, host replication repl 10.0.0.1/32 md5, host all all all md5';
    const { session, result } = await run(
      { set: [`postgresql.pg_hba=[${lines}]`], force: true },
      { documents, settings },
    );
    expect(result.error?.message).toBe(
      'postgresql.pg_hba would shut replication out from 10.0.0.2 (user repl): no line matches',
    );
    expect(session.documents.get('config')?.value).toBe(CONFIG);
  });
});

describe('writing', () => {
  const steal = (session: FakeSession) =>
    void session.documents.set('config', { value: '{"ttl":99}', version: '77' });

  it('a change by somebody else meanwhile stops it', async () => {
    const world = { files: { f: 'ttl: 40' }, meanwhile: steal };
    const { session, result } = await run({ apply: 'f', force: true }, world);
    expect(stored(session)).toBe('{"ttl":99}');
    expect(result).toMatchObject({
      outcome: 'failed',
      error: {
        code: 'conflict',
        message: 'Config modification aborted due to concurrent changes',
      },
    });
    expect([exitCodeFor(result, false), exitCodeFor(result, true)]).toEqual([1, 1]);
  });

  it('a DCS that does not answer leaves it unknown', async () => {
    const { session, tools } = prepare({});
    const dcs = await session.dcs('demo');
    dcs.write = async () => {
      throw new DcsError('no answer from etcd');
    };
    const options = { ...NOTHING, set: ['ttl=40'], force: true };
    const result = await editConfig(session, options, tools);
    expectSchema('edit-config', result);
    expect(result).toMatchObject({ outcome: 'unknown', error: { code: 'write-unknown' } });
  });

  it('writes the key of the coordinator where a Citus group was not named', async () => {
    const { session, tools } = prepare({});
    const groups = inGroups(session);
    const result = await editConfig(session, { ...NOTHING, set: ['ttl=40'], force: true }, tools);
    expect(groups.writes).toEqual([0]);
    expect(result.data).toMatchObject({ applied: true, group: 0 });
  });

  it('a cluster without a configuration is refused', async () => {
    const world = { documents: { initialize: '7' } };
    await expect(run({ set: ['ttl=40'] }, world)).rejects.toThrow(
      'The config key does not exist in the cluster demo',
    );
  });

  it('keeps numbers as they were written', async () => {
    const documents = { config: '{"ttl":30,"a":{"big":12345678901234567890,"f":1.0,"é":"ü"}}' };
    const { session } = await run({ set: ['ttl=40'], force: true, validate: false }, { documents });
    expect(stored(session)).toBe(
      '{"ttl":40,"a":{"big":12345678901234567890,"f":1.0,"\\u00e9":"\\u00fc"}}',
    );
  });
});

describe('in the editor', () => {
  const change = (text: string) => text.replace('ttl: 30', 'ttl: 40');

  it('opens what patronictl would show, and writes what was saved', async () => {
    const { session, opened, discarded } = await run({}, { edits: [change], answers: [true] });
    expect(opened).toEqual([
      'loop_wait: 10\npostgresql:\n  parameters:\n    max_connections: 100\n' +
        '  use_pg_rewind: true\nttl: 30\n',
    ]);
    expect(stored(session)).toBe(CONFIG.replace('30', '40'));
    expect(discarded()).toBe(true);
    expect(session.warnings).toEqual([]);
  });

  it('nothing edited is nothing changed', async () => {
    const { session, discarded } = await run({}, { edits: [(text) => text], answers: [] });
    expect(session.stdout).toEqual(['Not changed']);
    expect(discarded()).toBe(true);
  });

  it.each([
    '{"ttl":30,"a":1.0,"b":1e+16,"c":1e-05,"d":-0.0,"e":0.9,"f":12345678901234567890,"g":1e+22}',
    '{"a":"1.0","b":"1e3","c":"on","d":"y","e":"1:30","f":"0x1f","g":"~","h":"","i":null,"j":true}',
    '{"a":" x ","b":"l1\\nl2\\n","c":"# no","d":"k: v","e":"\\u0000","g":"=","h":"<<"}',
    '{"a":[],"b":{},"c":[[1.5,{}],{"x":[null]}],"d":"2020-01-01","e":"\\u00e9\\ud83d\\ude00"}',
  ])('changes nothing where nothing was edited: %s', async (config) => {
    const world = { documents: { config }, edits: [(text: string) => text], answers: [] };
    const { session } = await run({ validate: false }, world);
    expect(session.stdout).toEqual(['Not changed']);
  });

  it('opens the text again after a mistake, with the mistake above it', async () => {
    const { session, opened } = await run(
      {},
      {
        edits: [
          (text) => `${change(text)}x: [`,
          (text) => text.replace('x: [', 'loop_wat: 1'),
          (text) => text.replace('loop_wat: 1', ''),
        ],
        answers: [true, true, true],
      },
    );
    expect(session.questions.map(({ message }) => message)).toEqual([
      'Edit again?',
      'Edit again?',
      'Apply these changes?',
    ]);
    expect(session.stderr[0]).toMatch(/^The edited text is not valid YAML: line \d+, column \d+/);
    expect(opened[1]).toMatch(/^# pgherd: The edited text is not valid YAML: line/);
    expect(opened[1]).toMatch(/ttl: 40\nx: \[$/);
    expect(opened[2]).toMatch(/^# pgherd: loop_wat is no setting that Patroni knows/);
    expect(opened[2]?.match(/not valid YAML/)).toBeNull();
    expect(session.warnings).toEqual([]);
    expect(stored(session)).toBe(CONFIG.replace('30', '40'));
  });

  it.each(['', '# all gone', '- a list'])('never writes %j', async (text) => {
    const world = { edits: [() => text], answers: [false] };
    const { session, tools, discarded } = prepare(world);
    await expect(editConfig(session, NOTHING, tools)).rejects.toThrow(
      'The edited configuration is not valid: nothing was changed',
    );
    expect(stored(session)).toBe(CONFIG);
    expect(discarded()).toBe(false);
    expect(session.stderr.at(-1)).toBe('Your text is kept in /tmp/demo-config-1.yaml');
  });

  it('keeps the text when the changes are declined', async () => {
    const { session, result, discarded } = await run({}, { edits: [change], answers: [false] });
    expect(discarded()).toBe(false);
    expect(session.stderr).toContain('Your text is kept in /tmp/demo-config-1.yaml');
    expect(result.data.file).toBe('/tmp/demo-config-1.yaml');
  });

  it('keeps the text when somebody else was faster', async () => {
    const meanwhile = (session: FakeSession) =>
      void session.documents.set('config', { value: '{}', version: '77' });
    const world = { edits: [change], answers: [true], meanwhile };
    const { result, discarded } = await run({}, world);
    expect(result.error?.code).toBe('conflict');
    expect(discarded()).toBe(false);
    expect(result.data.file).toBe('/tmp/demo-config-1.yaml');
  });

  it('keeps the text when the editor fails', async () => {
    const { session, tools, discarded } = prepare({ edits: [], answers: [true] });
    await expect(editConfig(session, NOTHING, tools)).rejects.toThrow('Editor exited with');
    expect(discarded()).toBe(false);
    expect(session.stderr).toEqual(['Your text is kept in /tmp/demo-config-1.yaml']);
  });

  it('says that comments are lost, and only then', async () => {
    const edits = [(text: string) => `# why\n${change(text)}`];
    const { session } = await run({}, { edits, answers: [true] });
    expect(session.warnings).toEqual(['Comments cannot be stored in the DCS: they are left out']);
    const quoted = [(text: string) => `${text}pause: "# no"\nx: |\n  # no\n`];
    const world = { edits: quoted, answers: [true] };
    const other = await run({ validate: false }, world);
    expect(other.session.warnings).toEqual([]);
  });

  it('needs a terminal, and says what to do without one', async () => {
    await expect(run({})).rejects.toMatchObject({
      code: 'no-terminal',
      hint: 'pass the changes with --set, --pg, --apply or --replace',
    });
  });
});
