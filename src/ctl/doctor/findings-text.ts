import { printable } from '../../system/text.ts';
import { paintText, type Tone } from '../render/paint.ts';
import { SEVERITIES } from './checks.ts';
import type { Finding, Severity } from './finding.ts';

const TONES: Readonly<Record<Severity, Tone>> = { error: 'bad', warning: 'behind', info: 'plain' };

/** Findings for people, grouped by severity, worst first: what, evidence, remedy. Safe to print. */
export function findingsText(scope: string, findings: readonly Finding[], color: boolean): string {
  const paint = (text: string, severity: Severity): string =>
    color ? paintText(text, TONES[severity]) : text;
  const groups = SEVERITIES.flatMap((severity) => {
    const group = alike(findings.filter((one) => one.severity === severity));
    return group.length === 0 ? [] : [group.flatMap((same) => lines(same, paint)).join('\n')];
  });
  return [`${printable(scope)}: ${summary(findings)}`, ...groups].join('\n\n');
}

/** The same of several members is said once. In the order of the first of each. */
function alike(findings: readonly Finding[]): Finding[][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const { id, member, title, evidence, remedy } = finding;
    const key = [id, member === null, title, evidence, remedy].join('\n');
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()];
}

function lines(same: Finding[], paint: (text: string, severity: Severity) => string): string[] {
  const [finding] = same;
  if (!finding) return [];
  const { severity, id, title, evidence, remedy } = finding;
  const members = same.flatMap(({ member }) => (member === null ? [] : printable(member)));
  const about = members.length === 0 ? '' : `${members.join(', ')}: `;
  return [
    `${paint(severity, severity)}: ${about}${printable(title)} [${id}]`,
    `  seen: ${printable(evidence)}`,
    `  do:   ${printable(remedy)}`,
  ];
}

function summary(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'nothing found';
  const words: Readonly<Record<Severity, readonly [one: string, more: string]>> = {
    error: ['error', 'errors'],
    warning: ['warning', 'warnings'],
    info: ['note', 'notes'],
  };
  return SEVERITIES.map((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    return `${count} ${words[severity][count === 1 ? 0 : 1]}`;
  }).join(', ');
}
