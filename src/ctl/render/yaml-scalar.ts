/** How a scalar may be written. */
export type ScalarStyle = 'plain' | 'single' | 'double';

/** Where a scalar stands. */
export interface ScalarPlace {
  /** Inside of `[…]` or `{…}`. */
  readonly flow: boolean;
  /** A key that is written before its colon on the same line. */
  readonly simpleKey: boolean;
}

/** What YAML 1.1 reads as something else than text, as PyYAML's resolver knows it. */
const NOT_TEXT: readonly RegExp[] = [
  /^(?:|~|null|Null|NULL|<<|=)$/,
  /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
  /^[-+]?[0-9][0-9_]*(?:\.[0-9_]*(?:[eE][-+][0-9]+)?|(?::[0-5]?[0-9])+\.[0-9_]*)$/,
  /^(?:\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  /^\d{4}-\d\d-\d\d$/,
  /^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$/,
];

/** Printable characters: everything else needs double quotes. Line breaks are dealt with apart. */
const SPECIAL =
  /[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]|\u{10ffff}/u;
const BREAK = /[\n\x85\u2028\u2029]/;
const BREAK_THEN_SPACE = /[\n\x85\u2028\u2029] /;
const SPACE_THEN_BREAK = / [\n\x85\u2028\u2029]/;
const OUTER_SPACE = /^[ \n\x85\u2028\u2029]|[ \n\x85\u2028\u2029]$/;
const BLANK = '[\\0 \\t\\r\\n\\x85\\u2028\\u2029]';
/** What would be read as structure anywhere; and inside of `[…]` or `{…}`. */
const INDICATOR = new RegExp(
  `^(?:---|\\.\\.\\.|[#,[\\]{}&*!|>'"%@\`]|[?:-](?:${BLANK}|$))|:(?:${BLANK}|$)|${BLANK}#`,
);
const FLOW_INDICATOR = /^[?:]|[,?[\]{}:]/;

/** The style in which PyYAML writes this text (`allow_unicode` on, no style asked for). */
export function scalarStyle(text: string, place: ScalarPlace): ScalarStyle {
  const special = SPECIAL.test(text) || SPACE_THEN_BREAK.test(text);
  const multiline = BREAK.test(text);
  const plain =
    !special &&
    !multiline &&
    !OUTER_SPACE.test(text) &&
    !INDICATOR.test(text) &&
    !(place.flow && FLOW_INDICATOR.test(text)) &&
    !NOT_TEXT.some((pattern) => pattern.test(text));
  if (plain) return 'plain';
  if (special || BREAK_THEN_SPACE.test(text)) return 'double';
  return place.simpleKey && multiline ? 'double' : 'single';
}

/** True when a key can stand before its colon on one line: short, not empty, no line break. */
export function isSimpleKey(key: string): boolean {
  // PyYAML counts five more for the tag `!!str`, which it then does not write.
  return key !== '' && [...key].length + 5 < 128 && !BREAK.test(key);
}
