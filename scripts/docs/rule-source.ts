/** What the source text of the rules says: where each stands, and what it can do. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** One rule as its source shows it. */
export interface RuleSource {
  /** From the root of the repository. */
  readonly file: string;
  readonly line: number;
  /** What it may ask or do, `wait` when nothing; in the order of `OUTCOMES`. */
  readonly outcomes: readonly string[];
}

/** Kinds of questions, actions and jobs that a reader of a diagram wants to see, and their names. */
const OUTCOMES: Readonly<Record<string, string>> = {
  acquire: 'ask: acquire',
  renew: 'ask: renew',
  poll: 'ask: poll',
  failsafe: 'ask: failsafe',
  inspect: 'ask: inspect',
  bootstrap: 'bootstrap',
  'finish-bootstrap': 'finish bootstrap',
  clone: 'clone',
  'crash-recovery': 'crash recovery',
  rewind: 'rewind',
  'start primary': 'start as primary',
  'start standby': 'start as standby',
  start: 'start',
  restart: 'restart',
  promote: 'promote',
  'stop fast': 'stop',
  'stop immediate': 'stop immediately',
  stop: 'stop',
  release: 'release the lock',
  follow: 'follow',
  'copy-slots': 'copy slots',
  checkpoint: 'checkpoint',
  'cancel-job': 'cancel the job',
  write: 'write a document',
  answer: 'answer an order',
  exit: 'exit',
};

/** A declaration at the top of a file, by its name. */
type Scope = ReadonlyMap<string, ts.Node>;

interface Parsed {
  readonly path: string;
  readonly file: ts.SourceFile;
  readonly own: Scope;
  /** Local name → file and name there. */
  readonly imported: ReadonlyMap<string, readonly [string, string]>;
}

/**
 * Finds every rule (an object literal with `name`, `why` and `plan`) below `src/ha`, by name. What
 * it can do is every `kind` in an object that it, or a function that it calls, writes down: it may
 * name a little too much, never too little.
 */
export function ruleSources(root: string): Map<string, RuleSource> {
  const files = new Map(parseAll(root).map((parsed) => [parsed.path, parsed]));
  const found = new Map<string, RuleSource>();
  for (const parsed of files.values()) {
    for (const { name, node } of rulesOf(parsed.file)) {
      const { line } = parsed.file.getLineAndCharacterOfPosition(node.getStart(parsed.file));
      const kinds = new Set<string>();
      collect(node, { parsed, files, kinds, seen: new Set() });
      const named = Object.entries(OUTCOMES).flatMap(([kind, text]) =>
        kinds.has(kind) ? [text] : [],
      );
      const outcomes = named.length > 0 ? named : ['wait'];
      found.set(name, { file: parsed.path, line: line + 1, outcomes });
    }
  }
  return found;
}

function parseAll(root: string): Parsed[] {
  return readdirSync(join(root, 'src/ha'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
    .map((path) => parse(path, readFileSync(join(root, path), 'utf8')));
}

function parse(path: string, text: string): Parsed {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const own = new Map<string, ts.Node>();
  const imported = new Map<string, readonly [string, string]>();
  for (const statement of file.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name) {
      own.set(statement.name.text, statement);
    } else if (ts.isVariableStatement(statement)) {
      for (const declaration of statement.declarationList.declarations) {
        if (ts.isIdentifier(declaration.name)) own.set(declaration.name.text, declaration);
      }
    } else if (ts.isImportDeclaration(statement)) {
      for (const [local, name] of importedNames(statement)) {
        const from = (statement.moduleSpecifier as ts.StringLiteral).text;
        imported.set(local, [join(dirname(path), from), name]);
      }
    }
  }
  return { path, file, own, imported };
}

function importedNames({ importClause }: ts.ImportDeclaration): [string, string][] {
  const bindings = importClause?.namedBindings;
  if (!bindings || !ts.isNamedImports(bindings)) return [];
  return bindings.elements
    .filter((element) => !element.isTypeOnly)
    .map((element) => [element.name.text, (element.propertyName ?? element.name).text]);
}

function rulesOf(file: ts.SourceFile): { name: string; node: ts.ObjectLiteralExpression }[] {
  const found: { name: string; node: ts.ObjectLiteralExpression }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node)) {
      const name = textOf(node, 'name');
      if (name !== undefined && property(node, 'why') && property(node, 'plan')) {
        found.push({ name, node });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

interface Walk {
  readonly parsed: Parsed;
  readonly files: ReadonlyMap<string, Parsed>;
  readonly kinds: Set<string>;
  readonly seen: Set<ts.Node>;
}

function collect(node: ts.Node, walk: Walk): void {
  if (walk.seen.has(node)) return;
  walk.seen.add(node);
  if (ts.isObjectLiteralExpression(node)) {
    for (const kind of kindsOf(node)) walk.kinds.add(kind);
  }
  if (ts.isIdentifier(node)) {
    const target = resolve(node.text, walk);
    if (target) collect(target.node, { ...walk, parsed: target.parsed });
  }
  ts.forEachChild(node, (child) => collect(child, walk));
}

function resolve(name: string, walk: Walk): { node: ts.Node; parsed: Parsed } | undefined {
  const own = walk.parsed.own.get(name);
  if (own) return { node: own, parsed: walk.parsed };
  const [path, there] = walk.parsed.imported.get(name) ?? [];
  const parsed = path === undefined ? undefined : walk.files.get(path);
  const node = there === undefined ? undefined : parsed?.own.get(there);
  return parsed && node ? { node, parsed } : undefined;
}

/** A start says as what, and a stop how; where that is computed, it is `start` or `stop` alone. */
function kindsOf(node: ts.ObjectLiteralExpression): string[] {
  const kind = textOf(node, 'kind');
  if (kind === undefined) return [];
  const how = textOf(node, 'as') ?? textOf(node, 'mode');
  return [how === undefined ? kind : `${kind} ${how}`];
}

function textOf(node: ts.ObjectLiteralExpression, name: string): string | undefined {
  const found = property(node, name);
  if (!found || !ts.isPropertyAssignment(found)) return undefined;
  let value: ts.Expression = found.initializer;
  while (ts.isAsExpression(value)) value = value.expression;
  return ts.isStringLiteralLike(value) ? value.text : undefined;
}

function property(node: ts.ObjectLiteralExpression, name: string) {
  return node.properties.find((each) => each.name && each.name.getText() === name);
}
