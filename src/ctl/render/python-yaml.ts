import { isRecord, type Json, WholeFloat } from '../../model/json.ts';
import { compareText, pythonNumber } from '../../model/python.ts';
import { isSimpleKey, scalarStyle } from './yaml-scalar.ts';
import { YamlWriter } from './yaml-writer.ts';

/** Where a node is written. */
interface Place {
  /** Column of the node that holds this one; -1 at the root. */
  readonly indent: number;
  /** Inside of `[…]` or `{…}`. */
  readonly flow: boolean;
  /** Value of a map in block style: a list there is not indented. */
  readonly mapping: boolean;
}

/**
 * YAML as PyYAML's `safe_dump(data, default_flow_style=flow, allow_unicode=True, width=200)` prints
 * it: keys sorted, text quoted where YAML 1.1 would read something else, with a newline at its end.
 * Entries that are `undefined` are left out.
 */
export function pythonYaml(data: unknown, options: { flow?: boolean } = {}): string {
  const writer = new YamlWriter();
  const root = { indent: -1, flow: options.flow ?? false, mapping: false };
  const plain = writeNode(writer, data, root) === 'plain';
  writer.indent(0);
  // A plain scalar that stands alone is open: PyYAML closes the document.
  return plain ? `${writer.text}...\n` : writer.text;
}

function writeNode(writer: YamlWriter, value: unknown, place: Place): string {
  if (Array.isArray(value)) {
    if (place.flow || value.length === 0) writeFlowList(writer, value, place);
    else writeBlockList(writer, value, place);
    return 'list';
  }
  if (isRecord(value)) {
    const entries = Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([one], [other]) => compareText(one, other));
    if (place.flow || entries.length === 0) writeFlowMap(writer, entries, place);
    else writeBlockMap(writer, entries, place);
    return 'map';
  }
  return writeScalar(writer, value, { ...place, simpleKey: false });
}

function writeScalar(
  writer: YamlWriter,
  value: unknown,
  place: Place & { simpleKey: boolean },
): string {
  const folding = { indent: deeper(place.indent), split: !place.simpleKey };
  if (typeof value !== 'string') {
    writer.plain(constant(value as Json), folding);
    return 'plain';
  }
  const { simpleKey } = place;
  const style = scalarStyle(value, { flow: place.flow && place.indent >= 0, simpleKey });
  writer[style](value, folding);
  return style;
}

/** Null, booleans and numbers. */
function constant(value: Json): string {
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value !== 'number' && typeof value !== 'bigint' && !(value instanceof WholeFloat)) {
    return 'null';
  }
  const text = pythonNumber(value);
  if (text === 'nan') return '.nan';
  if (text.endsWith('inf')) return text.replace('inf', '.inf');
  // YAML 1.1 wants a point in a float, also in one like 1e+16.
  return text.includes('.') ? text : text.replace('e', '.0e');
}

type Entry = readonly [string, unknown];

function writeBlockList(writer: YamlWriter, items: readonly unknown[], place: Place): void {
  const indentless = place.mapping && !writer.indention;
  const indent = indentless ? place.indent : blockIndent(place.indent);
  for (const item of items) {
    writer.indent(indent);
    writer.indicator('-', { apart: true, indents: true });
    writeNode(writer, item, { indent, flow: false, mapping: false });
  }
}

function writeBlockMap(writer: YamlWriter, entries: readonly Entry[], place: Place): void {
  const indent = blockIndent(place.indent);
  for (const [key, value] of entries) {
    writer.indent(indent);
    const inside = { indent, flow: false, mapping: true };
    if (isSimpleKey(key)) {
      writeScalar(writer, key, { ...inside, simpleKey: true });
      writer.indicator(':', { apart: false });
    } else {
      writer.indicator('?', { apart: true, indents: true });
      writeScalar(writer, key, { ...inside, simpleKey: false });
      writer.indent(indent);
      writer.indicator(':', { apart: true, indents: true });
    }
    writeNode(writer, value, inside);
  }
}

function writeFlowList(writer: YamlWriter, items: readonly unknown[], place: Place): void {
  const inside = { indent: deeper(place.indent), flow: true, mapping: false };
  writer.indicator('[', { apart: true, opens: true });
  for (const [index, item] of items.entries()) {
    if (index > 0) writer.indicator(',', { apart: false });
    if (writer.isLong) writer.indent(inside.indent);
    writeNode(writer, item, inside);
  }
  writer.indicator(']', { apart: false });
}

function writeFlowMap(writer: YamlWriter, entries: readonly Entry[], place: Place): void {
  const inside = { indent: deeper(place.indent), flow: true, mapping: true };
  writer.indicator('{', { apart: true, opens: true });
  for (const [index, [key, value]] of entries.entries()) {
    if (index > 0) writer.indicator(',', { apart: false });
    if (writer.isLong) writer.indent(inside.indent);
    if (isSimpleKey(key)) {
      writeScalar(writer, key, { ...inside, simpleKey: true });
      writer.indicator(':', { apart: false });
    } else {
      writer.indicator('?', { apart: true });
      writeScalar(writer, key, { ...inside, simpleKey: false });
      if (writer.isLong) writer.indent(inside.indent);
      writer.indicator(':', { apart: true });
    }
    writeNode(writer, value, inside);
  }
  writer.indicator('}', { apart: false });
}

function blockIndent(indent: number): number {
  return indent < 0 ? 0 : indent + 2;
}

function deeper(indent: number): number {
  return indent < 0 ? 2 : indent + 2;
}
