import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from '../src/main.ts';

// The habits of docs/ARCHITECTURE.md, as a test. A limit is raised only by an ADR that it names.

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LIMITS = {
  fileLines: 250,
  functionLines: 60,
  columns: 100,
  filesPerFolder: 20,
  parameters: 3,
};

/** Pure data, generated: see the header of each file. */
const LONG_FILES = new Set(['src/ctl/validate/postgres-parameters.ts']);
/** One file per command is oclif's convention (ADR 0001). */
const FULL_FOLDERS = new Set(['src/commands']);

const sources = filesBelow('src');
const tests = filesBelow('test');
const scripts = [...filesBelow('scripts'), ...filesBelow('bench')];

function filesBelow(folder: string): { path: string; text: string }[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** `src/ctl/render/x.ts` → `ctl/render`; a file in `src` itself → ``. */
function layerOf(path: string): string {
  const folder = dirname(path).replace(/^src\/?/, '');
  for (const inner of ['ctl/render', 'embedded/core']) if (folder.startsWith(inner)) return inner;
  return folder.split('/')[0] ?? '';
}

/** Layer → what it may import, as layers or single files. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  wire: ['model'],
  ha: ['model'],
  'ctl/render': ['model', 'system/text'],
  system: ['model'],
  config: ['model', 'system', 'wire/numbers'],
  dcs: ['model', 'system', 'wire/keys', 'config/settings'],
  rest: [
    ...['model', 'wire', 'ha', 'system', 'config/settings', 'config/agent-settings'],
    ...['dcs/agent-dcs', 'dcs/dcs', 'agent/orders', 'agent/ports', 'agent/state', 'config/patch'],
  ],
  agent: ['model', 'wire', 'ha', 'dcs', 'system'],
  postgres: ['model', 'system', 'ha/job', 'ha/plan'],
  fence: ['model', 'system', 'ha/facts'],
  daemon: [
    ...['model', 'wire', 'ha', 'agent', 'system', 'config', 'dcs', 'rest', 'postgres', 'fence'],
    'ctl/render',
  ],
  ctl: ['model', 'wire', 'ha', 'ctl/render', 'system', 'config', 'dcs', 'rest', 'postgres'],
  'embedded/core': [],
  embedded: ['embedded/core', 'model', 'system'],
  demo: ['model', 'system', 'ctl', 'embedded', 'postgres', 'wire', 'dcs'],
  commands: ['ctl', 'ctl/render', 'daemon', 'demo'],
  '': ['ctl'],
};

const PURE = ['model', 'wire', 'ha', 'ctl/render', 'embedded/core'];
/** Folders that are pure although their layer is not. */
const PURE_FOLDERS = ['src/ctl/top/core'];
const IMPURE_WORDS =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bsetTimeout\b|\bprocess\.|\bawait\b/;
const JSON_PLACES =
  /^src\/(wire|ctl\/render|dcs|rest|embedded\/server)\/|^src\/(ctl\/(.*\/)?(envelope|perform)|postgres\/observe\/queries)\.ts$/;
const BANNED_NAMES = /^(utils?|helpers?|common|misc|managers?)\.ts$/;

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, target]) => target ?? '');
}

/** The code without comments, so that words in them do not count. */
function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

describe('layers', () => {
  it.each(sources.map(({ path, text }) => [path, text]))(
    '%s imports only what it may',
    (path, text) => {
      const layer = layerOf(path);
      const allowed = MAY_IMPORT[layer];
      expect(allowed, `layer "${layer}" is not in the table`).toBeDefined();
      for (const target of importsOf(text)) {
        const file = relative(ROOT, join(ROOT, dirname(path), target));
        if (!file.startsWith('src/')) continue;
        const to = layerOf(file);
        const one = file.replace(/^src\//, '').replace(/\.ts$/, '');
        const fine = to === layer || allowed?.includes(to) || allowed?.includes(one);
        expect(fine, `${path} imports ${file}`).toBe(true);
      }
    },
  );

  it('nobody imports a command', () => {
    const importers = sources.filter(
      ({ path, text }) =>
        layerOf(path) !== 'commands' && importsOf(text).some((to) => to.includes('/commands/')),
    );
    // main.ts loads commands by their name, when one is called.
    expect(importers.map(({ path }) => path)).toEqual([]);
  });
});

describe('bans', () => {
  const pure = sources.filter(
    ({ path }) => PURE.includes(layerOf(path)) || PURE_FOLDERS.includes(dirname(path)),
  );
  it.each(pure.map(({ path, text }) => [path, text]))(
    '%s has no clock and awaits nothing',
    (_, text) => {
      expect(codeOf(text).match(IMPURE_WORDS)?.[0]).toBeUndefined();
    },
  );

  it('JSON is read and written only where the wire format lives', () => {
    const elsewhere = sources.filter(
      ({ path, text }) => !JSON_PLACES.test(path) && /\bJSON\./.test(codeOf(text)),
    );
    expect(elsewhere.map(({ path }) => path)).toEqual([]);
  });

  it('there is no file for everything and nothing', () => {
    const names = [...sources, ...tests, ...scripts].map(
      ({ path }) => path.split('/').at(-1) ?? '',
    );
    expect(names.filter((name) => BANNED_NAMES.test(name))).toEqual([]);
  });

  it('nothing is left for later, and no test is skipped', () => {
    const words = new RegExp(['TO' + 'DO', 'FIX' + 'ME'].map((word) => `\\b${word}\\b`).join('|'));
    const skipped = /\b(it|test|describe)\.(skip|only|todo)\b/;
    const found = [...sources, ...tests, ...scripts].filter(
      ({ path, text }) => words.test(text) || (path !== 'test/tidy.test.ts' && skipped.test(text)),
    );
    expect(found.map(({ path }) => path)).toEqual([]);
  });

  it('only oclif commands have a default export', () => {
    const found = sources.filter(
      ({ path, text }) => /^export default/m.test(text) && layerOf(path) !== 'commands',
    );
    expect(found.map(({ path }) => path)).toEqual([]);
  });
});

describe('sizes', () => {
  it('a file is no longer than a few screens', () => {
    const long = [...sources, ...scripts].filter(
      ({ path, text }) =>
        text.trimEnd().split('\n').length > LIMITS.fileLines && !LONG_FILES.has(path),
    );
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('a line fits', () => {
    const long = sources
      .filter(({ path }) => !LONG_FILES.has(path))
      .flatMap(({ path, text }) =>
        text
          .split('\n')
          .flatMap((line, index) => (line.length > LIMITS.columns ? `${path}:${index + 1}` : [])),
      );
    expect(long).toEqual([]);
  });

  it('a folder can be taken in at a glance', () => {
    const counts = new Map<string, number>();
    for (const { path } of sources) {
      counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    }
    const full = [...counts].filter(
      ([folder, count]) => count > LIMITS.filesPerFolder && !FULL_FOLDERS.has(folder),
    );
    expect(full).toEqual([]);
  });

  it('a function fits a screen and takes few parameters', () => {
    expect(sources.flatMap(({ path, text }) => oversized(path, text))).toEqual([]);
  });
});

function oversized(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const start = file.getLineAndCharacterOfPosition(node.getStart(file)).line;
      const end = file.getLineAndCharacterOfPosition(node.end).line;
      if (end - start + 1 > LIMITS.functionLines) {
        found.push(`${path}:${start + 1} has ${end - start + 1} lines`);
      }
      if (node.parameters.length > LIMITS.parameters) {
        found.push(`${path}:${start + 1} takes ${node.parameters.length} parameters`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

describe('documentation', () => {
  it('every exported function says what it promises', () => {
    const bare = sources
      .filter(({ path }) => layerOf(path) !== 'commands')
      .flatMap(({ path, text }) => {
        const lines = text.split('\n');
        return lines.flatMap((line, index) =>
          /^export (async )?function\*? /.test(line) && !/\*\/\s*$/.test(lines[index - 1] ?? '')
            ? `${path}:${index + 1}`
            : [],
        );
      });
    expect(bare).toEqual([]);
  });

  it('main.ts knows exactly the commands that are there', () => {
    const files = sources
      .filter(({ path }) => layerOf(path) === 'commands' && !path.endsWith('/base.ts'))
      .map(({ path }) => path.split('/').at(-1)?.replace(/\.ts$/, ''));
    expect([...COMMAND_NAMES].sort()).toEqual(files.sort());
  });

  it('every command has a summary, examples, and a schema of its data', () => {
    const schemas = new Set(readdirSync(join(ROOT, 'schemas')));
    const poor = [...COMMAND_NAMES].filter((name) => {
      const text = sources.find(({ path }) => path === `src/commands/${name}.ts`)?.text ?? '';
      const told = text.includes('override summary') && text.includes('override examples');
      // The agent is a daemon: what it says is its log and its REST API.
      return !told || (name !== 'agent' && !schemas.has(`${name}.schema.json`));
    });
    expect(poor).toEqual([]);
  });
});
