/** Nothing in it needs another character. */
const PLAIN = /^[a-z0-9_]{1,63}$/;

/**
 * The name of a member's replication slot, as every Patroni makes it: lower case, `-` and `.` as
 * `_`, other characters by their code point, at most 63 long (PostgreSQL's limit for names).
 */
export function slotNameOf(memberName: string): string {
  if (PLAIN.test(memberName)) return memberName;
  const name = memberName.toLowerCase().replace(/[^a-z0-9_]/gu, (character) => {
    if (character === '-' || character === '.') return '_';
    return `u${String(character.codePointAt(0)).padStart(4, '0')}`;
  });
  return name.slice(0, 63);
}
